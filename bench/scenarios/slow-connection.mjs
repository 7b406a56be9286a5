// One of six connections is ten times slower than the others: whoever gives it as much to carry waits for it at the end.

import { contest, headline, NOTE, scores } from "../driver/contest.mjs";
import { field } from "../driver/field.mjs";
import { MIB } from "../driver/figures.mjs";

export const title = "slow-connection: 64 MiB over six connections of 8 MiB/s, one of them ten times slower";
export const runs = 5;
export const size = 64 * MIB;
export const server = ["--sink"];

const RATE = 8 * MIB;
const LATENCY = 60;

/** All six carry what they can, to the last byte. */
const IDEAL = (size / (5.1 * RATE)) * 1000 + 5 * LATENCY;

export async function run(stand, runs, say) {
  const even = { service: "*", fault: { kind: "rate", bytesPerSecond: RATE, latency: LATENCY } };
  // The third: whoever uses one connection is not struck by it.
  const slow = { service: "*", step: "part", connection: 3, fault: { kind: "rate", bytesPerSecond: Math.round(RATE / 10) } };
  await stand.server.fault(even);
  const { partSize } = await stand.send("upslice");
  // Put anew before each upload, so that its connections are counted from the first.
  const taken = await contest(stand, field(partSize), runs, say, { before: () => stand.server.fault(even, slow) });
  const lines = [
    scores(taken, { size, limit: IDEAL, limitName: `ideal (${(IDEAL / 1000).toFixed(2)} s)` }),
    `The third connection that carries a part is the slow one, for all that it carries. Ideal: the six carry what they ` +
      `can until the last byte, and five answers are waited for. upslice's parts have ${(partSize / MIB).toFixed(2)} MiB. ${NOTE}`,
  ];
  const head = headline(taken, "64 MiB over six connections of 8 MiB/s, 60 ms, of which one is ten times slower");
  return { lines, results: Object.values(taken).flat(), head };
}
