// The README's recipes, as they stand there, in a page that has what they take for granted.

import assert from "node:assert/strict";
import { before, beforeEach, describe, it } from "node:test";
import { MIB, Server, openKit, recipe } from "./harness.mjs";

const TIMEOUT = 60_000;

describe("readme", () => {
  let server;
  before(async () => { server = await Server.start(); });
  let earlier;
  beforeEach(async () => {
    await server.reset();
    earlier = (await server.files()).length;
  });

  /** What was stored since the test began, the newest first. */
  const stored = async () => (await server.files()).slice(0, -earlier || undefined);

  /** Runs code in a page where uploads, `to`, and a few of an app's things are at hand; it tells what it returns. */
  async function run(t, code) {
    const page = await openKit(server, t);
    const told = await page.evaluate(`(async () => {
      const { interrupted } = await import("/pkg/index.js");
      const { upload, s3, file: fileOf } = kit;
      const to = s3({ endpoint: "/s3/multipart" });
      const shown = [];
      const show = (...words) => shown.push(words);
      const showError = show;
      const seen = (when) => new Promise((resolve) => {
        const timer = setInterval(() => when() && (clearInterval(timer), resolve()), 20);
      });
      ${code}
    })()`);
    assert.deepEqual(page.complaints, []);
    return told;
  }

  const many = (count) => `const input = { files: Array.from({ length: ${count} }, (_, at) => fileOf(100_000 + at, "file " + at)) };`;

  it("Watch, pause, cancel.", { timeout: TIMEOUT }, async (t) => {
    const [code] = recipe("Watch, pause, cancel.");
    await server.fault({ service: "s3", step: "part", fault: { kind: "rate", bytesPerSecond: 4 * MIB, latency: 0 } });
    const told = await run(t, `
      const [bar, label, pauseButton, cancelButton] = [{}, {}, {}, {}];
      const watched = async (file) => { ${code} };
      const one = watched(fileOf(${11 * MIB}));
      await seen(() => bar.value > 0);
      pauseButton.onclick();
      const paused = label.textContent;
      pauseButton.onclick();
      await one;
      const other = watched(fileOf(${11 * MIB})).catch(({ code }) => code);
      await seen(() => label.textContent === "uploading");
      await cancelButton.onclick();
      return { paused, value: bar.value, other: await other };
    `);
    assert.equal(told.paused, "paused");
    assert.equal(told.other, "aborted");
    assert.equal((await stored()).length, 1);
  });

  it("Handle errors.", { timeout: TIMEOUT }, async (t) => {
    const [code] = recipe("Handle errors.");
    await server.fault({ service: "s3", step: "create", fault: { kind: "status", status: 400, body: "{}" } });
    const shown = await run(t, `
      const lookForTheObject = () => show("look");
      const sent = async (file) => { ${code} };
      await sent(fileOf(10));
      return shown;
    `);
    assert.equal(shown.length, 1);
    assert.match(shown[0][0], /400/);
    assert.deepEqual(shown[0][1], { retry: false });
  });

  it("Retry after a failure.", { timeout: TIMEOUT }, async (t) => {
    const [code] = recipe("Retry after a failure.");
    await server.fault({ service: "s3", step: "create", times: 6, fault: { kind: "status", status: 503, headers: { "retry-after": "0" } } });
    await run(t, `
      const retryButton = { hidden: true };
      const file = fileOf(10);
      const ended = new Promise((resolve) => {
        const upload = (file, options) => {
          const followed = (one) => (one.then(resolve, () => {}), new Proxy(one, { get: (one, name) =>
            name === "retry" ? () => followed(one.retry()) : typeof one[name] === "function" ? one[name].bind(one) : one[name] }));
          return followed(kit.upload(file, { ...options, retry: { limit: 2, minDelay: 1, maxDelay: 1 } }));
        };
        ${code}
      });
      for (let times = 0; times < 2; times += 1) {
        await seen(() => !retryButton.hidden);
        retryButton.hidden = true;
        retryButton.onclick();
      }
      await ended;
    `);
    assert.equal((await stored()).length, 1, "it failed twice, and was tried again twice");
  });

  it("Survive a reload.", { timeout: TIMEOUT }, async (t) => {
    const [code] = recipe("Survive a reload.");
    await server.fault({ service: "s3", step: "complete", times: 1, fault: { kind: "status", status: 500 } });
    const told = await run(t, `
      const file = fileOf(10, "left.bin");
      await kit.upload(file, { to, retry: { limit: 0 } }).catch(() => {});
      const rows = [];
      const addRow = (name, sent) => {
        const row = { name, sent, chooseAgain: { files: [file] }, forgetIt: {} };
        rows.push(row);
        return row;
      };
      const list = async () => { ${code} };
      // Whoever drove it lets it go a moment later.
      while (rows.length === 0) await list();
      const [{ name, sent, chooseAgain }] = rows;
      const { resumed } = await chooseAgain.onchange();
      return { name, sent, resumed };
    `);
    assert.deepEqual(told, { name: "left.bin", sent: 1, resumed: true });
    assert.equal((await stored()).length, 1);
  });

  it("Several files.", { timeout: TIMEOUT }, async (t) => {
    const [all, few] = recipe("Several files.");
    const told = await run(t, `
      ${many(4)}
      const bar = {};
      const send = async () => { ${all} return outcomes; };
      const outcomes = await send();
      return { value: bar.value, outcomes: outcomes.map(({ status }) => status) };
    `);
    assert.deepEqual(told, { value: 1, outcomes: Array(4).fill("fulfilled") });
    assert.equal((await stored()).length, 4);

    await server.reset();
    await server.fault({ service: "s3", step: "create", nth: 2, times: 1, fault: { kind: "status", status: 400, body: "{}" } });
    const shown = await run(t, `
      ${many(7)}
      ${few}
      return shown.map(([name]) => name);
    `);
    assert.equal(shown.length, 1, "the one that failed is shown, and the others go on");
    assert.equal((await stored()).length, 4 + 6);
    const started = (await server.requests()).filter(({ step }) => step === "create" || step === "complete");
    const open = started.map((one, at) => started.slice(0, at + 1).reduce((sum, { step }) => sum + (step === "create" ? 1 : -1), 0));
    assert.ok(Math.max(...open) <= 4, "three at a time, and the one that failed");
  });

  it("React.", { timeout: TIMEOUT }, async (t) => {
    const [code] = recipe("React.");
    await server.fault({ service: "s3", step: "part", part: 2, times: 1, fault: { kind: "stall", answer: true } });
    const told = await run(t, `
      let [fraction, cleanup, stored, failed] = [0];
      const setFraction = (value) => (fraction = value);
      const setStored = (value) => (stored = value);
      const setError = (value) => (failed = String(value));
      const useEffect = (effect) => (cleanup = effect());
      const component = (file) => { ${code} };
      component(fileOf(${11 * MIB}, "one.bin"));
      await seen(() => fraction > 0.3);
      cleanup();
      component(fileOf(10, "other.bin"));
      await seen(() => stored);
      return failed;
    `);
    assert.equal(told, undefined);
    assert.deepEqual((await stored()).map(({ name }) => name), ["other.bin"]);
  });
});
