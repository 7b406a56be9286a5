// A browser profile that pages come and go in: one uploads, dies, and the next finds what is left.

import assert from "node:assert/strict";
import { MIB, openContext } from "./harness.mjs";

/** How the package is told of each service that an upload is taken up at, and the size of a file with more parts than fly at once. */
export const services = {
  s3: { to: `api.s3({ endpoint: "/s3/multipart" })`, size: 61 * MIB, partSize: 5 * MIB },
  veza: { to: `api.veza({ baseUrl: "/veza", providerId: "p", dataSourceId: "d", headers: { authorization: "Bearer demo-key" } })`, size: 12 * MIB, partSize: MIB },
  gjirafa: { to: `api.gjirafa({ baseUrl: "/gjirafa", projectId: "p", headers: { authorization: "demo-key" } })`, size: 61 * MIB, partSize: 5 * MIB },
  twelvelabs: { to: `api.twelvelabs({ baseUrl: "/twelvelabs/v1.3", headers: { "x-api-key": "demo-key" } })`, size: 61 * MIB },
  subworkflow: { to: `api.subworkflow({ baseUrl: "/subworkflow/v1", jobType: "extract", headers: { "x-api-key": "demo-key" } })`, size: 61 * MIB, partSize: 5 * MIB },
  here: {
    to: `api.here({ baseUrl: "/here/blobstore/v1/catalogs/hrn:here:data::journal:c", layerId: "l", dataHandle: () => crypto.randomUUID(), headers: { authorization: "Bearer demo-key" } })`,
    size: 61 * MIB, partSize: 5 * MIB,
  },
};

/** A tab that dies without a word: one that is closed is told before, and may still write. */
export async function kill(page) {
  const dead = page.waitForEvent("crash");
  const session = await page.context().newCDPSession(page);
  session.send("Page.crash").catch(() => {}); // nobody is left to answer
  await dead;
  await page.close();
}

/** A browser profile, one of the servers, and `open`, which visits that one with `file` chosen and the package at hand. */
export async function profile(t, servers) {
  const context = await openContext(t);
  const server = await servers.take(t);
  await server.reset();
  const open = async (file, breakage) => {
    const page = await context.newPage();
    if (breakage) await page.addInitScript(breakage);
    page.said = [];
    page.on("console", (message) => page.said.push(message.text()));
    await page.goto(`${server.origin}/`);
    await page.evaluate(instruments);
    if (file) await page.setInputFiles("#chosen", [file.path]);
    return page;
  };
  return { context, server, open };
}

/** What a page has beside the package, as `window.api`. Runs in the browser. */
export async function instruments() {
  window.api = await import("/pkg/index.js");
  const input = Object.assign(document.createElement("input"), { type: "file", id: "chosen" });
  document.body.append(input);
  window.file = () => input.files[0];
  window.begin = (to, options) => {
    window.told = { notices: [], parts: [], retries: [], states: [] };
    window.one = api.upload(file(), { retry: { minDelay: 20, maxDelay: 400 }, ...options, to });
    one.addEventListener("notice", ({ detail }) => told.notices.push(detail.code));
    one.addEventListener("part", ({ detail }) => told.parts.push(detail.number));
    one.addEventListener("retry", ({ detail }) => told.retries.push(detail.error.message));
    one.addEventListener("statechange", ({ detail }) => told.states.push({ state: detail.state, at: Date.now() }));
    window.ended = Promise.resolve(one).then((result) => ({ result }), ({ code, message }) => ({ error: { code, message } }));
  };
  /** All that is in the database, where another tab would find it. */
  window.journal = () => new Promise((resolve) => {
    const request = indexedDB.open("upslice");
    // Whoever looks must not make it: the package would find a database without anything in it.
    request.onupgradeneeded = () => request.transaction.abort();
    request.onerror = () => resolve({ uploads: [], changes: [] });
    request.onsuccess = () => {
      const transaction = request.result.transaction(["uploads", "changes"]);
      const all = {};
      for (const name of ["uploads", "changes"]) {
        transaction.objectStore(name).getAll().onsuccess = ({ target }) => (all[name] = target.result);
      }
      transaction.oncomplete = () => (request.result.close(), resolve(all));
    };
  });
  window.until = async (when) => {
    while (!(await when())) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  /** The session is written down. */
  window.written = () => until(async () => (await journal()).uploads.length > 0);
  /** So many receipts are written down. */
  window.kept = (count) => until(async () => (await journal()).changes.flatMap(({ receipts }) => receipts).length >= count);
  /** What a tab that was killed has left, once the browser has noticed: until then it counts as driven. */
  window.listed = async (scope) => {
    let all;
    await until(async () => (all = await api.interrupted(scope)).length > 0);
    return all;
  };
  window.stored = (count) => new Promise((resolve) => {
    const look = () => one.progress.partsStored >= count && resolve();
    one.addEventListener("part", look);
    look();
  });
}

export const begin = (page, { to, partSize }, options = {}) =>
  page.evaluate(`begin(${to}, ${JSON.stringify({ ...(partSize && { partSize }), ...options })})`);

/** How the upload of a page ended, and what it told meanwhile. */
export const ending = (page) => page.evaluate("ended.then((ended) => ({ ...ended, ...told }))");

/** The files of these bytes that the server holds. */
export const copies = async (server, file) => (await server.files()).filter(({ sha256 }) => sha256 === file.sha256);

export const arrived = async (server, file, service) => {
  assert.deepEqual((await copies(server, file)).map((stored) => stored.service), [service], "the bytes are not stored, once");
};
