// The real server, a real browser, and what a test asks of both. Decides nothing: tests assert.
//
// UPSLICE_ROOT        the checkout, whose www/ is served                default: two folders up
// UPSLICE_PKG         the built package                                default: pkg/ of the checkout
// UPSLICE_SERVER_BIN  the reference server's binary                    needed
// UPSLICE_CHROMIUM    the browser's binary                             needed
// UPSLICE_ENGINES     every engine's driver and wishes, as JSON        needed by engines.test.mjs

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

export const KIB = 1024;
export const MIB = 1024 * KIB;
export const GIB = 1024 * MIB;

export const ROOT = process.env.UPSLICE_ROOT ?? fileURLToPath(new URL("../..", import.meta.url));

const PKG = process.env.UPSLICE_PKG ?? join(ROOT, "pkg");

/** A folder of this test file's own, removed at its end. */
export const scratch = mkdtempSync(join(tmpdir(), "upslice-e2e-"));

/** What is running, so that nothing outlives the tests, however they end. */
const ends = [];
after(async () => {
  for (const end of ends.reverse()) await end();
  rmSync(scratch, { recursive: true, force: true });
});

export function needed(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; \`cargo xtask test\` sets it`);
  return value;
}

/** The reference server, on ports and in a folder of its own. */
export class Server {
  static start(...args) {
    return Server.#started(new Server(args));
  }

  /** One with another folder of pages. */
  static serving(www) {
    return Server.#started(new Server([], {}, www));
  }

  /** One that keeps nothing itself: it signs for another one's store, as a backend does for S3, and lists what that holds. */
  static inFrontOf(store) {
    const { access_key, secret_key } = JSON.parse(readFileSync(join(store.data, "secret.json"), "utf8"));
    const keys = { AWS_ACCESS_KEY_ID: access_key, AWS_SECRET_ACCESS_KEY: secret_key };
    return Server.#started(new Server(["--s3-endpoint", store.storage, "--s3-bucket", "upslice-s3", "--s3-region", "us-east-1"], keys));
  }

  static async #started(server) {
    ends.push(() => server.stop());
    await server.up();
    return server;
  }

  #args;
  #env;
  #www;

  get #runs() {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  constructor(args, env = {}, www = join(ROOT, "www")) {
    this.#args = args;
    this.#env = env;
    this.#www = www;
    this.data = mkdtempSync(join(scratch, "data-"));
  }

  /** Listens; after `down` at the same addresses, with what it had stored. */
  async up() {
    if (this.#runs) return;
    const port = (origin) => (origin ? new URL(origin).port : "0");
    const child = spawn(needed("UPSLICE_SERVER_BIN"), [
      "--port", port(this.origin), "--storage-port", port(this.storage), "--data", this.data,
      "--www", this.#www, "--pkg", PKG, ...this.#args,
    ], { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...this.#env } });
    this.child = child;
    const said = [];
    await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`the server ended with ${code}:\n${said.join("\n")}`)));
      for (const stream of [child.stdout, child.stderr]) {
        createInterface(stream).on("line", (line) => {
          said.push(line);
          const [, what, origin] = /^(listening|storage) on (http:\/\/[^\s/]+)/.exec(line) ?? [];
          if (what === "listening") this.origin = origin;
          if (what === "storage") resolve(this.storage = origin);
        });
      }
    });
  }

  /** Is gone at once: whoever is connected is cut, and whoever connects is refused. */
  async down() {
    if (!this.#runs) return;
    this.child.kill("SIGKILL");
    await once(this.child, "exit");
  }

  async stop() {
    await this.down();
    rmSync(this.data, { recursive: true, force: true });
  }

  /** Sends a request to the server's own API and reads its JSON. */
  async ask(method, path, body) {
    const answer = await fetch(this.origin + path, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  }

  fault(...rules) { return this.ask("PUT", "/_/faults", { rules }); }
  mend() { return this.ask("DELETE", "/_/faults"); }

  /** Ends the faults, each of which must have happened: a test of one that has not shows nothing. */
  async mendWhatHappened() {
    const { rules } = await this.ask("GET", "/_/faults");
    rules.forEach(({ fired }, at) => assert.ok(fired > 0, `the fault of rule ${at + 1} never happened`));
    await this.mend();
  }

  files() { return this.ask("GET", "/_/files"); }
  forget() { return this.ask("DELETE", "/_/requests"); }
  requests() { return this.ask("GET", "/_/requests"); }

  /** The logged requests of one step: "create", "sign", "part", "complete", "abort", "list", "preflight". */
  async requestsOf(step) {
    return (await this.requests()).filter((request) => request.step === step);
  }

  /** What the server says to someone who asks for the stored parts of a session: 404 once it is gone. */
  async listStatus({ uploadId, key }) {
    const answer = await fetch(`${this.origin}/s3/multipart/${encodeURIComponent(uploadId)}?key=${encodeURIComponent(key)}`);
    await answer.arrayBuffer();
    return answer.status;
  }

  /** A fresh start for the next test. */
  async reset() {
    await this.mend();
    await this.forget();
  }
}

let running;
/** The one browser of this test file. */
export function browser() {
  running ??= chromium.launch({
    executablePath: needed("UPSLICE_CHROMIUM"),
    args: [
      // Not one lookup leaves the machine.
      "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1",
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
    ],
  }).then((browser) => {
    ends.push(() => browser.close());
    return browser;
  });
  return running;
}

/** What is open in the browser for a test, and the server that it asks. */
const contexts = new WeakMap();
const asked = new WeakMap();

/** A browser profile of a test's own. */
export async function openContext(t, options) {
  const context = await (await browser()).newContext(options);
  contexts.set(t, [...(contexts.get(t) ?? []), context]);
  t.after(() => shut(t));
  return context;
}

/** Closes what is open for a test, once; of one that has failed it is told before. */
async function shut(t) {
  for (const context of contexts.get(t)?.splice(0) ?? []) {
    if (!t.passed) await account(t, context);
    await context.close();
  }
}

/** Of a test that has failed: what uploads of its pages were doing, and what the server was asked last. */
async function account(t, context) {
  const patience = () => new Promise((resolve) => setTimeout(resolve, 2_000, [{ error: "no answer" }]));
  const doing = () => [window.one, ...(window.kit?.uploads ?? [])].filter(Boolean).map((one) => [one.state, one.progress]);
  for (const page of context.pages()) {
    const told = await Promise.race([page.evaluate(doing), patience()]).catch(({ message }) => [{ error: message }]);
    for (const one of told) t.diagnostic(`upload: ${JSON.stringify(one)}`);
  }
  const requests = await Promise.race([asked.get(t)?.requests?.(), patience()]).catch(({ message }) => [{ error: message }]);
  for (const one of requests?.slice(-15) ?? []) t.diagnostic(`server: ${JSON.stringify({ ...one, query: undefined, headers: undefined })}`);
}

/**
 * The requests that stored the parts, by number, one for each. Where more parts at once are tried than the browser has
 * connections for, those that queued are cancelled: one that has just begun then is stored, and stored again. So may one of
 * the last be that is sent a second time before it is answered. Anything else that is stored again is told.
 */
export function storing(requests) {
  const firsts = new Map();
  for (const request of requests.filter(({ status }) => status === 200).sort((a, b) => a.startMs - b.startMs)) {
    const { part, startMs } = request;
    const first = firsts.get(part);
    // The server ends before the page has heard of it.
    const mayBe = !first || startMs < first.endMs + 250;
    assert.ok(mayBe, `part ${part} was sent again ${startMs - first?.endMs} ms after it was stored`);
    if (!first) firsts.set(part, request);
  }
  return [...firsts.values()].sort((a, b) => a.part - b.part);
}

/** A page of the server, in a context of its own. What goes wrong in it unseen is in `page.complaints`. */
export async function openPage(server, t, options = {}) {
  asked.set(t, server);
  const context = await openContext(t, options);
  const page = await context.newPage();
  page.complaints = [];
  page.on("pageerror", (error) => page.complaints.push(String(error?.stack ?? error)));
  page.on("console", (message) => {
    // The browser itself logs every failed request; those are the tests' own doing.
    if (message.type() === "error" && !/Failed to load resource|blocked by CORS policy/.test(message.text())) {
      page.complaints.push(message.text());
    }
  });
  await page.goto(`${server.origin}/`);
  return page;
}

/** A page with the package in `window.kit`, as an app would import it, and a few instruments beside it. */
export async function openKit(server, t, options) {
  const page = await openPage(server, t, options);
  await page.evaluate(async () => {
    const { upload, s3, init, UploadError } = await import("/pkg/index.js");

    /** A file of random bytes in memory. */
    const file = (size, name = "random.bin", type = "") => {
      const bytes = new Uint8Array(size);
      for (let at = 0; at < size; at += 65536) crypto.getRandomValues(bytes.subarray(at, Math.min(size, at + 65536)));
      return new File([bytes], name, { type });
    };

    const sha256 = async (blob) => Array.from(
      new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer())),
      (byte) => byte.toString(16).padStart(2, "0"),
    ).join("");

    /** Everything an upload says, in order. */
    const record = (upload) => {
      const said = [];
      for (const type of ["statechange", "progress", "part", "retry", "notice", "success", "error"]) {
        upload.addEventListener(type, ({ detail }) => said.push({
          type,
          at: performance.now(),
          detail: detail instanceof Error ? { code: detail.code, message: detail.message } : structuredClone(detail),
        }));
      }
      return said;
    };

    /** An error as data. */
    const plain = (error) => ({
      isUploadError: error instanceof UploadError,
      isError: error instanceof Error,
      name: error?.name, code: error?.code, message: error?.message, status: error?.status,
      part: error?.part, attempts: error?.attempts, retryable: error?.retryable,
      cause: error?.cause === undefined ? undefined : String(error.cause),
    });

    /** How a promise ends, as data. */
    const ending = (promise) => Promise.resolve(promise).then(
      (result) => ({ result: structuredClone(result) }),
      (error) => ({ error: plain(error) }),
    );

    /** The next moment at which `when()` is true; looked at after each of the upload's events. */
    const until = (upload, when) => new Promise((resolve) => {
      const look = () => when() && resolve();
      for (const type of ["statechange", "progress", "part"]) upload.addEventListener(type, look);
      look();
    });

    const quick = { partSize: 5 * 1024 * 1024, retry: { minDelay: 20, maxDelay: 400 } };
    const here = () => s3({ endpoint: "/s3/multipart" });
    /** Those that were made, for the account of a test that fails. */
    const uploads = [];
    const uploading = (...all) => {
      const one = upload(...all);
      uploads.push(one);
      return one;
    };
    window.kit = { upload: uploading, uploads, s3, init, UploadError, file, sha256, record, plain, ending, until, quick, here };
  });
  return page;
}

/** The JavaScript of a recipe of the README, block by block. */
export function recipe(title) {
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  const [, text] = readme.split(`**${title}**`);
  if (text === undefined) throw new Error(`the README has no recipe "${title}"`);
  return [...text.split("\n**")[0].matchAll(/```js\n([\s\S]*?)```/g)].map(([, code]) => code);
}

/** The service that the README describes: JavaScript that makes a destination named `to`. */
export const describedInReadme = () => recipe("Any other service.")[0];

/** A file on disk, no two MiB of it alike, and its SHA-256. */
export async function diskFile(name, size) {
  const path = join(mkdtempSync(join(scratch, "file-")), name);
  const hash = createHash("sha256");
  const block = randomBytes(4 * MIB);
  const handle = await open(path, "w");
  try {
    for (let at = 0; at < size; at += block.length) {
      for (let mark = 0; mark < block.length; mark += MIB) block.writeBigUInt64LE(BigInt(at + mark), mark);
      const bytes = block.subarray(0, Math.min(block.length, size - at));
      hash.update(bytes);
      await handle.write(bytes);
    }
  } finally {
    await handle.close();
  }
  return { path, name, size, sha256: hash.digest("hex") };
}

/** A file on disk that is all zeros and takes no room. */
export async function sparseFile(name, size) {
  const path = join(mkdtempSync(join(scratch, "file-")), name);
  const handle = await open(path, "w");
  await handle.truncate(size);
  await handle.close();
  return { path, name, size };
}

/** Things of which each may be used by one test at a time. */
export class Pool {
  #free;
  #waiting = [];

  constructor(things) {
    this.#free = [...things];
  }

  /** The next free one, until the test ends. */
  async take(t) {
    const thing = this.#free.pop() ?? await new Promise((resolve) => this.#waiting.push(resolve));
    asked.set(t, thing);
    t.after(async () => {
      // Whoever is still at work in a page would be heard of by the next test.
      await shut(t);
      const next = this.#waiting.shift();
      if (next) next(thing);
      else this.#free.push(thing);
    });
    return thing;
  }
}
