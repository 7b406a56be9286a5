// What an engine could spoil, in every engine: how slices leave the disk, how requests report and end, and what outlives
// a page. Everything that is decided is decided alike in all of them, and is tested in one.

import assert from "node:assert/strict";
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { MIB, ROOT, Server, diskFile, scratch } from "./harness.mjs";
import { arrived, begin, ending, instruments, services } from "./visits.mjs";
import { Session, engines } from "./webdriver.mjs";

const TIMEOUT = 60_000;

const { s3, veza, subworkflow } = services;

/** What a driver runs is not of the page's own world in every engine: the page is given its scripts as a site gives them. */
const www = join(scratch, "www");
cpSync(join(ROOT, "www"), www, { recursive: true });
writeFileSync(join(www, "instruments.js"), `await (${instruments})();`);
writeFileSync(join(www, "slim.js"), `window.api = await import("/pkg/slim.js"); api.init(new URL("/pkg/upslice.wasm", location.href));`);

for (const engine of engines) {
  describe(engine.name, () => {
    let server, page;
    before(async () => {
      server = await Server.serving(www);
      page = await Session.open(engine);
    }, { timeout: TIMEOUT });
    after(() => page?.close(), { timeout: TIMEOUT });
    beforeEach(() => server.reset());

    const load = (src) => page.evaluate((src) => new Promise((resolve, reject) => {
      const script = Object.assign(document.createElement("script"), { type: "module", src });
      script.onload = () => resolve();
      script.onerror = () => reject(new Error(`${src} cannot be loaded`));
      document.head.append(script);
    }), src);

    /** A page of the server with the package at hand, and `file` chosen. */
    const open = async (file) => {
      await page.goto(`${server.origin}/`);
      await load("/instruments.js");
      await page.choose("#chosen", file);
    };
    /** The result of the page's upload. */
    const ended = async () => {
      const { result, error } = await ending(page);
      assert.ok(result, error?.message);
      return result;
    };
    /** The parts that were sent; a busy machine may have a straggler sent twice. */
    const parts = async () => [...new Set((await server.requestsOf("part")).map(({ part }) => part))].sort((a, b) => a - b);

    it("the demo page stores what is chosen, and shows its SHA-256", { timeout: TIMEOUT }, async () => {
      const file = await diskFile("holiday.mov", 21 * MIB + 12345);
      await page.goto(`${server.origin}/`);
      await page.choose("#picker", file);
      const digest = await page.evaluate(async () => {
        for (;;) {
          const shown = document.querySelector(".digest")?.textContent;
          if (shown) return shown;
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      });
      assert.equal(digest, file.sha256);
      await arrived(server, file, "s3");
    });

    for (const transport of ["fetch", "xhr"]) {
      it(`a file on disk arrives by ${transport}, and progress only grows`, { timeout: TIMEOUT }, async (t) => {
        const file = await diskFile(`${transport}.bin`, 17 * MIB + 3);
        await open(file);
        // What the sockets swallow at once is a few MiB: parts are larger, and slow.
        await server.fault({ service: "s3", step: "part", fault: { kind: "rate", bytesPerSecond: 6 * MIB, latency: 0 } });
        await begin(page, { ...s3, partSize: 8 * MIB }, { transport });
        await page.evaluate(() => {
          window.sent = [];
          one.addEventListener("progress", ({ detail }) => sent.push(detail.sent));
        });
        await ended();
        await arrived(server, file, "s3");
        const sent = await page.evaluate("sent");
        sent.reduce((before, now) => (assert.ok(now >= before, `it fell from ${before} to ${now}`), now), 0);
        assert.equal(sent.at(-1), file.size);
        const inside = sent.filter((now) => now % (8 * MIB) !== 0 && now < file.size);
        t.diagnostic(`${sent.length} moments, ${inside.length} of them inside a part`);
        if (transport === "xhr") assert.ok(inside.length > 0, "the bar stood still inside a part");
      });
    }

    for (const [name, about] of [["base64 in JSON", veza], ["form data", subworkflow]]) {
      it(`a file on disk arrives as ${name}`, { timeout: TIMEOUT }, async () => {
        const service = about === veza ? "veza" : "subworkflow";
        const file = await diskFile(`${service}.bin`, 11 * MIB + 3);
        await open(file);
        await begin(page, about);
        await ended();
        await arrived(server, file, service);
      });
    }

    it("pausing cuts what is in flight, and resuming sends it again", { timeout: TIMEOUT }, async () => {
      const file = await diskFile("paused.bin", 16 * MIB);
      await open(file);
      await server.fault({ service: "s3", step: "part", fault: { kind: "stall", answer: true } });
      await begin(page, s3, { transport: "xhr" });
      await page.evaluate("until(() => one.progress.sent > 0)");
      await page.evaluate("one.pause()");
      assert.equal(await page.evaluate("one.state"), "paused");
      await server.reset();
      await page.evaluate("one.resume()");
      await ended();
      await arrived(server, file, "s3");
      assert.deepEqual(await parts(), [1, 2, 3, 4]);
    });

    it("after a reload the journal's upload is gone on from", { timeout: TIMEOUT }, async () => {
      const file = await diskFile("reloaded.bin", 21 * MIB);
      await open(file);
      await server.fault({ service: "s3", step: "part", part: 3, fault: { kind: "stall", answer: true } });
      await begin(page, s3);
      await page.evaluate("kept(4)");
      await open(file);
      assert.equal(await page.evaluate("listed().then(([left]) => left.name)"), file.name);
      await server.reset();
      await begin(page, s3);
      assert.ok((await ended()).resumed, "it began anew");
      await arrived(server, file, "s3");
      // Firefox may keep what the page before has left hanging, and send it again by itself once nothing holds it any more.
      assert.ok((await parts()).every((part) => part === 3), "a part that was stored was sent again");
    });

    it("two tabs never drive one upload", { timeout: TIMEOUT }, async () => {
      const file = await diskFile("twice.bin", 16 * MIB);
      await open(file);
      await server.fault({ service: "s3", step: "part", part: 3, fault: { kind: "stall", answer: true } });
      await begin(page, s3);
      await page.evaluate("written()");
      const tab = await page.openTab();
      await open(file);
      await begin(page, s3);
      assert.equal((await ending(page)).error?.code, "locked");
      await tab.close();
      await server.mend();
      await ended();
      await arrived(server, file, "s3");
    });

    it("the module is loaded from an address of its own", { timeout: TIMEOUT }, async () => {
      const file = await diskFile("slim.bin", 6 * MIB);
      await open(file);
      await load("/slim.js");
      await begin(page, s3);
      await ended();
      await arrived(server, file, "s3");
    });
  });
}
