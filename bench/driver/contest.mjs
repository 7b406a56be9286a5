// Contestants measured in turns, and the table of what came of it.

import { MIB, foreign, median, spread, table } from "./figures.mjs";
import { LOOP, isPeer } from "./field.mjs";
import { versions } from "./peers.mjs";

/** Each contestant `runs` times, alternating; `before` puts the line into its state before each upload. Too much happens over HTTP/2 for a trace. */
export async function contest(stand, field, runs, say, { before = () => {}, traced = true } = {}) {
  const taken = Object.fromEntries(Object.keys(field).map((name) => [name, []]));
  for (let round = 0; round < runs; round++) {
    // There and back, so that a machine that slows down or warms up favours nobody.
    const order = round % 2 ? Object.entries(field).reverse() : Object.entries(field);
    for (const [name, [client, options]] of order) {
      await before();
      const result = await stand.send(client, options, { traced });
      taken[name].push(result);
      const blocked = traced ? `, blocked ${result.longest.toFixed(0)} ms` : "";
      say(`round ${round + 1}: ${name} ${(result.ms / 1000).toFixed(2)} s${blocked}${foreign(result)}`);
    }
  }
  return taken;
}

/** Times, the ratio to the limit, and what it cost. */
export function scores(taken, { size, limit, limitName }) {
  const loop = taken[LOOP];
  const ideal = limit === undefined ? [] : [`time / ${limitName}`];
  return table([
    ["", "time, s", "MiB/s", ...ideal, `time / ${LOOP}`, "longest task, ms", "renderer memory, MiB", "worst other process, MiB", "sent twice, MiB"],
    ...Object.entries(taken).map(([name, results]) => {
      const [{ longest }] = results;
      const use = (read) => (results[0].usage ? spread(results.map(({ usage }) => read(usage) / MIB), 0) : "–");
      return [
        name,
        spread(results.map(({ ms }) => ms / 1000), 2),
        median(results.map(({ ms }) => size / MIB / (ms / 1000))).toFixed(size / MIB / 100 > 5 ? 0 : 1),
        ...(limit === undefined ? [] : [spread(results.map(({ ms }) => ms / limit), 2)]),
        results === loop ? "1" : spread(results.map(({ ms }, round) => ms / loop[round].ms), 2),
        longest === undefined ? "–" : spread(results.map(({ longest }) => longest), 0),
        use(({ renderer }) => renderer),
        use(({ others }) => others),
        spread(results.map(({ twice }) => twice / MIB), 1),
      ];
    }),
  ]);
}

/** Ours, the limit, and the peer with the least median, in one line for the README. */
export function headline(taken, what) {
  const seconds = (results) => median(results.map(({ ms }) => ms)) / 1000;
  const peers = Object.entries(taken).filter(([name]) => isPeer(name)).map(([name, results]) => [name, seconds(results)]);
  const [name, best] = peers.reduce((best, peer) => (peer[1] < best[1] ? peer : best));
  return (
    `${what}: upslice ${seconds(taken.upslice).toFixed(2)} s, the bare loop ${seconds(taken[LOOP]).toFixed(2)} s, ` +
    `the fastest peer ${best.toFixed(2)} s (${name})`
  );
}

/** What the figures of every contest mean. */
export const noteOf = (version) =>
  `Other uploaders run with their defaults, except as their names say; all send multipart, over ${version}, to another origin than the ` +
  "page's. tus, UpChunk and Uploadcare send to a sink of the same server that checks and stores nothing. Medians " +
  "(minimum–maximum); ratios within each round. The longest task is processor time of the page's main thread, from a " +
  "trace. Memory is the peak growth of a process's private memory during the upload. Sent twice are bytes of parts that the server read beyond the file's size. " +
  `${versions()}.`;

export const NOTE = noteOf("HTTP/1.1");
