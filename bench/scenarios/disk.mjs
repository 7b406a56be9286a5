// How fast a large file leaves the disk when nothing but the machine is in the way.

import { contest, headline, NOTE, scores } from "../driver/contest.mjs";
import { LOOP, field } from "../driver/field.mjs";
import { MIB, dialogue, spread, table } from "../driver/figures.mjs";

export const title = "disk: 1 GiB from disk over loopback";
export const runs = 7;
export const size = 1024 * MIB;
/** Bodies are counted and discarded: the server's disk is nobody's subject here. */
export const server = ["--sink"];

const WATCHED = { watched: true };

/** lib-storage reads every part into the page and sends it as an array: some 5 MiB/s, and minutes for a run. */
const contestants = (partSize) => {
  const { "lib-storage, 6 at once": _, ...rest } = field(partSize);
  // With so many parts `auto` would take fetch even when watched: each part is a small step of the bar.
  return { ...rest, "upslice, progress watched": ["upslice", WATCHED], "upslice, transport xhr, watched": ["upslice", { transport: "xhr", ...WATCHED }] };
};

export async function run(stand, runs, say) {
  // Nobody's time is taken the first time: the file comes into memory, and upslice tells how it cuts it.
  const { partSize } = await stand.send("upslice");
  const taken = await contest(stand, contestants(partSize), runs, say);
  const ratios = taken.upslice.map((result, round) => taken[LOOP][round].ms / result.ms);
  const lines = [
    `upslice / ${LOOP}, speed: ${spread(ratios, 2)}`,
    scores(taken, { size }),
    table([
      ["", "renderer CPU, s", "browser CPU, s", "server CPU, s", ...STEPS.map((step) => `${step} requests`)],
      ...Object.entries(taken).map(([name, results]) => [name, ...burnt(results), ...counts(results[0])]),
    ]),
    `upslice's and the loop's parts have ${(partSize / MIB).toFixed(2)} MiB, six at once. lib-storage is left out: a run takes minutes. ${NOTE}`,
  ];
  const head = headline(taken, "1 GiB from disk over loopback");
  return { lines, results: Object.values(taken).flat(), head };
}

const STEPS = ["create", "sign", "preflight", "part", "complete"];
const counts = ({ requests }) => STEPS.map((step) => String(dialogue(requests).get(step)?.count ?? 0));

function burnt(results) {
  const use = (read, digits) => (results[0].usage ? spread(results.map(({ usage }) => read(usage)), digits) : "–");
  return [use(({ rendererCpu }) => rendererCpu, 2), use(({ browserCpu }) => browserCpu, 1), use(({ serverCpu }) => serverCpu, 1)];
}
