// How fast a large file leaves the disk when nothing but the machine is in the way.

import { MIB, dialogue, foreign, spread, table } from "../driver/figures.mjs";

export const title = "disk: 1 GiB from disk over loopback";
export const runs = 7;
export const size = 1024 * MIB;
/** Bodies are counted and discarded: the server's disk is nobody's subject here. */
export const server = ["--sink"];

const LOOP = "bare fetch loop";

/** Client and options of each contestant; the first is what the others are compared with. */
const contestants = (partSize) => ({
  [LOOP]: ["loop", { partSize }],
  upslice: ["upslice", {}],
  "upslice, progress watched": ["upslice", { watched: true }],
  // With so many parts `auto` would take fetch even when watched: each part is a small step of the bar.
  "upslice, transport xhr, watched": ["upslice", { transport: "xhr", watched: true }],
});

export async function run(stand, runs, say) {
  // Nobody's time is taken the first time: the file comes into memory, and upslice tells how it cuts it.
  const { partSize } = await stand.send("upslice");
  const field = contestants(partSize);
  const taken = Object.fromEntries(Object.keys(field).map((name) => [name, []]));
  for (let round = 0; round < runs; round++) {
    // There and back, so that a machine that slows down or warms up favours nobody.
    const order = round % 2 ? Object.entries(field).reverse() : Object.entries(field);
    for (const [name, [client, options]] of order) {
      const result = await stand.send(client, options);
      taken[name].push(result);
      say(`round ${round + 1}: ${name} ${speed(result).toFixed(0)} MiB/s${foreign(result)}`);
    }
  }
  const ratios = taken.upslice.map((result, round) => taken[LOOP][round].ms / result.ms);
  const lines = [
    `upslice / ${LOOP}: ${spread(ratios, 2)}`,
    table([
      ["", "MiB/s", `speed / ${LOOP}`, "renderer memory, MiB", "worst other process, MiB", "renderer CPU, s", "browser CPU, s", "server CPU, s"],
      ...Object.entries(taken).map(([name, results]) => row(name, results, taken[LOOP])),
    ]),
    table([
      ["requests in one upload", ...STEPS],
      ...Object.entries(taken).map(([name, [result]]) => [name, ...counts(result)]),
    ]),
    `Parts of ${(partSize / MIB).toFixed(2)} MiB, six at once. Medians, with the least and the most in parentheses; ` +
      "speed compared within each round. Memory is the most that a process holds of its own (anonymous and shared) " +
      "during the upload beyond what it held before it.",
  ];
  return { lines, results: Object.values(taken).flat() };
}

const STEPS = ["create", "sign", "preflight", "part", "complete"];
const counts = ({ requests }) => STEPS.map((step) => String(dialogue(requests).get(step)?.count ?? 0));
const speed = ({ ms }) => size / MIB / (ms / 1000);

function row(name, results, base) {
  const use = (read, digits) => (results[0].usage ? spread(results.map(({ usage }) => read(usage)), digits) : "–");
  return [
    name,
    spread(results.map(speed), 0),
    results === base ? "1" : spread(results.map(({ ms }, round) => base[round].ms / ms), 2),
    use(({ renderer }) => renderer / MIB, 1),
    use(({ others }) => others / MIB, 1),
    use(({ rendererCpu }) => rendererCpu, 2),
    use(({ browserCpu }) => browserCpu, 1),
    use(({ serverCpu }) => serverCpu, 1),
  ];
}
