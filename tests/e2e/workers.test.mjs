// Encoding and digests in workers: that they are made there, that what is stored is the same, and that whatever becomes
// of a worker the upload ends as it would without.

import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { MIB, Pool, Server, diskFile, openKit, scratch } from "./harness.mjs";

const TIMEOUT = 60_000;
const AT_ONCE = 2;
const SIZE = 24 * MIB + 7;
const PARTS = 5;

/** Scripts that are taken for the package's worker.js. */
const SCRIPTS = {
  "silent.js": "addEventListener('message', () => {});",
  "talking.js": "addEventListener('message', () => { for (const data of [null, 5, 'made', { made: 1 }, { upslice: 'made', id: 1 }]) postMessage(data); });",
  "broken.js": "this is no script",
  "throwing.js": "import '/pkg/worker.js'; addEventListener('message', ({ data }) => { if (data.upslice === 'take') throw new Error('no more'); });",
  "rejecting.js": "import '/pkg/worker.js'; addEventListener('message', async ({ data }) => { if (data.upslice === 'take') throw new Error('no more'); });",
  // The module then asks for more memory than there is.
  "panicking.js": "import '/pkg/worker.js'; addEventListener('message', ({ data }) => { if (data.upslice === 'take') Object.defineProperty(Uint8Array.prototype, 'length', { get: () => 2 ** 32 - 1 }); });",
  "closing.js": "import '/pkg/worker.js'; addEventListener('message', ({ data }) => { if (data.upslice === 'take') close(); });",
};

/** Sees the workers that a page makes and what is said to them; the beats of the pool's clock are the test's. */
function instruments() {
  const beats = new Map();
  const tools = { workers: [], said: [], made: 0, onTake: undefined, beats };
  const { setInterval, clearInterval, Worker } = window;
  window.setInterval = (call, delay) => {
    if (delay !== 1000) return setInterval(call, delay);
    beats.set(call, call);
    return call;
  };
  window.clearInterval = (id) => (beats.delete(id) ? undefined : clearInterval(id));
  tools.beat = (times) => {
    for (let beat = 0; beat < times; beat++) for (const call of [...beats.values()]) call();
  };
  window.Worker = class extends Worker {
    constructor(...all) {
      super(...all);
      tools.workers.push(this);
      this.addEventListener("message", ({ data }) => { if (data?.upslice === "made" && data.made !== undefined) tools.made += 1; });
      tools.onWorker?.(this);
    }

    postMessage(data) {
      tools.said.push(data.upslice);
      const before = data.upslice === "take" ? tools.onTake?.(this) : undefined;
      if (before) before.then(() => super.postMessage(data));
      else super.postMessage(data);
    }
  };

  /** A worker of the pool has been given a part, for the first time since now. */
  tools.taken = () => new Promise((resolve) => {
    tools.onTake = (worker) => {
      tools.onTake = undefined;
      resolve(worker);
    };
  });

  /** The page, and whoever has an answer for it, has had its turn. */
  tools.turn = () => new Promise((resolve) => setTimeout(resolve, 5));

  /** Backends of the reference server. */
  tools.to = {
    veza: () => kit.veza({ baseUrl: "/veza", providerId: "p", dataSourceId: "d", headers: { authorization: "Bearer demo-key" } }),
    here: () => kit.destinations.here({
      baseUrl: "/here/blobstore/v1/catalogs/hrn:here:data::e2e:c", layerId: "l", dataHandle: () => crypto.randomUUID(),
      headers: { authorization: "Bearer demo-key" },
    }),
    s3: () => {
      const json = async (method, path, body) => {
        const given = body && { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
        return (await fetch(`/s3/multipart${path}`, { method, ...given })).json();
      };
      const at = ({ uploadId, key }, rest = "") => `/${encodeURIComponent(uploadId)}${rest}?key=${encodeURIComponent(key)}`;
      return kit.s3({
        create: ({ name, type }) => json("POST", "", { filename: name, type }),
        sign: async ({ parts, ...upload }) => {
          const sums = parts.map(({ checksum }) => `${checksum.algorithm}:${checksum.value}`);
          const query = `&partNumbers=${parts.map(({ partNumber }) => partNumber)}&checksums=${encodeURIComponent(sums)}`;
          const { presignedUrls } = await json("GET", at(upload, "/batch") + query);
          return parts.map(({ partNumber }) => ({ partNumber, url: presignedUrls[partNumber] }));
        },
        complete: ({ parts, ...upload }) => json("POST", at(upload, "/complete"), { parts }),
      });
    },
  };

  tools.begin = (file, options = {}, to = "veza") => {
    const one = kit.upload(file, { ...kit.quick, worker: true, ...options, to: tools.to[to]() });
    const notices = [];
    one.addEventListener("notice", ({ detail }) => notices.push(detail));
    return { one, notices, ended: kit.ending(one) };
  };

  /** Uploads a file of random bytes, and tells all of it. */
  tools.send = async (size, options, to) => {
    const file = kit.file(size);
    const { notices, ended } = tools.begin(file, options, to);
    return { ...(await ended), notices, sha256: await kit.sha256(file), made: tools.made, workers: tools.workers.length, said: tools.said };
  };
  window.tools = tools;
}

describe("workers", { concurrency: AT_ONCE }, () => {
  let servers;
  before(async () => {
    const www = mkdtempSync(join(scratch, "app-"));
    writeFileSync(join(www, "index.html"), "<!doctype html><title>app</title>");
    for (const [name, script] of Object.entries(SCRIPTS)) writeFileSync(join(www, name), script);
    servers = new Pool(await Promise.all(Array.from({ length: AT_ONCE }, () => Server.start("--www", www))));
  });

  /** A server, and a page with the package on a machine of so many cores. */
  const setup = async (t, { cores = 8 } = {}) => {
    const server = await servers.take(t);
    await server.reset();
    const page = await openKit(server, t);
    await page.evaluate(`(${instruments})()`);
    await page.evaluate(async (cores) => {
      Object.defineProperty(navigator, "hardwareConcurrency", { value: cores, configurable: true });
      kit.destinations = await import("/pkg/index.js");
      kit.veza = kit.destinations.veza;
    }, cores);
    return { server, page };
  };

  const stored = async (server, told) => {
    assert.ok(told.result, JSON.stringify(told.error));
    assert.ok((await server.files()).some(({ sha256 }) => sha256 === told.sha256), "the bytes are not stored");
  };

  /** It has ended well, and the app was told once why not in workers. */
  const onThePage = async (server, told, why) => {
    await stored(server, told);
    assert.deepEqual(told.notices.map(({ code }) => code), ["worker-off"], JSON.stringify(told.notices));
    assert.match(told.notices[0].message, /^parts are encoded and digested on the page, not in workers: /);
    assert.match(told.notices[0].message, why);
  };

  const kinds = [["veza", "auto"], ["here", "auto"], ["s3", "crc32c"], ["s3", "crc64nvme"], ["s3", "md5"]];
  for (const [to, checksum] of kinds) {
    it(`${to}, checksum ${checksum}: every part is made in a worker, and what is stored is the file`, { timeout: TIMEOUT }, async (t) => {
      const { server, page } = await setup(t);
      const told = await page.evaluate(([size, to, checksum]) => tools.send(size, { checksum }, to), [SIZE, to, checksum]);
      await stored(server, told);
      assert.deepEqual(told.notices, []);
      assert.equal(told.result.parts.length, PARTS);
      assert.equal(told.made, PARTS);
      // Of digests fewer are wanted at once than of parts that are sent.
      if (to === "veza") assert.equal(told.workers, 4, "several at once, and not one for each of seven cores");
      else assert.ok(told.workers >= 2 && told.workers <= 4, `${told.workers} workers`);
      assert.equal(page.workers().length, told.workers);
      assert.deepEqual(page.complaints, []);
    });
  }

  it("workers are let go when there has been nothing to do for a while", { timeout: TIMEOUT }, async (t) => {
    const { server, page } = await setup(t);
    await stored(server, await page.evaluate((size) => tools.send(size), SIZE));
    await page.evaluate(() => tools.beat(4));
    assert.equal(page.workers().length, 4);
    const gone = page.workers().map((worker) => worker.waitForEvent("close"));
    await page.evaluate(() => tools.beat(1));
    await Promise.all(gone);
    assert.equal(page.workers().length, 0);
    assert.equal(await page.evaluate(() => tools.beats.size), 0, "its clock has stopped");
    const told = await page.evaluate((size) => tools.send(size), SIZE);
    await stored(server, told);
    assert.deepEqual([told.made, told.workers], [2 * PARTS, 8], "the next upload has new ones");
  });

  it("two uploads share the workers of a page, one on two cores", { timeout: TIMEOUT }, async (t) => {
    const { server, page } = await setup(t, { cores: 2 });
    const both = await page.evaluate((size) => Promise.all([tools.send(size), tools.send(size, { checksum: "md5" }, "s3")]), SIZE);
    for (const told of both) {
      await stored(server, told);
      assert.deepEqual(told.notices, []);
    }
    assert.deepEqual(await page.evaluate(() => [tools.made, tools.workers.length]), [2 * PARTS, 1]);
  });

  it("there are no more workers than parts", { timeout: TIMEOUT }, async (t) => {
    const { server, page } = await setup(t);
    const told = await page.evaluate(() => tools.send(100));
    await stored(server, told);
    assert.deepEqual([told.made, told.workers], [1, 1]);
  });

  it("nothing of it is loaded or made by pages that do not ask, nor by parts that are sent as they are", { timeout: TIMEOUT }, async (t) => {
    const { server, page } = await setup(t);
    const asked = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await stored(server, await page.evaluate((size) => tools.send(size, { worker: false }), SIZE));
    assert.ok(asked.includes("/pkg/instance.js"));
    assert.ok(!asked.includes("/pkg/pool.js"));
    const plain = await page.evaluate(async (file) => {
      const ended = await kit.ending(kit.upload(file ?? kit.file(100), { worker: true, to: kit.here() }));
      return { ...ended, workers: tools.workers.length };
    });
    assert.equal(plain.result.size, 100);
    assert.equal(plain.workers, 0);
    assert.ok(!asked.includes("/pkg/worker.js"));
  });

  it("a URL says where the worker is, and a function makes it", { timeout: TIMEOUT }, async (t) => {
    const { server, page } = await setup(t, { cores: 2 });
    for (const way of ["new URL('/pkg/worker.js', location.href)", "() => new Worker('/pkg/worker.js', { type: 'module' })"]) {
      const told = await page.evaluate(`tools.send(${SIZE}, { worker: ${way} })`);
      await stored(server, told);
      assert.deepEqual(told.notices, []);
    }
    assert.deepEqual(await page.evaluate(() => [tools.made, tools.workers.length]), [2 * PARTS, 2]);
  });

  it("anything else is an error of options", { timeout: TIMEOUT }, async (t) => {
    const { page } = await setup(t);
    for (const worker of ["5", "'/pkg/worker.js'", "null", "{}", "new Worker('/silent.js')"]) {
      const { error } = await page.evaluate(`tools.send(10, { worker: ${worker} })`);
      assert.equal(error?.code, "options", worker);
      assert.match(error.message, /^worker: true, false, a URL or a function that makes a Worker is expected$/);
    }
  });

  // ---- without ----------------------------------------------------------------------------------

  for (const [name, policy, why] of [
    ["content-security-policy", "worker-src 'none'", /worker-src/],
    ["content-security-policy", "script-src 'self' 'wasm-unsafe-eval'; worker-src https://elsewhere.invalid", /worker-src/],
    // worker.js is served without it.
    ["cross-origin-embedder-policy", "require-corp", /served without the page's Cross-Origin-Embedder-Policy/],
  ]) {
    it(`a policy that says ${policy} leaves the work to the page`, { timeout: TIMEOUT }, async (t) => {
      const server = await servers.take(t);
      await server.reset();
      const page = await openKit(server, t);
      await page.route(`${server.origin}/`, async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, headers: { ...response.headers(), [name]: policy } });
      });
      await page.reload();
      const told = await page.evaluate(`(async () => {
        const kit_ = await import("/pkg/index.js");
        const file = new File([new Uint8Array(${SIZE}).map((_, at) => at * 31 >> 3)], "film.mp4");
        const to = kit_.veza({ baseUrl: "/veza", providerId: "p", dataSourceId: "d", headers: { authorization: "Bearer demo-key" } });
        const one = kit_.upload(file, { to, worker: true, partSize: ${5 * MIB} });
        const notices = [];
        one.addEventListener("notice", ({ detail }) => notices.push(detail));
        const result = structuredClone(await one);
        const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
        return { result, notices, sha256: Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("") };
      })()`);
      await onThePage(server, told, why);
    });
  }

  for (const [situation, way, why] of [
    ["a script that is not there", "new URL('/nowhere/worker.js', location.href)", /does not start.*was not found there/],
    ["a script of another site", "new URL('https://elsewhere.invalid/worker.js?key=secret')", /^(?!.*secret)/],
    ["a script that is none", "new URL('/broken.js', location.href)", /does not start/],
    ["a worker that throws at work", "new URL('/throwing.js', location.href)", /a worker has failed: .*no more/],
    ["a worker whose promise fails at work", "new URL('/rejecting.js', location.href)", /a worker has failed: no more/],
    ["a panic in a worker", "new URL('/panicking.js', location.href)", /a worker has failed: /],
    ["a function that throws", "() => { throw new Error('not today') }", /cannot be made: not today$/],
    ["a function that gives nothing", "() => {}", /your `worker` function did not return a Worker$/],
    ["a function that promises one", "async () => new Worker('/pkg/worker.js', { type: 'module' })", /your `worker` function did not return a Worker$/],
    ["a place without workers", "(window.Worker = undefined, true)", /cannot be made/],
  ]) {
    it(`${situation} leaves the work to the page`, { timeout: TIMEOUT }, async (t) => {
      const { server, page } = await setup(t);
      const told = await page.evaluate(`tools.send(${SIZE}, { worker: ${way} })`);
      await onThePage(server, told, why);
      assert.deepEqual(page.complaints.filter((complaint) => !/elsewhere\.invalid|404/.test(complaint)), []);
    });
  }

  for (const script of ["silent.js", "talking.js"]) {
    it(`the page does not wait for a script that is not ours: ${script}`, { timeout: TIMEOUT }, async (t) => {
      const { server, page } = await setup(t);
      const told = await page.evaluate(async ([size, script]) => {
        const told = tools.send(size, { worker: new URL(script, location.href) });
        // One beat is waited for the first of them, ten for any.
        await new Promise((resolve) => (tools.onWorker = resolve));
        await null;
        if (script === "silent.js") tools.beat(11);
        else tools.beat(1);
        return told;
      }, [SIZE, script]);
      if (script === "silent.js") await onThePage(server, told, /does not answer/);
      else await stored(server, told);
      assert.equal(told.made, 0);
    });
  }

  for (const [situation, way] of [
    ["is closed from inside", "new URL('/closing.js', location.href)"],
    ["is terminated by the app", "() => { const made = new Worker('/pkg/worker.js', { type: 'module' }); tools.onTake = () => { made.terminate(); }; return made; }"],
  ]) {
    it(`a worker that ${situation} in the middle of a part is missed, and its work done again`, { timeout: TIMEOUT }, async (t) => {
      const { server, page } = await setup(t, { cores: 2 });
      const told = await page.evaluate(`(async () => {
        const told = tools.send(${SIZE}, { worker: ${way} });
        while (!tools.said.includes("take")) await tools.turn();
        // The pool ends with its clock.
        for (tools.beat(1); tools.beats.size > 0; tools.beat(1)) await tools.turn();
        return told;
      })()`);
      await onThePage(server, told, /a worker has stopped answering/);
    });
  }

  it("a worker that answers is not given up, however long a part takes", { timeout: TIMEOUT }, async (t) => {
    const { server, page } = await setup(t, { cores: 2 });
    const told = await page.evaluate(async (size) => {
      const file = kit.file(size);
      let go;
      const held = new Promise((resolve) => (go = resolve));
      const taken = new Promise((resolve) => (tools.onTake = (worker) => (resolve(worker), held)));
      const { notices, ended } = tools.begin(file);
      const worker = await taken;
      for (let beat = 0; beat < 30; beat++) {
        const alive = new Promise((resolve) => worker.addEventListener("message", resolve, { once: true }));
        tools.beat(1);
        await alive;
      }
      go();
      return { ...(await ended), notices, sha256: await kit.sha256(file), made: tools.made };
    }, SIZE);
    await stored(server, told);
    assert.deepEqual(told.notices, []);
    assert.equal(told.made, PARTS);
  });

  it("after a failure, the next upload tries again", { timeout: TIMEOUT }, async (t) => {
    const { server, page } = await setup(t, { cores: 2 });
    const way = "(tools.way ??= () => new Worker((tools.times = (tools.times ?? 0) + 1) === 1 ? '/throwing.js' : '/pkg/worker.js', { type: 'module' }))";
    await onThePage(server, await page.evaluate(`tools.send(${SIZE}, { worker: ${way} })`), /no more/);
    const told = await page.evaluate(`(tools.made = 0, tools.send(${SIZE}, { worker: ${way} }))`);
    await stored(server, told);
    assert.deepEqual(told.notices, []);
    assert.equal(told.made, PARTS);
  });

  // ---- asked to stop ----------------------------------------------------------------------------

  it("a pause stops what workers have in hand, and late answers are nobody's", { timeout: TIMEOUT }, async (t) => {
    const { server, page } = await setup(t, { cores: 2 });
    const told = await page.evaluate(async (size) => {
      const file = kit.file(size);
      const taken = tools.taken();
      const { one, notices, ended } = tools.begin(file);
      await taken;
      one.pause();
      const paused = one.state;
      while (!tools.said.includes("stop")) await tools.turn();
      one.resume();
      return { ...(await ended), paused, notices, sha256: await kit.sha256(file) };
    }, SIZE);
    await stored(server, told);
    assert.equal(told.paused, "paused");
    assert.deepEqual(told.notices, []);
  });

  it("the function that makes workers is never called from within the module", { timeout: TIMEOUT }, async (t) => {
    const { server, page } = await setup(t, { cores: 2 });
    const told = await page.evaluate(async (size) => {
      Error.stackTraceLimit = 100;
      const stacks = [];
      const worker = () => {
        stacks.push(new Error().stack);
        return new Worker("/pkg/worker.js", { type: "module" });
      };
      const taken = tools.taken();
      const [first, second] = [kit.file(size), kit.file(size)].map((file) => ({ file, ...tools.begin(file, { worker }) }));
      await taken;
      // From now on the pool wants more workers, and what is cancelled has it look.
      Object.defineProperty(navigator, "hardwareConcurrency", { value: 8, configurable: true });
      first.one.pause();
      second.one.pause();
      first.one.resume();
      second.one.resume();
      const ends = await Promise.all([first.ended, second.ended]);
      return { stacks, files: await Promise.all(ends.map(async (end, at) => ({ ...end, sha256: await kit.sha256([first, second][at].file) }))) };
    }, SIZE);
    for (const one of told.files) await stored(server, one);
    assert.ok(told.stacks.length > 1, "no more workers were made");
    assert.deepEqual(told.stacks.filter((stack) => /wasm/.test(stack)), []);
  });

  it("an abort stops what workers have in hand", { timeout: TIMEOUT }, async (t) => {
    const { server, page } = await setup(t, { cores: 2 });
    const told = await page.evaluate(async (size) => {
      const taken = tools.taken();
      const { one, notices, ended } = tools.begin(kit.file(size), { checksum: "md5" }, "s3");
      await taken;
      await one.abort();
      const { error } = await ended;
      // Two parts in hand were called back; of those that were waiting, none is begun.
      while (tools.said.filter((said) => said === "stop").length < 2) await tools.turn();
      return { error, notices, taken: tools.said.filter((said) => said === "take").length };
    }, SIZE);
    assert.equal(told.error.code, "aborted");
    assert.deepEqual(told.notices, []);
    assert.equal(told.taken, 2);
    assert.deepEqual(await server.requestsOf("part"), []);
  });

  it("a file that has changed when a worker reads it is told as ever", { timeout: TIMEOUT }, async (t) => {
    const { page } = await setup(t, { cores: 2 });
    const file = await diskFile("film.mp4", SIZE);
    await page.exposeFunction("change", () => appendFileSync(file.path, "more"));
    await page.evaluate(() => { document.body.innerHTML = "<input type=file id=one>"; });
    await page.setInputFiles("#one", [file.path]);
    const told = await page.evaluate(async () => {
      tools.onTake = () => window.change();
      const { notices, ended } = tools.begin(document.getElementById("one").files[0], { retry: { limit: 0 } });
      return { ...(await ended), notices };
    });
    assert.equal(told.error?.code, "file-changed", JSON.stringify(told));
    assert.deepEqual(told.notices, []);
  });
});
