// How much is lost on a slow line with a long way, where only waiting for nothing is a mistake.

import { contest, headline, NOTE, scores } from "../driver/contest.mjs";
import { field } from "../driver/field.mjs";
import { MIB, dialogue, median, spread, table } from "../driver/figures.mjs";

export const title = "throttled: 48 MiB at 2 MiB/s per connection, 60 ms";
export const runs = 5;
export const size = 48 * MIB;
export const server = ["--sink"];

const RATE = 2 * MIB;
const LATENCY = 60;

/** Six connections carry the bytes; create, sign, preflight, part and complete each wait for one answer. */
const IDEAL = (size / (6 * RATE)) * 1000 + 5 * LATENCY;

export async function run(stand, runs, say) {
  await stand.server.fault({ service: "*", fault: { kind: "rate", bytesPerSecond: RATE, latency: LATENCY } });
  const { partSize } = await stand.send("upslice");
  const all = { ...field(partSize), "upslice, progress watched": ["upslice", { watched: true }] };
  const taken = await contest(stand, all, runs, say);
  const lines = [
    `upslice / ideal: ${spread(taken.upslice.map(({ ms }) => ms / IDEAL), 2)}`,
    scores(taken, { size, limit: IDEAL, limitName: `ideal (${(IDEAL / 1000).toFixed(2)} s)` }),
    "Where the time goes, in the run nearest to the median: requests of each step, and when (in ms) the first began " +
      "and the last ended for the server. Its clock starts with the first request.",
    table([["", ...STEPS, "the page's own"], ...Object.entries(taken).map(([name, results]) => timeline(name, results))]),
    `Ideal: ${size / MIB} MiB over six connections, and five answers to wait for: create, sign, preflight, part, ` +
      `complete. upslice's parts have ${(partSize / MIB).toFixed(2)} MiB. ${NOTE}`,
  ];
  const head = headline(taken, `48 MiB over six connections of 2 MiB/s, 60 ms: ${(IDEAL / 1000).toFixed(2)} s at best`);
  return { lines, results: Object.values(taken).flat(), head };
}

const STEPS = ["create", "sign", "preflight", "part", "complete"];

function timeline(name, results) {
  const middle = median(results.map(({ ms }) => ms));
  const distance = ({ ms }) => Math.abs(ms - middle);
  const typical = results.reduce((best, result) => (distance(result) < distance(best) ? result : best));
  const steps = dialogue(typical.requests);
  const cells = STEPS.map((step) => {
    const seen = steps.get(step);
    return seen ? `${seen.count}: ${seen.from.toFixed(0)}–${seen.to.toFixed(0)}` : "–";
  });
  const seen = Math.max(...[...steps.values()].map(({ to }) => to));
  return [name, ...cells, (typical.ms - seen).toFixed(0)];
}
