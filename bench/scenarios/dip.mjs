// A link that drops to a tenth while an upload is under way, and recovers.

import { contest, headline, NOTE, scores } from "../driver/contest.mjs";
import { field } from "../driver/field.mjs";
import { MIB } from "../driver/figures.mjs";

export const title = "dip: 96 MiB over six connections of 8 MiB/s, a tenth of it from 1 s to 3 s";
export const runs = 5;
export const size = 96 * MIB;
export const server = ["--sink"];

const RATE = 8 * MIB;
const LATENCY = 60;
const DIP = { afterMs: 1000, forMs: 2000, bytesPerSecond: Math.round(RATE / 10) };

/** What the dip takes away is as long as it is, but for the tenth. */
const IDEAL = (size / (6 * RATE)) * 1000 + DIP.forMs * 0.9 + 5 * LATENCY;

export async function run(stand, runs, say) {
  const rate = { kind: "rate", bytesPerSecond: RATE };
  const line = { service: "*", fault: { kind: "rate", latency: LATENCY } };
  const link = { service: "*", step: "part", fault: { ...rate, dip: DIP } };
  await stand.server.fault(line, { ...link, fault: rate });
  const { partSize } = await stand.send("upslice");
  // Put anew before each upload: the dip is counted from its first part.
  const taken = await contest(stand, field(partSize), runs, say, { before: () => stand.server.fault(line, link) });
  const lines = [
    scores(taken, { size, limit: IDEAL, limitName: `ideal (${(IDEAL / 1000).toFixed(2)} s)` }),
    `The dip is counted from the first part, and strikes every connection alike. Ideal: six connections, and five answers ` +
      `to wait for. upslice's parts have ${(partSize / MIB).toFixed(2)} MiB. ${NOTE}`,
  ];
  const head = headline(taken, "96 MiB over six connections of 8 MiB/s, 60 ms, a tenth of it from 1 s to 3 s");
  return { lines, results: Object.values(taken).flat(), head };
}
