// Bytes that are there already, encoded and digested: src/encode beside what else a page could use.

import { MIB, spread, table } from "../driver/figures.mjs";

export const title = "kernels: encoding and digesting resident bytes";
export const runs = 5;
export const size = MIB;
export const server = ["--sink"];

/** Whom we are held against, of each kind. */
const RIVALS = {
  "CRC-32C: upslice": "CRC-32C: hash-wasm",
  "CRC-64/NVME: upslice": "CRC-64/NVME: hash-wasm",
  "MD5: upslice": "MD5: hash-wasm",
  "base64: upslice, vectors": "base64: base64-simd",
  "base64: upslice, table": "base64: base64-simd",
  "base64 into a Blob: upslice": "base64 into a Blob: toBase64",
};

export async function run(stand, runs, say) {
  const results = [];
  for (let round = 0; round < runs; round++) {
    results.push(await stand.ask("kernels"));
    say(`round ${round + 1} is over`);
  }
  // The best of each browser: what others took of the processors made the rest slower, and none faster.
  const best = (name) => results.map(({ each }) => Math.min(...each[name]));
  const rows = Object.keys(results[0].each).map((name) => {
    const rival = RIVALS[name];
    const ratio = rival ? spread(best(rival).map((ms, at) => ms / best(name)[at]), 2) : "–";
    return [name, spread(best(name).map((ms) => 1000 / ms / 1024), 2), ratio];
  });
  const lines = [
    table([["", "GiB/s", "speed / other"], ...rows]),
    "Windows of 768 KiB of random bytes, in one browser for each run, the best of twenty short rounds; medians over the runs, with the " +
      "least and the most in parentheses. Ratios are of one browser. upslice's MD5 includes the copy into the module's memory, as " +
      "hash-wasm's do; the Blobs include it too. CRCs and base64 by themselves are of bytes in that memory. `crypto.subtle` " +
      "is what upslice asks for SHA-1 and SHA-256.",
  ];
  return { lines, results };
}
