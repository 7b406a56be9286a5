// upslice as its users write it.

import { init, s3, upload } from "/pkg/index.js";

export const prepare = () => init();

/** `options` are upslice's own; `watched` listens to progress, which decides what carries the bytes. */
export async function send(file, { watched = false, ...options }) {
  let events = 0;
  const onProgress = () => (events += 1);
  const result = await upload(file, { to: s3({ endpoint: "/s3/multipart" }), ...options, ...(watched && { onProgress }) });
  if (result.size !== file.size) throw new Error(`stored ${result.size} of ${file.size} bytes`);
  return { partSize: result.parts[0].size, events };
}
