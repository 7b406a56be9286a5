// Veza by hand, as most pages do it: FileReader gives base64, JSON.stringify puts fields around it.

import { client } from "../veza-by-hand.js";

const base64 = (blob) =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });

export const send = client(async (fields, part) => JSON.stringify({ ...fields, data: await base64(part) }));
