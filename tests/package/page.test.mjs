// No bundler at all: a page, a script of type module, and the package's files as they are.
import assert from "node:assert/strict";
import test from "node:test";
import { appWith, outcomeOf, sent, serve, stored } from "./app.mjs";

const page = async (main) => serve(await appWith({ "index.html": "bare.html", "main.js": main, "send.js": "send.js" }));

for (const [entry, main] of [["upslice", "upload.js"], ["upslice/slim", "slim-page.js"]]) {
  test(`a bare page with ${entry} uploads`, async () => {
    const name = `bare-${main}.bin`;
    assert.deepEqual(await outcomeOf(await page(main), name), { size: sent.size, parts: 1, last: sent.size });
    assert.deepEqual(await stored(name), sent);
  });
}

test("upslice/slim without init ends with an error that says what to call", async () => {
  const { name, code, message } = await outcomeOf(await page("slim-forgotten.js"), "never.bin");
  assert.deepEqual({ name, code }, { name: "UploadError", code: "load" });
  assert.match(message, /init\(/);
});
