// UpChunk: one chunk after the other, 30 MiB each unless it is told otherwise.

import { createUpload } from "@mux/upchunk";

let peers;
export const prepare = (place) => ({ peers } = place);

export async function send(file, options) {
  await new Promise((resolve, reject) => {
    const upload = createUpload({ endpoint: `${peers}/chunks/${crypto.randomUUID()}`, file, ...options });
    upload.on("success", resolve);
    upload.on("error", ({ detail }) => reject(new Error(detail.message)));
  });
  return {};
}
