// Checksums of S3: digested before they are signed, sent, listed and compared, in a real browser against the real server.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { before, describe, it } from "node:test";
import { MIB, Pool, Server, diskFile, openKit } from "./harness.mjs";
import * as visits from "./visits.mjs";
import { arrived, begin, ending, kill } from "./visits.mjs";

const TIMEOUT = 60_000;
const AT_ONCE = 2;

/** A backend made of functions, which has its URLs signed by the server; `asked` is what they were given. */
const functions = `(s3, changes = {}) => {
  const asked = (window.asked = { signed: [], urls: [], completed: [] });
  const json = async (method, path, body) => {
    const answer = await fetch("/s3/multipart" + path, {
      method, ...(body && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    if (!answer.ok) throw new Error(method + " " + answer.status + " " + (await answer.text()));
    return answer.json();
  };
  const at = ({ uploadId, key }, rest = "") => "/" + encodeURIComponent(uploadId) + rest + "?key=" + encodeURIComponent(key);
  return s3({
    id: "mine",
    create: ({ name, type, checksum }) => ((asked.created = checksum), json("POST", "", { filename: name, type })),
    sign: async ({ uploadId, key, parts }) => {
      asked.signed.push(...parts);
      const sums = parts.flatMap(({ checksum }) => (checksum ? [checksum.algorithm + ":" + checksum.value] : [])).join(",");
      const numbers = parts.map(({ partNumber }) => partNumber);
      const query = "&partNumbers=" + numbers + (sums && "&checksums=" + encodeURIComponent(sums));
      const { presignedUrls } = await json("GET", at({ uploadId, key }, "/batch") + query);
      asked.urls.push(...Object.values(presignedUrls));
      return numbers.map((partNumber) => ({ partNumber, url: presignedUrls[partNumber] }));
    },
    complete: ({ uploadId, key, parts }) => ((asked.completed = parts), json("POST", at({ uploadId, key }, "/complete"), { parts })),
    list: ({ uploadId, key }) => json("GET", at({ uploadId, key })),
    abort: ({ uploadId, key }) => json("DELETE", at({ uploadId, key })),
    ...changes,
  });
}`;

const algorithms = {
  crc32c: { header: "x-amz-checksum-crc32c", field: "ChecksumCRC32C", type: "COMPOSITE", bytes: 4 },
  crc64nvme: { header: "x-amz-checksum-crc64nvme", field: "ChecksumCRC64NVME", type: "FULL_OBJECT", bytes: 8 },
  md5: { header: "content-md5", bytes: 16 },
  sha1: { header: "x-amz-checksum-sha1", field: "ChecksumSHA1", type: "COMPOSITE", bytes: 20 },
  sha256: { header: "x-amz-checksum-sha256", field: "ChecksumSHA256", type: "COMPOSITE", bytes: 32 },
};

/** What a store says in XML. */
const refusal = (status, code, message) => ({
  kind: "status", status, headers: { "content-type": "application/xml" }, body: `<Error><Code>${code}</Code><Message>${message}</Message></Error>`,
});

describe("checksums", { concurrency: AT_ONCE }, () => {
  let servers;
  before(async () => { servers = new Pool(await Promise.all(Array.from({ length: AT_ONCE }, () => Server.start()))); });

  /** A server, and a page with the package; `send` uploads a file of random bytes, and tells all of it. */
  const setup = async (t) => {
    const server = await servers.take(t);
    await server.reset();
    const page = await openKit(server, t);
    const send = (options, { to = `(${functions})(kit.s3)`, size = 12 * MIB + 7 } = {}) => page.evaluate(`(async () => {
      const file = kit.file(${size});
      const one = kit.upload(file, { ...kit.quick, ...${JSON.stringify(options)}, to: ${to} });
      const said = kit.record(one);
      const end = await kit.ending(one);
      const heard = (type) => said.filter((event) => event.type === type).map(({ detail }) => detail);
      return { ...end, asked: window.asked, notices: heard("notice"), retries: heard("retry"), sha256: await kit.sha256(file) };
    })()`);
    return { server, page, send };
  };

  const stored = async (server, told) => {
    assert.ok(told.result, JSON.stringify(told.error));
    const [kept] = (await server.files()).filter(({ sha256 }) => sha256 === told.sha256);
    assert.ok(kept, "the bytes are not stored");
  };

  for (const [checksum, { header, field, type, bytes }] of Object.entries(algorithms)) {
    it(`${checksum} is digested, signed, sent, listed and compared`, { timeout: TIMEOUT }, async (t) => {
      const { server, send } = await setup(t);
      const told = await send({ checksum });
      await stored(server, told);
      assert.deepEqual(told.notices, []);
      assert.equal(told.asked.created, checksum);
      const sent = await server.requestsOf("part");
      assert.equal(sent.length, 3);
      const values = told.result.parts.map((part) => part.checksum);
      for (const value of values) assert.equal(Buffer.from(value, "base64").length, bytes);
      for (const { part, headers } of sent) {
        assert.equal(headers[header], values[part - 1], "another digest was sent than was told");
      }
      for (const url of told.asked.urls) {
        assert.match(new URL(url).searchParams.get("X-Amz-SignedHeaders"), new RegExp(`(^|;)${header}(;|$)`));
      }
      const signed = told.asked.signed.map((part) => part.checksum);
      assert.deepEqual(new Set(signed.map(({ value }) => value)), new Set(values), "each is digested before it is signed");
      assert.ok(signed.every(({ algorithm }) => algorithm === checksum));
      assert.deepEqual(told.asked.completed.map((part) => part[field]), field ? values : values.map(() => undefined));
      assert.equal(told.result.response.ChecksumType, type);
      // The server computes it by itself, of what it has: had it been another one, that would have been an error.
      assert.equal(told.result.response[field] !== undefined, field !== undefined);
    });
  }

  for (const [checksum, another] of [
    ["crc32c", "AAAAAA==-3"], ["crc64nvme", "AAAAAAAAAAA="], ["sha1", "AAAA-3"], ["sha256", "AAAA-3"],
  ]) {
    it(`${checksum}: a store that says ${another} of the whole is not believed`, { timeout: TIMEOUT }, async (t) => {
      const { send } = await setup(t);
      const { field } = algorithms[checksum];
      const complete = `async ({ uploadId, key, parts }) => {
        const answer = await fetch("/s3/multipart/" + encodeURIComponent(uploadId) + "/complete?key=" + encodeURIComponent(key), {
          method: "POST", body: JSON.stringify({ parts }), headers: { "content-type": "application/json" },
        });
        const said = await answer.json();
        window.asked.whole = said.${field};
        return { ...said, ${field}: "${another}" };
      }`;
      const told = await send({ checksum }, { to: `(${functions})(kit.s3, { complete: ${complete} })` });
      assert.equal(told.error?.code, "checksum");
      const [, said, expected] = told.error.message.match(/the store says that the object's checksum is (.*), and that of the file is (.*)$/);
      assert.equal(said, another);
      assert.equal(expected, told.asked.whole, "not what the store has reckoned by itself");
    });
  }

  it("a part that is damaged on its way is sent again", { timeout: TIMEOUT }, async (t) => {
    const { server, send } = await setup(t);
    await server.fault({ service: "s3", step: "part", part: 2, times: 1, fault: { kind: "flip" } });
    const told = await send({ checksum: "crc32c" });
    await stored(server, told);
    assert.equal(told.retries.length, 1);
    assert.equal(told.retries[0].part, 2);
    assert.deepEqual(told.notices, []);
  });

  it("a part that is damaged every time is a checksum error", { timeout: TIMEOUT }, async (t) => {
    const { server, send } = await setup(t);
    await server.fault({ service: "s3", step: "part", part: 2, fault: { kind: "flip" } });
    const { error } = await send({ checksum: "sha256", retry: { limit: 1, minDelay: 0 } });
    assert.equal(error?.code, "checksum");
    assert.deepEqual([error.part, error.attempts, error.status], [2, 2, 400]);
    assert.match(error.message, /BadDigest/);
  });

  it("a header that the URL was not signed with is no expiry: the upload goes on without", { timeout: TIMEOUT }, async (t) => {
    const { server, send } = await setup(t);
    // An app that was written before there were checksums.
    const sign = `async ({ uploadId, key, parts }) => Promise.all(parts.map(async ({ partNumber }) => {
      const answer = await fetch("/s3/multipart/" + uploadId + "/" + partNumber + "?key=" + key);
      return { partNumber, url: (await answer.json()).url };
    }))`;
    const told = await send({ checksum: "crc32c" }, { to: `(${functions})(kit.s3, { sign: ${sign} })` });
    await stored(server, told);
    assert.deepEqual(told.notices.map(({ code }) => code), ["checksum-off"]);
    assert.match(told.notices[0].message, /answered 403 \(AccessDenied: There were headers present in the request which were not signed\)/);
    assert.deepEqual(told.retries, []);
    assert.ok(told.asked.completed.every((part) => part.ChecksumCRC32C === undefined));
    assert.deepEqual(told.result.parts.filter((part) => part.checksum), []);
  });

  for (const [status, code] of [[400, "InvalidRequest"], [501, "NotImplemented"]]) {
    it(`a store that answers ${status} ${code} to the header gets the parts without it`, { timeout: TIMEOUT }, async (t) => {
      const { server, send } = await setup(t);
      await server.fault({ service: "s3", step: "part", times: 1, fault: refusal(status, code, "Unknown header x-amz-checksum-crc64nvme") });
      const told = await send({ checksum: "crc64nvme", concurrency: 1 });
      await stored(server, told);
      assert.deepEqual(told.notices.map(({ code }) => code), ["checksum-off"]);
      const sent = (await server.requestsOf("part")).map(({ headers }) => "x-amz-checksum-crc64nvme" in headers);
      assert.deepEqual(sent, [true, false, false, false]);
    });
  }

  for (const [whose, isSigned] of [["URLs are signed with it", true], ["URLs are not", false]]) {
    it(`a preflight that forbids the header, where ${whose}, is no outage: the upload goes on without`, { timeout: TIMEOUT }, async (t) => {
      const { server, send } = await setup(t);
      await server.fault({ service: "s3", step: "part", fault: { kind: "forbid", header: "x-amz-checksum-crc32c" } });
      const sign = `async ({ uploadId, key, parts }) => Promise.all(parts.map(async ({ partNumber }) => {
        const answer = await fetch("/s3/multipart/" + uploadId + "/" + partNumber + "?key=" + key);
        return { partNumber, url: (await answer.json()).url };
      }))`;
      const told = await send({ checksum: "crc32c" }, { to: `(${functions})(kit.s3, { ${isSigned ? "" : `sign: ${sign}`} })` });
      await stored(server, told);
      assert.deepEqual(told.notices.map(({ code }) => code), ["checksum-off"]);
      assert.match(told.notices[0].message, /its CORS rules do not allow the header/);
      const statuses = (await server.requestsOf("part")).map(({ headers, status }) => (assert.ok(!("x-amz-checksum-crc32c" in headers)), status));
      // Two go without it to find out, which a signature that wants the header refuses.
      assert.equal(statuses.filter((status) => status === 403).length, isSigned ? 2 : 0);
      assert.ok(statuses.length <= 3 + 2, String(statuses));
    });
  }

  it("a network that is down when the first part is sent takes no checksum away", { timeout: TIMEOUT }, async (t) => {
    const { server, send } = await setup(t);
    await server.fault({ service: "s3", step: "part", times: 5, fault: { kind: "reset" } });
    const told = await send({ checksum: "crc32c" });
    await stored(server, told);
    assert.deepEqual(told.notices, []);
    assert.ok(told.result.parts.every((part) => part.checksum));
    assert.equal(told.result.response.ChecksumType, "COMPOSITE");
  });

  it("endpoint: a URL that is signed with the header gets it, unasked", { timeout: TIMEOUT }, async (t) => {
    const file = await diskFile("signed.bin", 12 * MIB + 7);
    const { open, server } = await visits.profile(t, servers);
    const page = await open(file);
    // A backend that knows the file: it signs what its parts must come to.
    const bytes = readFileSync(file.path);
    const sum = (number) => createHash("sha256").update(bytes.subarray((number - 1) * 5 * MIB, number * 5 * MIB)).digest("base64");
    await page.route("**/s3/multipart/*/batch?*", async (route) => {
      const url = new URL(route.request().url());
      const sums = url.searchParams.get("partNumbers").split(",").map((number) => `sha256:${sum(Number(number))}`);
      url.searchParams.set("checksums", sums.join(","));
      await route.fulfill({ response: await route.fetch({ url: url.href }) });
    });
    await begin(page, { to: `api.s3({ endpoint: "/s3/multipart" })`, partSize: 5 * MIB });
    const end = await ending(page);
    assert.ok(end.result, end.error?.message);
    await arrived(server, file, "s3");
    assert.deepEqual(end.notices, []);
    assert.deepEqual(end.result.parts.map((part) => part.checksum), [1, 2, 3].map(sum));
    assert.equal(end.result.response.ChecksumType, "COMPOSITE");
  });

  it("endpoint: that its URLs name no checksum is told, and the upload goes on", { timeout: TIMEOUT }, async (t) => {
    const { server, send } = await setup(t);
    const told = await send({ checksum: "crc32c" }, { to: "kit.here()" });
    await stored(server, told);
    assert.deepEqual(told.notices.map(({ code }) => code), ["checksum-off"]);
    for (const { headers } of await server.requestsOf("part")) assert.ok(!("x-amz-checksum-crc32c" in headers));
  });

  // Chromium collects a stream that is being read unless somebody holds its reader, and then the read never ends.
  for (const checksum of ["crc32c", "sha256"]) {
    it(`${checksum}: a page whose garbage is collected all the time reads its file to the end`, { timeout: TIMEOUT }, async (t) => {
      const { page, send } = await setup(t);
      const session = await page.context().newCDPSession(page);
      let isOver = false;
      const sent = send({ checksum }, { size: 64 * MIB }).finally(() => { isOver = true; });
      while (!isOver) await session.send("HeapProfiler.collectGarbage");
      const { result, error } = await sent;
      assert.ok(result, error?.message);
    });
  }

  it("by itself, nothing is digested and no header is sent", { timeout: TIMEOUT }, async (t) => {
    const { server, send } = await setup(t);
    for (const to of ["kit.here()", undefined]) {
      const told = await send({}, { to });
      await stored(server, told);
      assert.deepEqual([told.notices, told.result.parts.filter((part) => part.checksum)], [[], []]);
    }
    for (const { headers } of await server.requestsOf("part")) {
      assert.deepEqual(Object.keys(headers).filter((name) => /checksum|md5/.test(name)), []);
    }
  });

  for (const [what, changes] of [
    ["a list that names checksums", ""],
    // Then what the browser remembers of its parts is all that completing can be made of.
    ["a list that names none", `, { list: async ({ uploadId, key }) => {
      const answer = await fetch("/s3/multipart/" + uploadId + "?key=" + key);
      return answer.ok ? (await answer.json()).map(({ PartNumber, ETag, Size }) => ({ PartNumber, ETag, Size })) : null;
    } }`],
  ]) {
    it(`after a tab was killed, with ${what}, each part is completed with its checksum`, { timeout: TIMEOUT }, async (t) => {
      const file = await diskFile("film.mp4", 61 * MIB);
      const { open, server } = await visits.profile(t, servers);
      const about = { to: `(${functions})(api.s3${changes})`, partSize: 5 * MIB };
      const first = await open(file);
      await server.fault(...[12, 13].map((part) => ({ service: "s3", step: "part", part, fault: { kind: "stall", answer: true } })));
      await begin(first, about, { checksum: "crc32c" });
      await first.evaluate("stored(11)");
      await first.evaluate("kept(11)");
      await kill(first);
      await server.reset();
      const second = await open(file);
      await begin(second, about, { checksum: "crc32c" });
      const end = await ending(second);
      assert.ok(end.result, end.error?.message);
      await arrived(server, file, "s3");
      assert.ok(end.result.resumed);
      assert.deepEqual(end.parts.toSorted(), [12, 13], "what was stored is sent again");
      assert.ok(end.result.parts.every((part) => part.checksum));
      assert.equal(end.result.response.ChecksumType, "COMPOSITE");
      assert.deepEqual(end.notices, []);
    });
  }

  it("custom: its function gets each part's checksum, and complete all of them", { timeout: TIMEOUT }, async (t) => {
    const { server, page } = await setup(t);
    const told = await page.evaluate(`(async () => {
      const { custom } = await import("/pkg/index.js");
      const file = kit.file(300_000);
      const seen = { parts: [] };
      const json = (method, path, body) => fetch(path, { method, ...(body && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }) }).then(async (answer) => {
        if (!answer.ok) throw new Error(await answer.text());
        return answer.json();
      });
      const at = ({ uploadId, key }, rest) => "/s3/multipart/" + uploadId + rest + "?key=" + key;
      const to = custom({
        limits: { minPartSize: 1 },
        create: async ({ name, type }) => ({ session: await json("POST", "/s3/multipart", { filename: name, type }) }),
        part: async (session, { number, checksum }) => {
          seen.parts.push(checksum);
          const { url } = await json("GET", at(session, "/" + number) + "&checksums=" + encodeURIComponent(checksum.algorithm + ":" + checksum.value));
          return { url, headers: { "x-amz-checksum-sha256": checksum.value } };
        },
        complete: async (session, parts) => {
          seen.completed = parts.map(({ checksum }) => checksum);
          const rows = parts.map(({ number, etag, checksum }) => ({ PartNumber: number, ETag: etag, ChecksumSHA256: checksum }));
          const response = await json("POST", at(session, "/complete"), { parts: rows });
          return { location: response.location, response };
        },
      });
      const end = await kit.ending(kit.upload(file, { to, checksum: "sha256", partSize: 5 * 1024 * 1024 }));
      return { ...end, seen, sha256: await kit.sha256(file) };
    })()`);
    await stored(server, told);
    const whole = Buffer.from(told.sha256, "hex").toString("base64");
    assert.deepEqual(told.seen, { parts: [{ algorithm: "sha256", value: whole }], completed: [whole] });
  });
});
