// What would be published is exactly this, and the linters of packages agree with it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { here, run, tarball } from "./app.mjs";

test("the tarball holds what is meant to be published, and two modules", async () => {
  const { files } = await tarball();
  assert.deepEqual(files, [
    "LICENSE-APACHE", "LICENSE-MIT", "README.md", "api.js", "database.js", "destinations.js", "error.js", "index.d.ts",
    "index.js", "instance.js", "journal.js", "locks.js", "modules.js", "once.js", "package.json", "patience.js", "pool.js", "s3-glue.js", "s3-inline.js",
    "s3.wasm", "slim.d.ts", "slim.js", "upload.js", "upslice-glue.js", "upslice-inline.js", "upslice.wasm",
    "worker.js",
  ]);
});

for (const name of ["upslice", "s3"]) {
  test(`the module ${name} in JavaScript is the module, byte for byte`, async () => {
    const { bytes } = await import(`${process.env.UPSLICE_PKG}/${name}-inline.js`);
    assert.deepEqual(Buffer.from(bytes()), readFileSync(`${process.env.UPSLICE_PKG}/${name}.wasm`));
  });
}

test("each module is known by what it is, and fits its own glue", async () => {
  const { servesS3Alone } = await import(`${process.env.UPSLICE_PKG}/modules.js`);
  for (const [name, alone] of [["upslice", false], ["s3", true]]) {
    const module = await WebAssembly.compile(readFileSync(`${process.env.UPSLICE_PKG}/${name}.wasm`));
    assert.equal(servesS3Alone(module), alone);
    const { default: glue } = await import(`${process.env.UPSLICE_PKG}/${name}-glue.js`);
    const api = glue(WebAssembly);
    await api(module);
    assert.equal(typeof api.Machine, "function");
  }
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
  // The modules of bytes have no types, and what runs in a worker is not imported.
  const without = ["upslice.wasm", "s3.wasm", "worker.js"];
  const flags = ["--profile", "esm-only", "--no-definitely-typed", "--format", "ascii", "--exclude-entrypoints", ...without];
  await run("node", [attw, (await tarball()).path, ...flags]).catch(({ stdout, stderr }) => assert.fail(stdout + stderr));
});
