// The same, of bytes that come as a stream into one buffer for each part, in place of an array for each window.

import { WINDOW, blobOf, client } from "../veza-by-hand.js";

/** Chromium collects a stream that is being read, unless somebody holds its reader: then it is read for ever. */
const readers = new Set();

export const send = client(async (fields, part) => {
  const pieces = [];
  const reader = part.stream().getReader({ mode: "byob" });
  readers.add(reader);
  let buffer = new ArrayBuffer(WINDOW);
  for (let left = part.size; left > 0; ) {
    const size = Math.min(left, WINDOW);
    for (let filled = 0; filled < size; ) {
      const { value } = await reader.read(new Uint8Array(buffer, filled, size - filled));
      filled += value.byteLength;
      buffer = value.buffer;
    }
    pieces.push(new Uint8Array(buffer, 0, size).toBase64());
    left -= size;
  }
  readers.delete(reader);
  return blobOf(fields, pieces);
});
