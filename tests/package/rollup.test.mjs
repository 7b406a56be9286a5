// A bundler that finds neither packages nor workers by itself: what the README tells its users to do is enough.
import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { rollup, VERSION } from "rollup";
import { appWith, here, outcomeOf, sent, serve, stored } from "./app.mjs";

/** Finds the package as every resolver does, by its `exports`. */
const packages = (root) => ({
  name: "packages",
  resolveId(source) {
    const file = { upslice: "index.js", "upslice/worker.js": "worker.js" }[source];
    return file && join(root, "node_modules/upslice", file);
  },
});

/** The app, built: with what else has to be an entry point of its own. */
async function built(entries) {
  const root = await appWith({ "main.js": "workers.js", "send.js": "send.js" });
  const build = await rollup({ input: { main: join(root, "main.js"), ...entries }, plugins: [packages(root)] });
  await build.write({ dir: join(root, "dist"), format: "es" });
  await build.close();
  cpSync(here("apps/page.html"), join(root, "dist/index.html"));
  return serve(join(root, "dist"));
}

for (const [what, entries, made, notices] of [
  ["worker.js among the entry points", { worker: "upslice/worker.js" }, 5, []],
  ["nothing but the app", {}, 0, ["worker-off"]],
]) {
  test(`an app with workers, built by Rollup ${VERSION} from ${what}: ${made} parts are made in them`, async () => {
    const { ids, ...outcome } = await outcomeOf(await built(entries), "rollup.bin");
    const told = { ...outcome, notices: outcome.notices.map(({ code }) => code) };
    assert.deepEqual(told, { size: sent.size, parts: 5, last: sent.size, made, notices });
    assert.deepEqual(await stored(({ id }) => ids.includes(id)), sent);
  });
}
