// Ten files that a person chose together.

import { contest, headline, NOTE, scores } from "../driver/contest.mjs";
import { field } from "../driver/field.mjs";
import { MIB } from "../driver/figures.mjs";

export const title = "files: ten of 20 MiB at once, over six connections of 8 MiB/s, 60 ms";
export const runs = 5;
export const files = 10;
export const size = files * 20 * MIB;
export const server = ["--sink"];

const RATE = 8 * MIB;
const LATENCY = 60;
const IDEAL = (size / (6 * RATE)) * 1000 + 5 * LATENCY;

export async function run(stand, runs, say) {
  await stand.server.fault({ service: "*", fault: { kind: "rate", bytesPerSecond: RATE, latency: LATENCY } });
  const { partSize } = await stand.send("upslice");
  const taken = await contest(stand, field(partSize), runs, say);
  const lines = [
    scores(taken, { size, limit: IDEAL, limitName: `ideal (${(IDEAL / 1000).toFixed(2)} s)` }),
    `Clients without a queue of their own are called ten times at once. Ideal: six connections that always carry, and five ` +
      `answers to wait for. upslice's parts have ${(partSize / MIB).toFixed(2)} MiB. ${NOTE}`,
  ];
  const head = headline(taken, "ten files of 20 MiB at once over six connections of 8 MiB/s, 60 ms");
  return { lines, results: Object.values(taken).flat(), head };
}
