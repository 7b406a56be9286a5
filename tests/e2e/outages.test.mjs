// What the world does to an upload under way: the network goes and comes back, and the file is not what it was.
//
// UPSLICE_OFFLINE   seconds without a network   default: 5

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { closeSync, openSync, readFileSync, rmSync, statSync, truncateSync, utimesSync, writeSync } from "node:fs";
import { before, describe, it } from "node:test";
import { MIB, Pool, Server, diskFile } from "./harness.mjs";
import { arrived, begin, copies, ending, profile, services } from "./visits.mjs";

const OFFLINE = Number(process.env.UPSLICE_OFFLINE ?? 5) * 1000;
const TIMEOUT = 60_000 + 2 * OFFLINE;

/** Uploads run beside each other, on servers of their own: most of them wait. */
const AT_ONCE = 4;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

describe("outages", { concurrency: AT_ONCE }, () => {
  let servers;
  before(async () => { servers = new Pool(await Promise.all(Array.from({ length: AT_ONCE }, () => Server.start()))); });

  // A browser that is told to be offline refuses what is new and still brings the answers to what is under way: what is cut
  // is cut by the server.
  const ways = {
    "whose end the browser tells": {
      within: 2000,
      begin: ({ server, context }) => Promise.all([server.down(), context.setOffline(true)]),
      back: ({ context }) => context.setOffline(false),
    },
    // It is found out, at least every fifteen seconds.
    "whose end nobody tells": { within: 15_000, begin: ({ server }) => server.down(), back: () => {} },
  };
  for (const service of ["s3", "veza"]) {
    for (const [way, outage] of Object.entries(ways)) {
      it(`${service}: an outage of ${OFFLINE / 1000} s ${way} spends no attempt`, { timeout: TIMEOUT }, async (t) => {
        const about = services[service];
        const file = await diskFile("offline.bin", about.size);
        const visit = await profile(t, servers);
        const { server, open } = visit;
        const page = await open(file);
        // From the third part on they are held: all that is in flight is cut, and nothing is answered afterwards.
        const parts = Array.from({ length: Math.ceil(about.size / about.partSize) }, (_, at) => at + 1);
        await server.fault(...parts.slice(2).map((part) => ({ service, step: "part", part, fault: { kind: "delay", ms: TIMEOUT } })));
        // One attempt that is spent would be one too many.
        await begin(page, about, { concurrency: 2, retry: { limit: 0, minDelay: 20, maxDelay: 400 } });
        await page.evaluate("stored(2)");
        await outage.begin(visit);
        await page.evaluate("Promise.race([ended, until(() => one.state === 'offline')])");
        await sleep(OFFLINE);
        const meanwhile = await page.evaluate("Promise.race([ended, Promise.resolve(one.state)])");
        assert.equal(meanwhile.error?.message ?? meanwhile, "offline");
        await server.up();
        const over = Date.now();
        await outage.back(visit);
        const end = await ending(page);
        assert.ok(end.result, end.error?.message);
        assert.deepEqual(end.retries, []);
        assert.ok(!end.states.some(({ state }) => state === "failed"));
        const on = end.states.find(({ state, at }) => state === "uploading" && at >= over).at - over;
        t.diagnostic(`went on after ${on} ms`);
        assert.ok(on <= outage.within + 500, `went on after ${on} ms only`);
        await arrived(server, file, service);
      });
    }
  }

  /** Writes other bytes into a file, at the beginning and at the end. */
  const change = (file, keep = false) => {
    const { atime, mtime } = statSync(file.path);
    const handle = openSync(file.path, "r+");
    writeSync(handle, Buffer.from("another beginning"), 0, 17, 0);
    writeSync(handle, Buffer.from("another end"), 0, 11, file.size - 11);
    closeSync(handle);
    if (keep) utimesSync(file.path, atime, mtime);
  };
  const changes = {
    changed: change,
    truncated: (file) => truncateSync(file.path, 10 * MIB),
    deleted: (file) => rmSync(file.path),
  };
  for (const [service, about] of Object.entries(services)) {
    for (const [how, act] of Object.entries(changes)) {
      it(`${service}: a file that is ${how} in the middle is never completed`, { timeout: 60_000 }, async (t) => {
        const file = await diskFile(`${how}-${service}.bin`, 4 * (about.partSize ?? 5 * MIB));
        utimesSync(file.path, 1_700_000_000, 1_700_000_000);
        const { open, server } = await profile(t, servers);
        const page = await open(file);
        await server.fault({ service, step: "part", part: 2, fault: { kind: "delay", ms: 1000 } }, { service, step: "part", fault: { kind: "delay", ms: 100 } });
        const had = await server.files();
        await begin(page, about, { concurrency: 1 });
        await page.evaluate("stored(1)");
        act(file);
        const { error } = await ending(page);
        assert.equal(error?.code, "file-changed", error?.message ?? "completed");
        assert.deepEqual(await server.files(), had);
      });
    }

    it(`${service}: a file that is changed while its last bytes are on their way is never completed`, { timeout: 60_000 }, async (t) => {
      const file = await diskFile(`torn-${service}.bin`, 3 * (about.partSize ?? 5 * MIB));
      utimesSync(file.path, 1_700_000_000, 1_700_000_000);
      const { open, server } = await profile(t, servers);
      const page = await open(file);
      await server.fault({ service, step: "part", fault: { kind: "rate", bytesPerSecond: 2 * MIB } });
      const had = await server.files();
      await begin(page, about);
      while ((await server.requestsOf("part")).length < 3) await sleep(20);
      change(file);
      const { error } = await ending(page);
      assert.equal(error?.code, "file-changed", error?.message ?? "completed");
      assert.deepEqual(await server.files(), had);
    });
  }

  it("here: a change that leaves the file's date as it was is told by the parts' digests", { timeout: 60_000 }, async (t) => {
    // Parts that no buffers between here and there can hold.
    const about = { ...services.here, partSize: 12 * MIB };
    const file = await diskFile("kept-date.bin", 3 * about.partSize);
    utimesSync(file.path, 1_700_000_000, 1_700_000_000);
    const { open, server } = await profile(t, servers);
    const page = await open(file);
    await server.fault({ service: "here", step: "part", fault: { kind: "rate", bytesPerSecond: 2 * MIB } });
    await begin(page, about);
    while ((await server.requestsOf("part")).length < 3) await sleep(20);
    change(file, true);
    await server.mend();
    const end = await ending(page);
    assert.ok(end.result, end.error?.message);
    // All parts went into another session: what is stored is the file as it is now, and no mixture.
    assert.deepEqual(end.notices, ["restarted"]);
    file.sha256 = createHash("sha256").update(readFileSync(file.path)).digest("hex");
    await arrived(server, file, "here");
  });
});
