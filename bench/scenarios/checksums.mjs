// What a checksum of each part costs: its bytes are read once more than they are sent.

import { contest, scores } from "../driver/contest.mjs";
import { LOOP } from "../driver/field.mjs";
import { MIB, median, spread } from "../driver/figures.mjs";
import { versions } from "../driver/peers.mjs";

export const title = "checksums: 1 GiB with a checksum of each part";
export const runs = 5;
export const size = 1024 * MIB;
/** The store believes a checksum here: what the browser pays for it is the subject. */
export const server = ["--sink"];

/** What is read by the window fills a trace. */
const TRACED = 128 * MIB;

/** Of each of six connections. */
const RATE = 10 * MIB;

const OURS = "upslice";
const ALGORITHMS = { "CRC-32C": "crc32c", "CRC-64/NVME": "crc64nvme", "SHA-256": "sha256" };
const ours = Object.fromEntries([
  [OURS, ["upslice-checksums", {}]],
  ...Object.entries(ALGORITHMS).map(([name, checksum]) => [`${OURS}, ${name}`, ["upslice-checksums", { checksum }]]),
]);

export async function run(stand, runs, say) {
  const { partSize } = await stand.send("upslice-checksums");
  const loop = { [LOOP]: ["loop", { partSize }] };
  const byHand = { "a loop with hash-wasm, CRC-32C": ["loop-checksums", { partSize, checksum: "crc32c" }] };
  const free = await contest(stand, { ...loop, ...ours, ...byHand }, runs, say, { traced: false });
  const traced = await contest(await stand.sparse(TRACED), { ...ours, ...byHand }, runs, say);
  await stand.server.fault({ service: "*", fault: { kind: "rate", bytesPerSecond: RATE, latency: 0 } });
  const slow = await contest(stand, { ...loop, ...ours }, runs, say, { traced: false });
  /** By how much longer it takes than without, or which share of the speed is kept: within each round. */
  const longer = (taken, name) => taken[`${OURS}, ${name}`].map(({ ms }, round) => ms / taken[OURS][round].ms);
  const kept = (name) => longer(free, name).map((times) => 1 / times);
  const each = (say) => Object.keys(ALGORITHMS).map(say).join(", ");
  const lines = [
    `Time with a checksum / time without, on a link of ${(6 * RATE) / MIB} MiB/s: ${each((name) => `${name} ${spread(longer(slow, name), 2)}`)}`,
    `Speed with a checksum / speed without, with no limit: ${each((name) => `${name} ${spread(kept(name), 2)}`)}`,
    "With no limit but the machine:",
    scores(free, { size }),
    `The longest task of the page's thread, in ms, for ${TRACED / MIB} MiB (a trace has no room for more): ` +
      `${Object.entries(traced).map(([name, results]) => `${name} ${spread(results.map(({ longest }) => longest), 0)}`).join(" · ")}`,
    `On a link of ${(6 * RATE) / MIB} MiB/s, six connections of ${RATE / MIB} MiB/s each:`,
    scores(slow, { size }),
    `Parts of ${(partSize / MIB).toFixed(2)} MiB to URLs that are signed with each part's checksum; the bare loop sends none. SHA-256 is ` +
      "`crypto.subtle`'s. lib-storage, which sends a CRC-32 of each part, is left out: a run takes minutes (see the other " +
      `scenarios). Medians (minimum–maximum); ratios within each round. ${versions()}.`,
  ];
  const percent = (name) => `${((median(longer(slow, name)) - 1) * 100).toFixed(0)} %`;
  const head =
    `1 GiB with a checksum of each part: on a link of ${(6 * RATE) / MIB} MiB/s it takes ${each((name) => `${percent(name)} longer with ${name}`)}; ` +
    `over loopback it runs at ${each((name) => median(kept(name)).toFixed(2))} times the speed`;
  return { lines, results: [free, traced, slow].flatMap((taken) => Object.values(taken).flat()), head };
}
