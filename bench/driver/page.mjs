// The page with its clients, each bundled with the packages that it is made of, as a page would ship it.

import { copyFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

/** Puts the page of `from` into `to`, and the module `kernels`. What is below /pkg/ is the server's, and stays what it is. */
export async function lay(from, to, kernels) {
  await build({
    entryPoints: readdirSync(join(from, "clients")).map((name) => join(from, "clients", name)),
    outdir: join(to, "clients"),
    external: ["/pkg/*"],
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    legalComments: "none",
    logLevel: "error",
  });
  copyFileSync(kernels, join(to, "kernels.wasm"));
  for (const name of ["index.html", "bench.js"]) copyFileSync(join(from, name), join(to, name));
}
