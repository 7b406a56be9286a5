// When the module breaks: a panic or a trap of the module that is published, wherever it was, ends every upload of the
// page with one `internal` each, calls off what they had going, and keeps what is written down for a fresh instance.
//
// A panic is provoked by a page whose arrays lie about their length: the module then asks for more memory than there is.
// A trap that is no panic is provoked by memory that is overwritten. Both are real ones of the real package.

import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, beforeEach, describe, it } from "node:test";
import { MIB, Server, openPage, scratch } from "./harness.mjs";

const TIMEOUT = 60_000;

/** What breaks the module, in a window or a worker. */
function instruments() {
  const tools = { instances: [], went: [], downloads: 0 };
  const { instantiate } = WebAssembly;
  const seen = (how) => async (source, imports) => {
    // Which doors the browser uses once the module is broken is seen at the imports that it calls from inside.
    const inside = Object.fromEntries(Object.entries(imports).map(([name, calls]) => [name, Object.fromEntries(
      Object.entries(calls).map(([name, call]) => [name, (...all) => (tools.broken === at && tools.went.push(name), call(...all))]),
    )]));
    const at = tools.instances.length;
    const made = await how.call(WebAssembly, source, inside);
    tools.instances.push(made.exports);
    return made;
  };
  WebAssembly.instantiate = seen(instantiate);
  for (const name of ["compile", "compileStreaming"]) {
    const compile = WebAssembly[name];
    WebAssembly[name] = (source) => (tools.downloads += 1, compile.call(WebAssembly, source));
  }

  /** From now on whatever goes into the module traps, its memory being all ones, until what is returned is called. */
  tools.overwrite = () => {
    // What the published module exports has short names.
    const { buffer } = Object.values(tools.instances.at(-1)).find((door) => door instanceof WebAssembly.Memory);
    const memory = new Uint8Array(buffer);
    const before = memory.slice();
    memory.fill(0xff);
    return () => memory.set(before);
  };

  /** Until it is told the truth again, the module panics where it takes bytes in. */
  tools.lie = () => Object.defineProperty(Uint8Array.prototype, "length", { get: () => 2 ** 32 - 1, configurable: true });
  tools.tell = () => delete Uint8Array.prototype.length;

  tools.begin = (file, options) => {
    const one = api.upload(file, { retry: { minDelay: 20, maxDelay: 400 }, ...options });
    const told = [];
    for (const type of ["statechange", "error", "success"]) {
      one.addEventListener(type, ({ detail }) => told.push(detail.state ?? `${type} ${detail.code ?? ""}`.trim()));
    }
    const ended = Promise.resolve(one).then(
      ({ parts, resumed }) => ({ stored: parts.length, resumed }),
      ({ name, code, message, retryable, cause }) => ({ name, code, message, retryable, cause: String(cause) }),
    );
    return { one, told, ended };
  };
  tools.file = (size, name = "film.mp4") => {
    const bytes = new Uint8Array(size);
    for (let at = 0; at < size; at += 65536) crypto.getRandomValues(bytes.subarray(at, Math.min(size, at + 65536)));
    return new File([bytes], name, { lastModified: 1 });
  };
  tools.stored = ({ one }, count) => new Promise((resolve) => {
    const look = () => one.progress.partsStored >= count && resolve();
    one.addEventListener("part", look);
    look();
  });
  /** So many sessions are in the database. */
  tools.written = (sessions) => new Promise((resolve) => {
    const look = () => {
      const request = indexedDB.open("upslice");
      // Whoever looks must not make it: the package would find a database without anything in it.
      request.onupgradeneeded = () => request.transaction.abort();
      request.onerror = () => setTimeout(look, 20);
      request.onsuccess = () => {
        const counted = request.result.transaction("uploads").objectStore("uploads").count();
        counted.onsuccess = () => {
          request.result.close();
          counted.result >= sessions ? resolve() : setTimeout(look, 20);
        };
      };
    };
    look();
  });
  return tools;
}

const S3 = `api.s3({ endpoint: new URL("/s3/multipart", location.origin).href })`;
const VEZA = `api.veza({ baseUrl: "/veza", providerId: "p", dataSourceId: "d", headers: { authorization: "Bearer demo-key" } })`;

describe("internal", () => {
  let server;
  before(async () => { server = await Server.start(); });
  beforeEach(() => server.reset());

  const open = async (t, entry = "index") => {
    const page = await openPage(server, t);
    await page.addInitScript(`window.tools = (${instruments})();`);
    // Nothing but what a test begins: the demo page has the module loaded.
    await page.goto(`${server.origin}/pkg/package.json`);
    await page.evaluate(`import("/pkg/${entry}.js").then((loaded) => { window.api = loaded; })`);
    return page;
  };

  /** These parts never end by themselves. */
  const stall = (service, ...parts) =>
    server.fault(...parts.map((part) => ({ service, step: "part", part, fault: { kind: "stall", answer: true } })));

  /** Slow enough that nothing is over before the journal has been looked into. */
  const slow = { service: "s3", step: "part", fault: { kind: "rate", bytesPerSecond: 8 * MIB, latency: 0 } };

  const run = (page, body) => page.evaluate(`(async () => { ${body} })()`);

  const isInternal = (error, how) => {
    assert.equal(error.code, "internal", JSON.stringify(error));
    assert.equal(error.name, "UploadError");
    assert.equal(error.retryable, true);
    assert.match(error.message, /a bug in upslice/);
    assert.match(error.message, how);
    assert.doesNotMatch(error.message, /\/home\/|\/root\/|\/tmp\/|\.cargo/, "paths of the machine that built it");
  };
  const PANIC = /module \(\S+\.rs:\d+\)\. /;
  /** Whichever comes first where memory is overwritten; of a panic whose place is, too, nothing is quoted. */
  const EITHER = /module( \([\w ./:-]+\))?\. /;
  const TRAP = /module \([a-z ]+\)\. /;

  for (const transport of ["fetch", "xhr"]) {
    it(`three uploads end with one error each, their requests are called off, and all go on (${transport})`, { timeout: TIMEOUT }, async (t) => {
      const page = await open(t);
      await stall("s3", 5, 6);
      const failed = [];
      const calledOff = new Promise((resolve) => page.on("requestfailed", (request) => {
        if (request.method() === "PUT" && failed.push(request.failure().errorText) === 3) resolve();
      }));
      const ends = await run(page, `
        window.files = [1, 2, 3].map((n) => tools.file(30 * 1024 * 1024, n + ".mp4"));
        window.options = { to: ${S3}, partSize: 5 * 1024 * 1024, transport: "${transport}", concurrency: 2 };
        const all = files.map((file) => tools.begin(file, options));
        await Promise.all(all.map((each) => tools.stored(each, 4)));
        await tools.written(3);
        tools.overwrite();
        all[0].one.pause();
        const ends = await Promise.all(all.map(({ ended }) => ended));
        const late = { retry: typeof all[1].one.retry, over: await all[1].one.abort().then(() => "over") };
        all.forEach(({ one }) => (one.pause(), one.resume(), one.progress));
        return { ends, late, told: all.map(({ told }) => told), states: all.map(({ one }) => one.state) };
      `);
      for (const end of ends.ends) isInternal(end, EITHER);
      assert.equal(ends.late.over, "over", "abort of what has ended settles");
      for (const told of ends.told) assert.deepEqual(told.filter((each) => /failed|error/.test(each)), ["failed", "error internal"]);
      await calledOff;
      assert.ok(failed.every((text) => text === "net::ERR_ABORTED"), failed.join());
      await server.reset();
      const again = await run(page, `
        const all = files.map((file) => tools.begin(file, options));
        const ends = await Promise.all(all.map(({ ended }) => ended));
        return { ends, instances: tools.instances.length, downloads: tools.downloads };
      `);
      assert.deepEqual(again.ends, Array(3).fill({ stored: 6, resumed: true }));
      assert.deepEqual([again.instances, again.downloads], [2, 1], "one fresh instance of the module that is there");
      // Those that were called off may be logged late, without a status.
      const sent = (await server.requestsOf("part")).filter(({ status }) => status === 200).length;
      assert.ok(sent <= 6, `only what was not stored is sent, not ${sent}`);
      assert.deepEqual(page.complaints, []);
    });
  }

  it("a panic in the driver's own task", { timeout: TIMEOUT }, async (t) => {
    const page = await open(t);
    const end = await run(page, `
      // Parts that are encoded are read within the task that sends them.
      window.film = tools.file(3 * 1024 * 1024);
      window.options = { to: ${VEZA}, partSize: 1024 * 1024, resumable: false };
      const one = tools.begin(film, options);
      tools.lie();
      const end = await one.ended;
      tools.tell();
      return end;
    `);
    isInternal(end, PANIC);
    assert.deepEqual(await run(page, "return tools.begin(film, options).ended"), { stored: 3, resumed: false });
    assert.deepEqual(page.complaints, []);
  });

  for (const transport of ["fetch", "xhr"]) {
    it(`a break in what follows an answer (${transport})`, { timeout: TIMEOUT }, async (t) => {
      const page = await open(t);
      // Nothing goes into the module meanwhile but the answer.
      await server.fault({ service: "s3", step: "part", part: 2, fault: { kind: "delay", ms: 500 } });
      const end = await run(page, `
        const one = tools.begin(tools.file(11 * 1024 * 1024), { to: ${S3}, partSize: 5 * 1024 * 1024, transport: "${transport}", concurrency: 1, resumable: false });
        await tools.stored(one, 1);
        // What the module has to do of that, it has done: the next request is out.
        await new Promise((resolve) => setTimeout(resolve));
        tools.overwrite();
        return one.ended;
      `);
      isInternal(end, EITHER);
      assert.deepEqual(page.complaints, []);
    });
  }

  it("a trap in a timer", { timeout: TIMEOUT }, async (t) => {
    const page = await open(t);
    await stall("s3", 2);
    const end = await run(page, `
      const one = tools.begin(tools.file(10 * 1024 * 1024), { to: ${S3}, partSize: 5 * 1024 * 1024, transport: "xhr", stallTimeout: 1000, resumable: false });
      await tools.stored(one, 1);
      tools.overwrite();
      return one.ended;
    `);
    isInternal(end, TRAP);
    assert.deepEqual(page.complaints, []);
  });

  it("a trap in the module's own methods: the first, and one within an event", { timeout: TIMEOUT }, async (t) => {
    const page = await open(t);
    const ends = await run(page, `
      const options = { to: ${S3}, partSize: 5 * 1024 * 1024, resumable: false };
      await api.init();
      tools.overwrite();
      const first = await tools.begin(tools.file(1), options).ended;
      const second = tools.begin(tools.file(11 * 1024 * 1024), options);
      let thrown;
      second.one.addEventListener("part", () => {
        const restore = tools.overwrite();
        // The module waits below for this listener to return. It must not be gone back to, now that it would go on.
        try { second.one.pause(); } catch (error) { thrown = String(error); }
        restore();
        tools.broken = tools.instances.length - 1;
      }, { once: true });
      const end = await second.ended;
      // What the browser still has for it, the end of its requests among that, must not go into it either.
      dispatchEvent(new Event("online"));
      await new Promise((resolve) => setTimeout(resolve, 300));
      return { first, end, thrown, went: tools.went, state: second.one.state };
    `);
    isInternal(ends.first, EITHER);
    isInternal(ends.end, EITHER);
    assert.equal(ends.thrown, undefined, "pause() throws nothing at the app");
    assert.deepEqual(ends.went, [], "the broken instance was gone back to");
    assert.equal(ends.state, "failed");
    assert.deepEqual(page.complaints, []);
  });

  it("twice in a row, and what the browser still holds of the dead harms nobody", { timeout: TIMEOUT }, async (t) => {
    const page = await open(t);
    await server.fault(slow);
    const ends = await run(page, `
      // One by one: there is something left to store each time.
      const options = { to: ${S3}, partSize: 5 * 1024 * 1024, stallTimeout: 1000, concurrency: 1 };
      window.film = tools.file(26 * 1024 * 1024);
      const ends = [];
      for (let round = 0; round < 2; round += 1) {
        const one = tools.begin(film, options);
        await tools.stored(one, 2 + round);
        await tools.written(1);
        tools.overwrite();
        one.one.pause();
        ends.push(await one.ended);
        // The network's return, listened to by the dead.
        dispatchEvent(new Event("online"));
      }
      const last = tools.begin(film, options);
      // Timers of the dead would be due by now.
      dispatchEvent(new Event("online"));
      return { ends, last: await last.ended, instances: tools.instances.length, downloads: tools.downloads };
    `);
    for (const end of ends.ends) isInternal(end, EITHER);
    assert.deepEqual(ends.last, { stored: 6, resumed: true });
    assert.deepEqual([ends.instances, ends.downloads], [3, 1]);
    assert.deepEqual(page.complaints, []);
  });

  it("retry of what the module's end has ended goes on from the journal", { timeout: TIMEOUT }, async (t) => {
    const page = await open(t);
    await server.fault(slow);
    const ends = await run(page, `
      const one = tools.begin(tools.file(21 * 1024 * 1024), { to: ${S3}, partSize: 5 * 1024 * 1024, concurrency: 1 });
      await tools.stored(one, 2);
      await tools.written(1);
      tools.overwrite();
      // At once, from within the event that tells it.
      const again = new Promise((resolve) => one.one.addEventListener("error", () => resolve({ again: one.one.retry() })));
      one.one.pause();
      const end = await one.ended;
      const result = await (await again).again;
      return { end, stored: result.parts.length, resumed: result.resumed };
    `);
    isInternal(ends.end, EITHER);
    assert.deepEqual([ends.stored, ends.resumed], [5, true]);
    assert.deepEqual(page.complaints, []);
  });

  it("a failed upload whose module has broken since begins anew, and its abort settles", { timeout: TIMEOUT }, async (t) => {
    const page = await open(t);
    await server.fault({ service: "s3", step: "complete", fault: { kind: "status", status: 400 } });
    const ends = await run(page, `
      const options = { to: ${S3}, partSize: 5 * 1024 * 1024 };
      const begun = ["a", "b"].map((name) => tools.begin(tools.file(6 * 1024 * 1024, name), options));
      const failures = await Promise.all(begun.map(({ ended }) => ended));
      tools.overwrite();
      // Whoever comes first breaks it: this one, or what is left of those, of which nobody hears.
      await tools.begin(tools.file(1), options).ended;
      window.begun = begun;
      return { failures: failures.map(({ code }) => code) };
    `);
    assert.deepEqual(ends.failures, ["rejected", "rejected"]);
    await server.mend();
    const after = await run(page, `
      const [a, b] = begun;
      const result = await a.one.retry();
      return { stored: result.parts.length, over: await b.one.abort().then(() => "over"), instances: tools.instances.length };
    `);
    assert.deepEqual(after, { stored: 2, over: "over", instances: 2 });
    assert.deepEqual(page.complaints, []);
  });

  it("a question and an abort under way end, too", { timeout: TIMEOUT }, async (t) => {
    const page = await open(t);
    await server.fault({ service: "s3", step: "abort", fault: { kind: "stall" } }, { service: "twelvelabs", step: "list", fault: { kind: "stall" } });
    const warned = [];
    page.on("console", (message) => message.type() === "warning" && warned.push(message.text()));
    const ends = await run(page, `
      const to = api.twelvelabs({ baseUrl: "/twelvelabs/v1.3", headers: { "x-api-key": "demo-key" } });
      const asked = api.incomplete(to).next().then(() => "told", ({ name, code }) => ({ name, code }));
      const one = tools.begin(tools.file(11 * 1024 * 1024), { to: ${S3}, partSize: 5 * 1024 * 1024 });
      await tools.stored(one, 1);
      const over = one.one.abort();
      const end = await one.ended;
      tools.overwrite();
      await api.upload(tools.file(1), { to: ${S3} }).catch(() => {});
      return { end, over: await over.then(() => "over"), asked: await asked };
    `);
    assert.equal(ends.end.code, "aborted");
    assert.equal(ends.over, "over");
    assert.deepEqual(ends.asked, { name: "UploadError", code: "internal" });
    assert.match(warned.join("\n"), /parts may be left/);
    assert.deepEqual(page.complaints, []);
  });

  it("upslice/slim with an address: the fresh instance is not fetched again", { timeout: TIMEOUT }, async (t) => {
    const page = await open(t, "slim");
    const fetched = [];
    page.on("request", (request) => request.url().endsWith(".wasm") && fetched.push(request.url()));
    const ends = await run(page, `
      await api.init("/pkg/upslice.wasm");
      const options = { to: ${S3}, partSize: 5 * 1024 * 1024, resumable: false };
      tools.overwrite();
      const end = await tools.begin(tools.file(1), options).ended;
      return { end, last: await tools.begin(tools.file(6 * 1024 * 1024), options).ended };
    `);
    isInternal(ends.end, EITHER);
    assert.deepEqual(ends.last, { stored: 2, resumed: false });
    assert.equal(fetched.length, 1);
    assert.deepEqual(page.complaints, []);
  });

  it("init with a compiled module, and in a worker", { timeout: TIMEOUT }, async (t) => {
    // An app of its own, with a worker of its own, under the same CSP as the demo page.
    const www = mkdtempSync(join(scratch, "app-"));
    writeFileSync(join(www, "index.html"), "<!doctype html><title>app</title>");
    writeFileSync(join(www, "worker.js"), `
      self.tools = (${instruments})();
      (async () => {
        self.api = await import("/pkg/slim.js");
        await api.init(await WebAssembly.compileStreaming(fetch("/pkg/upslice.wasm")));
        const options = { to: ${S3}, partSize: 5 * 1024 * 1024 };
        const film = tools.file(11 * 1024 * 1024);
        const one = tools.begin(film, options);
        await tools.stored(one, 1);
        await tools.written(1);
        tools.overwrite();
        one.one.pause();
        const end = await one.ended;
        return { end, last: await tools.begin(film, options).ended };
      })().then((told) => postMessage(told), (error) => postMessage({ error: String(error.stack) }));
    `);
    const app = await Server.start("--www", www);
    await app.fault(slow);
    const page = await openPage(app, t);
    const ends = await run(page, `
      const worker = new Worker("/worker.js", { type: "module" });
      const told = await new Promise((resolve, reject) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = (event) => reject(new Error(event.message ?? "the worker did not start"));
      });
      worker.terminate();
      return told;
    `);
    assert.equal(ends.error, undefined);
    isInternal(ends.end, EITHER);
    assert.deepEqual(ends.last, { stored: 3, resumed: true });
    assert.deepEqual(page.complaints, []);
  });
});
