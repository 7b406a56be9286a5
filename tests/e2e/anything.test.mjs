// Anything at all, from the app and from the disk: options and what an earlier visit left may be of any kind. Either it works,
// or it is one clear error; nothing hangs, and the module does not break. Every run throws the same dice: a change is judged by
// what it changes. `UPSLICE_SEED=$RANDOM` looks further.

import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { MIB, Pool, Server, diskFile } from "./harness.mjs";
import { copies, profile } from "./visits.mjs";

const TIMEOUT = 120_000;
const SEED = Number(process.env.UPSLICE_SEED ?? 381004291);

/** Dice, values of any kind, and the patience that everything is given. Runs in the browser. */
function instruments(seed) {
  let state = seed;
  window.dice = (sides) => {
    // https://en.wikipedia.org/wiki/Xorshift
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % sides;
  };
  window.oneOf = (things) => things[dice(things.length)];
  const deep = (levels) => (levels === 0 ? [] : [deep(levels - 1)]);
  /** What can be written to a database. */
  window.plain = [
    undefined, null, true, false, NaN, Infinity, -Infinity, -1, -0, 0, 1, 1.5, 2 ** 31, 2 ** 32, 2 ** 53, 1e300, 5e-324, 10n, "", " ", "x",
    "5", "auto", "http://", "javascript:1", "/..//", "\ud800", "🦀", "x".repeat(100_000), [], [null], [[1, 2]], [["0", {}]], {}, { etag: 1 },
    { limit: -1 }, { scope: 7, maxAge: "x" }, new Date(NaN), new Map([[1, 2]]), new Uint8Array(3), deep(500),
  ];
  const thrower = () => { throw new Error("thrown by the app"); };
  window.any = [
    ...plain, Symbol("s"), thrower, () => undefined, () => 7, async () => { throw new Error("rejected by the app"); }, () => new Promise(() => {}),
    async () => ({}), async () => "x", new Proxy({}, { get: thrower }), new Proxy({}, { ownKeys: thrower }), Object.freeze({ get limit() { return thrower(); } }),
    { then: thrower }, { toString: thrower, valueOf: thrower }, AbortSignal.abort(), new Blob(["x"]), globalThis, document.body, class {},
  ];
  window.told = (thing) => {
    try {
      const fields = thing && typeof thing === "object" && Object.entries(thing).map(([name, value]) => `${name}: ${typeof value} ${any.indexOf(value)}`);
      return fields ? `{ ${fields.join(", ")} }` : String(thing).slice(0, 60);
    } catch {
      return `any[${any.indexOf(thing)}]`;
    }
  };
  window.within = (promise, what) => Promise.race([promise, new Promise((_, reject) => setTimeout(() => reject(new Error(`${what} hangs`)), 30_000))]);
}

describe("anything", () => {
  let servers;
  before(async () => { servers = new Pool([await Server.start()]); });

  it("options of any kind begin an upload, or are one clear error", { timeout: TIMEOUT }, async (t) => {
    t.diagnostic(`UPSLICE_SEED=${SEED}`);
    const { open } = await profile(t, servers);
    const page = await open();
    await page.evaluate(instruments, SEED | 1);
    const codes = await page.evaluate(async () => {
      const headers = { authorization: "Bearer demo-key", "x-api-key": "demo-key" };
      const destinations = {
        s3: { endpoint: "/s3/multipart", headers: {} },
        veza: { baseUrl: "/veza", providerId: "p", dataSourceId: "d", headers },
        gjirafa: { baseUrl: "/gjirafa", projectId: "p", urlExpiryHours: 1, enableDuplicateCheck: false, fileHash: "h", headers },
        twelvelabs: { baseUrl: "/twelvelabs/v1.3", enableHls: true, userMetadata: { a: 1 }, headers },
        here: { baseUrl: "/here/blobstore/v1/catalogs/c", layerId: "l", dataHandle: "h", billingTag: "abcd", onFailedPart: "resend", contentEncoding: "gzip", origins: [], headers },
        subworkflow: { baseUrl: "/subworkflow/v1", jobType: "extract", headers },
        custom: { create: async () => ({ session: 1 }), part: async () => ({ url: "/nowhere" }), complete: async () => ({}), abort: async () => {} },
      };
      const options = {
        name: "a", type: "b/c", partSize: 5 * 2 ** 20, concurrency: 2, checksum: "auto", retry: { limit: 1 }, stallTimeout: 9000, responseTimeout: 9000,
        outageTimeout: 9000, transport: "auto", resumable: true, handle: undefined, worker: false, signal: undefined, onProgress: () => {},
      };
      const bent = (given) => {
        const bag = { ...given };
        for (let times = dice(5) < 3 ? 0 : 1 + dice(2); times > 0; times -= 1) bag[dice(9) === 0 ? "another" : oneOf(Object.keys(given))] = oneOf(any);
        return dice(40) === 0 ? oneOf(any) : bag;
      };
      const codes = {};
      for (let life = 0; life < 300; life += 1) {
        const kind = oneOf(Object.keys(destinations));
        const bag = [bent(destinations[kind]), bent(options)];
        const file = dice(20) === 0 ? oneOf(any) : new File(["x".repeat(dice(3))], "f");
        const what = `life ${life}: ${kind}, ${bag.map((bag) => told(bag))}`;
        let code = "stored";
        let cause;
        try {
          const to = dice(40) === 0 ? oneOf(any) : api[kind](bag[0]);
          if (any.includes(bag[1])) bag[1] = { to: bag[1] };
          else bag[1].to = to;
          const one = api.upload(file, bag[1]);
          const ended = Promise.resolve(one);
          ended.catch(() => {});
          await Promise.race([ended.catch(() => {}), new Promise((resolve) => setTimeout(resolve, dice(30)))]);
          one.abort();
          await within(ended, what);
        } catch (error) {
          if (!(error instanceof api.UploadError)) throw new Error(`${what}: ${error?.stack ?? error}`);
          if (!error.message || /demo-key/.test(error.message)) throw new Error(`${what}: ${error.message}`);
          ({ code, cause } = error);
        }
        if (code === "internal" || code === "load") throw new Error(`${what}: the module broke: ${cause?.stack ?? cause}`);
        codes[code] = (codes[code] ?? 0) + 1;
      }
      return codes;
    });
    t.diagnostic(JSON.stringify(codes));
    // Both ways were gone.
    assert.ok(codes.options > 20 && (codes.aborted ?? 0) + (codes.stored ?? 0) > 20, JSON.stringify(codes));
  });

  it("what an earlier visit left may be anything: the file arrives", { timeout: TIMEOUT }, async (t) => {
    t.diagnostic(`UPSLICE_SEED=${SEED}`);
    const { open, server } = await profile(t, servers);
    const file = await diskFile("anything.bin", 11 * MIB);
    const first = await open(file);
    await server.fault({ service: "s3", step: "part", part: 3, fault: { kind: "stall", answer: true } });
    await first.evaluate(`begin(api.s3({ endpoint: "/s3/multipart" }), { partSize: 5 * ${MIB} })`);
    await first.evaluate("kept(2)");
    const left = await first.evaluate("journal()");
    await first.close();
    await server.reset();
    const page = await open(file);
    await page.evaluate(instruments, SEED | 1);
    const lives = 40;
    const ends = await page.evaluate(async ({ left, lives }) => {
      const [header] = left.uploads;
      const fields = [...Object.keys(header).filter((field) => !["id", "key", "identity"].includes(field)), "closing", "receipts", "session.key", "session.uploadId"];
      const ends = {};
      for (let life = 0; life < lives; life += 1) {
        // A session that is there, so that there is something to go on with.
        const created = await fetch("/s3/multipart", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ filename: "a", type: "b/c" }) });
        const { key, uploadId } = await created.json();
        const entry = { ...header, session: { ...header.session, key, uploadId } };
        let changes = left.changes.map((change) => ({ ...change }));
        const bends = [];
        for (let times = 1 + dice(3); times > 0; times -= 1) {
          const [field, value] = [oneOf(fields), oneOf(plain)];
          bends.push(`${field}: ${told(value)}`);
          if (field === "receipts") changes = changes.map((change) => ({ ...change, receipts: value }));
          else if (field.startsWith("session.") && typeof entry.session === "object") entry.session = { ...entry.session, [field.slice(8)]: value };
          else entry[field] = value;
        }
        const request = indexedDB.open("upslice");
        await new Promise((resolve) => (request.onsuccess = resolve));
        const transaction = request.result.transaction(["uploads", "changes"], "readwrite");
        transaction.objectStore("uploads").clear();
        transaction.objectStore("uploads").put(entry);
        // What the last life has left, if it was not known by then.
        transaction.objectStore("changes").clear();
        for (const change of changes) transaction.objectStore("changes").put(change);
        await new Promise((resolve, reject) => { transaction.oncomplete = resolve; transaction.onabort = () => reject(transaction.error); });
        request.result.close();
        const what = `life ${life}: ${bends.join(", ")}`;
        for (const one of await within(api.interrupted(), what)) {
          if (!(one.sent >= 0) || typeof one.name !== "string") throw new Error(`${what}: listed as ${told(one)}`);
        }
        const one = api.upload(file(), { to: api.s3({ endpoint: "/s3/multipart" }), partSize: 5 * 2 ** 20, retry: { minDelay: 5, maxDelay: 20 } });
        // A completion that was in doubt, and whose session is unknown: said once, and then it begins anew.
        const ended = await within(one.catch((error) => error), what);
        const end = ended instanceof Error ? (ended.code ?? String(ended)) : ended.resumed ? "resumed" : "anew";
        if (end === "unproven") await within(api.upload(file(), { to: api.s3({ endpoint: "/s3/multipart" }) }), what);
        else if (end !== "resumed" && end !== "anew") throw new Error(`${what}: ${ended.stack}`);
        ends[end] = (ends[end] ?? 0) + 1;
      }
      return ends;
    }, { left, lives });
    t.diagnostic(JSON.stringify(ends));
    assert.equal((await copies(server, file)).length, lives);
    assert.ok(ends.resumed > 0 && ends.anew > 0, JSON.stringify(ends));
  });
});
