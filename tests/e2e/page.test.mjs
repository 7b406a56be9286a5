// The demo page as a person uses it: files in by every way, rows that tell the truth, and what is stored at the end.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { before, beforeEach, describe, it } from "node:test";
import { GIB, KIB, MIB, Server, browser, diskFile, openPage, sparseFile, storing } from "./harness.mjs";

/** Where the pictures go that the tests take on their way, if somebody wants them; they outlive the tests. */
const PICTURES = process.env.UPSLICE_SCREENSHOTS;
if (PICTURES) mkdirSync(PICTURES, { recursive: true });

const TIMEOUT = 40_000;

describe("page", () => {
  let server;
  before(async () => { server = await Server.start(); });
  beforeEach(() => server.reset());

  /** One visit. Nothing may go wrong unseen. */
  const visit = (name, tell, { timeout = TIMEOUT, context } = {}) => it(name, { timeout }, async (t) => {
    const page = await openPage(server, t, context);
    const sessions = listenForSessions(page);
    await tell({ page, sessions, t, row: (file) => rowOf(page, file) });
    assert.deepEqual(page.complaints, []);
  });

  const slowParts = (rate) => server.fault({ service: "s3", step: "part", fault: { kind: "rate", bytesPerSecond: rate, latency: 0 } });
  const choose = (page, ...files) => page.setInputFiles("#picker", files.map(({ path }) => path));
  const partSize = async (page, mib) => {
    await page.locator(".options summary").click();
    await page.getByLabel("Part size").fill(String(mib));
  };
  const picture = (page, name) => PICTURES && page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });

  // ---- getting files in ---------------------------------------------------------------------------

  visit("a chosen file moves inside its parts and ends with the right SHA-256", async ({ page, row }) => {
    await picture(page, "idle");
    await slowParts(6 * MIB);
    const file = await diskFile("holiday.mov", 64 * MIB + 12345);
    const seen = await watchRows(page);
    await partSize(page, 8); // what the sockets swallow at once is a few MiB: parts have to be larger
    await choose(page, file);
    const one = row(file);
    await reaches(one, "uploading");
    await page.waitForFunction(() => Number(document.querySelector(".bar").getAttribute("aria-valuenow")) >= 30);
    await picture(page, "uploading");
    await reaches(one, "completed");
    assert.equal(await one.locator(".digest").textContent(), file.sha256);
    assert.equal(await one.locator(".percent").textContent(), "100%");
    assert.equal(await one.locator(".parts").textContent(), "9 of 9 parts stored");

    const fractions = (await seen()).map(({ fraction }) => fraction);
    fractions.reduce((before, now) => (assert.ok(now >= before, `the bar fell from ${before} to ${now}`), now), 0);
    const inside = new Set(fractions.map((fraction) => Math.round(fraction * file.size)).filter((sent) => sent < 64 * MIB && sent % (8 * MIB) !== 0));
    assert.ok(inside.size >= 5, `${inside.size} moments inside a part`);
    assert.ok((await seen()).some(({ speed, left }) => /\/s$/.test(speed) && / left$/.test(left)), "speed and time left were told");

    await one.getByRole("button", { name: /^Compare/ }).press("Enter");
    await one.getByText("Equal, byte for byte.").waitFor();
    assert.equal(await focusedName(page), `Compare with this file: ${file.name}`, "who pressed it stays where they are");
    await picture(page, "stored");
  });

  /** What is dragged over the page from the disk, step by step. */
  const dragging = async (page, ...things) => {
    const devtools = await page.context().newCDPSession(page);
    const box = await page.locator("#zone").boundingBox();
    return (type) => devtools.send("Input.dispatchDragEvent", {
      type, x: box.x + box.width / 2, y: box.y + box.height / 2,
      data: { items: [], files: things.map(({ path }) => path), dragOperationsMask: 1 },
    });
  };

  visit("several files dropped from the disk all arrive", async ({ page, row }) => {
    const files = [await diskFile("a.bin", 3 * MIB), await diskFile("b.bin", 7 * MIB), await diskFile("c.bin", 11)];
    const drag = await dragging(page, ...files);
    await drag("dragEnter");
    await drag("dragOver");
    await page.locator("#zone.over").waitFor();
    await picture(page, "drag-over");
    await drag("drop");
    await page.locator("#zone:not(.over)").waitFor();
    for (const file of files) {
      await reaches(row(file), "completed");
      assert.equal(await row(file).locator(".digest").textContent(), file.sha256);
    }
    assert.equal(await page.locator("#summary").textContent(), "3 stored");
  });

  visit("a folder that is dropped is refused where it is seen, and the files beside it arrive", async ({ page, row }) => {
    const file = await diskFile("beside.bin", 11);
    const drag = await dragging(page, { path: dirname(file.path) }, file);
    for (const step of ["dragEnter", "dragOver", "drop"]) await drag(step);
    await reaches(row(file), "completed");
    assert.equal(await page.locator("#list .row").count(), 1);
    const refusal = page.locator("#zone").getByText("Folders cannot be uploaded. Choose the files inside them.");
    assert.ok(await refusal.isVisible());
    await choose(page, file);
    await refusal.waitFor({ state: "hidden" });
    await page.locator("#summary", { hasText: /^2 stored$/ }).waitFor();
  });

  visit("text dropped on the page is nobody's file", async ({ page }) => {
    const dataTransfer = await page.evaluateHandle(() => {
      const data = new DataTransfer();
      data.setData("text/plain", "hello");
      return data;
    });
    for (const type of ["dragenter", "dragover", "drop"]) await page.dispatchEvent("#zone", type, { dataTransfer });
    assert.equal(await page.locator(".row").count(), 0);
    assert.equal(await page.locator("#zone.over").count(), 0);
  });

  visit("the keyboard is enough", async ({ page, row }) => {
    const file = await diskFile("keys.bin", 20 * MIB);
    await slowParts(2 * MIB);
    const chooser = page.waitForEvent("filechooser"); // asked for early: it takes the browser a moment to be ready
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.id), "choose");
    const ring = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    assert.equal(ring, "solid", "who has the focus is seen");
    await page.keyboard.press("Enter");
    await (await chooser).setFiles(file.path);
    const one = row(file);
    await reaches(one, "uploading");
    await tabTo(page, `Pause: ${file.name}`);
    await page.keyboard.press("Enter");
    await reaches(one, "paused");
    assert.equal(await focusedName(page), `Resume: ${file.name}`, "the focus stays where the button was");
    await page.keyboard.press("Space");
    await reaches(one, "uploading");
    await tabTo(page, `Cancel: ${file.name}`);
    await page.keyboard.press("Enter");
    await reaches(one, "aborted");
    await page.waitForFunction((name) => document.activeElement.getAttribute("aria-label") === name, `Upload again: ${file.name}`);
    await server.mend();
    await page.keyboard.press("Enter");
    await reaches(one, "completed");
  });

  visit("fifty files at once all arrive, and one sentence says that they began", async ({ page }) => {
    await page.evaluate(() => {
      const data = new DataTransfer();
      for (let i = 0; i < 50; i++) data.items.add(new File([new Uint8Array(20_000).fill(i)], `file ${i}.bin`));
      document.getElementById("zone").dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
    });
    assert.equal(await page.locator(".row").count(), 50);
    await page.locator("#summary", { hasText: /^50 stored$/ }).waitFor();
    await picture(page, "fifty");
    const digests = new Set((await server.files()).filter(({ name }) => /^file \d+\.bin$/.test(name)).map(({ sha256 }) => sha256));
    assert.equal(digests.size, 50);
    await page.getByRole("button", { name: "Clear finished" }).click();
    assert.equal(await page.locator(".row").count(), 0);
    assert.ok(await page.locator("#empty").isVisible());
  });

  // ---- controls -----------------------------------------------------------------------------------

  visit("paused twice and resumed twice, it arrives whole", async ({ page, row }) => {
    await slowParts(4 * MIB);
    const file = await diskFile("pauses.bin", 48 * MIB);
    await partSize(page, 5);
    await choose(page, file);
    const one = row(file);
    for (const share of [15, 50]) {
      await page.waitForFunction((share) => Number(document.querySelector(".bar").getAttribute("aria-valuenow")) >= share, share);
      await one.getByRole("button", { name: /^Pause/ }).click();
      await reaches(one, "paused");
      const before = await one.locator(".percent").textContent();
      await picture(page, "paused");
      await page.waitForTimeout(400); // silence can only be told by waiting
      assert.equal(await one.locator(".percent").textContent(), before);
      assert.equal(await one.locator(".speed").textContent(), "");
      await one.getByRole("button", { name: /^Resume/ }).click();
      await reaches(one, "uploading");
    }
    await server.mend();
    await reaches(one, "completed");
    assert.equal(await one.locator(".digest").textContent(), file.sha256);
  });

  const cancelAt = {
    creating: { service: "s3", step: "create", fault: { kind: "delay", ms: 1500 } },
    uploading: { service: "s3", step: "part", fault: { kind: "rate", bytesPerSecond: MIB, latency: 0 } },
    completing: { service: "s3", step: "complete", fault: { kind: "delay", ms: 1500 } },
  };
  for (const [state, fault] of Object.entries(cancelAt)) {
    visit(`cancelled while ${state}, it leaves nothing behind`, async ({ page, row, sessions }) => {
      await server.fault(fault);
      const file = await diskFile(`cancelled-${state}.bin`, 6 * MIB);
      await choose(page, file);
      const one = row(file);
      await reaches(one, state);
      await one.getByRole("button", { name: /^Cancel/ }).click();
      await reaches(one, "aborted");
      assert.deepEqual((await server.files()).filter(({ sha256 }) => sha256 === file.sha256), []);
      const made = (await server.requestsOf("create")).filter(({ status }) => status === 200).length;
      assert.equal((await sessions()).length, made, "who cancels while a session is made waits for its name, to remove it");
      for (const session of await sessions()) assert.equal(await server.listStatus(session), 404);
      await picture(page, `cancelled-${state}`);

      await server.mend();
      await one.getByRole("button", { name: /^Upload again/ }).click();
      await reaches(one, "completed");
      assert.equal(await one.locator(".digest").textContent(), file.sha256);
      assert.equal(await one.getByRole("button", { name: /^Cancel/ }).count(), 0, "what is stored cannot be cancelled");
    });
  }

  visit("a failure says what to do, and retry goes on from the stored parts", async ({ page, row }) => {
    await server.fault({ service: "s3", step: "part", part: 5, fault: { kind: "status", status: 503, headers: { "retry-after": "0" }, body: "<Error><Code>SlowDown</Code><Message>Not today</Message></Error>" } });
    const file = await diskFile("fails.bin", 32 * MIB);
    await partSize(page, 5);
    // One after the other: a part that is cut by another's failure may be stored all the same, and is not sent again.
    await page.getByLabel("Parts in flight").fill("1");
    await choose(page, file);
    const one = row(file);
    await reaches(one, "failed");
    assert.equal(await one.locator(".code").textContent(), "server");
    assert.match(await one.locator(".message").textContent(), /part 5/);
    assert.match(await one.locator(".message").textContent(), /Not today|SlowDown/);
    assert.ok((await one.locator(".advice").textContent()).length > 20);
    assert.match(await page.locator("#announcer").textContent(), /fails\.bin failed/);
    await picture(page, "failed");
    const stored = Number((await one.locator(".parts").textContent()).split(" ")[0]);
    assert.equal(stored, 4);

    await server.reset();
    await one.getByRole("button", { name: /^Retry/ }).click();
    await reaches(one, "completed");
    assert.equal((await server.requestsOf("part")).length, 7 - stored);
    assert.equal(await one.locator(".digest").textContent(), file.sha256);
    assert.ok(await one.locator(".failure").isHidden());
  });

  visit("what would fail again is not to be tried again, but uploaded anew", async ({ page, row }) => {
    await server.fault({ service: "s3", step: "create", times: 1, fault: { kind: "status", status: 400, body: "{}" } });
    const file = await diskFile("refused.bin", MIB);
    await choose(page, file);
    const one = row(file);
    await reaches(one, "failed");
    assert.equal(await one.locator(".code").textContent(), "rejected");
    assert.equal(await one.getByRole("button", { name: /^Retry/ }).count(), 0);
    await one.getByRole("button", { name: /^Upload again/ }).click();
    await reaches(one, "completed");
  });

  visit("a wrong option is told in the row, and mended there", async ({ page, row }) => {
    const file = await diskFile("options.bin", MIB);
    await partSize(page, 0.001);
    await choose(page, file);
    await reaches(row(file), "failed");
    assert.equal(await row(file).locator(".code").textContent(), "options");
    assert.match(await row(file).locator(".message").textContent(), /partSize/);
    await page.getByLabel("Part size").fill("");
    await row(file).getByRole("button", { name: /^Upload again/ }).click();
    await reaches(row(file), "completed");
  });

  visit("who leaves while something runs is asked, and only then", async ({ page, row }) => {
    await slowParts(4 * MIB);
    const file = await diskFile("leaving.bin", 12 * MIB);
    await page.locator("h1").click(); // browsers ask only those who have touched the page
    await choose(page, file);
    await reaches(row(file), "uploading");
    const asked = page.waitForEvent("dialog");
    const leaving = page.reload({ timeout: 1000 }).catch(() => "stayed");
    const dialog = await asked;
    assert.equal(dialog.type(), "beforeunload");
    await dialog.dismiss();
    await leaving;
    await server.mend();
    await reaches(row(file), "completed");
    await page.reload();
    assert.equal(await page.locator(".row").count(), 0);
  });

  // ---- files of every kind ------------------------------------------------------------------------

  visit("no byte, one byte, one part, one part and one byte", async ({ page, row }) => {
    const files = [];
    for (const size of [0, 1, 5 * MIB, 5 * MIB + 1]) files.push(await diskFile(`${size} bytes.bin`, size));
    await partSize(page, 5);
    await choose(page, ...files);
    for (const [i, file] of files.entries()) {
      await reaches(row(file), "completed");
      assert.equal(await row(file).locator(".digest").textContent(), file.sha256);
      assert.equal((await server.files()).find(({ name }) => name === file.name).parts, i < 3 ? 1 : 2);
      assert.equal(await row(file).locator(".parts").textContent(), i < 3 ? "" : "2 of 2 parts stored");
      assert.equal(await row(file).locator(".bar").getAttribute("aria-valuenow"), "100");
      await row(file).getByRole("button", { name: /^Compare/ }).click();
      await row(file).getByText("Equal, byte for byte.").waitFor();
    }
  });

  visit("a name is only ever a name", async ({ page, row }) => {
    const names = [
      "<img src=x onerror=\"window.pwned=1\">.bin",
      "\"double\" 'single' `tick` & 🎬 % ? # ;.mov",
      "שלום עולם.txt",
      "\u202egnp.exe",
      `${"long name ".repeat(20)}.bin`,
    ];
    for (const name of names) {
      const file = await diskFile(name, 100);
      await choose(page, file);
      await page.locator(".row").first().and(page.locator("[data-state=completed]")).waitFor();
      const heading = page.locator(".row").first().locator(".name");
      assert.equal(await heading.textContent(), name);
      assert.equal(await heading.getAttribute("title"), name);
      await page.locator(".row").first().locator(".stored").waitFor();
      assert.equal(await page.locator(".row").first().locator(".digest").textContent(), file.sha256);
      assert.equal((await server.files())[0].name, name);
    }
    assert.equal(await page.locator("#list img").count(), 0);
    assert.equal(await page.evaluate(() => window.pwned), undefined);
    await picture(page, "names");
  });

  // ---- large and many -----------------------------------------------------------------------------

  visit("three files at once share six connections, and none starves", async ({ page, row }) => {
    const files = [];
    for (const name of ["one.bin", "two.bin", "three.bin"]) files.push(await diskFile(name, 200 * MIB));
    await choose(page, ...files);
    for (const file of files) {
      await reaches(row(file), "completed", 60_000);
      assert.equal(await row(file).locator(".digest").textContent(), file.sha256);
    }
    const parts = await server.requestsOf("part");
    assert.ok(mostAtOnce(parts) <= 6, `${mostAtOnce(parts)} parts at once`);
    assert.ok(mostAtOnce(parts) >= 4, "and the connections are used");
    const objects = Object.values(groupBy(parts, ({ path }) => path));
    assert.equal(objects.length, 3);
    const firstDone = Math.min(...objects.map((parts) => Math.max(...parts.map(({ endMs }) => endMs))));
    for (const parts of objects) {
      assert.ok(Math.min(...parts.map(({ endMs }) => endMs)) < firstDone, "each has a part stored before any is through");
    }
  }, { timeout: 90_000 });

  visit("a gibibyte passes without entering the page's memory", async ({ page, row, t }) => {
    const warmUp = await diskFile("warm-up.bin", 8 * MIB);
    await choose(page, warmUp);
    await reaches(row(warmUp), "completed");
    const file = await diskFile("gibibyte.bin", GIB);
    const memory = await rendererMemory(t);
    const before = memory();
    let most = before;
    const sampling = setInterval(() => { most = Math.max(most, memory()); }, 100);
    try {
      await choose(page, file);
      await reaches(row(file), "completed", 60_000);
    } finally {
      clearInterval(sampling);
    }
    assert.equal(await row(file).locator(".digest").textContent(), file.sha256);
    t.diagnostic(`the renderers grew by ${((most - before) / MIB).toFixed(1)} MiB`);
    assert.ok(most - before < 32 * MIB, `the renderers grew by ${((most - before) / MIB).toFixed(1)} MiB`);
  }, { timeout: 90_000 });

  // ---- for everyone -------------------------------------------------------------------------------

  for (const colorScheme of ["light", "dark"]) {
    visit(`the page is made for everyone (${colorScheme})`, async ({ page, row }) => {
      await server.fault({ service: "s3", step: "create", nth: 2, times: 1, fault: { kind: "status", status: 400, body: "{\"error\":\"s3: no\"}" } });
      const good = await diskFile("thesis.pdf", 9 * MIB);
      const bad = await diskFile("scan.tiff", 100);
      await choose(page, good);
      await reaches(row(good), "completed");
      await choose(page, bad);
      await reaches(row(bad), "failed");
      await slowParts(3 * MIB);
      const paused = await diskFile("lecture.mkv", 80 * MIB);
      await choose(page, paused);
      await page.waitForFunction(() => Number(document.querySelector(".bar").getAttribute("aria-valuenow")) >= 20);
      await row(paused).getByRole("button", { name: /^Pause/ }).click();
      await reaches(row(paused), "paused");
      const moving = await diskFile("holiday.mov", 120 * MIB);
      await choose(page, moving);
      await page.waitForFunction(() => Number(document.querySelector(".bar").getAttribute("aria-valuenow")) >= 30);
      await picture(page, `all-states-${colorScheme}`);
      await page.locator(".options summary").click();

      assert.equal(await page.locator("html").getAttribute("lang"), "en");
      assert.equal(await page.getByRole("heading", { level: 1 }).count(), 1);
      assert.equal(await page.getByRole("main").count(), 1);
      assert.equal(await page.getByRole("listitem").count(), 4);
      assert.equal(await page.getByRole("log").getAttribute("aria-live"), "polite");
      assert.equal(await page.locator("[aria-live], output, [role=status], [role=alert]").count(), 1, "nothing else speaks by itself: percentages would");
      for (const label of ["Part size", "Parts in flight", "Transport"]) assert.ok(await page.getByLabel(label).isVisible(), label);
      for (const file of [good, bad, paused, moving]) {
        const bar = page.getByRole("progressbar", { name: `Progress of ${file.name}` });
        assert.equal(await bar.getAttribute("aria-valuemax"), "100");
        assert.match(await bar.getAttribute("aria-valuenow"), /^\d+$/);
        assert.match(await bar.getAttribute("aria-valuetext"), /% ?, ?.* of /);
        for (const button of await row(file).getByRole("button").all()) {
          const name = await button.getAttribute("aria-label");
          assert.ok(name.startsWith(await button.textContent()) && name.endsWith(file.name), name);
        }
      }
      const faint = await page.evaluate(faintTexts);
      assert.deepEqual(faint, []);
    }, { context: { colorScheme } });
  }

  visit("a phone of 320 pixels shows everything, with room for fingers", async ({ page, row }) => {
    const file = await diskFile(`${"very long name ".repeat(10)}.bin`, 100);
    await choose(page, file);
    await reaches(row(file), "completed");
    await row(file).locator(".stored").waitFor();
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "nothing sticks out");
    for (const button of await page.getByRole("button").all()) {
      const box = await button.boundingBox();
      assert.ok(box.height >= 44, `${await button.textContent()}: ${box.height} px`);
    }
    await picture(page, "phone");
  }, { context: { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 } });

  visit("who wants no motion sees none", async ({ page, row }) => {
    const file = await diskFile("still.bin", 100);
    await choose(page, file);
    await reaches(row(file), "completed");
    const moving = await page.evaluate(() => [...document.querySelectorAll("*")].filter((element) => getComputedStyle(element).transitionDuration !== "0s").length);
    assert.equal(moving, 0);
  }, { context: { reducedMotion: "reduce" } });

  visit("the page's own SHA-256 is SHA-256, however the bytes come", async ({ page }) => {
    const wrong = await page.evaluate(async () => {
      const { Sha256 } = await import("/sha256.js");
      const wrong = [];
      for (let size = 0; size < 300; size++) {
        const bytes = crypto.getRandomValues(new Uint8Array(size));
        const cut = Math.floor(Math.random() * (size + 1));
        const mine = new Sha256().update(bytes.subarray(0, cut)).update(bytes.subarray(cut)).hex();
        const theirs = Array.from(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)), (byte) => byte.toString(16).padStart(2, "0")).join("");
        if (mine !== theirs) wrong.push([size, cut]);
      }
      return wrong;
    });
    assert.deepEqual(wrong, []);
  });
});

describe("page, many parts", () => {
  it("six hundred real parts", { timeout: 90_000 }, async (t) => {
    // 3 GiB of nothing, into nothing: what is tried is the count. That bytes arrive is tried above.
    const server = await Server.start("--sink");
    const page = await openPage(server, t);
    const file = await sparseFile("many.bin", 600 * 5 * MIB - 1);
    await page.locator(".options summary").click();
    await page.getByLabel("Part size").fill("5");
    await page.setInputFiles("#picker", file.path);
    const one = rowOf(page, file);
    await reaches(one, "completed", 60_000);
    assert.equal(await one.locator(".parts").textContent(), "600 of 600 parts stored");
    const parts = storing(await server.requestsOf("part"));
    assert.deepEqual(parts.map(({ part }) => part), Array.from({ length: 600 }, (_, i) => i + 1));
    assert.equal(parts.reduce((sum, { requestBytes }) => sum + requestBytes, 0), file.size);
    assert.deepEqual(page.complaints, []);
  });
});

// ---- instruments ------------------------------------------------------------------------------------

/** The row of a file. */
function rowOf(page, { name }) {
  return page.locator(".row").filter({ has: page.locator(`.name[title=${JSON.stringify(name)}]`) });
}

/** Waits for a state, and for what the page shows with it. An end that is another one is told at once. */
async function reaches(row, state, timeout = 20_000) {
  const page = row.page();
  const wanted = row.and(page.locator(`[data-state=${state}]`));
  const ended = row.and(page.locator("[data-state=completed], [data-state=failed], [data-state=aborted]"));
  await wanted.or(ended).waitFor({ timeout }).catch(() => {});
  if (await row.getAttribute("data-state") !== state) {
    throw new Error(`the row did not reach "${state}"; it says: ${(await row.innerText()).replace(/\s+/g, " ")}`);
  }
  if (state === "completed") await row.locator(".stored").waitFor();
}

/** From now on, everything that rows show; the answer is a function that tells it. */
async function watchRows(page) {
  await page.evaluate(() => {
    window.seen = [];
    new MutationObserver(() => {
      for (const row of document.querySelectorAll(".row")) {
        const text = (name) => row.querySelector(`.${name}`).textContent;
        window.seen.push({ state: row.dataset.state, fraction: Number(row.querySelector(".bar").style.getPropertyValue("--fraction")), speed: text("speed"), left: text("left") });
      }
    }).observe(document.getElementById("list"), { subtree: true, childList: true, attributes: true, characterData: true });
  });
  return () => page.evaluate(() => window.seen);
}

/** The sessions that the page was given; the answer is a function that tells them. */
function listenForSessions(page) {
  const answers = [];
  page.on("response", (response) => {
    const { pathname } = new URL(response.url());
    if (response.request().method() === "POST" && /\/s3\/multipart\/?$/.test(pathname) && response.ok()) answers.push(response.json());
  });
  return () => Promise.all(answers);
}

async function focusedName(page) {
  return page.evaluate(() => document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent);
}

/** Presses Tab until the thing of that name has the focus. */
async function tabTo(page, name) {
  for (let i = 0; i < 20; i++) {
    if (await focusedName(page) === name) return;
    await page.keyboard.press("Tab");
  }
  assert.fail(`"${name}" cannot be reached with Tab`);
}

/** How many of these requests were under way in the fullest moment. */
function mostAtOnce(requests) {
  const changes = requests.flatMap(({ startMs, endMs }) => [[startMs, 1], [endMs, -1]]);
  changes.sort(([a, plus], [b, minus]) => a - b || plus - minus);
  let now = 0;
  return changes.reduce((most, [, change]) => Math.max(most, now += change), 0);
}

function groupBy(things, key) {
  const groups = {};
  for (const thing of things) (groups[key(thing)] ??= []).push(thing);
  return groups;
}

/** What all renderers of the browser hold of their own: anonymous and shared memory, in bytes. Linux only. */
async function rendererMemory(t) {
  const devtools = await (await browser()).newBrowserCDPSession();
  t.after(() => devtools.detach());
  const { processInfo } = await devtools.send("SystemInfo.getProcessInfo");
  const renderers = processInfo.filter(({ type }) => type === "renderer").map(({ id }) => id);
  assert.ok(renderers.length > 0);
  return () => renderers.reduce((sum, pid) => {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
    const field = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(rollup)?.[1] ?? 0) * KIB;
    return sum + field("Pss_Anon") + field("Pss_Shmem");
  }, 0);
}

/** Texts whose contrast is below 4.5. Runs in the page. */
function faintTexts() {
  const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = color;
    context.fillRect(0, 0, 1, 1);
    return context.getImageData(0, 0, 1, 1).data;
  };
  const luminance = (color) => {
    const [r, g, b] = Array.from(rgba(color)).slice(0, 3).map((byte) => byte / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (rgba(color)[3] === 255) return color;
    }
    return "white";
  };
  return [...document.querySelectorAll("body *")]
    .filter((element) => [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim()))
    .filter((element) => element.checkVisibility() && !element.closest(".unseen, noscript, template, option"))
    .map((element) => {
      const [a, b] = [getComputedStyle(element).color, behind(element)].map(luminance);
      return { text: element.textContent.trim().slice(0, 40), ratio: (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) };
    })
    .filter(({ ratio }) => ratio < 4.5);
}
