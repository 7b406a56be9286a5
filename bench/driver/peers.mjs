// Which versions of the peers are installed.

import { readFileSync } from "node:fs";

const lock = JSON.parse(readFileSync(new URL("../package-lock.json", import.meta.url), "utf8")).packages;

/** `@uppy/aws-s3 6.3.1, …`, each with its version. */
export function versions() {
  const names = [...Object.keys(lock[""].dependencies).filter((name) => name !== "esbuild")];
  const paths = names.map((name) => [name, `node_modules/${name}`]);
  const fifth = Object.keys(lock["uppy-5"].dependencies).map((name) => [name, `uppy-5/node_modules/${name}`]);
  return [...paths, ...fifth].map(([name, path]) => `${name} ${lock[path].version}`).join(", ");
}
