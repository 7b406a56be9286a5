// What would be published is exactly this, and the linters of packages agree with it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { here, run, tarball } from "./app.mjs";

test("the tarball holds what is meant to be published, and one module", async () => {
  const { files } = await tarball();
  assert.deepEqual(files, [
    "LICENSE-APACHE", "LICENSE-MIT", "README.md", "api.js", "database.js", "destinations.js", "error.js", "glue.js", "index.d.ts",
    "index.js", "instance.js", "journal.js", "locks.js", "package.json", "patience.js", "pool.js", "slim.d.ts", "slim.js", "upload.js",
    "upslice.wasm", "wasm-inline.js", "worker.js",
  ]);
});

test("the module in JavaScript is the module, byte for byte", async () => {
  const { bytes } = await import(`${process.env.UPSLICE_PKG}/wasm-inline.js`);
  assert.deepEqual(Buffer.from(bytes()), readFileSync(`${process.env.UPSLICE_PKG}/upslice.wasm`));
});

test("nothing in it runs at installation, and nothing else is installed with it", () => {
  const manifest = JSON.parse(readFileSync(`${process.env.UPSLICE_PKG}/package.json`));
  assert.equal(manifest.scripts, undefined);
  assert.equal(manifest.dependencies, undefined);
  assert.equal(manifest.sideEffects, false);
});

test("publint has nothing to say", async () => {
  const { buffer } = new Uint8Array(readFileSync((await tarball()).path));
  const { messages, pkg } = await publint({ pack: { tarball: buffer }, strict: true });
  assert.deepEqual(messages.map((message) => formatMessage(message, pkg, { color: false })), []);
});

test("the types resolve wherever ES modules do", async () => {
  const attw = here("node_modules/@arethetypeswrong/cli/dist/index.js");
  // The module of bytes has no types, and what runs in a worker is not imported.
  const flags = ["--profile", "esm-only", "--no-definitely-typed", "--format", "ascii", "--exclude-entrypoints", "upslice.wasm", "worker.js"];
  await run("node", [attw, (await tarball()).path, ...flags]).catch(({ stdout, stderr }) => assert.fail(stdout + stderr));
});
