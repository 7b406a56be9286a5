// The declarations hold for a strict program, under both ways of finding modules.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { appWith, here, run } from "./app.mjs";

for (const [module, moduleResolution] of [["esnext", "bundler"], ["nodenext", "nodenext"]]) {
  test(`a strict program compiles with moduleResolution ${moduleResolution}`, async () => {
    const dir = await appWith({ "main.ts": "types.ts" });
    const compilerOptions = {
      module, moduleResolution, target: "es2022", lib: ["es2022", "dom"], types: [], strict: true, noEmit: true,
      noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true, skipLibCheck: false,
    };
    writeFileSync(join(dir, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["main.ts"] }));
    const tsc = here("node_modules/typescript/bin/tsc");
    await run("node", [tsc, "--project", dir]).catch(({ stdout, stderr }) => assert.fail(stdout + stderr));
  });
}
