// What a page downloads for `import { upload, s3 } from "upslice"`, as a bundler delivers it: minified, and without
// what is not used. Called with the package's folder.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";

const pkg = process.argv[2];

/** The bundle's files in two heaps: what loads with the page, and what is imported later. */
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
  const contents = (later) => Object.keys(metafile.outputs)
    .filter((path) => atOnce.has(path) !== later)
    .map((path) => outputFiles.find((file) => file.path.endsWith(path.split("/").at(-1))).contents);
  return { atOnce: contents(false), later: contents(true) };
}

/** Each file is compressed by itself, as a server does it. */
function line(label, files) {
  const sum = (compress) => files.reduce((total, file) => total + compress(file).length, 0);
  const brotli = (file) => brotliCompressSync(file, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  const numbers = [sum((file) => file), sum((file) => gzipSync(file, { level: 9 })), sum(brotli)];
  return label.padEnd(48) + numbers.map((number) => String(number).padStart(9)).join("");
}

const full = await bundle("index.js", "upload, s3");
const slim = await bundle("slim.js", "init, upload, s3");
console.log([
  "bytes, minified".padEnd(48) + ["raw", "gzip", "brotli"].map((name) => name.padStart(9)).join(""),
  line('import { upload, s3 } from "upslice"', full.atOnce),
  line("  + with the first upload, wasm inside", full.later),
  line('import { init, upload, s3 } from "upslice/slim"', slim.atOnce.concat(slim.later)),
  line("  + upslice.wasm", [readFileSync(join(pkg, "upslice.wasm"))]),
].join("\n"));
