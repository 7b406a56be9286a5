// The real server, the clients as programs of their own, and the files they send. Decides nothing: tests assert.
//
// UPSLICE_ROOT        the checkout                               default: two folders up
// UPSLICE_PKG         the built package                          default: pkg/ of the checkout
// UPSLICE_SERVER_BIN  the reference server's binary              needed
// UPSLICE_PYTHON      a Python that has requirements.txt         needed

import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const MIB = 1024 * 1024;

const here = (...names) => fileURLToPath(new URL(names.join("/"), import.meta.url));
const ROOT = process.env.UPSLICE_ROOT ?? here("../..");
const PKG = process.env.UPSLICE_PKG ?? join(ROOT, "pkg");

/** A folder of this test file's own, removed at its end. */
const scratch = mkdtempSync(join(tmpdir(), "upslice-conformance-"));
const ends = [];
after(async () => {
  for (const end of ends.reverse()) await end();
  rmSync(scratch, { recursive: true, force: true });
});

/** Has something ended with this test file, the latest first. */
export const atTheEnd = (end) => void ends.push(end);

function needed(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; \`cargo xtask test\` sets it`);
  return value;
}

const ORIGIN = /^(listening|storage|tls|tls storage) on (https?:\/\/\S+)$/;

/** Starts the reference server on ports and in a folder of its own, over plain HTTP and TLS. */
export async function startServer(...args) {
  const child = spawn(needed("UPSLICE_SERVER_BIN"), [
    "--port", "0", "--storage-port", "0", "--tls-port", "0", "--data", mkdtempSync(join(scratch, "data-")),
    "--www", join(ROOT, "www"), "--pkg", PKG, ...args,
  ], { stdio: ["ignore", "pipe", "pipe"] });
  const origins = await new Promise((resolve, reject) => {
    const said = {};
    const complaints = [];
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}:\n${complaints.join("\n")}`)));
    createInterface(child.stderr).on("line", (line) => complaints.push(line));
    createInterface(child.stdout).on("line", (line) => {
      const [, name, origin] = ORIGIN.exec(line) ?? [];
      if (name) said[name] = origin;
      if (said["tls storage"]) resolve(said);
    });
  });
  atTheEnd(async () => {
    if (child.kill("SIGKILL")) await once(child, "exit");
  });
  return { api: origins.listening, storage: origins.storage, tls: origins.tls, tlsStorage: origins["tls storage"] };
}

/** The newest of the service's files that the server holds with just these bytes; else an error says what it holds. */
export async function stored({ api }, service, { sha256 }) {
  const files = await (await fetch(`${api}/_/files`)).json();
  const found = files.find((file) => file.service === service && file.sha256 === sha256);
  if (!found) throw new Error(`no file of ${service} has these bytes: ${JSON.stringify(files)}`);
  return found;
}

let files = 0;
/** A file on disk whose bytes no other one has: text, so that it may be the JSON that some services take. */
export function textFile(name, size) {
  // Characters of two bytes, some of which parts will cut in the middle.
  const line = `é ${(files += 1)} ü ${Math.random()}\n`;
  const lines = Math.floor(size / Buffer.byteLength(line));
  return fileOf(name, line.repeat(lines) + "x".repeat(size - lines * Buffer.byteLength(line)));
}

/** A file on disk with just this text. */
export async function fileOf(name, text) {
  const bytes = Buffer.from(text);
  const path = join(mkdtempSync(join(scratch, "file-")), name);
  await writeFile(path, bytes);
  return { path, name, size: bytes.length, sha256: sha256(bytes) };
}

export const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

const run = promisify(execFile);

/** Runs a client from `clients/` with its wishes as JSON, and returns the JSON that it prints last. */
async function client(program, name, wishes, env = {}) {
  const { stdout } = await run(program, [here("clients", name), JSON.stringify(wishes)], {
    // Whoever reaches the world through a proxy still reaches this machine without it.
    env: { ...process.env, NO_PROXY: "127.0.0.1", no_proxy: "127.0.0.1", UPSLICE_PKG: PKG, ...env },
    timeout: 100_000,
    killSignal: "SIGKILL",
  });
  return JSON.parse(stdout.trim().split("\n").at(-1));
}

export const python = (name, wishes, env) => client(needed("UPSLICE_PYTHON"), name, wishes, env);
export const node = (name, wishes, env) => client(process.execPath, name, wishes, env);
