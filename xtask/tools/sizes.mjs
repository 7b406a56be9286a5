// What a page downloads for `import { upload, s3 } from "upslice"`, as a bundler delivers it: minified, and without
// what is not used. Called with the package's folder; the tests know it from their environment.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";

const pkg = process.env.UPSLICE_PKG ?? process.argv[2];

/** The bundle's files in heaps: what loads with the page, and what is imported later where a module serves S3 or anything. */
async function bundle(entry, names) {
  const { metafile, outputFiles } = await build({
    stdin: { contents: `export { ${names} } from "./${entry}";`, resolveDir: pkg, sourcefile: "page.js" },
    bundle: true, minify: true, splitting: true, format: "esm", outdir: "/", write: false, metafile: true,
    absWorkingDir: pkg, legalComments: "none",
  });
  const [page] = Object.keys(metafile.outputs).filter((path) => metafile.outputs[path].entryPoint === "<stdin>" || metafile.outputs[path].entryPoint === "page.js");
  const atOnce = new Set();
  const visit = (path) => {
    if (atOnce.has(path)) return;
    atOnce.add(path);
    metafile.outputs[path].imports.filter(({ kind }) => kind === "import-statement").forEach((chunk) => visit(chunk.path));
  };
  visit(page);
  const contents = (wanted) => Object.keys(metafile.outputs)
    // The pool is for pages that ask for workers, which load it then.
    .filter((path) => metafile.outputs[path].entryPoint !== "pool.js" && wanted(path, path.split("/").at(-1)))
    .map((path) => outputFiles.find((file) => file.path.endsWith(path.split("/").at(-1))).contents);
  // Each module has glue of its own, and a page loads that of one.
  const later = (others) => contents((path, name) => !atOnce.has(path) && !others.test(name));
  return { atOnce: contents((path) => atOnce.has(path)), s3: later(/^upslice-(inline|glue)/), all: later(/^s3-(inline|glue)/) };
}

/** Each file is compressed by itself, as a server does it. */
function cost(files) {
  const sum = (compress) => files.reduce((total, file) => total + compress(file).length, 0);
  const brotli = (file) => brotliCompressSync(file, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  return { raw: sum((file) => file), gzip: sum((file) => gzipSync(file, { level: 9 })), brotli: sum(brotli) };
}

/** What each way costs, by the names that the budget has for it too. */
export async function measured() {
  const full = await bundle("index.js", "upload, s3");
  const slim = await bundle("slim.js", "init, upload, s3");
  const module = (name) => cost([readFileSync(join(pkg, name))]);
  return {
    'import { upload, s3 } from "upslice"': cost(full.atOnce),
    "  + with the first upload to S3": cost(full.s3),
    "  + with the first upload to anything else": cost(full.all),
    'import { init, upload, s3 } from "upslice/slim"': cost(slim.atOnce.concat(slim.s3)),
    "  + s3.wasm": module("s3.wasm"),
    "  + upslice.wasm": module("upslice.wasm"),
  };
}

const BUDGET = new URL("../../size-budget.json", import.meta.url);

/** What has outgrown its budget, in words. Compressors and compilers differ by a little from release to release. */
export function outgrown(costs) {
  const { slack, brotli } = JSON.parse(readFileSync(BUDGET));
  return Object.entries(costs).filter(([name, cost]) => !(cost.brotli <= brotli[name] * (1 + slack))).map(([name, cost]) =>
    `${name.trim()}: ${cost.brotli} bytes in brotli, ${cost.brotli - brotli[name]} more than its budget of ${brotli[name]}`);
}

const row = (label, numbers) => label.padEnd(48) + numbers.map((number) => String(number).padStart(9)).join("");

/** Prints it; with `--accept`, what it costs now is the budget. */
async function main() {
  const costs = await measured();
  console.log(row("bytes, minified", ["raw", "gzip", "brotli"]));
  for (const [name, { raw, gzip, brotli }] of Object.entries(costs)) console.log(row(name, [raw, gzip, brotli]));
  if (process.argv.includes("--accept")) {
    const budget = JSON.parse(readFileSync(BUDGET));
    budget.brotli = Object.fromEntries(Object.entries(costs).map(([name, { brotli }]) => [name, brotli]));
    writeFileSync(BUDGET, `${JSON.stringify(budget, null, 2)}\n`);
  }
  for (const words of outgrown(costs)) console.log(`over budget: ${words}; if it is worth that: cargo xtask build --accept-size`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
