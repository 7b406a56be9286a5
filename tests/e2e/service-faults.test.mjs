// Every row of tests/service-faults.toml at every service that it is for, in a real browser against the real server. What
// ends in any other way than its row says is a failure, however reasonable it looks.
//
// UPSLICE_TIMEOUTS   "default": as users have them, which takes much longer and writes no table   default: a second of silence

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { parse } from "smol-toml";
import { KIB, MIB, Pool, ROOT, Server, describedInReadme, openKit } from "./harness.mjs";

const { fault: rows, lacks, pages } = parse(readFileSync(new URL("../service-faults.toml", import.meta.url), "utf8"));

const AS_USERS_HAVE_THEM = process.env.UPSLICE_TIMEOUTS === "default";

/** Faults belong to a whole server: rows run beside each other on servers of their own. Most of them wait. */
const AT_ONCE = 4;

const services = {
  s3: { to: `s3({ endpoint: "/s3/multipart" })`, size: 11 * MIB, partSize: 5 * MIB, transports: ["fetch", "xhr"] },
  veza: {
    to: `veza({ baseUrl: "/veza", providerId: "p", dataSourceId: "d", headers: { authorization: "Bearer demo-key" } })`,
    size: 300 * KIB + 1, partSize: 100 * KIB, transports: ["fetch"],
  },
  subworkflow: {
    to: `subworkflow({ baseUrl: "/subworkflow/v1", jobType: "extract", headers: { "x-api-key": "demo-key" } })`,
    size: 11 * MIB, partSize: 5 * MIB, transports: ["fetch"],
  },
  gjirafa: {
    to: `gjirafa({ baseUrl: "/gjirafa", projectId: "p", headers: { authorization: "demo-key" } })`,
    size: 11 * MIB, partSize: 5 * MIB, transports: ["fetch", "xhr"],
  },
  // The server makes small chunks where small parts are allowed: about twenty of them, of which ten come signed.
  twelvelabs: {
    to: `twelvelabs({ baseUrl: "/twelvelabs/v1.3", headers: { "x-api-key": "demo-key" } })`,
    size: 2 * MIB, transports: ["fetch", "xhr"],
  },
  // Elsewhere than the page, as it is: what it does not expose is hidden.
  here: {
    to: `here({ baseUrl: location.origin.replace("127.0.0.1", "localhost") + "/here/blobstore/v1/catalogs/hrn:here:data::faults:c", layerId: "l", dataHandle: () => crypto.randomUUID(), headers: { authorization: "Bearer demo-key" } })`,
    size: 11 * MIB, partSize: 5 * MIB, transports: ["fetch"],
  },
  // The README's: what it describes is the server's own S3.
  custom: {
    to: `(() => { ${describedInReadme()}; return to; })()`, stands: "s3",
    size: 11 * MIB, partSize: 5 * MIB, transports: ["fetch", "xhr"],
  },
};

const lives = rows.flatMap((row) => Object.entries(services).flatMap(([service, about]) => {
  const ending = row.but?.[service] ?? row.ending;
  return lacks[row.needs]?.[service] ? [] : about.transports.map((transport) => ({ row, service, about, ending, transport }));
}));

/** What came of every fault at every service, as a table. */
function matrix(seen) {
  const names = Object.keys(services);
  const cell = (row, service) => {
    const here = seen.filter((life) => life.row === row && life.service === service);
    if (here.length === 0) return `– [${notes.indexOf(row.needs) + 1}](#${slug(row.needs)})`;
    const times = here.map(({ transport, seconds }) => `${seconds.toFixed(1)} s${here.length > 1 ? ` ${transport}` : ""}`);
    return `${here[0].ending}, ${times.join(", ")}`;
  };
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [
    "# What becomes of an upload when something goes wrong",
    "",
    "Written by the end-to-end tests of `cargo xtask test` when all of them are green. Each fault is injected by the reference",
    "server, at each service, while a real browser uploads a file of a few parts; `stored` means that every byte is in its",
    "place. What is allowed to happen stands in [`tests/service-faults.toml`](../tests/service-faults.toml) before the code that",
    "meets it; a dash means that there is no such thing at that service, and its number why. Waits are short here (retries after",
    "20 to 400 ms, a second of silence), and the machine was doing other things, too: the seconds say what an upload waited for,",
    "not how fast it is.",
    "",
    line(["", ...names]),
    line(["---", ...names.map(() => "---")]),
    ...rows.map((row) => line([row.name, ...names.map((service) => cell(row, service))])),
    "",
    "## What services lack",
    "",
    "In the words of their documentation, which say how it goes there instead.",
    ...notes.flatMap((what, at) => [
      "",
      `### ${at + 1}. ${what}`,
      "",
      ...Object.entries(lacks[what]).map(([service, words]) => `- ${service}: “${words}” ([source](${pages[service]}))`),
    ]),
    "",
  ].join("\n");
}

const notes = Object.keys(lacks);

/** The anchor that a renderer gives to a note's heading. */
const slug = (what) => `${notes.indexOf(what) + 1}-${what.toLowerCase().replaceAll(" ", "-")}`;

describe("faults of services", { concurrency: AT_ONCE }, () => {
  let servers;
  const seen = [];
  after(() => seen.length === lives.length && !AS_USERS_HAVE_THEM && writeFileSync(join(ROOT, "docs/faults.md"), matrix(seen)));
  before(async () => {
    const start = () => Server.start("--min-part-size", String(64 * KIB));
    servers = new Pool(await Promise.all(Array.from({ length: AT_ONCE }, start)));
  });

  for (const { row, service, about, ending, transport } of lives) {
    it(`${service}: ${row.name} (${transport})`, { timeout: AS_USERS_HAVE_THEM ? 300_000 : 90_000 }, async (t) => {
      const server = await servers.take(t);
      await server.reset();
      // The demo page's policy knows of no services elsewhere.
      const page = await openKit(server, t, { bypassCSP: true });
      const stands = about.stands ?? service;
      await server.fault(...row.rules.map((rule) => ({ service: stands, ...rule })));
      const options = {
        transport,
        ...(about.partSize && { partSize: about.partSize }),
        ...(!AS_USERS_HAVE_THEM && { stallTimeout: 1000, ...row.options }),
      };
      const life = await page.evaluate(`(async () => {
        const api = await import("/pkg/index.js");
        const { s3, veza, gjirafa, subworkflow, twelvelabs, here, custom } = api;
        const file = kit.file(${about.size}, "thing.bin", "application/pdf");
        const controller = new AbortController();
        const one = kit.upload(file, { retry: { minDelay: 20, maxDelay: 400 }, signal: controller.signal, ...${JSON.stringify(options)}, to: ${about.to} });
        const sent = [];
        const began = performance.now();
        one.addEventListener("progress", ({ detail }) => sent.push(detail.sent));
        if (${row.act === "abort-signal"}) one.addEventListener("part", () => controller.abort());
        const ended = await kit.ending(one);
        return { ...ended, seconds: (performance.now() - began) / 1000, sha256: await kit.sha256(file), sent };
      })()`);
      await server.mend();

      assert.equal(life.error?.code ?? "stored", ending, `ended as ${JSON.stringify(life.error ?? life.result, undefined, 1)}`);
      life.sent.reduce((before, now) => (assert.ok(now >= before, `progress fell from ${before} to ${now}`), now), 0);
      if (ending === "stored") {
        assert.equal(life.sent.at(-1), about.size);
        const file = (await server.files()).find(({ sha256 }) => sha256 === life.sha256);
        assert.equal(file?.service, stands, "the bytes are not stored");
      } else {
        assert.ok(life.error.isUploadError);
        if (row.says && ending === row.ending) {
          assert.ok(life.error.message.includes(row.says), `"${life.error.message}" should say "${row.says}"`);
        }
        // Every part may be stored before completing fails.
        const completing = ["unproven", "callback"].includes(ending);
        assert.ok(completing || life.sent.every((sent) => sent < about.size), "all was sent, they say");
      }
      assert.deepEqual(page.complaints, []);
      seen.push({ row, service, transport, ending, seconds: life.seconds });
    });
  }
});
