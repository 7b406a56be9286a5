// Reads a file a window at a time and tells its SHA-256. In: a Blob. Out: { fraction } …, then { digest } or { error }.

import { Sha256 } from "./sha256.js";

/** Large enough that reads are cheap, small enough that memory is not felt. */
const WINDOW = 4 * 1024 * 1024;

self.onmessage = async ({ data: file }) => {
  try {
    const sha256 = new Sha256();
    for (let at = 0; at < file.size; at += WINDOW) {
      sha256.update(new Uint8Array(await file.slice(at, at + WINDOW).arrayBuffer()));
      self.postMessage({ fraction: Math.min(1, (at + WINDOW) / file.size) });
    }
    self.postMessage({ digest: sha256.hex() });
  } catch (error) {
    self.postMessage({ error: String(error?.message ?? error) });
  }
};
