// A part that hangs at the end goes out a second time, in a real browser against the real server.

import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { MIB, Server, openKit } from "./harness.mjs";

const TIMEOUT = 60_000;
const SIZE = 61 * MIB;
const PARTS = 13;

describe("stragglers", () => {
  let server;
  before(async () => { server = await Server.start(); });

  for (const transport of ["fetch", "xhr"]) {
    it(`a last part that is never answered is not waited for (${transport})`, { timeout: TIMEOUT }, async (t) => {
      await server.reset();
      // It takes the whole body, and says nothing: once.
      await server.fault({ service: "s3", step: "part", part: PARTS, times: 1, fault: { kind: "stall", answer: true } });
      const page = await openKit(server, t);
      const end = await page.evaluate(async ({ transport, size, partSize }) => {
        // Nothing but a second request can help it within the test's time.
        const one = kit.upload(kit.file(size), { to: kit.here(), partSize, transport, stallTimeout: 600_000 });
        const [retries, sent] = [[], []];
        one.addEventListener("retry", ({ detail }) => retries.push(detail));
        one.addEventListener("progress", ({ detail }) => sent.push(detail.sent));
        return { ...(await kit.ending(one)), retries: retries.length, sent };
      }, { transport, size: SIZE, partSize: 5 * MIB });
      assert.equal(end.result?.parts.length, PARTS, end.error?.message);
      assert.equal(end.retries, 0, "a second request is no second attempt");
      assert.deepEqual(end.sent, end.sent.toSorted((a, b) => a - b), "progress fell");
      assert.ok(end.sent.every((sent) => sent <= SIZE));
      // The one that was called back may be logged late.
      const stored = (await server.requestsOf("part")).filter(({ part, status }) => part === PARTS && status === 200);
      assert.equal(stored.length, 1, "the second request");
      const [file] = await server.files();
      assert.equal(file.size, SIZE);
      assert.deepEqual(page.complaints, []);
    });
  }
});
