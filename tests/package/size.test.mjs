// What a visitor downloads is a promise like any other: it is written down, and kept.
import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { pathToFileURL } from "node:url";

const { measured, outgrown } = await import(pathToFileURL(join(process.env.UPSLICE_ROOT, "xtask/tools/sizes.mjs")));

test("the package costs a visitor no more than its budget", async () => {
  assert.deepEqual(outgrown(await measured()), []);
});

test("what grows beyond its budget is told, with how much", async () => {
  const costs = await measured();
  const [[name, cost]] = Object.entries(costs);
  const [words, ...others] = outgrown({ ...costs, [name]: { ...cost, brotli: cost.brotli + 10_000 } });
  assert.match(words, /upload, s3.* more than its budget of \d+/);
  assert.deepEqual(others, []);
});
