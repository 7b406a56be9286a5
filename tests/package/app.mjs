// An app that has installed the tarball, a place to serve it from, and a browser to open it in. Decides nothing:
// tests assert.
//
// UPSLICE_PKG         the package as `cargo xtask build` leaves it     needed
// UPSLICE_CHROMIUM    the browser's binary                             needed
// UPSLICE_SERVER      the origin of a running reference server         needed

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, extname, join, normalize } from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { chromium } from "playwright-core";

export const here = (...names) => join(dirname(fileURLToPath(import.meta.url)), ...names);
export const run = promisify(execFile);

/** A folder of this test file's own, removed at its end. */
const scratch = mkdtempSync(join(tmpdir(), "upslice-package-"));
const ends = [];
after(async () => {
  for (const end of ends.reverse()) await end();
  rmSync(scratch, { recursive: true, force: true });
});

function needed(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; \`cargo xtask test\` sets it`);
  return value;
}

let packed;
/** The tarball that would be published, and the names in it. */
export function tarball() {
  packed ??= run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", scratch], { cwd: needed("UPSLICE_PKG") })
    .then(({ stdout }) => JSON.parse(stdout)[0])
    .then(({ filename, files }) => ({ path: join(scratch, filename), files: files.map(({ path }) => path).sort() }));
  return packed;
}

/** A folder with an app: the tarball installed, and these files of `apps/`, given as `{ "index.html": "page.html" }`. */
export async function appWith(files) {
  const dir = mkdtempSync(join(scratch, "app-"));
  writeFileSync(join(dir, "package.json"), '{ "name": "app", "private": true, "type": "module" }\n');
  // Offline: a dependency that slipped into the package would be noticed here.
  await run("npm", ["install", "--offline", "--ignore-scripts", (await tarball()).path], { cwd: dir });
  for (const [name, source] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    cpSync(here("apps", source), join(dir, name));
  }
  return dir;
}

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm" };

/** Serves a folder as any static host does, and returns its origin. */
export async function serve(dir) {
  const site = createServer(async ({ url }, answer) => {
    const path = normalize(new URL(url, "http://site").pathname).replace(/\/$/, "/index.html");
    try {
      const bytes = await readFile(join(dir, path));
      answer.writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" }).end(bytes);
    } catch {
      answer.writeHead(404).end();
    }
  });
  await new Promise((resolve) => site.listen(0, "127.0.0.1", resolve));
  ends.push(() => site.closeAllConnections() ?? new Promise((resolve) => site.close(resolve)));
  return `http://127.0.0.1:${site.address().port}`;
}

let running;
function browser() {
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

/** Opens the page and returns what its `window.outcome` settles to; what goes wrong before that is told, too. */
export async function outcomeOf(origin, name) {
  const context = await (await browser()).newContext();
  const page = await context.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("requestfailed", (request) => complaints.push(`${request.url()}: ${request.failure()?.errorText}`));
  try {
    await page.goto(`${origin}/?${new URLSearchParams({ server: needed("UPSLICE_SERVER"), name })}`);
    await page.waitForFunction(() => "outcome" in window, null, { timeout: 30_000 });
    return await page.evaluate(() => window.outcome);
  } catch (error) {
    throw new Error([error.message, ...complaints].join("\n"), { cause: error });
  } finally {
    await context.close();
  }
}

/** What the server holds under this name, or what else it is known by: the newest one's size and digest. */
export async function stored(name) {
  const files = await (await fetch(`${needed("UPSLICE_SERVER")}/_/files`)).json();
  const { size, sha256 } = files.find(typeof name === "function" ? name : (file) => file.name === name) ?? {};
  return { size, sha256 };
}

/** What `apps/upload.js` sends: 100,000 bytes that no other offset repeats soon. */
export const sent = (() => {
  const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => (index * 31) % 251);
  return { size: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
})();
