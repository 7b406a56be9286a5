// The wasm module is there twice, whole and with S3 alone: which one serves whom, what is downloaded for it, and what is
// said where the one that is needed is not there.

import assert from "node:assert/strict";
import { before, beforeEach, describe, it } from "node:test";
import { Server, openPage } from "./harness.mjs";

const TIMEOUT = 60_000;

const S3 = `api.s3({ endpoint: new URL("/s3/multipart", location.origin).href })`;
const VEZA = `api.veza({ baseUrl: "/veza", providerId: "p", dataSourceId: "d", headers: { authorization: "Bearer demo-key" } })`;

/** Counts instances, and gives what became of an upload. */
function instruments() {
  const tools = { instances: [] };
  const { instantiate } = WebAssembly;
  WebAssembly.instantiate = async (module, imports) => {
    const made = await instantiate.call(WebAssembly, module, imports);
    tools.instances.push(WebAssembly.Module.customSections(module, "s3").length > 0 ? "s3" : "all");
    return made;
  };
  tools.file = (size) => new File([new Uint8Array(size).fill(7)], "film.mp4", { lastModified: 1 });
  tools.ended = (promise) => promise.then(
    ({ parts }) => parts?.length ?? "told",
    ({ name, code, message }) => ({ name, code, message }),
  );
  tools.send = (to, options) => tools.ended(api.upload(tools.file(6 * 1024 * 1024), { to, partSize: 5 * 1024 * 1024, resumable: false, ...options }));
  return tools;
}

describe("modules", () => {
  let server;
  before(async () => { server = await Server.start(); });
  beforeEach(() => server.reset());

  const open = async (t, entry) => {
    const page = await openPage(server, t);
    await page.addInitScript(`window.tools = (${instruments})();`);
    // Nothing but what a test begins: the demo page has a module loaded.
    await page.route("**/main.js", (route) => route.fulfill({ contentType: "text/javascript", body: "" }));
    await page.reload();
    await page.evaluate(`(async () => { window.api = await import("/pkg/${entry}.js"); })()`);
    const fetched = [];
    page.on("request", (request) => fetched.push(...(/\/(s3|upslice)(-inline\.js|\.wasm)$/.exec(request.url())?.slice(1, 2) ?? [])));
    return { fetched, page, run: (body) => page.evaluate(`(async () => { ${body} })()`) };
  };

  it("S3 is served without the module of the others, and each module is loaded once", { timeout: TIMEOUT }, async (t) => {
    const { fetched, page, run } = await open(t, "index");
    assert.deepEqual(await run(`return [await tools.send(${S3}), tools.instances]`), [2, ["s3"]]);
    assert.deepEqual(fetched, ["s3"]);
    const both = await run(`return [await Promise.all([tools.send(${VEZA}), tools.send(${S3}), tools.send(${VEZA})]), tools.instances]`);
    assert.deepEqual(both, [[2, 2, 2], ["s3", "all"]]);
    assert.deepEqual(fetched, ["s3", "upslice"]);
    assert.deepEqual(page.complaints, []);
  });

  it("the whole module serves S3, where it is there already", { timeout: TIMEOUT }, async (t) => {
    const { fetched, page, run } = await open(t, "index");
    assert.deepEqual(await run(`return [await tools.send(${VEZA}), await tools.send(${S3}), tools.instances]`), [2, 2, ["all"]]);
    assert.deepEqual(fetched, ["upslice"]);
    assert.deepEqual(page.complaints, []);
  });

  it("what one module breaks at does not end the other's uploads", { timeout: TIMEOUT }, async (t) => {
    const { page, run } = await open(t, "index");
    await server.fault({ service: "s3", step: "part", part: 2, fault: { kind: "delay", ms: 1000 } });
    const ends = await run(`
      await api.init();
      const stored = tools.send(${S3});
      await api.init(${VEZA});
      // The module takes bytes in, and is told that there are too many.
      Object.defineProperty(Uint8Array.prototype, "length", { get: () => 2 ** 32 - 1, configurable: true });
      const broken = await tools.send(${VEZA});
      delete Uint8Array.prototype.length;
      return { broken: broken.code, stored: await stored, again: await tools.send(${VEZA}), instances: tools.instances };
    `);
    assert.deepEqual(ends, { broken: "internal", stored: 2, again: 2, instances: ["s3", "all", "all"] });
    assert.deepEqual(page.complaints, []);
  });

  it("init loads S3's module, a destination's, or what it is given", { timeout: TIMEOUT }, async (t) => {
    const { fetched, run } = await open(t, "index");
    assert.deepEqual(await run(`await api.init(); await api.init(); return tools.instances`), ["s3"]);
    assert.deepEqual(await run(`await api.init(${VEZA}); return tools.instances`), ["s3", "all"]);
    assert.deepEqual(fetched, ["s3", "upslice"]);
    const given = await open(t, "index");
    assert.deepEqual(await given.run(`api.init("/pkg/upslice.wasm"); return [await tools.send(${S3}), tools.instances]`), [2, ["all"]]);
    assert.equal(given.fetched.length, 1, "an upload waits for what init is loading");
  });

  it("after init, an upload loads nothing more", { timeout: TIMEOUT }, async (t) => {
    const { page, run } = await open(t, "index");
    await run("await api.init()");
    const loaded = [];
    page.on("request", (request) => loaded.push(...(/\/pkg\/.*/.exec(request.url()) ?? [])));
    assert.equal(await run(`return tools.send(${S3}, { resumable: true })`), 2);
    assert.deepEqual(loaded, []);
  });

  it("upslice/slim with s3.wasm says what to give it for another service, and takes it", { timeout: TIMEOUT }, async (t) => {
    const { fetched, page, run } = await open(t, "slim");
    assert.deepEqual(await run(`api.init("/pkg/s3.wasm"); return [await tools.send(${S3}), tools.instances]`), [2, ["s3"]]);
    const refused = await run(`return tools.send(${VEZA})`);
    assert.deepEqual([refused.name, refused.code], ["UploadError", "options"]);
    assert.match(refused.message, /^to: veza .*upslice\.wasm/);
    const asked = await run(`return tools.ended(api.incomplete(api.twelvelabs({})).next())`);
    assert.match(asked.message, /^to: twelvelabs .*upslice\.wasm/);
    const unknown = await run(`return Promise.all([tools.send({}), tools.ended(api.status(${S3}, "1")), tools.send({ kind: "s3" })])`);
    assert.deepEqual(unknown.map(({ code }) => code), ["options", "options", "options"]);
    assert.match(unknown[0].message, /^to: a destination is expected/);
    assert.match(unknown[1].message, /^to: `status` cannot be asked of s3/);
    assert.match(unknown[2].message, /^to: s3 takes/);
    assert.deepEqual(await run(`await api.init("/pkg/upslice.wasm"); return [await tools.send(${VEZA}), tools.instances]`), [2, ["s3", "all"]]);
    assert.deepEqual(fetched, ["s3", "upslice"]);
    assert.deepEqual(page.complaints, []);
  });

  it("upslice/slim is told that an address gives no module, and may be given another", { timeout: TIMEOUT }, async (t) => {
    const { run } = await open(t, "slim");
    const given = ["'/pkg/none.wasm?token=secret'", "'/pkg/index.js'", "3", "{}", "new DataView(new ArrayBuffer(2))", "new Response('text')"];
    const failed = await run(`return [${[...given.map((it) => `await tools.ended(api.init(${it}))`), `await tools.send(${S3})`]}]`);
    assert.deepEqual(failed.map(({ name, code }) => [name, code]), failed.map(() => ["UploadError", "load"]));
    const said = failed.map(({ message }) => message.replace("upslice could not be loaded: ", "").replace(server.origin, ""));
    const ours = "what `init` was given is no wasm module";
    assert.deepEqual(said.slice(0, -1), [
      "/pkg/none.wasm answered 404", "/pkg/index.js (text/javascript) is no wasm module", ours, ours, ours,
      "the response (text/plain;charset=UTF-8) is no wasm module",
    ], "each says what it is about, and nothing of policies");
    assert.match(said.at(-1), /init\(/);
    assert.deepEqual(await run(`await api.init(new URL("/pkg/s3.wasm", location)); return tools.send(${S3})`), 2);
    assert.deepEqual(await run(`await api.init(await (await fetch("/pkg/upslice.wasm")).arrayBuffer()); return [await tools.send(${VEZA}), tools.instances]`), [2, ["s3", "all"]]);
  });

  for (const [name, ask] of [
    ["instance.js", `tools.send(${S3})`],
    ["s3-inline.js", `tools.ended(api.init())`],
    ["s3-glue.js", `tools.send(${S3})`],
    ["journal.js", `tools.ended(api.interrupted())`],
  ]) {
    it(`of a file that cannot be imported, ${name}, it is told that the page may have to be reloaded`, { timeout: TIMEOUT }, async (t) => {
      const { page, run } = await open(t, "index");
      await page.route(`**/${name}`, (route) => route.fulfill({ status: 503, body: "" }), { times: 1 });
      const failed = await run(`return ${ask}`);
      assert.deepEqual([failed.name, failed.code], ["UploadError", "load"]);
      assert.match(failed.message, /^upslice could not be loaded: .*[^.]\. Should it fail again, reload the page$/);
      await page.reload();
      assert.equal(await run(`window.api = await import("/pkg/index.js"); return tools.send(${S3}, { resumable: true })`), 2);
    });
  }

  it("a policy that forbids the module is told, with what would allow it", { timeout: TIMEOUT }, async (t) => {
    const page = await openPage(server, t);
    const headers = { "content-security-policy": "script-src 'self'" };
    await page.route("**/strict.html", (route) => route.fulfill({ contentType: "text/html", headers, body: "<!doctype html>" }));
    await page.goto(`${server.origin}/strict.html`);
    const said = await page.evaluate(`import("/pkg/index.js").then(({ init }) => init()).catch(({ message }) => message)`);
    assert.match(said, /[^.]\. A content security policy must allow script-src 'wasm-unsafe-eval'$/);
  });
});
