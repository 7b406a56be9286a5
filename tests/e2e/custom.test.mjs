// Services that an app describes: the one of the README, and one for each way a part may travel, against the services of
// the reference server.

import assert from "node:assert/strict";
import { before, beforeEach, describe, it } from "node:test";
import { MIB, Server, describedInReadme, openKit } from "./harness.mjs";

const TIMEOUT = 60_000;

/** Veza, told by hand: base64 in JSON, no receipts. */
const veza = `custom({
  body: "base64-json",
  async create({ signal }) {
    const { upload_id } = await call({ operation: "start" }, signal);
    return { session: { id: upload_id, live: () => upload_id }, uploadId: upload_id };
  },
  part: (session, { number }) => ({
    url: PARTS, headers: new Headers({ authorization: "Bearer demo-key" }),
    fields: { operation: "upload", upload_id: session.live(), sequence_number: number }, dataField: "data",
  }),
  complete: async (session, parts, signal) => ({
    objectId: session.id, response: await call({ operation: "complete", upload_id: session.id, sequence_count: parts.length }, signal),
  }),
})`;

/** subworkflow.ai, told by hand: form data, receipts in JSON. */
const subworkflow = `custom({
  body: "form-data",
  limits: { minPartSize: 5_000_000, maxConcurrency: 2 },
  async create({ name, type }) {
    const { data } = await form("start", { fileName: name, fileExt: "bin", fileType: type, jobType: "extract" });
    return { session: data.key, uploadId: data.key, partSize: 5_000_000 };
  },
  part: (key, { number }) => ({
    url: "/subworkflow/v1/upload-session/append", headers: { "x-api-key": "demo-key" }, fields: { key, partNumber: number },
  }),
  receipt({ body }) {
    const { success, data } = JSON.parse(body);
    if (!success) throw { retry: true, message: "not this time" };
    return { etag: data.etag };
  },
  async complete(key, parts) {
    const claims = parts.map(({ number, etag }) => ({ etag, partNumber: number }));
    const { data } = await form("end", { key, parts: JSON.stringify(claims) });
    return { objectId: data.id, response: data };
  },
  abort: (key) => form("abort", { key }),
})`;

/** Runs in the page, before a destination is made. */
const surroundings = `
  const { custom } = await import("/pkg/index.js");
  const PARTS = "/veza/api/v1/providers/custom/p/datasources/d:parts";
  const call = async (body, signal) => (await fetch(PARTS, {
    method: "POST", signal, body: JSON.stringify(body), headers: { "content-type": "application/json", authorization: "Bearer demo-key" },
  })).json();
  const form = async (step, fields) => {
    const body = new FormData();
    for (const [name, value] of Object.entries(fields)) body.append(name, value);
    return (await fetch("/subworkflow/v1/upload-session/" + step, { method: "POST", body, headers: { "x-api-key": "demo-key" } })).json();
  };
`;

describe("custom", () => {
  let server;
  before(async () => { server = await Server.start(); });
  beforeEach(() => server.reset());

  const sent = async (t, to, size, options = "{}", more = "") => {
    const page = await openKit(server, t);
    return page.evaluate(`(async () => {
      ${surroundings}
      const seen = [];
      const file = kit.file(${size}, 'a "name" \u{1f980}.bin');
      const one = kit.upload(file, { retry: { minDelay: 20, maxDelay: 400 }, ...(${options}), to: ${to} });
      ${more}
      return { ...(await kit.ending(one)), sha256: await kit.sha256(file), seen };
    })()`);
  };

  const stored = async ({ result, error, sha256 }) => {
    assert.ok(result, error?.message);
    const file = (await server.files()).find((file) => file.sha256 === sha256);
    assert.ok(file, "no such bytes are stored");
    return file;
  };

  it("the README's service takes under 25 lines, and works", { timeout: TIMEOUT }, async (t) => {
    const example = describedInReadme();
    const lines = example.trim().split("\n").length;
    assert.ok(lines < 25, `${lines} lines`);
    const page = await openKit(server, t);
    const told = await page.evaluate(`(async () => {
      const { custom } = await import("/pkg/index.js");
      ${example}
      const file = kit.file(11 * 1024 * 1024 + 1, "film.mp4", "video/mp4");
      return { ...(await kit.ending(kit.upload(file, { to, partSize: 5 * 1024 * 1024 }))), sha256: await kit.sha256(file) };
    })()`);
    const file = await stored(told);
    assert.equal(file.name, "film.mp4");
    assert.equal(told.result.parts.length, 3);
    assert.match(told.result.location, /^http/);
  });

  it("base64 in JSON: fields before the bytes, a session that only the app understands, an empty file", { timeout: TIMEOUT }, async (t) => {
    for (const size of [0, 1, 300_001]) {
      const told = await sent(t, veza, size, "{ partSize: 100_000 }");
      await stored(told);
      assert.equal(told.result.response.status, "success");
      assert.equal(told.result.uploadId, told.result.objectId);
    }
  });

  it("base64 in JSON: the field of the bytes may have any name", { timeout: TIMEOUT }, async (t) => {
    const name = 'the "data" \\ \n\u{1f980}';
    const to = veza.replace('dataField: "data"', () => `dataField: ${JSON.stringify(name)}`);
    // What Veza makes of it is of no interest: what is sent must be JSON.
    const told = await sent(t, to, 3, "{ transport: 'fetch' }", `
      const own = fetch;
      globalThis.fetch = async (request, ...rest) => {
        if (request instanceof Request) seen.push(await request.clone().text());
        return own(request, ...rest);
      };`);
    assert.match(JSON.parse(told.seen[0])[name], /^[A-Za-z0-9+/]{4}$/);
  });

  it("form data: receipts read by a function, a part size of the service's", { timeout: TIMEOUT }, async (t) => {
    const told = await sent(t, subworkflow, 11 * MIB);
    await stored(told);
    assert.equal(told.result.parts[0].size, 5_000_000);
    assert.ok(told.result.parts.every(({ etag }) => etag));
    const parts = await server.requestsOf("part");
    const together = parts.map(({ startMs }) => parts.filter((other) => other.startMs <= startMs && other.endMs > startMs).length);
    assert.ok(Math.max(...together) <= 2, "more at once than the service takes");
  });

  it("a receipt that asks for another attempt gets one", { timeout: TIMEOUT }, async (t) => {
    const fault = { kind: "status", status: 200, headers: { "content-type": "application/json" }, body: '{"success":false}' };
    await server.fault({ service: "subworkflow", step: "part", part: 1, times: 2, fault });
    await stored(await sent(t, subworkflow, 6 * MIB));
  });

  it("each attempt asks for its own request", { timeout: TIMEOUT }, async (t) => {
    await server.fault({ service: "subworkflow", step: "part", part: 1, times: 2, fault: { kind: "status", status: 500 } });
    const to = subworkflow.replace("part: (key, { number }) => ({", "part: (key, { number, attempt }) => (seen.push([number, attempt]), {");
    const told = await sent(t, to, 6 * MIB);
    await stored(told);
    assert.deepEqual(told.seen.filter(([number]) => number === 1), [[1, 1], [1, 2], [1, 3]]);
  });

  for (const name of ["create", "part", "receipt", "complete"]) {
    it(`what ${name} throws ends the upload, as the cause of one error`, { timeout: TIMEOUT }, async (t) => {
      const to = subworkflow.replace(/\}\)$/, `${name}() { throw new Error("no luck") } })`);
      const { error } = await sent(t, to, 6 * MIB);
      assert.equal(error.code, "callback");
      assert.match(error.message, new RegExp(`your function \`${name}\` threw: no luck`));
      assert.match(error.cause, /no luck/);
    });
  }

  /** An upload of three parts whose last is refused, and the uploads of the same file after it: by `more` and options each. */
  const inTurn = async (t, ...turns) => {
    await server.fault({ service: "veza", step: "part", part: 3, times: 1, fault: { kind: "status", status: 400 } });
    const page = await openKit(server, t);
    return page.evaluate(`(async () => {
      ${surroundings}
      const { interrupted } = await import("/pkg/index.js");
      const file = kit.file(300_000);
      const ends = [];
      for (const [more, options] of [${turns}]) {
        const to = ${veza.replace(/\}\)$/, `  id: "veza", remember: ({ id }) => id, recall: (id) => ({ id, live: () => id }), ...more })`)};
        const notices = [];
        const one = kit.upload(file, { partSize: 100_000, concurrency: 1, ...options, to });
        one.addEventListener("notice", ({ detail }) => notices.push(detail));
        ends.push({ ...(await kit.ending(one)), notices, left: (await interrupted()).length });
      }
      return ends;
    })()`);
  };

  for (const [way, turn, words] of [
    ["throws", `[{ recall() { throw new Error("no luck") } }]`, /^recall: your function `recall` threw: no luck$/],
    ["rejects", `[{ recall: () => Promise.reject(new Error("no luck")) }]`, /^recall: your function `recall` threw: no luck$/],
    ["never settles", `[{ recall: () => new Promise(() => {}) }, { responseTimeout: 300 }]`, /^recall: your function `recall` did not settle/],
  ]) {
    it(`a recall that ${way} ends the upload, and what is stored is kept for the next one`, { timeout: TIMEOUT }, async (t) => {
      const [first, second, third] = await inTurn(t, "[]", turn, "[]");
      assert.deepEqual([first.error.code, first.left], ["rejected", 1]);
      assert.equal(second.error?.code, "callback");
      assert.match(second.error.message, words);
      assert.equal(second.left, 1);
      assert.ok(third.result?.resumed, third.error?.message ?? "it began anew");
      assert.equal((await server.requestsOf("create")).length, 1);
    });
  }

  it("a remember that throws keeps it from being written down, and that is said", { timeout: TIMEOUT }, async (t) => {
    const turn = `[{ remember() { throw new Error("no luck") } }]`;
    const [first, second] = await inTurn(t, turn, turn);
    assert.deepEqual([first.error.code, first.left], ["rejected", 0]);
    assert.ok(second.result, second.error?.message);
    for (const { notices } of [first, second]) {
      assert.deepEqual(notices.map(({ code }) => code), ["journal-off"]);
      assert.match(notices[0].message, /your function `remember` threw: no luck/);
    }
  });

  it("part numbers that may not be used twice cost the session", { timeout: TIMEOUT }, async (t) => {
    await server.fault({ service: "subworkflow", step: "part", part: 1, times: 1, fault: { kind: "status", status: 500 } });
    const to = subworkflow.replace("maxConcurrency: 2", "reuseNumbers: false");
    const told = await sent(t, to, 6 * MIB, "{}", `one.addEventListener("notice", ({ detail }) => seen.push(detail.code));`);
    await stored(told);
    assert.deepEqual(told.seen, ["restarted"]);
    assert.equal((await server.requestsOf("create")).length, 2);
    assert.equal((await server.requestsOf("abort")).length, 1);
  });

  it("a retry goes on in the app's own session", { timeout: TIMEOUT }, async (t) => {
    await server.fault({ service: "veza", step: "part", part: 3, times: 1, fault: { kind: "status", status: 400 } });
    const page = await openKit(server, t);
    const told = await page.evaluate(`(async () => {
      ${surroundings}
      const file = kit.file(300_000);
      const one = kit.upload(file, { to: ${veza}, partSize: 100_000, concurrency: 1 });
      const { error } = await kit.ending(one);
      return { first: error, ...(await kit.ending(one.retry())), sha256: await kit.sha256(file) };
    })()`);
    assert.equal(told.first.code, "rejected");
    await stored(told);
    assert.ok(told.result.resumed);
    assert.equal((await server.requestsOf("create")).length, 1);
  });

  it("what a description lacks is told by its name", { timeout: TIMEOUT }, async (t) => {
    for (const [to, words] of [
      ["custom({})", /create: a function is expected/],
      ["custom()", /custom takes/],
      [veza.replace("base64-json", "base65"), /body: .*"raw" or "base64-json" or "form-data"/],
      [subworkflow.replace("maxConcurrency: 2", "maxConcurrency: 0"), /limits\.maxConcurrency/],
      [subworkflow.replace("partSize: 5_000_000", "partSize: 7"), /create.*partSize/],
    ]) {
      const { error } = await sent(t, to, 100);
      assert.ok(["options", "protocol"].includes(error.code), error.code);
      assert.match(error.message, words);
    }
  });
});
