// The same file from disk over HTTP/2 inside TLS: one connection, and as many requests as one likes.

import { contest, headline, noteOf, scores } from "../driver/contest.mjs";
import { LOOP, field } from "../driver/field.mjs";
import { MIB, spread } from "../driver/figures.mjs";

export const title = "http2: 1 GiB from disk over loopback, HTTP/2 inside TLS";
export const runs = 5;
export const size = 1024 * MIB;
export const server = ["--sink", "--tls-port", "0"];

export async function run(stand, runs, say) {
  const { partSize } = await stand.send("upslice");
  // lib-storage reads every part into the page: minutes for a run.
  const { "lib-storage, 6 at once": _, ...contestants } = field(partSize);
  const taken = await contest(stand, contestants, runs, say, { traced: false });
  const ratios = taken.upslice.map((result, round) => taken[LOOP][round].ms / result.ms);
  const lines = [
    `upslice / ${LOOP}, speed: ${spread(ratios, 2)}`,
    scores(taken, { size }),
    `upslice's and the loop's parts have ${(partSize / MIB).toFixed(2)} MiB, the loop sends six at once. lib-storage is left out: a run takes minutes. ${noteOf("HTTP/2 inside TLS")}`,
  ];
  return { lines, results: Object.values(taken).flat(), head: headline(taken, "1 GiB from disk over HTTP/2 inside TLS") };
}
