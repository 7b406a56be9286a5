// What survives: a page that is reloaded or killed in the middle goes on where it stopped, with the file chosen again.

import assert from "node:assert/strict";
import { rmSync, utimesSync, writeFileSync } from "node:fs";
import { before, beforeEach, describe, it } from "node:test";
import { MIB, Pool, Server, diskFile } from "./harness.mjs";
import * as visits from "./visits.mjs";
import { arrived, begin, copies, ending, kill, services } from "./visits.mjs";

const TIMEOUT = 60_000;

/** Uploads run beside each other, on servers of their own: most of them wait. */
const AT_ONCE = 2;

describe("journal", { concurrency: AT_ONCE }, () => {
  let servers;
  before(async () => { servers = new Pool(await Promise.all(Array.from({ length: AT_ONCE }, () => Server.start()))); });

  const profile = (t) => visits.profile(t, servers);

  for (const [service, about] of Object.entries(services)) {
    it(`${service}: a tab that is killed in the middle is gone on from`, { timeout: TIMEOUT }, async (t) => {
      const file = await diskFile(`film-${service}.mp4`, about.size);
      const { open, server } = await profile(t);
      const first = await open(file);
      // The last parts never end, so that something is left.
      const parts = about.partSize ? Math.ceil(about.size / about.partSize) : 13;
      await server.fault(...[parts, parts - 1].map((part) => ({ service, step: "part", part, fault: { kind: "stall", answer: true } })));
      await begin(first, about);
      await first.evaluate(`stored(${parts - 2})`);
      if (service === "twelvelabs") {
        // It lists those that were reported: within two seconds.
        await first.evaluate("new Promise((resolve) => setTimeout(resolve, 2600))");
      } else await first.evaluate(`kept(${parts - 2})`);
      const before = await first.evaluate("told.parts.length");
      await kill(first);
      await server.reset();
      const second = await open(file);
      await begin(second, about);
      const end = await ending(second);
      assert.ok(end.result, end.error?.message);
      await arrived(server, file, service);
      if (service === "here") {
        // Which numbers have been tried is not known, and none may be used twice.
        assert.deepEqual(end.notices, ["restarted"]);
      } else {
        assert.ok(end.result.resumed, "it began anew");
        assert.ok(end.parts.length <= parts - before, `${end.parts.length} of ${parts} parts were sent again, ${before} were stored`);
      }
      assert.deepEqual(await second.evaluate("api.interrupted().then((all) => all.length)"), 0, "it is over and still written down");
    });
  }

  it("one whose session was created at the second try only is gone on from as well", { timeout: TIMEOUT }, async (t) => {
    const file = await diskFile("again.bin", 21 * MIB);
    const { open, server } = await profile(t);
    const first = await open(file);
    await server.fault(
      { service: "s3", step: "create", times: 1, fault: { kind: "status", status: 400, body: "{}" } },
      { service: "s3", step: "part", part: 3, fault: { kind: "stall", answer: true } },
    );
    await begin(first, services.s3);
    await first.evaluate("ended.then(() => void (one = one.retry()))");
    await first.evaluate("kept(2)");
    await kill(first);
    await server.reset();
    const second = await open(file);
    await begin(second, services.s3);
    const end = await ending(second);
    assert.ok(end.result?.resumed, end.error?.message ?? "it began anew");
    await arrived(server, file, "s3");
  });

  it("a file that is never read keeps nothing of another one from being written down", { timeout: TIMEOUT }, async (t) => {
    const file = await diskFile("quick.bin", 21 * MIB);
    const { open, server } = await profile(t);
    const page = await open(file);
    await server.fault({ service: "s3", step: "part", fault: { kind: "stall", answer: true } });
    await page.evaluate(`(() => {
      const asleep = new File(["on a disk that sleeps"], "asleep.bin");
      asleep.slice = (...range) => Object.assign(File.prototype.slice.apply(asleep, range), { arrayBuffer: () => new Promise(() => {}) });
      window.slow = api.upload(asleep, { to: ${services.s3.to} });
    })()`);
    await begin(page, services.s3);
    await page.evaluate("written()");
    assert.deepEqual(await page.evaluate("journal().then(({ uploads }) => uploads.map(({ name }) => name))"), ["quick.bin"]);
  });

  const interruptedAt = async (t, service = "s3") => {
    const about = services[service];
    const file = await diskFile("left.bin", 21 * MIB);
    // A date that can be given to another file, to the millisecond.
    utimesSync(file.path, 1_700_000_000, 1_700_000_000);
    const visit = await profile(t);
    const { server } = visit;
    const first = await visit.open(file);
    await server.fault({ service, step: "part", part: 3, fault: { kind: "stall", answer: true } });
    await begin(first, about, { resumable: { scope: "me" } });
    await first.evaluate("kept(2)");
    await kill(first);
    await server.reset();
    return { ...visit, file, about };
  };

  it("what was left is listed, and taken up with the file chosen again", { timeout: TIMEOUT }, async (t) => {
    const { open, server, file, about } = await interruptedAt(t);
    const page = await open(file);
    assert.equal(await page.evaluate("api.interrupted().then((all) => all.length)"), 0, "another scope's is nobody's business");
    const [left] = await page.evaluate("listed('me')");
    assert.equal(left.name, "left.bin");
    assert.equal(left.size, 21 * MIB);
    assert.equal(left.kind, "s3");
    // Two parts at least, of which one may be the last: 5 MiB, and 1.
    assert.ok(left.sent >= 6 * MIB && left.sent < left.size, `${left.sent}`);
    const end = await page.evaluate(`listed('me').then(async ([left]) => {
      const result = await left.resume(file(), { to: ${about.to} });
      return { resumed: result.resumed, left: (await api.interrupted('me')).length };
    })`);
    assert.deepEqual(end, { resumed: true, left: 0 });
    await arrived(server, file, "s3");
  });

  it("a backend that says no more than that something went wrong is not asked at every visit", { timeout: TIMEOUT }, async (t) => {
    const { open, server, file, about } = await interruptedAt(t);
    // What Companion says in production of an upload that the store has forgotten.
    const body = JSON.stringify({ message: "Something went wrong", requestId: "1" });
    await server.fault({ service: "s3", step: "list", fault: { kind: "status", status: 500, body } });
    const page = await open(file);
    await begin(page, about, { resumable: { scope: "me" } });
    const end = await ending(page);
    assert.ok(end.result, end.error?.message);
    assert.deepEqual([end.result.resumed, end.notices], [false, ["restarted"]]);
    await arrived(server, file, "s3");
    assert.deepEqual(await page.evaluate("api.interrupted('me').then((all) => all.length)"), 0, "it is over and still written down");
  });

  it("by its handle, an upload is taken up without choosing the file again", { timeout: TIMEOUT }, async (t) => {
    const { open, server } = await profile(t);
    const first = await open();
    await server.fault({ service: "s3", step: "part", part: 3, fault: { kind: "stall", answer: true } });
    await first.evaluate(`(async () => {
      const handle = await (await navigator.storage.getDirectory()).getFileHandle("held.bin", { create: true });
      const stream = await handle.createWritable();
      for (let mib = 0; mib < 21; mib += 1) {
        const bytes = new Uint8Array(1024 * 1024);
        for (let at = 0; at < bytes.length; at += 65536) crypto.getRandomValues(bytes.subarray(at, at + 65536));
        await stream.write(bytes);
      }
      await stream.close();
      const chosen = await handle.getFile();
      window.file = () => chosen;
      begin(${services.s3.to}, { partSize: 5 * 1024 * 1024, handle });
      await kept(2);
    })()`);
    await first.close();
    await server.reset();
    const second = await open();
    const end = await second.evaluate(`listed().then(async ([left]) => {
      const result = await left.resume(left.handle, { to: ${services.s3.to} });
      return { resumed: result.resumed, size: result.size };
    })`);
    assert.deepEqual(end, { resumed: true, size: 21 * MIB });
    assert.equal((await server.requestsOf("create")).length, 0);
  });

  it("another file of the same name, size and date is not taken for it", { timeout: TIMEOUT }, async (t) => {
    const { open, server, file, about } = await interruptedAt(t);
    const bytes = Buffer.alloc(21 * MIB, 7);
    writeFileSync(file.path, bytes);
    utimesSync(file.path, 1_700_000_000, 1_700_000_000);
    const page = await open(file);
    const code = await page.evaluate(`listed('me').then(async ([left]) => {
      try { await left.resume(file(), { to: ${about.to} }); } catch (error) { return error.code; }
    })`);
    assert.equal(code, "file-changed");
    // Chosen in earnest, it is another upload.
    await begin(page, about, { resumable: { scope: "me" } });
    const end = await ending(page);
    assert.ok(end.result && !end.result.resumed, end.error?.message);
  });

  for (const service of ["s3", "veza", "gjirafa", "subworkflow", "here"]) {
    it(`${service}: another part size on the next visit does not mix layouts`, { timeout: TIMEOUT }, async (t) => {
      const { open, server, file, about } = await interruptedAt(t, service);
      const page = await open(file);
      await begin(page, about, { resumable: { scope: "me" }, partSize: about.partSize + MIB });
      const end = await ending(page);
      assert.ok(end.result, end.error?.message);
      const sizes = new Set(end.result.parts.slice(0, -1).map(({ size }) => size));
      assert.deepEqual([...sizes], [about.partSize], "the layout it began with holds for all of it");
      assert.equal(end.result.parts.reduce((sum, { size }) => sum + size, 0), file.size);
      await arrived(server, file, service);
    });
  }

  it("what was left is discarded, here and at the service", { timeout: TIMEOUT }, async (t) => {
    const { open, server, about } = await interruptedAt(t);
    const page = await open();
    const left = await page.evaluate(`listed('me').then(async ([left]) => {
      await left.discard({ to: ${about.to} });
      return (await api.interrupted('me')).length;
    })`);
    assert.equal(left, 0);
    assert.equal((await server.requestsOf("abort")).at(-1)?.status, 200);
  });

  it("two tabs never drive one upload", { timeout: TIMEOUT }, async (t) => {
    const file = await diskFile("twice.bin", 21 * MIB);
    const { open, server } = await profile(t);
    const [first, second] = [await open(file), await open(file)];
    await server.fault({ service: "s3", step: "part", part: 3, fault: { kind: "stall", answer: true } });
    await begin(first, services.s3);
    await first.evaluate("stored(1)");
    await first.evaluate("written()");
    await begin(second, services.s3);
    const { error } = await ending(second);
    assert.equal(error.code, "locked");
    const held = (count) => `until(async () => (await navigator.locks.query()).held.length === ${count})`;
    await second.evaluate(held(1)); // that of its own is given back
    assert.deepEqual(await second.evaluate("api.interrupted().then((all) => all.length)"), 0);
    await server.mend();
    assert.ok((await ending(first)).result);
    // It is over there: here it is another upload.
    await begin(second, services.s3);
    assert.equal((await ending(second)).result?.resumed, false);
    await second.evaluate(held(0));
  });

  for (const where of ["the same page", "another tab"]) {
    it(`an abort after a failure takes nothing away from who goes on in ${where}`, { timeout: TIMEOUT }, async (t) => {
      const file = await diskFile("taken.bin", 21 * MIB);
      const { open, server } = await profile(t);
      const first = await open(file);
      await server.fault({ service: "s3", step: "part", part: 3, fault: { kind: "status", status: 400 } });
      await begin(first, services.s3, { concurrency: 1 });
      assert.equal((await ending(first)).error.code, "rejected");
      await first.evaluate("void (window.failed = one)");
      await server.fault({ service: "s3", step: "part", part: 4, fault: { kind: "stall", answer: true } });
      const second = where === "another tab" ? await open(file) : first;
      await begin(second, services.s3, { concurrency: 1 });
      await second.evaluate("stored(3)");
      await first.evaluate("failed.abort()");
      await server.mend();
      await second.evaluate("one.pause(), one.resume()");
      const end = await ending(second);
      assert.ok(end.result?.resumed, end.error?.message ?? "it had to begin anew");
      await arrived(server, file, "s3");
    });
  }

  /** An upload that has failed at its third part, with two that are stored and written down. */
  const failedAt = async (t, begun = (page) => begin(page, services.s3, { concurrency: 1 })) => {
    const file = await diskFile("failed.bin", 21 * MIB);
    const { open, server } = await profile(t);
    const page = await open(file);
    await server.fault({ service: "s3", step: "part", part: 3, times: 1, fault: { kind: "status", status: 400 } });
    await begun(page);
    await ending(page);
    await page.evaluate("kept(2)");
    return { file, server, page };
  };

  it("an abort after a failure, twice, removes what is stored once, and what is written down", { timeout: TIMEOUT }, async (t) => {
    const { server, page } = await failedAt(t);
    await page.evaluate("Promise.all([one.abort(), one.abort()])");
    assert.equal((await server.requestsOf("abort")).length, 1);
    await page.evaluate("until(async () => (await journal()).uploads.length === 0 && (await navigator.locks.query()).held.length === 0)");
  });

  it("a retry while an abort removes what has failed begins anew", { timeout: TIMEOUT }, async (t) => {
    const { file, server, page } = await failedAt(t);
    await server.fault({ service: "s3", step: "abort", fault: { kind: "delay", ms: 1000 } });
    const told = await page.evaluate(`(async () => {
      const gone = one.abort();
      const at = one.retry();
      // While the removal is on its way, too.
      await new Promise((resolve) => setTimeout(resolve, 200));
      const later = one.retry();
      const outcomes = await Promise.allSettled([at, later]);
      await gone;
      return outcomes.map(({ reason, value }) => reason?.message ?? value.resumed);
    })()`);
    assert.deepEqual(told, [false, false]);
    assert.equal((await copies(server, file)).length, 2);
    await page.evaluate("until(async () => (await journal()).uploads.length === 0 && (await navigator.locks.query()).held.length === 0)");
  });

  for (const [when, waits] of [["in the same turn", ""], ["a turn later", "await null;"]]) {
    it(`an abort of a retry ${when} removes what is stored once, and what is written down`, { timeout: TIMEOUT }, async (t) => {
      const { server, page } = await failedAt(t);
      const ends = await page.evaluate(`(async () => {
        const again = one.retry();
        ${waits}
        const gone = [again.abort(), again.abort(), one.abort()];
        const ends = await Promise.allSettled([again, ...gone]);
        return [again.state, one.state, ...ends.map(({ status, reason }) => reason?.code ?? status)];
      })()`);
      assert.deepEqual(ends, ["aborted", "failed", "aborted", "fulfilled", "fulfilled", "fulfilled"]);
      assert.equal((await server.requestsOf("abort")).length, 1);
      await page.evaluate("until(async () => (await journal()).uploads.length === 0 && (await navigator.locks.query()).held.length === 0)");
    });
  }

  it("what failed begins anew after a retry of it was aborted in the same turn", { timeout: TIMEOUT }, async (t) => {
    const { file, server, page } = await failedAt(t);
    const told = await page.evaluate(`(async () => {
      const gone = one.retry().abort();
      const { resumed } = await one.retry();
      await gone;
      return resumed;
    })()`);
    assert.equal(told, false);
    assert.equal((await copies(server, file)).length, 1);
    assert.equal((await server.requestsOf("abort")).length, 1);
  });

  /** Begins with options that the page can change afterwards. */
  const withOptions = (page) => page.evaluate(`
    window.options = { to: ${services.s3.to}, partSize: ${services.s3.partSize}, concurrency: 1 };
    window.one = api.upload(file(), options);
    window.told = {};
    void (window.ended = one.then(() => ({}), () => ({})));
  `);

  it("a retry that its own options abort breaks nothing, and what is stored is gone on from", { timeout: TIMEOUT }, async (t) => {
    const { file, server, page } = await failedAt(t, withOptions);
    const resumed = await page.evaluate(`(async () => {
      let again;
      Object.defineProperty(options, "name", { get: () => void again?.abort(), configurable: true });
      again = one.retry();
      const code = await again.catch(({ code }) => code);
      await again.abort();
      delete options.name;
      return [code, (await api.upload(file(), options)).resumed];
    })()`);
    assert.deepEqual(resumed, ["aborted", true]);
    assert.equal((await copies(server, file)).length, 1);
  });

  it("a retry whose options are wrong takes nothing away from the next one, nor from an abort", { timeout: TIMEOUT }, async (t) => {
    const { server, page } = await failedAt(t, withOptions);
    const codes = await page.evaluate(`(async () => {
      const { partSize } = options;
      options.partSize = -1;
      const wrong = one.retry();
      const codes = [await wrong.catch(({ code }) => code)];
      options.partSize = partSize;
      const again = wrong.retry();
      await Promise.allSettled([again.abort(), wrong.abort()]);
      return [...codes, await again.catch(({ code }) => code)];
    })()`);
    assert.deepEqual(codes, ["options", "aborted"]);
    assert.equal((await server.requestsOf("abort")).length, 1);
  });

  it("an abort before a retry has begun leaves nothing written down of what it removes", { timeout: TIMEOUT }, async (t) => {
    const { server, page } = await failedAt(t);
    await page.evaluate(async () => {
      const request = navigator.locks.request.bind(navigator.locks);
      const patience = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
      navigator.locks.request = async (...all) => (await patience(500), request(...all));
      const again = one.retry();
      again.catch(() => {});
      await patience(100); // it waits for its lock now
      await again.abort();
    });
    assert.equal((await server.requestsOf("abort")).length, 1);
    await page.evaluate("until(async () => (await journal()).uploads.length === 0)");
  });

  it("a lock that is granted too late to be waited for is given back all the same", { timeout: TIMEOUT }, async (t) => {
    const file = await diskFile("late.bin", 6 * MIB);
    const { open, server } = await profile(t);
    const page = await open(file);
    await page.evaluate(() => {
      const request = navigator.locks.request.bind(navigator.locks);
      window.granted = new Promise((resolve) => {
        navigator.locks.request = async (...all) => {
          navigator.locks.request = request;
          await new Promise((resolve) => setTimeout(resolve, 4_000));
          const answer = all.pop();
          return request(...all, (lock) => (resolve(Boolean(lock)), answer(lock)));
        };
      });
    });
    await begin(page, services.s3);
    assert.ok((await ending(page)).result);
    assert.equal(await page.evaluate("granted"), true);
    await page.evaluate("until(async () => (await navigator.locks.query()).held.length === 0)");
    await arrived(server, file, "s3");
  });

  it("the lock of a tab that has just died is waited for", { timeout: TIMEOUT }, async (t) => {
    const { open, server, file, about } = await interruptedAt(t);
    const [page, other] = [await open(file), await open()];
    // A browser lets the locks of a dead page go a moment after its last sign of life. Here that moment is half a second.
    const dying = () => other.evaluate(`journal().then(({ uploads: [{ id }] }) => new Promise((resolve) => {
      navigator.locks.request("upslice " + id, () => {
        resolve();
        return new Promise((release) => setTimeout(release, 500));
      });
    }))`);
    await dying();
    assert.equal(await page.evaluate("listed('me').then((all) => all.length)"), 1, "what is left is not shown");
    await dying();
    await begin(page, about, { resumable: { scope: "me" } });
    const end = await ending(page);
    assert.ok(end.result?.resumed, end.error?.message ?? "it began anew");
    await arrived(server, file, "s3");
    await page.evaluate("until(async () => (await navigator.locks.query()).held.length === 0)");
  });

  it("what ends in another tab while its lock is waited for is not taken up", { timeout: TIMEOUT }, async (t) => {
    const file = await diskFile("ended.bin", 21 * MIB);
    const { open, server } = await profile(t);
    const [first, second] = [await open(file), await open(file)];
    await server.fault({ service: "s3", step: "part", part: 3, fault: { kind: "delay", ms: 60_000 } });
    await begin(first, services.s3);
    await first.evaluate("written()");
    await begin(second, services.s3);
    await first.evaluate("until(async () => (await navigator.locks.query()).pending.length > 0)");
    await server.mend();
    assert.ok((await ending(first)).result);
    const end = await ending(second);
    assert.ok(end.result, end.error?.message);
    assert.equal(end.result.resumed, false);
    assert.deepEqual(end.notices, [], "it went on where there was nothing left to go on from");
  });

  for (const service of ["s3", "subworkflow"]) {
    it(`${service}: a session that the service has forgotten starts over by itself, and says so`, { timeout: TIMEOUT }, async (t) => {
      const { open, server, file, about } = await interruptedAt(t, service);
      const { uploadId, key } = await (async () => {
        const page = await open();
        return page.evaluate("journal().then(({ uploads: [{ session }] }) => session)");
      })();
      if (service === "s3") {
        await fetch(`${server.origin}/s3/multipart/${uploadId}?key=${encodeURIComponent(key)}`, { method: "DELETE" });
      } else {
        const form = new FormData();
        form.append("key", key);
        await fetch(`${server.origin}/subworkflow/v1/upload-session/abort`, { method: "POST", body: form, headers: { "x-api-key": "demo-key" } });
      }
      const page = await open(file);
      await begin(page, about, { resumable: { scope: "me" } });
      const end = await ending(page);
      assert.ok(end.result, end.error?.message);
      assert.deepEqual(end.notices, ["restarted"]);
      assert.equal(end.result.resumed, false);
      await arrived(server, file, service);
    });
  }

  it("the demo page shows what was left, and goes on when the file is chosen again", { timeout: TIMEOUT }, async (t) => {
    const file = await diskFile("demo.bin", 21 * MIB);
    const { context, server } = await profile(t);
    const visit = async () => {
      const page = await context.newPage();
      page.on("dialog", (dialog) => dialog.accept());
      await page.goto(`${server.origin}/`);
      return page;
    };
    const other = await diskFile("other.bin", 21 * MIB);
    for (const act of ["choose", "discard"]) {
      const first = await visit();
      await server.fault({ service: "s3", step: "part", part: 2, fault: { kind: "stall", answer: true } });
      await first.setInputFiles("#picker", [file.path]);
      await first.locator("#list .parts", { hasText: /[1-9] of/ }).waitFor();
      await first.evaluate("new Promise((resolve) => setTimeout(resolve, 400))");
      await first.close();
      await server.reset();
      const second = await visit();
      const left = second.locator("#left-list .row");
      await left.getByText("demo.bin").waitFor();
      if (act === "choose") {
        // The wrong one is refused, and the right one may still be chosen.
        await left.locator("input").setInputFiles([other.path]);
        await second.locator("#list .row", { hasText: "file-changed" }).waitFor();
        await left.locator("input").setInputFiles([file.path]);
        await second.locator(`.digest:text-is("${file.sha256}")`).waitFor();
        assert.equal((await server.requestsOf("create")).length, 0, "it began anew");
      } else {
        await left.getByRole("button", { name: "Discard: demo.bin" }).focus();
        await second.keyboard.press("Enter");
        await second.locator("#left").waitFor({ state: "hidden" });
        assert.equal(await second.evaluate("document.activeElement.id"), "choose", "who pressed the button is lost");
      }
      await second.close();
    }
  });

  it("on the demo page, what goes on in another tab meanwhile is not discarded, and that is said", { timeout: TIMEOUT }, async (t) => {
    const file = await diskFile("both.bin", 21 * MIB);
    const { context, server } = await profile(t);
    const failures = [];
    const visit = async () => {
      const page = await context.newPage();
      page.on("pageerror", (error) => failures.push(error.message));
      await page.goto(`${server.origin}/`);
      return page;
    };
    const first = await visit();
    await server.fault({ service: "s3", step: "part", part: 2, fault: { kind: "stall", answer: true } });
    await first.setInputFiles("#picker", [file.path]);
    await first.locator("#list .parts", { hasText: /[1-9] of/ }).waitFor();
    await first.evaluate("new Promise((resolve) => setTimeout(resolve, 400))");
    await first.close();
    const [second, third] = [await visit(), await visit()];
    for (const page of [second, third]) await page.locator("#left-list .row").waitFor();
    await third.locator("#left-list input").setInputFiles([file.path]);
    await third.locator("#list .row[data-state=uploading]").waitFor();
    await second.getByRole("button", { name: "Discard" }).click();
    await second.locator("#announcer", { hasText: "both.bin is not forgotten: this upload is running in another tab: wait until it ends, or cancel it there." }).waitFor({ state: "attached" });
    await server.mend();
    await third.locator(`.digest:text-is("${file.sha256}")`).waitFor();
    assert.deepEqual(failures, []);
  });

  it("a service of the app's own is taken up by what it had remembered", { timeout: TIMEOUT }, async (t) => {
    const file = await diskFile("own.bin", 21 * MIB);
    const { open, server } = await profile(t);
    const about = { partSize: 5 * MIB, to: `(await import("/destinations.js")).destination("custom")` };
    const start = (page) => page.evaluate(`(async () => begin(${about.to}, { partSize: ${about.partSize} }))()`);
    const first = await open(file);
    await server.fault({ service: "s3", step: "part", part: 3, fault: { kind: "stall", answer: true } });
    await start(first);
    await first.evaluate("kept(2)");
    await first.close();
    await server.reset();
    const second = await open(file);
    await start(second);
    const end = await ending(second);
    assert.ok(end.result?.resumed, end.error?.message);
    assert.equal((await server.requestsOf("create")).length, 0);
    await arrived(server, file, "s3");
  });

  for (const [service, about] of Object.entries(services)) {
    it(`${service}: no secret is written down`, { timeout: TIMEOUT }, async (t) => {
      const { open, server } = await profile(t);
      const file = await diskFile(`secret-${service}.bin`, 11 * MIB);
      const page = await open(file);
      await server.fault({ service, step: "part", part: 2, fault: { kind: "stall", answer: true } });
      await begin(page, about);
      await page.evaluate("kept(1)");
      const written = await page.evaluate("journal().then((all) => JSON.stringify(all) + JSON.stringify({ ...localStorage, ...sessionStorage }))");
      assert.ok(written.includes(`secret-${service}.bin`), "nothing was written");
      for (const text of [written, ...page.said]) assert.doesNotMatch(text, /demo-key|X-Amz-|Signature|x-upload-token/);
    });
  }

  it("without IndexedDB it goes on without a journal, and says so", { timeout: TIMEOUT }, async (t) => {
    const file = await diskFile("bare.bin", 6 * MIB);
    const { open, server } = await profile(t);
    for (const breakage of [
      "Object.defineProperty(globalThis, 'indexedDB', { get() { throw new DOMException('insecure', 'SecurityError'); } })",
      "IDBFactory.prototype.open = () => { throw new Error('forbidden'); }",
      "IDBFactory.prototype.open = () => ({})",
      "IDBDatabase.prototype.transaction = () => { throw new Error('broken'); }",
      "IDBObjectStore.prototype.getAll = IDBIndex.prototype.getAll = () => ({})",
      "IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError'); }",
    ]) {
      const page = await open(file, breakage);
      await begin(page, services.s3);
      const end = await ending(page);
      assert.ok(end.result, end.error?.message);
      assert.deepEqual(end.notices, ["journal-off"], breakage);
      await page.close();
    }
    rmSync(file.path);
  });

  it("why nothing can be written down is told, where the disk refuses it later, too", { timeout: TIMEOUT }, async (t) => {
    const file = await diskFile("refused.bin", 6 * MIB);
    const { open } = await profile(t);
    // The second of two with the same key fails after it was asked for.
    const page = await open(file, "IDBObjectStore.prototype.put = function (value) { this.add(value); return this.add(value); }");
    const told = await page.evaluate(`new Promise((resolve) => {
      begin(${services.s3.to}, { partSize: ${services.s3.partSize} });
      one.addEventListener("notice", ({ detail }) => resolve(detail));
    })`);
    assert.equal(told.code, "journal-off");
    assert.match(told.message, /^this upload will not survive a reload: .*key/i);
    assert.ok((await ending(page)).result);
  });
});
