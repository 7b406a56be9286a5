// upslice speaking to Veza: every byte passes through the page as base64 inside JSON.

import { init, upload, veza } from "/pkg/index.js";

export const prepare = () => init();

const to = veza({ baseUrl: "/veza", providerId: "bench", dataSourceId: "bench", headers: { authorization: "Bearer demo-key" } });

export async function send(file, options) {
  const result = await upload(file, { to, ...options });
  if (result.size !== file.size) throw new Error(`stored ${result.size} of ${file.size} bytes`);
  return { partSize: result.parts[0].size, parts: result.parts.length };
}
