// Runs test files with Node's own runner, two of them side by side even where there are two processors only: most of a file's
// time goes by in waiting, and the flag that says so (`--test-concurrency`) is younger than the oldest Node that will do.

import { availableParallelism } from "node:os";
import { run } from "node:test";
import { spec as Spec } from "node:test/reporters";

const tests = run({ files: process.argv.slice(2), concurrency: Math.max(2, availableParallelism() - 1) });
tests.on("test:fail", ({ todo }) => {
  if (todo === undefined || todo === false) process.exitCode = 1;
});
tests.compose(new Spec()).pipe(process.stdout);
