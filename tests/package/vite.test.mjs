// Two generations of the bundler that most apps are built with, and its dev server, which serves dependencies its own way.
import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { appWith, outcomeOf, sent, serve, stored } from "./app.mjs";

const ONE_PART = { size: sent.size, parts: 1, last: sent.size };

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
}
