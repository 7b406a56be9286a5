// The package's promises to an app: what it rejects, what it tells and in which order, and that it settles once.

import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, beforeEach, describe, it } from "node:test";
import { KIB, MIB, Server, openKit, scratch } from "./harness.mjs";

const TIMEOUT = 30_000;

describe("api", () => {
  let server;
  before(async () => { server = await Server.start(); });
  beforeEach(() => server.reset());

  /** One page, one story told inside it. Nothing may be complained about unless the test expects it. */
  const story = (name, tell, { timeout = TIMEOUT, complaints = [] } = {}) => it(name, { timeout }, async (t) => {
    const page = await openKit(server, t);
    await server.forget();
    await tell({ page, run: (body, argument) => page.evaluate(body, argument), t });
    assert.equal(page.complaints.length, complaints.length, page.complaints.join("\n"));
    complaints.forEach((pattern, i) => assert.match(page.complaints[i], pattern));
  });

  // ---- options ----------------------------------------------------------------------------------

  const wrong = {
    "to is missing": ["{}", /\bto\b/],
    "to is not a destination": ["{ to: {} }", /\bto\b/],
    "partSize is negative": ["{ to: here(), partSize: -1 }", /partSize/],
    "partSize is a word": ["{ to: here(), partSize: 'large' }", /partSize/],
    "partSize is not finite": ["{ to: here(), partSize: NaN }", /partSize/],
    "partSize is below the service's floor": ["{ to: here(), partSize: 1 }", /partSize/],
    "partSize is above the service's ceiling": ["{ to: here(), partSize: 6 * 1024 ** 3 }", /partSize/],
    "concurrency is 0": ["{ to: here(), concurrency: 0 }", /concurrency/],
    "concurrency is a fraction": ["{ to: here(), concurrency: 1.5 }", /concurrency/],
    "transport is unknown": ["{ to: here(), transport: 'pigeon' }", /transport/],
    "checksum is unknown": ["{ to: here(), checksum: 'crc7' }", /checksum/],
    "retry.limit is negative": ["{ to: here(), retry: { limit: -1 } }", /retry/],
    "stallTimeout is negative": ["{ to: here(), stallTimeout: -1 }", /stallTimeout/],
    "responseTimeout is a string": ["{ to: here(), responseTimeout: 'soon' }", /responseTimeout/],
    "signal is no signal": ["{ to: here(), signal: 'stop' }", /signal/],
    "signal throws when it is read": ["{ to: here(), signal: new Proxy({}, { get() { throw 7; } }) }", /signal: reading it threw: 7/],
    "onProgress is no function": ["{ to: here(), onProgress: 1 }", /onProgress/],
    "name is a number": ["{ to: here(), name: 7 }", /name/],
    "the endpoint is no address": ["{ to: s3({ endpoint: 'http://' }) }", /endpoint/],
    "the endpoint is missing": ["{ to: s3({}) }", /endpoint/],
  };

  it("a wrong option is one error that names it, before a single request", { timeout: TIMEOUT }, async (t) => {
    const page = await openKit(server, t);
    await server.forget();
    for (const [what, [options, names]] of Object.entries(wrong)) {
      await t.test(what, async () => {
        // Destinations check themselves when they are made, or when they are used: either is told by the promise.
        const { error, threw, errors } = await page.evaluate(`(async ({ here, s3 }) => {
          let options;
          try {
            options = ${options};
          } catch (error) {
            return { error: kit.plain(error), threw: true };
          }
          const one = kit.upload(kit.file(10), options);
          const said = kit.record(one);
          return { ...(await kit.ending(one)), errors: said.filter(({ type }) => type === "error").length };
        })(kit)`);
        assert.ok(error?.isUploadError, `it must reject with an UploadError: ${JSON.stringify(error)}`);
        assert.equal(error.code, "options");
        assert.match(error.message, names);
        assert.equal(error.retryable, false);
        if (!threw) assert.equal(errors, 1);
      });
    }
    await t.test("what is no Blob", async () => {
      const { error } = await page.evaluate(() => kit.ending(kit.upload("text", { to: kit.here() })));
      assert.equal(error.code, "options");
    });
    await t.test("what throws when it is read in place of a file", async () => {
      const file = "new Proxy({}, { get() { throw 7; } })";
      const { error } = await page.evaluate(`kit.ending(kit.upload(${file}, { to: kit.here() }))`);
      assert.equal(error.code, "options");
      assert.match(error.message, /file: reading it threw: 7/);
    });
    assert.deepEqual((await server.requests()).filter(({ path }) => path.startsWith("/s3")), []);
    assert.deepEqual(page.complaints, []);
  });

  story("a file that the service cannot hold is refused with the sum", async ({ run }) => {
    // No disk holds 49 TiB. A platform whose Blobs say so is enough, since nothing is read before the plan is made.
    const { error } = await run(() => {
      Object.defineProperty(Blob.prototype, "size", { get: () => 60 * 1024 ** 4 });
      return kit.ending(kit.upload(new Blob(["x"]), { to: kit.here() }));
    });
    assert.equal(error.code, "limit");
    assert.match(error.message, new RegExp(String(60 * 1024 ** 4)));
    assert.match(error.message, /10,?000/);
  });

  // ---- the promise ------------------------------------------------------------------------------

  story("await, done, then and finally all tell one result", async ({ run }) => {
    const told = await run(async () => {
      const one = kit.upload(kit.file(100), { ...kit.quick, to: kit.here() });
      let finals = 0;
      const results = await Promise.all([one, one.done, one.then((r) => r), one.catch(() => "caught"), one.finally(() => { finals++; })]);
      return { same: results.every((result) => result === results[0]), finals, realPromise: one.done instanceof Promise, isTarget: one instanceof EventTarget, result: structuredClone(results[0]), state: one.state };
    });
    assert.deepEqual({ ...told, result: undefined }, { same: true, finals: 1, realPromise: true, isTarget: true, result: undefined, state: "completed" });
    assert.equal(told.result.size, 100);
    assert.equal(told.result.resumed, false);
    assert.equal(typeof told.result.uploadId, "string");
    assert.equal(told.result.parts.length, 1);
    assert.deepEqual({ ...told.result.parts[0], etag: undefined, checksum: undefined }, { number: 1, offset: 0, size: 100, etag: undefined, checksum: undefined });
    assert.ok(told.result.elapsed > 0);
  });

  story("an answer that is nested without end is none, and breaks nothing", async ({ run }) => {
    const body = "[".repeat(20_000) + "]".repeat(20_000);
    await server.fault({ service: "s3", step: "create", times: 1, fault: { kind: "status", status: 200, headers: { "content-type": "application/json" }, body } });
    const told = await run(async () => {
      const one = await kit.ending(kit.upload(kit.file(100), { ...kit.quick, to: kit.here() }));
      return [one, await kit.ending(kit.upload(kit.file(100), { ...kit.quick, to: kit.here() }))];
    });
    assert.equal(told[0].error.code, "protocol");
    assert.equal(told[1].result.size, 100);
  });

  story("catch and finally tell one failure", async ({ run }) => {
    await server.fault({ service: "s3", step: "create", fault: { kind: "status", status: 400, body: "{\"error\":\"s3: no\"}" } });
    const told = await run(async () => {
      const one = kit.upload(kit.file(100), { ...kit.quick, to: kit.here() });
      let finals = 0;
      const errors = await Promise.all([one.catch((e) => e), one.done.catch((e) => e), one.finally(() => { finals++; }).catch((e) => e), one.then(null, (e) => e)]);
      return { same: errors.every((error) => error === errors[0]), finals, error: kit.plain(errors[0]), state: one.state };
    });
    assert.ok(told.same);
    assert.equal(told.finals, 1);
    assert.equal(told.state, "failed");
    assert.equal(told.error.code, "rejected");
    assert.equal(told.error.status, 400);
    assert.match(told.error.message, /s3: no/);
  });

  story("a failure that nobody listens to is one console.error and no unhandled rejection", async ({ run, page }) => {
    await server.fault({ service: "s3", step: "create", fault: { kind: "status", status: 400 } });
    const told = page.waitForEvent("console", (message) => message.type() === "error" && /upslice|UploadError|rejected/i.test(message.text()));
    await run(() => { kit.upload(kit.file(100), { to: kit.here() }); });
    await told;
    await run(() => new Promise((resolve) => setTimeout(resolve, 100))); // an unhandled rejection would be told by now
  }, { complaints: [/rejected|400/] });

  story("a failure that only an event listens to is not told again", async ({ run }) => {
    await server.fault({ service: "s3", step: "create", fault: { kind: "status", status: 400 } });
    const code = await run(() => new Promise((resolve) => {
      kit.upload(kit.file(100), { to: kit.here() }).addEventListener("error", ({ detail }) => setTimeout(resolve, 100, detail.code));
    }));
    assert.equal(code, "rejected");
  });

  story("a listener that throws stops nobody", async ({ run }) => {
    const { result } = await run(() => {
      let told = false;
      const onProgress = () => {
        if (told) return;
        told = true;
        throw new Error("mine");
      };
      const one = kit.upload(kit.file(100), { to: kit.here(), onProgress });
      one.addEventListener("part", () => { throw new Error("mine too"); });
      return kit.ending(one);
    });
    assert.equal(result.size, 100);
  }, { complaints: [/mine/, /mine/] });

  // ---- events -----------------------------------------------------------------------------------

  story("events come in order: states, progress, parts, the total, success", async ({ run }) => {
    const { said, seen } = await run(async () => {
      const seen = [];
      const one = kit.upload(kit.file(12 * 1024 * 1024 + 1), { ...kit.quick, to: kit.here(), onProgress: ({ sent }) => seen.push(sent) });
      const said = kit.record(one);
      await one;
      await new Promise((resolve) => setTimeout(resolve, 50)); // nothing may come after the end
      return { said, seen };
    });
    const types = said.map(({ type }) => type);
    const states = said.filter(({ type }) => type === "statechange").map(({ detail }) => detail.state);
    assert.deepEqual(states, ["creating", "uploading", "completing", "completed"]);
    said.filter(({ type }) => type === "statechange").reduce((previous, { detail }) => {
      assert.equal(detail.previous, previous);
      return detail.state;
    }, "queued");
    const parts = said.filter(({ type }) => type === "part").map(({ detail }) => detail);
    assert.deepEqual(parts.map(({ number }) => number).sort(), [1, 2, 3]);
    for (const { number, offset, size, etag } of parts) {
      assert.equal(offset, (number - 1) * 5 * MIB);
      assert.equal(size, number < 3 ? 5 * MIB : 2 * MIB + 1);
      assert.ok(etag);
    }
    assert.equal(types.filter((type) => type === "success").length, 1);
    const lastProgress = types.lastIndexOf("progress");
    assert.ok(lastProgress < types.indexOf("success"), "the last progress comes before success");
    assert.equal(said[lastProgress].detail.fraction, 1);
    assert.equal(types.at(-1) === "success" || said.at(-1).detail.state === "completed", true, types.join(" "));
    assert.equal(seen.at(-1), 12 * MIB + 1);
    assert.deepEqual(seen, said.filter(({ type }) => type === "progress").map(({ detail }) => detail.sent));
  });

  for (const transport of ["fetch", "xhr"]) {
    story(`progress is told at most ten times a second (${transport})`, async ({ run }) => {
      await server.fault({ service: "s3", step: "part", fault: { kind: "rate", bytesPerSecond: 3 * MIB, latency: 0 } });
      const said = await run(async (transport) => {
        const one = kit.upload(kit.file(30 * 1024 * 1024), { partSize: 10 * 1024 * 1024, transport, to: kit.here() });
        const said = kit.record(one);
        await one;
        return said;
      }, transport);
      // The last one is owed at the end, whenever that is.
      const times = said.filter(({ type }) => type === "progress").map(({ at }) => at).slice(0, -1);
      assert.ok(times.length > 0);
      // A busy page hears of one late and of the next in time. What it heard in all tells how often it was told.
      const most = 2 + (times.at(-1) - times[0]) / 100;
      assert.ok(times.length <= most, `${times.length} times, where ${most} are a tenth of a second apart`);
      if (transport === "xhr") {
        const inside = said.filter(({ type, detail }) => type === "progress" && detail.sent % (10 * MIB) !== 0);
        assert.ok(inside.length >= 5, "XMLHttpRequest tells what happens inside parts");
        assert.ok(inside.some(({ detail }) => detail.bytesPerSecond > 0 && detail.millisecondsLeft > 0));
      }
    });

    story(`a slow but healthy link is never cut (${transport})`, async ({ run }) => {
      await server.fault({ service: "s3", step: "part", fault: { kind: "rate", bytesPerSecond: 100 * KIB, latency: 60 } });
      const { result, retries } = await run(async (transport) => {
        const one = kit.upload(kit.file(600 * 1024), { stallTimeout: 1000, transport, to: kit.here() });
        const said = kit.record(one);
        return { ...(await kit.ending(one)), retries: said.filter(({ type }) => type === "retry").length };
      }, transport);
      assert.equal(result?.size, 600 * KIB);
      assert.equal(retries, 0);
      assert.equal((await server.requestsOf("part")).length, 1);
    });
  }

  story("a listener added late hears what is still to come, and done tells the rest", async ({ run }) => {
    const told = await run(async () => {
      const one = kit.upload(kit.file(100), { to: kit.here() });
      await one;
      let heard = 0;
      one.addEventListener("success", () => heard++);
      const { size } = await one.done;
      return { heard, size, progress: structuredClone(one.progress) };
    });
    assert.equal(told.heard, 0);
    assert.equal(told.size, 100);
    assert.equal(told.progress.fraction, 1);
    assert.equal(told.progress.partsStored, 1);
    assert.equal(told.progress.partsTotal, 1);
  });

  story("a retry event tells which part, which attempt and how long", async ({ run }) => {
    await server.fault({ service: "s3", step: "part", part: 2, times: 1, fault: { kind: "status", status: 500 } });
    const retries = await run(async () => {
      const retries = [];
      const one = kit.upload(kit.file(6 * 1024 * 1024), { ...kit.quick, to: kit.here() });
      one.addEventListener("retry", ({ detail }) => retries.push({ ...detail, error: kit.plain(detail.error) }));
      await one;
      return retries;
    });
    assert.equal(retries.length, 1);
    assert.equal(retries[0].part, 2);
    assert.equal(retries[0].attempt, 1);
    assert.ok(retries[0].delay >= 0 && retries[0].delay <= 400);
    assert.equal(retries[0].error.code, "server");
    assert.equal(retries[0].error.status, 500);
  });

  // ---- stopping ---------------------------------------------------------------------------------

  story("a signal that was aborted before stops the upload before a single request", async ({ run }) => {
    const { error, state } = await run(async () => {
      const one = kit.upload(kit.file(100), { to: kit.here(), signal: AbortSignal.abort("too late") });
      return { ...(await kit.ending(one)), state: one.state };
    });
    assert.equal(error.code, "aborted");
    assert.equal(error.cause, "too late");
    assert.equal(state, "aborted");
    assert.deepEqual((await server.requests()).filter(({ path }) => path.startsWith("/s3")), []);
  });

  story("abort tells its reason, waits for the last trace, and may be called again", async ({ run }) => {
    await server.fault({ service: "s3", step: "part", fault: { kind: "rate", bytesPerSecond: MIB, latency: 0 } });
    const told = await run(async () => {
      const one = kit.upload(kit.file(12 * 1024 * 1024), { ...kit.quick, to: kit.here() });
      const said = kit.record(one);
      await kit.until(one, () => one.state === "uploading");
      const first = one.abort(new Error("enough"));
      await Promise.all([first, one.abort("again")]);
      await one.abort();
      return { ...(await kit.ending(one)), states: said.filter(({ type }) => type === "statechange").map(({ detail }) => detail.state), errors: said.filter(({ type }) => type === "error").length };
    });
    assert.equal(told.error.code, "aborted");
    assert.equal(told.error.cause, "Error: enough");
    assert.equal(told.states.at(-1), "aborted");
    assert.equal(told.errors, 1);
    assert.equal((await server.requestsOf("abort")).length, 1);
    assert.deepEqual(await server.files().then((files) => files.filter(({ size }) => size === 12 * MIB)), []);
  });

  story("pause and resume are harmless in every state", async ({ run }) => {
    await server.fault({ service: "s3", step: "part", fault: { kind: "rate", bytesPerSecond: 8 * MIB, latency: 0 } });
    const told = await run(async () => {
      const one = kit.upload(kit.file(12 * 1024 * 1024), { ...kit.quick, to: kit.here() });
      const seen = new Set();
      const poke = () => {
        if (seen.has(one.state)) return;
        seen.add(one.state);
        const before = one.state;
        one.resume();
        one.pause();
        one.pause();
        one.resume();
        one.resume();
        if (["completed", "failed", "aborted"].includes(before) && one.state !== before) throw new Error(`${before} became ${one.state}`);
      };
      poke();
      one.addEventListener("statechange", () => queueMicrotask(poke));
      const ending = await kit.ending(one);
      poke();
      return { ...ending, state: one.state, seen: [...seen] };
    });
    assert.equal(told.result?.size, 12 * MIB, JSON.stringify(told));
    assert.equal(told.state, "completed");
    assert.ok(told.seen.includes("uploading") && told.seen.includes("completed"), told.seen.join(" "));
  });

  story("a paused upload sends nothing and goes on where it was", async ({ run }) => {
    await server.fault({ service: "s3", step: "part", fault: { kind: "rate", bytesPerSecond: 4 * MIB, latency: 0 } });
    const told = await run(async () => {
      const one = kit.upload(kit.file(32 * 1024 * 1024), { ...kit.quick, concurrency: 2, to: kit.here() });
      await kit.until(one, () => one.progress.partsStored > 0);
      one.pause();
      const { state } = one;
      const { sent } = one.progress;
      await new Promise((resolve) => setTimeout(resolve, 700)); // silence can only be told by waiting
      const still = one.progress.sent;
      const speed = one.progress.bytesPerSecond;
      one.resume();
      const again = one.state;
      await one;
      return { state, sent, still, speed, again };
    });
    assert.equal(told.state, "paused");
    assert.equal(told.still, told.sent);
    assert.equal(told.speed, 0);
    assert.equal(told.again, "uploading");
    const sizes = (await server.requestsOf("part")).length;
    assert.ok(sizes >= 7 && sizes <= 9, `only cut parts are sent again: ${sizes} requests for 7 parts`);
  });

  story("pause before the first byte, abort while paused", async ({ run }) => {
    const told = await run(async () => {
      const one = kit.upload(kit.file(100), { to: kit.here() });
      one.pause();
      await new Promise((resolve) => setTimeout(resolve, 200));
      const { state } = one;
      await one.abort();
      return { state, ...(await kit.ending(one)) };
    });
    assert.equal(told.state, "paused");
    assert.equal(told.error.code, "aborted");
    assert.equal((await server.requestsOf("part")).length, 0);
  });

  story("pause and resume are told at once, however long the browser takes to begin", async ({ run }) => {
    const told = await run(async () => {
      await kit.init();
      const database = await new Promise((resolve) => {
        indexedDB.open("upslice").onsuccess = ({ target }) => resolve(target.result);
      });
      // Whoever reads waits for this transaction to end.
      const store = database.transaction("uploads", "readwrite").objectStore("uploads");
      let isFree = false;
      const hold = () => {
        store.count().onsuccess = () => {
          if (!isFree) hold();
        };
      };
      hold();
      const one = kit.upload(kit.file(100), { to: kit.here() });
      const said = kit.record(one);
      const states = [];
      one.pause();
      for (const act of ["resume", "pause", "resume"]) {
        await new Promise((resolve) => setTimeout(resolve, 200)); // by now it waits for what is known of it
        states.push(one.state);
        one[act]();
      }
      states.push(one.state);
      isFree = true;
      await one;
      return { states, said: said.filter(({ type }) => type === "statechange").map(({ detail }) => detail.state) };
    });
    assert.deepEqual(told.states, ["paused", "queued", "paused", "queued"]);
    assert.deepEqual(told.said, ["paused", "queued", "paused", "queued", "creating", "uploading", "completing", "completed"]);
  });

  story("retry goes on from the parts that are stored", async ({ run }) => {
    await server.fault({ service: "s3", step: "part", part: 3, fault: { kind: "status", status: 400, body: "<Error><Code>Odd</Code></Error>" } });
    const failed = await run(async () => {
      const one = kit.upload(window.blob = kit.file(12 * 1024 * 1024), { ...kit.quick, concurrency: 1, to: kit.here() });
      window.failed = one;
      return { ...(await kit.ending(one)), stored: one.progress.partsStored };
    });
    assert.equal(failed.error.code, "rejected");
    assert.equal(failed.error.part, 3);
    assert.equal(failed.stored, 2);
    await server.reset();
    const told = await run(async () => {
      const again = window.failed.retry();
      const other = again !== window.failed;
      const said = kit.record(again);
      return { ...(await kit.ending(again)), other, own: await kit.sha256(window.blob), first: said.find(({ type }) => type === "progress")?.detail.sent };
    });
    assert.ok(told.other, "a new upload");
    assert.ok(told.first >= 10 * MIB, `begins where the first ended, not at ${told.first}`);
    assert.equal((await server.requestsOf("part")).length, 1);
    assert.equal((await server.requestsOf("create")).length, 0);
    assert.equal((await server.files())[0].sha256, told.own);
  });

  story("retry of what has not failed throws or rejects, and disturbs nothing", async ({ run }) => {
    const told = await run(async () => {
      const one = kit.upload(kit.file(100), { to: kit.here() });
      let early;
      try {
        early = await kit.ending(one.retry());
      } catch (error) {
        early = { error: kit.plain(error) };
      }
      return { early, ...(await kit.ending(one)) };
    });
    assert.ok(told.early.error, "an error");
    assert.equal(told.result.size, 100);
  });

  // ---- where it runs ----------------------------------------------------------------------------

  for (const transport of ["fetch", "xhr"]) {
    it(`it works in a dedicated worker (${transport})`, { timeout: TIMEOUT }, async (t) => {
      // An app of its own, with a worker of its own, under the same CSP as the demo page.
      const www = mkdtempSync(join(scratch, "app-"));
      writeFileSync(join(www, "index.html"), "<!doctype html><title>app</title>");
      writeFileSync(join(www, "worker.js"), `
        import { upload, s3 } from "/pkg/index.js";
        self.onmessage = async ({ data: { file, transport } }) => {
          const one = upload(file, { to: s3({ endpoint: "/s3/multipart" }), partSize: 5 * 1024 * 1024, transport });
          const seen = [];
          one.addEventListener("progress", ({ detail }) => seen.push(detail.sent));
          try {
            self.postMessage({ size: (await one).size, seen });
          } catch (error) {
            self.postMessage({ error: error.message });
          }
        };`);
      const app = await Server.start("--www", www);
      const page = await openKit(app, t);
      const told = await page.evaluate(async (transport) => {
        const file = kit.file(12 * 1024 * 1024 + 1);
        const worker = new Worker("/worker.js", { type: "module" });
        const told = await new Promise((resolve, reject) => {
          worker.onmessage = ({ data }) => resolve(data);
          worker.onerror = (event) => reject(new Error(event.message ?? "the worker did not start"));
          worker.postMessage({ file, transport });
        });
        worker.terminate();
        return { ...told, own: await kit.sha256(file) };
      }, transport);
      assert.equal(told.error, undefined);
      assert.equal(told.size, 12 * MIB + 1);
      assert.equal(told.seen.at(-1), told.size);
      assert.equal((await app.files())[0].sha256, told.own);
      assert.deepEqual(page.complaints, []);
    });
  }

  story("two uploads to different destinations do not know of each other", async ({ run }) => {
    const told = await run(async () => {
      const called = [];
      const json = async (...request) => (await fetch(...request)).json();
      const own = kit.s3({
        create: ({ name, type }) => (called.push("create"), json("/s3/multipart", { method: "POST", body: JSON.stringify({ filename: name, type, metadata: {} }), headers: { "content-type": "application/json" } })),
        async sign({ uploadId, key, parts }) {
          called.push("sign");
          const { presignedUrls } = await json(`/s3/multipart/${uploadId}/batch?key=${encodeURIComponent(key)}&partNumbers=${parts.map(({ partNumber }) => partNumber)}`);
          return parts.map(({ partNumber }) => ({ partNumber, url: presignedUrls[partNumber] }));
        },
        complete: ({ uploadId, key, parts }) => (called.push("complete"), json(`/s3/multipart/${uploadId}/complete?key=${encodeURIComponent(key)}`, { method: "POST", body: JSON.stringify({ parts }), headers: { "content-type": "application/json" } })),
      });
      const files = [kit.file(6 * 1024 * 1024, "one.bin"), kit.file(7 * 1024 * 1024, "two.bin")];
      const [first, second, broken] = await Promise.all([
        kit.ending(kit.upload(files[0], { ...kit.quick, to: kit.here() })),
        kit.ending(kit.upload(files[1], { ...kit.quick, to: own })),
        kit.ending(kit.upload(kit.file(10), { ...kit.quick, to: kit.s3({ endpoint: "/nowhere" }) })),
      ]);
      return { first, second, broken, called: [...new Set(called)].sort(), own: await Promise.all(files.map(kit.sha256)) };
    });
    assert.equal(told.first.result?.size, 6 * MIB);
    assert.equal(told.second.result?.size, 7 * MIB, JSON.stringify(told.second));
    assert.ok(["rejected", "protocol"].includes(told.broken.error.code), told.broken.error.code);
    assert.match(told.broken.error.message, /endpoint|\/nowhere/);
    assert.deepEqual(told.called, ["complete", "create", "sign"]);
    const stored = (await server.files()).map(({ sha256 }) => sha256);
    for (const sha256 of told.own) assert.ok(stored.includes(sha256));
  });

  story("headers and metadata go to the API, and never to the storage", async ({ run }) => {
    await run(async () => {
      let asked = 0;
      const to = kit.s3({ endpoint: "/s3/multipart", headers: async () => ({ authorization: "Bearer demo-key", "x-asked": String(++asked) }), metadata: (file) => ({ from: file.name }) });
      await kit.upload(kit.file(100, "a.bin"), { to, name: "b.bin", type: "text/plain" });
    });
    for (const request of await server.requestsOf("part")) {
      assert.equal(request.headers.authorization, undefined);
      assert.equal(request.headers["x-asked"], undefined);
    }
    const [create] = await server.requestsOf("create");
    assert.equal(create.headers["x-asked"], "1");
    const [file] = await server.files();
    assert.equal(file.name, "b.bin");
    assert.equal(file.type, "text/plain");
  });
});
