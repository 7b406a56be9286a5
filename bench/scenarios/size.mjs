// What a page downloads before the first byte can leave: bundled, minified, and compressed as servers do it.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";
import { table } from "../driver/figures.mjs";
import { versions } from "../driver/peers.mjs";

export const title = "size: what an import brings over the wire";

const PEERS = {
  "Uppy 5, core and aws-s3": 'export { Uppy, AwsS3 } from "uppy-5";',
  "Uppy 6, core and aws-s3": 'export { default as Uppy } from "@uppy/core"; export { default as AwsS3 } from "@uppy/aws-s3";',
  "tus-js-client": 'export { Upload } from "tus-js-client";',
  UpChunk: 'export { createUpload } from "@mux/upchunk";',
  "lib-storage and client-s3": 'export { Upload } from "@aws-sdk/lib-storage"; export { S3Client } from "@aws-sdk/client-s3";',
  Uploadcare: 'export { uploadFile } from "@uploadcare/upload-client";',
};

/** The files of a bundle, each of which a server compresses by itself. */
async function bundle(contents, resolveDir) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir },
    bundle: true,
    minify: true,
    splitting: true,
    format: "esm",
    platform: "browser",
    legalComments: "none",
    logLevel: "error",
    outdir: "/",
    write: false,
  });
  return outputFiles.map(({ path, contents }) => Object.assign(contents, { file: path.split("/").at(-1) }));
}

const brotli = (file) => brotliCompressSync(file, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
const sum = (files, compress) => files.reduce((sum, file) => sum + compress(file).length, 0) / 1000;
const kB = (files, compress) => sum(files, compress).toFixed(1);

export async function weigh({ pkg, here }) {
  const inlined = await bundle('export { upload, s3 } from "./index.js";', pkg);
  const slim = await bundle('export { init, upload, s3 } from "./slim.js";', pkg);
  // Each module has files of its own, and a page loads those of one; the pool comes with the option `worker` only.
  const without = (files, others) => files.filter(({ file }) => !new RegExp(`^(${others}-(inline|glue)|pool)-`).test(file));
  const s3 = without(inlined, "upslice");
  const wasm = [...without(slim, "upslice"), readFileSync(join(pkg, "s3.wasm"))];
  const all = {
    "upslice, to S3": s3,
    "upslice, to any service": without(inlined, "s3"),
    "upslice/slim and s3.wasm": wasm,
    "upslice/slim and upslice.wasm": [...without(slim, "s3"), readFileSync(join(pkg, "upslice.wasm"))],
  };
  for (const [name, contents] of Object.entries(PEERS)) all[name] = await bundle(contents, here);
  const rows = Object.entries(all).map(([name, files]) => [
    name,
    ...[(file) => file, (file) => gzipSync(file, { level: 9 }), brotli].map((compress) => kB(files, compress)),
  ]);
  const lines = [
    table([["kB", "minified", "gzip", "brotli"], ...rows]),
    `Bundled with esbuild, each file compressed by itself; 1 kB is 1000 bytes. upslice's module comes with the first ` +
      `upload, not with the page. ${versions()}.`,
  ];
  const uppy = kB(all["Uppy 6, core and aws-s3"], brotli);
  const head =
    `what the import brings over the wire for uploads to S3, brotli: ${kB(s3, brotli)} kB with the module inlined, ` +
    `${kB(wasm, brotli)} kB with the \`.wasm\` served as such (every service: ` +
    `${kB(all["upslice, to any service"], brotli)} and ${kB(all["upslice/slim and upslice.wasm"], brotli)} kB); Uppy 6's core and aws-s3 ${uppy} kB`;
  return { lines, head };
}
