// Every row of tests/faults.toml, in a real browser against the real server, once per transport.
// What ends in any other way than its row says is a failure, however reasonable it looks.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, describe, it } from "node:test";
import { parse } from "smol-toml";
import { MIB, Pool, Server, openKit } from "./harness.mjs";

const rows = parse(readFileSync(new URL("../faults.toml", import.meta.url), "utf8")).fault;

/** Faults belong to a whole server: rows run beside each other on servers of their own. */
const AT_ONCE = 2;

const lives = rows
  .flatMap((row) => ["fetch", "xhr"].map((transport) => ({ row, transport, most: at(row.at_most, transport) })))
  // The longest first, so that nothing waits for them at the end.
  .sort((a, b) => (b.most ?? 0) - (a.most ?? 0));

function at(bound, transport) {
  return typeof bound === "object" ? bound[transport] : bound;
}

describe("faults", { concurrency: AT_ONCE }, () => {
  let servers;
  before(async () => {
    servers = new Pool(await Promise.all(Array.from({ length: AT_ONCE }, () => Server.start())));
  });

  for (const { row, transport, most } of lives) {
    it(`${row.name} (${transport})`, { timeout: 150_000 }, async (t) => {
      const server = await servers.take(t);
      await server.reset();
      const page = await openKit(server, t);
      await server.forget();
      await server.fault(...row.rules);

      const life = await page.evaluate(live, {
        size: row.size ?? 12 * MIB + 1,
        options: { ...row.options, transport },
        functions: row.functions,
        act: row.act,
        giveUp: (most ?? 30_000) + 15_000,
      });
      await server.mendWhatHappened();

      const told = JSON.stringify(life.ending.error ?? life.ending, undefined, 1);
      assert.equal(life.ending.error?.code ?? "stored", row.ending, `ended as ${told}`);
      assertProgress(life);
      if (row.ending === "stored") await assertStored(server, life);
      else assertFailed(life, row);
      if (row.act === "abort-signal") await assertNothingLeft(server, life);
      if (row.says) assert.ok(life.ending.error.message.includes(row.says), `"${life.ending.error.message}" should say "${row.says}"`);
      if (row.at_least) assert.ok(life.elapsed >= row.at_least, `took ${life.elapsed} ms, at least ${row.at_least} were asked for`);
      if (most) assert.ok(life.elapsed <= most, `took ${life.elapsed} ms, at most ${most} are allowed`);
      if (row.requests) await assertRequests(server, row.requests);
      assert.deepEqual(page.complaints, []);
    });
  }
});

/** The page's side: one upload from the first byte asked for to its end. Runs in the browser. */
async function live({ size, options, functions, act, giveUp }) {
  const { upload, s3, file, record, ending, sha256, quick, here, until } = kit;
  const address = (session, path, query) =>
    `/s3/multipart/${encodeURIComponent(session.uploadId)}${path}?${new URLSearchParams({ key: session.key, ...query })}`;
  const json = async (url, init) => {
    const answer = await fetch(url, init);
    if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
    return answer.json();
  };
  const post = (body, signal) => ({ method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" }, signal });
  const calls = {
    create: ({ name, type, signal }) => json("/s3/multipart", post({ filename: name, type, metadata: {} }, signal)),
    async sign({ uploadId, key, parts, signal }) {
      const partNumbers = parts.map(({ partNumber }) => partNumber).join(",");
      const { presignedUrls } = await json(address({ uploadId, key }, "/batch", { partNumbers }), { signal });
      return parts.map(({ partNumber }) => ({ partNumber, url: presignedUrls[partNumber] }));
    },
    complete: ({ uploadId, key, parts, signal }) => json(address({ uploadId, key }, "/complete"), post({ parts }, signal)),
    abort: (session) => json(address(session, ""), { method: "DELETE" }),
    list: ({ signal, ...session }) => json(address(session, ""), { signal }),
    async verify({ key }) {
      const found = (await json("/_/files")).find(({ id }) => id === key);
      return found ? { size: found.size } : null;
    },
  };
  // "lost:complete" needs nothing of the page's: the server swallows the answer, and `verify` is asked.
  const [how, which] = functions?.split(":") ?? [];
  if (how === "throws") calls[which] = () => { throw new Error("thrown by the page"); };
  if (how === "never") calls[which] = () => new Promise(() => {});

  const blob = file(size);
  const own = await sha256(blob);
  const controller = new AbortController();
  const began = performance.now();
  const one = upload(blob, { ...quick, ...options, signal: controller.signal, to: functions ? s3(calls) : here() });
  const said = record(one);
  if (act === "abort-signal") until(one, () => one.progress.partsStored > 0).then(() => controller.abort());
  const tooLate = new Promise((resolve) => setTimeout(resolve, giveUp, { error: { code: "no ending", message: `still ${one.state} after ${giveUp} ms` } }));
  const end = await Promise.race([ending(one), tooLate]);
  const elapsed = performance.now() - began;
  await Promise.race([one.abort(), tooLate]); // harmless after an end; after the signal it waits for the last trace
  return { ending: end, said, elapsed, own, size, state: one.state };
}

function assertProgress({ said, size, ending }) {
  let before = 0;
  for (const { detail: { sent, total, fraction, partsStored, partsTotal } } of said.filter(({ type }) => type === "progress")) {
    assert.equal(total, size);
    assert.ok(sent >= before, `progress fell from ${before} to ${sent}`);
    assert.ok(sent <= total, `progress ${sent} of ${total}`);
    assert.equal(fraction, sent / total);
    if (sent === total) assert.equal(partsStored, partsTotal, "the total is reached with the last receipt only");
    before = sent;
  }
  if (ending.result) assert.equal(before, size, "progress ends at the total");
  else if (said.every(({ detail }) => detail.partsStored !== detail.partsTotal)) assert.ok(before < size);
}

async function assertStored(server, { own, size, said, state, ending }) {
  const found = (await server.files()).filter(({ sha256 }) => sha256 === own);
  assert.equal(found.length, 1, "the object is in the store, once, byte for byte");
  assert.equal(found[0].size, size);
  assert.equal(ending.result.size, size);
  assert.equal(state, "completed");
  assert.equal(said.filter(({ type }) => type === "success").length, 1);
  assert.equal(said.filter(({ type }) => type === "error").length, 0);
}

function assertFailed({ ending: { error }, said, state }, { ending }) {
  assert.ok(error.isUploadError && error.isError && error.name === "UploadError");
  assert.ok(error.message.length > 10 && !/x-amz-signature/i.test(error.message), error.message);
  assert.equal(typeof error.retryable, "boolean");
  assert.equal(state, ending === "aborted" ? "aborted" : "failed");
  assert.equal(said.filter(({ type }) => type === "success").length, 0);
  const errors = said.filter(({ type }) => type === "error");
  assert.deepEqual(errors.map(({ detail }) => detail.code), [ending], "one error is told, once");
}

async function assertNothingLeft(server, { own }) {
  assert.equal((await server.files()).filter(({ sha256 }) => sha256 === own).length, 0);
  const aborted = (await server.requestsOf("abort"));
  assert.equal(aborted.length, 1, "the session was removed, once");
}

async function assertRequests(server, sentence) {
  const [step, comparison, count] = sentence.split(" ");
  const seen = (await server.requestsOf(step)).length;
  const holds = { "==": seen === +count, ">=": seen >= +count, "<=": seen <= +count, "<": seen < +count, ">": seen > +count }[comparison];
  assert.ok(holds, `${sentence}, but the server saw ${seen}`);
}
