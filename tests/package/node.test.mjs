// On a server the package is imported with the page's code, long before anything is uploaded.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { appWith, run } from "./app.mjs";

const PROGRAM = `
  const seen = [];
  const watch = (owner, name) => { owner[name] = () => { seen.push(name); }; };
  for (const name of ["fetch", "setTimeout", "setInterval", "queueMicrotask"]) watch(globalThis, name);
  for (const name of ["compile", "instantiate", "compileStreaming", "instantiateStreaming", "Module", "Instance"]) watch(WebAssembly, name);
  for (const name of ["log", "warn", "error"]) watch(console, name);
  const before = Object.getOwnPropertyNames(globalThis).length;
  const names = Object.keys(await import(process.argv[2]));
  const added = Object.getOwnPropertyNames(globalThis).length - before;
  process.stdout.write(JSON.stringify({ seen, added, names }));
`;

for (const entry of ["upslice", "upslice/slim"]) {
  test(`importing ${entry} in Node does nothing`, async () => {
    const dir = await appWith({});
    writeFileSync(join(dir, "server.js"), PROGRAM);
    // A timer or a socket left open would keep the process alive.
    const { stdout } = await run("node", ["server.js", entry], { cwd: dir, timeout: 10_000 });
    const { seen, added, names } = JSON.parse(stdout);
    assert.deepEqual({ seen, added }, { seen: [], added: 0 });
    for (const name of ["UploadError", "init", "s3", "upload"]) assert.ok(names.includes(name), `${name} is not exported`);
  });
}
