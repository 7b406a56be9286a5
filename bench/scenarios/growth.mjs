// What files and parts cost as they grow: memory that does not depend on the file, and processor time by the part.

import { MIB, spread, table } from "../driver/figures.mjs";

export const title = "growth: 1, 5 and 20 GiB, 100 and 10,000 parts";
export const runs = 3;
export const size = MIB;
export const server = ["--sink", "--min-part-size", "1"];

const PIECE = 64 << 10;

export async function run(stand, runs, say) {
  const results = [];
  const rows = async (cases, row) => {
    const rows = [];
    for (const { name, size, client, options } of cases) {
      const here = await stand.sparse(size);
      const taken = [];
      for (let round = 0; round < runs; round++) taken.push(await here.send(client, options, { traced: false }));
      say(`${name}: ${spread(taken.map(({ ms }) => ms / 1000), 1)} s`);
      results.push(...taken);
      rows.push([name, ...row(taken, size)]);
    }
    return rows;
  };
  const use = (taken, read, digits) => (taken[0].usage ? spread(taken.map(({ usage }) => read(usage)), digits) : "–");
  const files = await rows(
    [1, 5, 20].map((gib) => ({ name: `${gib} GiB`, size: gib * 1024 * MIB, client: "upslice" })),
    (taken, size) => [
      spread(taken.map(({ ms }) => size / MIB / (ms / 1000)), 0),
      (taken[0].partSize / MIB).toFixed(2),
      use(taken, ({ renderer }) => renderer / MIB, 0),
      use(taken, ({ others }) => others / MIB, 0),
      use(taken, ({ rendererCpu }) => rendererCpu / (size / MIB / 1024), 2),
    ],
  );
  const parts = await rows(
    [100, 1000, 10_000].map((parts) => ({ name: `${parts} parts`, size: parts * PIECE, client: "upslice-pieces", options: { partSize: PIECE } })),
    (taken, size) => [
      spread(taken.map(({ ms }) => ms / (size / PIECE)), 2),
      use(taken, ({ rendererCpu }) => (rendererCpu * 1000) / (size / PIECE), 2),
      use(taken, ({ renderer }) => renderer / MIB, 0),
    ],
  );
  const lines = [
    table([["", "MiB/s", "part, MiB", "renderer memory, MiB", "worst other process, MiB", "renderer CPU, s per GiB"], ...files]),
    table([["64 KiB each", "ms per part", "renderer CPU, ms per part", "renderer memory, MiB"], ...parts]),
    "Sparse files into a sink. Memory is the most that a process holds of its own during the upload beyond what it held before. " +
      "The parts of the second table go to presigned URLs through `custom()`; the page's start is in the first of its rows. Medians, with the least and the most in parentheses.",
  ];
  return { lines, results };
}
