// Two generations of the bundler that most apps are built with, and its dev server, which serves dependencies its own way.
import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { appWith, outcomeOf, sent, serve, stored } from "./app.mjs";

const ONE_PART = { size: sent.size, parts: 1, last: sent.size };
/** Veza's parts are small. */
const FIVE_PARTS = { size: sent.size, parts: 5, last: sent.size };

for (const vite of ["vite", "vite-5"]) {
  const { build, createServer, version } = await import(vite);
  const quiet = { configFile: false, logLevel: "error" };

  for (const [entry, main] of [["upslice", "upload.js"], ["upslice/slim", "slim.js"]]) {
    test(`an app with ${entry}, built by Vite ${version}, uploads`, async () => {
      const root = await appWith({ "index.html": "page.html", "main.js": main, "send.js": "send.js" });
      await build({ ...quiet, root });
      const name = `${vite}-${main}.bin`;
      assert.deepEqual(await outcomeOf(await serve(join(root, "dist")), name), ONE_PART);
      assert.deepEqual(await stored(name), sent);
    });
  }

  test(`an app under the dev server of Vite ${version} uploads`, async (t) => {
    const root = await appWith({ "index.html": "page.html", "main.js": "upload.js", "send.js": "send.js" });
    const server = await createServer({ ...quiet, root, server: { host: "127.0.0.1", port: 0 } });
    t.after(() => server.close());
    await server.listen();
    const name = `${vite}-dev.bin`;
    assert.deepEqual(await outcomeOf(`http://127.0.0.1:${server.httpServer.address().port}`, name), ONE_PART);
    assert.deepEqual(await stored(name), sent);
  });

  /** An app with `worker: true`: in its parts, how many were made in workers, and what it was told. */
  const inWorkers = async (origin, name, { made, notices }) => {
    const { ids, ...outcome } = await outcomeOf(origin, name);
    assert.deepEqual({ ...outcome, notices: outcome.notices.map(({ code }) => code) }, { ...FIVE_PARTS, made, notices });
    assert.deepEqual(await stored(({ id }) => ids.includes(id)), sent);
  };
  const IN_WORKERS = { made: FIVE_PARTS.parts, notices: [] };

  test(`an app with workers, built by Vite ${version}, has them`, async () => {
    const root = await appWith({ "index.html": "page.html", "main.js": "workers.js", "send.js": "send.js" });
    await build({ ...quiet, root });
    await inWorkers(await serve(join(root, "dist")), `${vite}-workers.bin`, IN_WORKERS);
  });

  // What Vite 5 makes of a dependency for its dev server has lost where it came from.
  const dev = vite === "vite" ? [[[], IN_WORKERS]] : [[[], { made: 0, notices: ["worker-off"] }], [["upslice"], IN_WORKERS]];
  for (const [exclude, outcome] of dev) {
    test(`an app with workers under the dev server of Vite ${version}${exclude.map((name) => `, ${name} excluded`)}: ${outcome.made} parts are made in them`, async (t) => {
      const root = await appWith({ "index.html": "page.html", "main.js": "workers.js", "send.js": "send.js" });
      const server = await createServer({ ...quiet, root, optimizeDeps: { exclude }, server: { host: "127.0.0.1", port: 0 } });
      t.after(() => server.close());
      await server.listen();
      await inWorkers(`http://127.0.0.1:${server.httpServer.address().port}`, `${vite}-dev-workers-${exclude}.bin`, outcome);
    });
  }
}
