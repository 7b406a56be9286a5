// More parts than a store lists at once: an upload near its end is taken up with all of the pages.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MIB, Pool, Server, sparseFile, storing } from "./harness.mjs";
import { begin, ending, kill, profile, services } from "./visits.mjs";

const PARTS = 1500;

describe("pages", () => {
  it(`an upload of ${PARTS} parts that dies near its end sends only what is missing`, { timeout: 300_000 }, async (t) => {
    // A store that keeps no bytes and lists a thousand parts at once, and a backend that joins its pages, as Companion does.
    const store = await Server.start("--sink");
    const backend = await Server.inFrontOf(store);
    const file = await sparseFile("long.bin", PARTS * 5 * MIB);
    const { open } = await profile(t, new Pool([backend]));
    const last = Array.from({ length: 10 }, (_, at) => PARTS - at).sort((a, b) => a - b);
    await store.fault(...last.map((part) => ({ service: "s3", step: "part", part, fault: { kind: "stall", answer: true } })));
    const first = await open(file);
    await begin(first, services.s3);
    await first.evaluate(`stored(${PARTS - last.length})`);
    await kill(first);
    await store.reset();
    await backend.reset();

    const second = await open(file);
    await begin(second, services.s3);
    const end = await ending(second);
    assert.ok(end.result?.resumed, end.error?.message ?? "it began anew");
    assert.deepEqual(end.parts.sort((a, b) => a - b), last);
    assert.deepEqual(storing(await store.requestsOf("part")).map(({ part }) => part), last);
    assert.equal((await backend.requestsOf("list")).length, 1);
    const pages = (await store.requestsOf("list")).map(({ query }) => new URLSearchParams(query).get("part-number-marker"));
    assert.deepEqual(pages.slice(0, 2), [null, "1000"], "it lists all of them at once: nothing was shown");
    const [stored] = await store.files();
    assert.deepEqual({ size: stored.size, parts: stored.parts }, { size: file.size, parts: PARTS });
  });
});
