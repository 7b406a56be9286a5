// Every service of the demo page, as a person picks it: what arrives is what was chosen. And what each does when its
// own things go wrong, from a page that imports the package.

import assert from "node:assert/strict";
import { before, beforeEach, describe, it } from "node:test";
import { MIB, Server, diskFile, openKit, openPage } from "./harness.mjs";

const TIMEOUT = 60_000;
const ODD = 64 * MIB + 12345;

/** How the package is told of each service on the reference server. */
const destinations = {
  veza: `veza({ baseUrl: "/veza", providerId: "p", dataSourceId: "d", headers: { authorization: "Bearer demo-key" } })`,
  subworkflow: `subworkflow({ baseUrl: "/subworkflow/v1", jobType: "extract", headers: { "x-api-key": "demo-key" } })`,
  gjirafa: `gjirafa({ baseUrl: "/gjirafa", projectId: "p", headers: { authorization: "demo-key" } })`,
};

describe("services", () => {
  let server;
  before(async () => { server = await Server.start(); });
  beforeEach(() => server.reset());

  /** Uploads `size` random bytes and tells how that ended, with the file's own SHA-256. */
  const sent = async (t, to, size, options = "{}") => {
    const page = await openKit(server, t);
    return page.evaluate(`(async () => {
      const { veza, gjirafa, subworkflow } = await import("/pkg/index.js");
      let tokens = 0;
      const file = kit.file(${size}, "thing.bin");
      const one = kit.upload(file, { retry: { minDelay: 20, maxDelay: 400 }, ...(${options}), to: ${to} });
      const sent = [];
      one.addEventListener("progress", ({ detail }) => sent.push(detail.sent));
      return { ...(await kit.ending(one)), sha256: await kit.sha256(file), sent, tokens };
    })()`);
  };

  const stored = async (service, { result, error, sha256, sent, size }) => {
    assert.ok(result, error?.message);
    const file = (await server.files()).find(({ id }) => id === result.objectId || id === result.uploadId);
    assert.ok(file, `the server has no file of id ${result.objectId} or ${result.uploadId}`);
    assert.equal(file.service, service);
    assert.equal(file.sha256, sha256);
    sent.reduce((before, now) => (assert.ok(now >= before, `progress fell from ${before} to ${now}`), now), 0);
    if (size) assert.equal(sent.at(-1), size);
  };

  for (const [service, to] of Object.entries(destinations)) {
    it(`${service}: a file from the demo page arrives byte for byte, its parts in parallel`, { timeout: TIMEOUT }, async (t) => {
      const page = await openPage(server, t);
      const file = await diskFile(`film-${service}.mp4`, ODD);
      await page.locator(".options summary").click();
      await page.getByLabel("Goes to").selectOption(service);
      await server.fault({ service, step: "part", fault: { kind: "delay", ms: 100 } });
      await page.setInputFiles("#picker", [file.path]);
      await page.locator(`.digest:text-is("${file.sha256}")`).waitFor();
      const parts = await server.requestsOf("part");
      const together = parts.map(({ startMs }) => parts.filter((other) => other.startMs <= startMs && other.endMs > startMs).length);
      assert.ok(Math.max(...together) > 1, "one part after the other");
      assert.ok(Math.max(...together) <= 6, `${Math.max(...together)} at once`);
      assert.deepEqual(page.complaints, []);
    });

    for (const size of [0, 1, 5 * MIB, 5 * MIB + 1]) {
      it(`${service}: ${size} bytes`, { timeout: TIMEOUT }, async (t) => {
        const end = await sent(t, to, size, "{ partSize: 5 * 1024 * 1024 }");
        await stored(service, { ...end, size });
        const empty = service === "veza" ? 0 : 1;
        assert.equal((await server.requestsOf("part")).length, size === 0 ? empty : Math.ceil(size / (5 * MIB)));
      });
    }

    for (const fault of [
      { kind: "status", status: 500 },
      { kind: "status", status: 503, headers: { "retry-after": "1" } },
      { kind: "status", status: 503, cors: false },
      { kind: "reset", afterBytes: 65536 },
      { kind: "lost" },
      { kind: "truncate" },
    ]) {
      it(`${service}: ${fault.kind} ${fault.status ?? ""} on a part is survived`, { timeout: TIMEOUT }, async (t) => {
        await server.fault({ service, step: "part", part: 2, times: 1, fault });
        await stored(service, await sent(t, to, 11 * MIB, "{ partSize: 5 * 1024 * 1024 }"));
      });
    }

    it(`${service}: a wrong key is told in one error, and is in no message`, { timeout: TIMEOUT }, async (t) => {
      const { error } = await sent(t, to.replace("demo-key", "not-the-key"), 100);
      assert.equal(error.code, "unauthorized");
      assert.doesNotMatch(error.message, /not-the-key/);
      assert.equal((await server.requestsOf("create")).length, 2, "once with the headers, once with fresh ones");
    });

    it(`${service}: a token that died is renewed by asking for the headers again`, { timeout: TIMEOUT }, async (t) => {
      const key = service === "veza" ? "`Bearer ${tokens++ ? 'demo-key' : 'old'}`" : "tokens++ ? 'demo-key' : 'old'";
      const header = service === "subworkflow" ? '"x-api-key"' : "authorization";
      const asked = to.replace(/headers: .* }\)$/, `headers: async () => ({ ${header}: ${key} }) })`);
      await stored(service, await sent(t, asked, 100));
    });
  }

  it("veza: an answer that is no JSON is an error even with 200", { timeout: TIMEOUT }, async (t) => {
    await server.fault({ service: "veza", step: "part", fault: { kind: "status", status: 200, body: "ok" } });
    const { error } = await sent(t, destinations.veza, 100);
    assert.equal(error.code, "protocol");
    assert.match(error.message, /baseUrl/);
  });

  it("veza: a lost answer to completing is unproven, since nobody can be asked", { timeout: TIMEOUT }, async (t) => {
    // It breaks off: where there is none at all, the browser asks again by itself.
    await server.fault({ service: "veza", step: "complete", times: 1, fault: { kind: "truncate" } });
    assert.equal((await sent(t, destinations.veza, 100)).error.code, "unproven");
  });

  it("veza: a file over 99 × 100,000,000 bytes is refused with the sum before anything is sent", { timeout: TIMEOUT }, async (t) => {
    const page = await openKit(server, t);
    const { error } = await page.evaluate(`(async () => {
      const { veza } = await import("/pkg/index.js");
      Object.defineProperty(Blob.prototype, "size", { get: () => 99 * 100_000_000 + 1 });
      return kit.ending(kit.upload(new Blob(["x"]), { to: ${destinations.veza} }));
    })()`);
    assert.equal(error.code, "limit");
    assert.match(error.message, /99 parts × 100000000 bytes/);
    assert.equal((await server.requests()).filter(({ service }) => service === "veza").length, 0);
  });

  it("subworkflow: 429 without and with Retry-After is waited out", { timeout: TIMEOUT }, async (t) => {
    const slow = (headers) => ({ service: "subworkflow", step: "part", times: 1, fault: { kind: "status", status: 429, headers, body: '{"message":"slow down"}' } });
    await server.fault({ ...slow({}), part: 1 }, { ...slow({ "retry-after": "1" }), part: 2 });
    await stored("subworkflow", await sent(t, destinations.subworkflow, 11 * MIB, "{ partSize: 5 * 1024 * 1024 }"));
  });

  it("subworkflow: a part size below 5 MB is refused before anything is sent", { timeout: TIMEOUT }, async (t) => {
    const { error } = await sent(t, destinations.subworkflow, 11 * MIB, "{ partSize: 4_999_999 }");
    assert.equal(error.code, "options");
    assert.match(error.message, /partSize.*5000000/);
    assert.equal((await server.requestsOf("create")).length, 0);
  });

  it("subworkflow: the job is the answer, and after an abort the session is gone", { timeout: TIMEOUT }, async (t) => {
    const { result } = await sent(t, destinations.subworkflow, 100);
    assert.equal(result.response.id, result.objectId);
    assert.match(result.objectId, /^dsj_/);
    await server.fault({ service: "subworkflow", step: "part", part: 2, fault: { kind: "delay", ms: 5000 } });
    const page = await openKit(server, t);
    const code = await page.evaluate(`(async () => {
      const { subworkflow } = await import("/pkg/index.js");
      const one = kit.upload(kit.file(11 * 1024 * 1024), { ...kit.quick, to: ${destinations.subworkflow} });
      await kit.until(one, () => one.progress.partsStored > 0);
      await one.abort();
      return (await kit.ending(one)).error.code;
    })()`);
    assert.equal(code, "aborted");
    assert.equal((await server.requestsOf("abort")).at(-1).status, 200);
  });

  it("gjirafa: a proxy's 503 page is waited out", { timeout: TIMEOUT }, async (t) => {
    const page = { kind: "status", status: 503, headers: { "content-type": "text/html" }, body: "<html>Backend Fetch Failed</html>" };
    await server.fault({ service: "gjirafa", step: "create", times: 1, fault: page });
    await stored("gjirafa", await sent(t, destinations.gjirafa, 100));
  });

  it("gjirafa: success: false is an error even with 200", { timeout: TIMEOUT }, async (t) => {
    const said = JSON.stringify({ success: false, errors: ["File already exists"], messages: [], result: null, statusCode: 400 });
    const fault = { kind: "status", status: 200, headers: { "content-type": "application/json" }, body: said };
    await server.fault({ service: "gjirafa", step: "complete", fault });
    const { error } = await sent(t, destinations.gjirafa, 100);
    assert.equal(error.code, "rejected");
    assert.match(error.message, /File already exists/);
  });

  it("gjirafa: an expired URL is renewed by resuming", { timeout: TIMEOUT }, async (t) => {
    await server.fault({ service: "gjirafa", step: "part", part: 2, times: 1, fault: { kind: "expire" } });
    await stored("gjirafa", await sent(t, destinations.gjirafa, 11 * MIB, "{ partSize: 5 * 1024 * 1024 }"));
    assert.equal((await server.requestsOf("sign")).length, 1);
  });
});
