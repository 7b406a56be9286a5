// Tabs that die at any moment, and while they complete: the file arrives, once, and little is sent twice.
//
// UPSLICE_KILLS   how often a tab is killed in one upload   default: 100 for S3, 10 for the others
// UPSLICE_SEED    other moments                             default: always the same, since a change is judged by what it changes

import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { MIB, Pool, Server, diskFile } from "./harness.mjs";
import { arrived, begin, copies, ending, kill, profile, services } from "./visits.mjs";

const SEED = Number(process.env.UPSLICE_SEED ?? 1);
const KILLS = process.env.UPSLICE_KILLS === undefined ? undefined : Number(process.env.UPSLICE_KILLS);

/** Uploads run beside each other, on servers of their own. */
const AT_ONCE = 2;

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function chance(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * `within`: a tab lives at most so long after it began; `delay`: what a part takes. Together they decide how much one visit
 * gets done. `forgets`: how long ago, in ms, a part may have been stored that is sent again: what the journal gathers for one
 * write, and nothing where the service tells what it has. `renews`: a visit begins anew.
 */
const lives = {
  s3: { parts: 200, kills: 100, within: 600, delay: 200, forgets: 0 },
  veza: { parts: 60, forgets: 250 },
  // It signs what it has not got, and the receipt of a part that it has follows from the bytes.
  gjirafa: { parts: 60, forgets: 0 },
  // It lists what it was told of, and is told of what the journal holds.
  twelvelabs: { parts: 60, forgets: 250 },
  subworkflow: { parts: 60, forgets: 250 },
  // Which numbers have been tried is not known: each visit begins anew.
  here: { parts: 13, forgets: 0, renews: true },
};

/** Those that have no request that would tell whether a completion took effect: such an upload may end `unproven`. */
const CANNOT_SAY = ["veza", "gjirafa", "subworkflow"];

/** Timers are late on a machine that has more to do, and answers take a while to be read. */
const LATE = 250;

describe("kills", { concurrency: AT_ONCE }, () => {
  let servers;
  before(async () => { servers = new Pool(await Promise.all(Array.from({ length: AT_ONCE }, () => Server.start()))); });

  for (const [service, { parts, kills: usual = 10, within = 700, delay = 150, forgets, renews }] of Object.entries(lives)) {
    const kills = KILLS ?? usual;
    it(`${service}: ${kills} kills of the tab at any moment, and little is sent twice`, { timeout: 60_000 + kills * 5000 }, async (t) => {
      const about = services[service];
      const file = await diskFile(`killed-${service}.bin`, parts * (about.partSize ?? 5 * MIB) - 12345);
      const { open, server } = await profile(t, servers);
      // The last parts are held, so that it is not over before the last kill.
      const held = [parts, parts - 1].map((part) => ({ service, step: "part", part, fault: { kind: "stall", answer: true } }));
      await server.fault(...held, { service, step: "part", fault: { kind: "delay", ms: delay } });
      const dice = chance(SEED);
      const moments = Array.from({ length: kills }, () => Math.floor(dice() * within));
      t.diagnostic(`UPSLICE_SEED=${SEED}: killed ${moments.join(", ")} ms after the beginning`);
      const deaths = [];
      // The next tab is opened while one is at work: that takes longer than many a visit.
      let next = open(file);
      for (const moment of moments) {
        const page = await next;
        await begin(page, about);
        next = open(file);
        await page.evaluate(`Promise.race([ended, new Promise((resolve) => setTimeout(resolve, ${moment}))])`);
        const asked = Date.now();
        await kill(page);
        deaths.push({ asked, dead: Date.now() });
      }
      await server.mend();
      const page = await next;
      await begin(page, about);
      const end = await ending(page);
      assert.ok(end.result, `${end.error?.message} (UPSLICE_SEED=${SEED})`);
      await arrived(server, file, service);
      assert.equal((await page.evaluate("journal()")).uploads.length, 0, "it is over and still written down");

      const log = await server.requests();
      const sessions = log.filter(({ step, status }) => step === "create" && status < 300).length;
      const { sent, twice } = tally(log, renews);
      const sinceThen = ({ startMs, endMs }) => Math.min(...deaths.map(({ asked, dead }) => (startMs < dead ? Math.max(0, asked - endMs) : Infinity)));
      const oldest = Math.round(Math.max(0, ...twice.map(sinceThen)));
      t.diagnostic(`${sent} parts stored for ${parts}, ${end.parts.length} of them after the last kill, in ${sessions} sessions; ${twice.length} of them again, which had been stored at most ${oldest} ms before a kill`);
      assert.ok(oldest <= forgets + LATE, `a part that was stored ${oldest} ms before a kill was sent again (UPSLICE_SEED=${SEED})`);
    });
  }

  for (const service of Object.keys(services)) {
    for (const effect of [true, false]) {
      const outcome = effect ? "has taken effect" : "has no effect";
      it(`${service}: a tab that is killed while it completes, which ${outcome}`, { timeout: 60_000 }, async (t) => {
        const about = services[service];
        const file = await diskFile(`completed-${service}.bin`, 2 * (about.partSize ?? 5 * MIB));
        const { open, server } = await profile(t, servers);
        const first = await open(file);
        // TwelveLabs is complete with its last report.
        const step = service === "twelvelabs" ? "report" : "complete";
        await server.fault({ service, step, fault: effect ? { kind: "rate", latency: 60_000 } : { kind: "stall", answer: true } });
        await begin(first, about);
        await seen(async () => (await server.requestsOf(step)).length > 0);
        if (effect) await seen(async () => (await copies(server, file)).length > 0);
        await kill(first);
        await server.mend();
        const second = await open(file);
        await begin(second, about);
        const end = await ending(second);
        if (effect && CANNOT_SAY.includes(service) && end.error) {
          assert.equal(end.error.code, "unproven", end.error.message);
          await arrived(server, file, service);
          // Whoever uploads it again all the same is let, and does not meet the same doubt for ever.
          await begin(second, about);
          const again = await ending(second);
          assert.equal(again.result?.resumed, false, again.error?.message);
          assert.equal((await copies(server, file)).length, 2);
        } else {
          assert.ok(end.result, end.error?.message);
          await arrived(server, file, service);
        }
        assert.equal((await second.evaluate("journal()")).uploads.length, 0, "it is over and still written down");
      });
    }
  }
});

/** Resolves when `when` does so with true. */
async function seen(when) {
  while (!(await when())) await new Promise((resolve) => setTimeout(resolve, 50));
}

/** The parts that were stored, and of those that were stored again, the times before. What a new session forgets is not counted where `renews`. */
function tally(log, renews) {
  let session = 0;
  const last = new Map();
  const twice = [];
  let sent = 0;
  for (const request of log) {
    if (request.step === "create") session += 1;
    if (request.step !== "part" || request.status !== 200) continue;
    sent += 1;
    const part = renews ? `${session} ${request.part}` : request.part;
    if (last.has(part)) twice.push(last.get(part));
    last.set(part, request);
  }
  return { sent, twice };
}
