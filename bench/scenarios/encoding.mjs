// What it costs a page that every byte passes through it: base64 in JSON, as Veza wants it.

import { MIB, foreign, median, spread, table } from "../driver/figures.mjs";

export const title = "encoding: 64 MiB as base64 in JSON";
export const runs = 5;
export const size = 64 * MIB;
export const server = ["--sink"];

/** What people do not notice; above it, scrolling and typing stutter. */
const SMOOTH = 50;

export async function run(stand, runs, say) {
  const { partSize } = await stand.send("veza");
  const field = {
    "FileReader and JSON.stringify": ["veza-loop", { partSize }],
    "toBase64 into a Blob": ["veza-native", { partSize }],
    "toBase64 into a Blob of Blobs": ["veza-native-blobs", { partSize }],
    "toBase64 of a stream into a Blob": ["veza-native-stream", { partSize }],
    upslice: ["veza", {}],
    "upslice, in workers": ["veza", { worker: true }],
  };
  const taken = Object.fromEntries(Object.keys(field).map((name) => [name, []]));
  for (let round = 0; round < runs; round++) {
    const order = round % 2 ? Object.entries(field).reverse() : Object.entries(field);
    for (const [name, [client, options]] of order) {
      const result = await stand.send(client, options, { traced: true });
      taken[name].push(result);
      say(`round ${round + 1}: ${name} ${speed(result).toFixed(0)} MiB/s, blocked ${result.longest.toFixed(0)} ms${foreign(result)}`);
    }
  }
  const { upslice: ours, "upslice, in workers": inWorkers, ...byHand } = taken;
  const time = (results) => median(results.map(({ ms }) => ms));
  // The one that a page would be written in, had its author measured.
  const [fastest, best] = Object.entries(byHand).sort(([, one], [, other]) => time(one) - time(other))[0];
  const ratios = ours.map((result, round) => best[round].ms / result.ms);
  const lines = [
    `upslice / the fastest by hand, ${fastest}: ${spread(ratios, 2)}`,
    `The longest that the page's thread was blocked by upslice: ${spread(ours.map(({ longest }) => longest), 0)} ms; ` +
      `up to ${SMOOTH} ms goes unnoticed.`,
    `With \`worker: true\`: ${spread(ours.map(({ ms }, round) => ms / inWorkers[round].ms), 2)} times upslice's rate on the page, and the page's ` +
      `thread busy for ${spread(inWorkers.map(({ busy }, round) => busy / ours[round].busy), 2)} times as long. There is a worker for each core but one, four at most.`,
    table([
      ["", "MiB/s", "speed / fastest by hand", "longest task, ms", "tasks over 50 ms", "all tasks, ms", "renderer memory, MiB", "browser process, MiB", "renderer CPU, s", "browser CPU, s"],
      ...Object.entries(taken).map(([name, results]) => row(name, results, best)),
    ]),
    `Parts of ${(partSize / MIB).toFixed(2)} MiB, six at once: encoded they take ${((partSize * 6 * 4) / 3 / MIB).toFixed(0)} MiB, ` +
      "in Blobs held by the browser process. toBase64 is given windows of 768 KiB. " +
      "Tasks of the renderer's main thread are read from a trace. Medians (minimum–maximum).",
  ];
  const blocked = (results) => median(results.map(({ longest }) => longest)).toFixed(0);
  const head =
    `Veza's base64 in JSON, ${size / MIB} MiB over loopback, beside the fastest that a page can do by hand (${fastest}): ` +
    `${spread(ratios, 2)} times its rate, and the page blocked for ${blocked(ours)} ms at the longest instead of ${blocked(best)}`;
  return { lines, results: Object.values(taken).flat(), head };
}

const speed = ({ ms }) => size / MIB / (ms / 1000);

function row(name, results, base) {
  const use = (read, digits) => (results[0].usage ? spread(results.map(({ usage }) => read(usage)), digits) : "–");
  return [
    name,
    spread(results.map(speed), 0),
    results === base ? "1" : spread(results.map(({ ms }, round) => base[round].ms / ms), 2),
    spread(results.map(({ longest }) => longest), 0),
    spread(results.map(({ long }) => long), 0),
    spread(results.map(({ busy }) => busy), 0),
    use(({ renderer }) => renderer / MIB, 0),
    use(({ others }) => others / MIB, 0),
    use(({ rendererCpu }) => rendererCpu, 2),
    use(({ browserCpu }) => browserCpu, 2),
  ];
}
