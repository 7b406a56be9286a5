// upslice with a checksum of each part, which wants a backend that signs it.

import { init, s3, upload } from "/pkg/index.js";
import { complete, create, sign } from "../backend.js";

export const prepare = () => init();

export async function send(file, options) {
  const to = s3({
    create,
    sign: ({ uploadId, key, parts }) => sign({ uploadId, key }, parts),
    complete: ({ uploadId, key, parts }) => complete({ uploadId, key }, parts),
  });
  const { size, parts } = await upload(file, { to, ...options });
  if (size !== file.size) throw new Error(`stored ${size} of ${file.size} bytes`);
  return { partSize: parts[0].size };
}
