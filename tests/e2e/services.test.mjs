// Every service of the demo page, as a person picks it: what arrives is what was chosen. And what each does when its
// own things go wrong, from a page that imports the package.

import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { MIB, Pool, Server, diskFile, openKit, openPage } from "./harness.mjs";

const TIMEOUT = 60_000;
const ODD = 64 * MIB + 12345;

/** How the package is told of each service on the reference server. */
const destinations = {
  veza: `veza({ baseUrl: "/veza", providerId: "p", dataSourceId: "d", headers: { authorization: "Bearer demo-key" } })`,
  subworkflow: `subworkflow({ baseUrl: "/subworkflow/v1", jobType: "extract", headers: { "x-api-key": "demo-key" } })`,
  gjirafa: `gjirafa({ baseUrl: "/gjirafa", projectId: "p", headers: { authorization: "demo-key" } })`,
  twelvelabs: `twelvelabs({ baseUrl: "/twelvelabs/v1.3", headers: { "x-api-key": "demo-key" } })`,
  here: `here({ baseUrl: "/here/blobstore/v1/catalogs/hrn:here:data::e2e:c", layerId: "l", dataHandle: () => crypto.randomUUID(), headers: { authorization: "Bearer demo-key" } })`,
};

/** Parts of 5 MiB, where the client has a say; TwelveLabs' chunks have that size by themselves. */
const fives = (service) => service === "twelvelabs" ? "{}" : "{ partSize: 5 * 1024 * 1024 }";

/** Services run beside each other, on servers of their own: most of them wait. */
const AT_ONCE = 3;

describe("services", { concurrency: AT_ONCE }, () => {
  let servers;
  before(async () => { servers = new Pool(await Promise.all(Array.from({ length: AT_ONCE }, () => Server.start()))); });

  const fresh = async (t) => {
    const server = await servers.take(t);
    await server.reset();
    return server;
  };

  /** Uploads `size` random bytes and tells how that ended, with the file's own SHA-256. */
  const sent = async (t, server, to, size, options = "{}") => {
    const page = await openKit(server, t);
    return page.evaluate(`(async () => {
      const { veza, gjirafa, subworkflow, twelvelabs, here } = await import("/pkg/index.js");
      let tokens = 0;
      const file = kit.file(${size}, "thing.bin");
      const one = kit.upload(file, { retry: { minDelay: 20, maxDelay: 400 }, ...(${options}), to: ${to} });
      const sent = [];
      one.addEventListener("progress", ({ detail }) => sent.push(detail.sent));
      return { ...(await kit.ending(one)), sha256: await kit.sha256(file), sent, tokens };
    })()`);
  };

  const stored = async (server, service, { result, error, sha256, sent, size }) => {
    assert.ok(result, error?.message);
    const file = (await server.files()).find(({ id }) => id === result.objectId || id === result.uploadId);
    assert.ok(file, `the server has no file of id ${result.objectId} or ${result.uploadId}`);
    assert.equal(file.service, service);
    assert.equal(file.sha256, sha256);
    sent.reduce((before, now) => (assert.ok(now >= before, `progress fell from ${before} to ${now}`), now), 0);
    if (size) assert.equal(sent.at(-1), size);
  };

  for (const service of [...Object.keys(destinations), "custom"]) {
    it(`${service}: a file from the demo page arrives byte for byte, its parts in parallel`, { timeout: TIMEOUT }, async (t) => {
      const server = await fresh(t);
      const page = await openPage(server, t);
      const file = await diskFile(`film-${service}.mp4`, ODD);
      await page.locator(".options summary").click();
      await page.getByLabel("Service").selectOption(service);
      await server.fault({ service: service === "custom" ? "s3" : service, step: "part", fault: { kind: "delay", ms: 100 } });
      await page.setInputFiles("#picker", [file.path]);
      await page.locator(`.digest:text-is("${file.sha256}")`).waitFor();
      const parts = await server.requestsOf("part");
      const together = parts.map(({ startMs }) => parts.filter((other) => other.startMs <= startMs && other.endMs > startMs).length);
      assert.ok(Math.max(...together) > 1, "one part after the other");
      assert.ok(Math.max(...together) <= 6, `${Math.max(...together)} at once`);
      assert.deepEqual(page.complaints, []);
    });

  }

  for (const [service, to] of Object.entries(destinations)) {
    for (const size of service === "twelvelabs" ? [1, 5 * MIB, 5 * MIB + 1] : [0, 1, 5 * MIB, 5 * MIB + 1]) {
      it(`${service}: ${size} bytes`, { timeout: TIMEOUT }, async (t) => {
        const server = await fresh(t);
        const end = await sent(t, server, to, size, fives(service));
        await stored(server, service, { ...end, size });
        const empty = service === "veza" ? 0 : 1;
        assert.equal((await server.requestsOf("part")).length, size === 0 ? empty : Math.ceil(size / (5 * MIB)));
      });
    }

    it(`${service}: a wrong key is told in one error, and is in no message`, { timeout: TIMEOUT }, async (t) => {
      const server = await fresh(t);
      const { error } = await sent(t, server, to.replace("demo-key", "not-the-key"), 100);
      assert.equal(error.code, "unauthorized");
      assert.doesNotMatch(error.message, /not-the-key/);
      assert.equal((await server.requestsOf("create")).length, 2, "once with the headers, once with fresh ones");
    });

    it(`${service}: a token that died is renewed by asking for the headers again`, { timeout: TIMEOUT }, async (t) => {
      const server = await fresh(t);
      const bearer = ["veza", "here"].includes(service);
      const key = bearer ? "`Bearer ${tokens++ ? 'demo-key' : 'old'}`" : "tokens++ ? 'demo-key' : 'old'";
      const header = ["subworkflow", "twelvelabs"].includes(service) ? '"x-api-key"' : "authorization";
      const asked = to.replace(/headers: .* }\)$/, `headers: async () => ({ ${header}: ${key} }) })`);
      await stored(server, service, await sent(t, server, asked, 100));
    });
  }

  it("veza: an answer that is no JSON is an error even with 200", { timeout: TIMEOUT }, async (t) => {
    const server = await fresh(t);
    await server.fault({ service: "veza", step: "part", fault: { kind: "status", status: 200, body: "ok" } });
    const { error } = await sent(t, server, destinations.veza, 100);
    assert.equal(error.code, "protocol");
    assert.match(error.message, /baseUrl/);
  });

  it("veza: a lost answer to completing is unproven, since nobody can be asked", { timeout: TIMEOUT }, async (t) => {
    const server = await fresh(t);
    // It breaks off: where there is none at all, the browser asks again by itself.
    await server.fault({ service: "veza", step: "complete", times: 1, fault: { kind: "truncate" } });
    assert.equal((await sent(t, server, destinations.veza, 100)).error.code, "unproven");
  });

  it("veza: a file over 99 × 100,000,000 bytes is refused with the sum before anything is sent", { timeout: TIMEOUT }, async (t) => {
    const server = await fresh(t);
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
    const server = await fresh(t);
    const slow = (headers) => ({ service: "subworkflow", step: "part", times: 1, fault: { kind: "status", status: 429, headers, body: '{"message":"slow down"}' } });
    await server.fault({ ...slow({}), part: 1 }, { ...slow({ "retry-after": "1" }), part: 2 });
    await stored(server, "subworkflow", await sent(t, server, destinations.subworkflow, 11 * MIB, "{ partSize: 5 * 1024 * 1024 }"));
  });

  it("subworkflow: a part size below 5 MB is refused before anything is sent", { timeout: TIMEOUT }, async (t) => {
    const server = await fresh(t);
    const { error } = await sent(t, server, destinations.subworkflow, 11 * MIB, "{ partSize: 4_999_999 }");
    assert.equal(error.code, "options");
    assert.match(error.message, /partSize.*5000000/);
    assert.equal((await server.requestsOf("create")).length, 0);
  });

  it("subworkflow: the job is the answer, and after an abort the session is gone", { timeout: TIMEOUT }, async (t) => {
    const server = await fresh(t);
    const { result } = await sent(t, server, destinations.subworkflow, 100);
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
    const server = await fresh(t);
    const page = { kind: "status", status: 503, headers: { "content-type": "text/html" }, body: "<html>Backend Fetch Failed</html>" };
    await server.fault({ service: "gjirafa", step: "create", times: 1, fault: page });
    await stored(server, "gjirafa", await sent(t, server, destinations.gjirafa, 100));
  });

  it("gjirafa: success: false is an error even with 200", { timeout: TIMEOUT }, async (t) => {
    const server = await fresh(t);
    const said = JSON.stringify({ success: false, errors: ["File already exists"], messages: [], result: null, statusCode: 400 });
    const fault = { kind: "status", status: 200, headers: { "content-type": "application/json" }, body: said };
    await server.fault({ service: "gjirafa", step: "complete", fault });
    const { error } = await sent(t, server, destinations.gjirafa, 100);
    assert.equal(error.code, "rejected");
    assert.match(error.message, /File already exists/);
  });

  it("gjirafa: an expired URL is renewed by resuming", { timeout: TIMEOUT }, async (t) => {
    const server = await fresh(t);
    await server.fault({ service: "gjirafa", step: "part", part: 2, times: 1, fault: { kind: "expire" } });
    await stored(server, "gjirafa", await sent(t, server, destinations.gjirafa, 11 * MIB, "{ partSize: 5 * 1024 * 1024 }"));
    assert.equal((await server.requestsOf("sign")).length, 1);
  });

  // ---- TwelveLabs ---------------------------------------------------------------------------------

  it("twelvelabs: 0 bytes are refused before anything is sent", { timeout: TIMEOUT }, async (t) => {
    const server = await fresh(t);
    const { error } = await sent(t, server, destinations.twelvelabs, 0);
    assert.equal(error.code, "limit");
    assert.match(error.message, /0 bytes.*at least 1/);
    assert.equal((await server.requestsOf("create")).length, 0);
  });

  it("twelvelabs: chunks are reported in batches of ten at the most while others fly, and the status has the last word", { timeout: TIMEOUT }, async (t) => {
    const server = await fresh(t);
    await server.fault({ service: "twelvelabs", step: "part", fault: { kind: "delay", ms: 50 } });
    const end = await sent(t, server, destinations.twelvelabs, 115 * MIB);
    await stored(server, "twelvelabs", { ...end, size: 115 * MIB });
    assert.equal(end.result.objectId.length, 24);
    assert.match(end.result.location, /^http/);
    assert.equal(end.result.response.status, "completed");
    const [reports, parts, status] = await Promise.all(["report", "part", "status"].map((step) => server.requestsOf(step)));
    assert.ok(reports.length >= 3, `${reports.length} reports`);
    assert.ok(reports[0].startMs < parts.at(-1).endMs, "no report before the last chunk was stored");
    assert.ok(status.at(-1).startMs >= reports.at(-1).endMs);
    const presigned = await server.requestsOf("sign");
    assert.ok(presigned.length >= 1, "more URLs than came with the session were needed");
  });

  it("twelvelabs: a URL that is used up is replaced", { timeout: TIMEOUT }, async (t) => {
    const server = await fresh(t);
    await server.fault({ service: "twelvelabs", step: "part", part: 2, times: 1, fault: { kind: "expire" } });
    await stored(server, "twelvelabs", await sent(t, server, destinations.twelvelabs, 11 * MIB));
    assert.equal((await server.requestsOf("sign")).length, 1);
  });

  it("twelvelabs: a report that fails is made again", { timeout: TIMEOUT }, async (t) => {
    const server = await fresh(t);
    await server.fault({ service: "twelvelabs", step: "report", times: 2, fault: { kind: "status", status: 500 } });
    await stored(server, "twelvelabs", await sent(t, server, destinations.twelvelabs, 11 * MIB));
  });

  it("twelvelabs: a report whose answer is lost is made again", { timeout: TIMEOUT }, async (t) => {
    const server = await fresh(t);
    await server.fault({ service: "twelvelabs", step: "report", times: 1, fault: { kind: "truncate" } });
    const end = await sent(t, server, destinations.twelvelabs, 11 * MIB);
    // The real service may say that the session is complete; ours says so by 200.
    await stored(server, "twelvelabs", end);
  });

  for (const [status, words] of [["expired", /expired/], ["failed", /failed/]]) {
    it(`twelvelabs: a session that is ${status} in the end is an error`, { timeout: TIMEOUT }, async (t) => {
      const server = await fresh(t);
      const body = JSON.stringify({ upload_id: "u", status, uploaded_chunks: [] });
      const fault = { kind: "status", status: 200, headers: { "content-type": "application/json" }, body };
      await server.fault({ service: "twelvelabs", step: "status", fault });
      const { error } = await sent(t, server, destinations.twelvelabs, 100);
      assert.equal(error.code, "rejected");
      assert.match(error.message, words);
    });
  }

  it("twelvelabs: a session that is still active is asked again", { timeout: TIMEOUT }, async (t) => {
    const server = await fresh(t);
    const body = JSON.stringify({ upload_id: "u", status: "active", uploaded_chunks: [] });
    const fault = { kind: "status", status: 200, headers: { "content-type": "application/json" }, body };
    await server.fault({ service: "twelvelabs", step: "status", times: 2, fault });
    await stored(server, "twelvelabs", await sent(t, server, destinations.twelvelabs, 100));
    assert.equal((await server.requestsOf("status")).length, 3);
  });

  it("twelvelabs: unfinished sessions are listed, one is asked about, and what failed is taken up", { timeout: TIMEOUT }, async (t) => {
    const server = await fresh(t);
    await server.fault({ service: "twelvelabs", step: "part", part: 2, times: 1, fault: { kind: "status", status: 400 } });
    const page = await openKit(server, t);
    const told = await page.evaluate(`(async () => {
      const { twelvelabs, incomplete, status } = await import("/pkg/index.js");
      const to = ${destinations.twelvelabs};
      const file = kit.file(11 * 1024 * 1024);
      const one = kit.upload(file, { to, concurrency: 1 });
      const { error } = await kit.ending(one);
      const open = [];
      for await (const session of incomplete(to)) open.push(session);
      const known = await status(to, open[0].uploadId);
      const parts = [];
      const two = one.retry();
      two.addEventListener("part", ({ detail }) => parts.push(detail.number));
      const end = await kit.ending(two);
      return { error, open, known, parts, ...end, sha256: await kit.sha256(file), sent: [] };
    })()`);
    assert.equal(told.error.code, "rejected");
    assert.ok(told.open.some(({ size, partSize }) => size === 11 * MIB && partSize === 5 * MIB));
    assert.equal(told.known.state, "active");
    assert.ok(told.result.resumed);
    await stored(server, "twelvelabs", told);
  });

  it("twelvelabs: a list that is the same on every page, in another order, is asked for twice", { timeout: TIMEOUT }, async (t) => {
    const server = await fresh(t);
    const fault = (names) => ({
      ...{ kind: "status", status: 200, headers: { "content-type": "application/json" } },
      body: JSON.stringify({ data: names.map((upload_id) => ({ upload_id })) }),
    });
    const list = { service: "twelvelabs", step: "list" };
    await server.fault({ ...list, times: 1, fault: fault(["a", "b"]) }, { ...list, fault: fault(["b", "a"]) });
    const page = await openKit(server, t);
    const told = await page.evaluate(`(async () => {
      const { twelvelabs, incomplete } = await import("/pkg/index.js");
      const open = [];
      for await (const { uploadId } of incomplete(${destinations.twelvelabs})) open.push(uploadId);
      return open;
    })()`);
    assert.deepEqual(told, ["a", "b"]);
    assert.equal((await server.requestsOf("list")).length, 2);
  });

  it("status asks for no upload whose id a browser takes for a way through the address", { timeout: TIMEOUT }, async (t) => {
    const server = await fresh(t);
    const page = await openKit(server, t);
    const error = await page.evaluate(`(async () => {
      const { twelvelabs, status } = await import("/pkg/index.js");
      return (await kit.ending(status(${destinations.twelvelabs}, ".."))).error;
    })()`);
    assert.equal(error.code, "options");
    assert.match(error.message, /^uploadId: /);
    assert.deepEqual((await server.requests()).filter(({ path }) => path.includes("twelvelabs")), []);
  });

  it("incomplete and status say which services cannot be asked", { timeout: TIMEOUT }, async (t) => {
    const server = await fresh(t);
    const page = await openKit(server, t);
    const errors = await page.evaluate(`(async () => {
      const { veza, incomplete, status } = await import("/pkg/index.js");
      const to = ${destinations.veza};
      const listing = async () => { for await (const _ of incomplete(to)); };
      return [(await kit.ending(listing())).error, (await kit.ending(status(to, "u"))).error, (await kit.ending(status({}, "u"))).error];
    })()`);
    assert.deepEqual(errors.map(({ code, isUploadError }) => [code, isUploadError]), Array(3).fill(["options", true]));
    assert.match(errors[0].message, /incomplete.*veza/);
  });

  // ---- HERE ---------------------------------------------------------------------------------------

  it("here: a failed part costs the session, which a notice says, and progress does not fall", { timeout: TIMEOUT }, async (t) => {
    const server = await fresh(t);
    await server.fault({ service: "here", step: "part", part: 2, times: 1, fault: { kind: "status", status: 500 } });
    const page = await openKit(server, t);
    const told = await page.evaluate(`(async () => {
      const { here } = await import("/pkg/index.js");
      const file = kit.file(11 * 1024 * 1024);
      const one = kit.upload(file, { ...kit.quick, to: ${destinations.here} });
      const notices = [], sent = [];
      one.addEventListener("notice", ({ detail }) => notices.push(detail));
      one.addEventListener("progress", ({ detail }) => sent.push(detail.sent));
      return { ...(await kit.ending(one)), sha256: await kit.sha256(file), notices, sent };
    })()`);
    await stored(server, "here", { ...told, size: 11 * MIB });
    assert.deepEqual(told.notices.map(({ code }) => code), ["restarted"]);
    assert.match(told.notices[0].message, /part 2 of 3/);
    assert.equal((await server.requestsOf("create")).length, 2);
    assert.equal((await server.requestsOf("abort")).length, 1);
  });

  it("here: the fourth session that fails is the last", { timeout: TIMEOUT }, async (t) => {
    const server = await fresh(t);
    await server.fault({ service: "here", step: "part", part: 1, fault: { kind: "status", status: 500 } });
    const { error } = await sent(t, server, destinations.here, 6 * MIB, "{ partSize: 5 * 1024 * 1024 }");
    assert.equal(error.code, "server");
    assert.equal((await server.requestsOf("create")).length, 4);
  });

  it("here: resending is what the vendor's client does, and a strict service does not publish that", { timeout: TIMEOUT }, async (t) => {
    const server = await fresh(t);
    await server.fault({ service: "here", step: "part", part: 1, times: 1, fault: { kind: "status", status: 500 } });
    const to = destinations.here.replace("layerId", `onFailedPart: "resend", layerId`);
    const { error } = await sent(t, server, to, 6 * MIB, "{ partSize: 5 * 1024 * 1024 }");
    assert.equal(error.code, "rejected");
    assert.equal((await server.requestsOf("create")).length, 1);
    const lenient = await Server.start("--here-lenient");
    await lenient.fault({ service: "here", step: "part", part: 1, times: 1, fault: { kind: "status", status: 500 } });
    const page = await openKit(lenient, t);
    const end = await page.evaluate(`(async () => {
      const { here } = await import("/pkg/index.js");
      return kit.ending(kit.upload(kit.file(6 * 1024 * 1024), { ...kit.quick, to: ${to} }));
    })()`);
    assert.ok(end.result, end.error?.message);
    await lenient.stop();
  });

  it("here: a digest that does not fit is sent again in a new session, and is a checksum error if it never does", { timeout: TIMEOUT }, async (t) => {
    const server = await fresh(t);
    const body = JSON.stringify({ title: "Bad Request", status: 400, cause: "the digest does not match" });
    const fault = { kind: "status", status: 400, body };
    await server.fault({ service: "here", step: "part", part: 1, times: 1, fault });
    await stored(server, "here", await sent(t, server, destinations.here, 100));
    await server.fault({ service: "here", step: "part", part: 1, fault });
    const { error } = await sent(t, server, destinations.here, 100);
    assert.equal(error.code, "checksum");
    assert.match(error.message, /the digest does not match/);
  });

  for (const checksum of ["crc32c", "md5", "sha1", "sha256", "none"]) {
    it(`here: ${checksum} is computed as the service computes it`, { timeout: TIMEOUT }, async (t) => {
      const server = await fresh(t);
      await stored(server, "here", await sent(t, server, destinations.here, 6 * MIB + 7, `{ partSize: 5 * 1024 * 1024, checksum: "${checksum}" }`));
      const [part] = await server.requestsOf("part");
      assert.equal("x-here-digest" in part.headers, checksum !== "none");
    });
  }

  it("here: a handle that is taken is told at once", { timeout: TIMEOUT }, async (t) => {
    const server = await fresh(t);
    const to = destinations.here.replace("() => crypto.randomUUID()", `"taken-${Date.now()}"`);
    await stored(server, "here", await sent(t, server, to, 100));
    const { error } = await sent(t, server, to, 100);
    assert.equal(error.code, "rejected");
    assert.equal(error.status, 409);
  });

  it("here: the status of an upload is told once it was completed", { timeout: TIMEOUT }, async (t) => {
    const server = await fresh(t);
    const to = destinations.here.replace("() => crypto.randomUUID()", `"asked-${Date.now()}"`);
    const { result } = await sent(t, server, to, 100);
    const page = await openKit(server, t);
    const told = await page.evaluate(`(async () => {
      const { here, status } = await import("/pkg/index.js");
      return [await status(${to}, "${result.uploadId}"), (await kit.ending(status(${to}, "nobody"))).error];
    })()`);
    assert.equal(told[0].state, "completed");
    assert.deepEqual([told[1].code, told[1].status], ["rejected", 404]);
  });

  it("here: a pause lets the parts in flight through", { timeout: TIMEOUT }, async (t) => {
    const server = await fresh(t);
    await server.fault({ service: "here", step: "part", fault: { kind: "delay", ms: 300 } });
    const page = await openKit(server, t);
    const told = await page.evaluate(`(async () => {
      const { here } = await import("/pkg/index.js");
      const file = kit.file(61 * 1024 * 1024);
      const one = kit.upload(file, { ...kit.quick, to: ${destinations.here} });
      const notices = [];
      one.addEventListener("notice", ({ detail }) => notices.push(detail));
      await kit.until(one, () => one.progress.partsStored > 0);
      one.pause();
      await kit.until(one, () => one.progress.partsStored >= 6);
      one.resume();
      return { ...(await kit.ending(one)), sha256: await kit.sha256(file), sent: [], notices };
    })()`);
    await stored(server, "here", told);
    assert.deepEqual(told.notices, []);
    assert.equal((await server.requestsOf("part")).length, 13);
  });

  it("here: the answer to completing is lost, and the status knows better", { timeout: TIMEOUT }, async (t) => {
    const server = await fresh(t);
    await server.fault({ service: "here", step: "complete", times: 1, fault: { kind: "truncate" } });
    await stored(server, "here", await sent(t, server, destinations.here, 100));
  });

  it("here: the token goes where it may, wherever the links lead", { timeout: TIMEOUT }, async (t) => {
    const server = await fresh(t);
    // The page's own policy lets it speak to the storage origin; nobody there knows HERE's language.
    const policy = (await fetch(server.origin)).headers.get("content-security-policy");
    const elsewhere = /connect-src 'self' (\S+?);/.exec(policy)[1];
    const base = `${elsewhere}/here/blobstore/v1/catalogs/hrn:here:data::e2e:c/layers/l/data/h/multiparts/T`;
    const links = Object.fromEntries([["uploadPart", `${base}/parts`], ["complete", base], ["status", base], ["delete", base]].map(([name, href]) => [name, { href }]));
    const fault = { kind: "status", status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify({ links }) };
    await server.fault({ service: "here", step: "create", fault });
    const { error } = await sent(t, server, destinations.here, 100, "{ outageTimeout: 2000 }");
    assert.ok(error.message.includes(elsewhere), error.message);
    const asked = (await server.requests()).filter(({ path }) => path.includes("/multiparts/T"));
    assert.ok(asked.length > 0, "nothing was asked there");
    for (const { headers } of asked) {
      assert.ok(!("authorization" in headers), "the token left its origin");
      assert.doesNotMatch(headers["access-control-request-headers"] ?? "", /authorization/);
    }
  });
});
