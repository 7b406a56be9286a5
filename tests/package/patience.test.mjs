// How long an upload waits for what it can do without, on a page that may sleep: in the back/forward cache, frozen in a tab
// behind others, under a closed lid. A timer of node:test that is ticked far goes off once, as one does after a sleep.
import assert from "node:assert/strict";
import test from "node:test";
import { setImmediate as turn } from "node:timers/promises";

const { within } = await import(`${process.env.UPSLICE_PKG}/patience.js`);

/** A wait of three seconds for what answers when `answer` is called; `told` is what has become of it. */
function waiting(t) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const one = { told: undefined };
  const answered = new Promise((resolve) => (one.answer = resolve));
  within(answered, 3_000).then((it) => (one.told = it), ({ message }) => (one.told = message));
  one.pass = async (milliseconds) => {
    t.mock.timers.tick(milliseconds);
    await turn();
  };
  return one;
}

test("what never answers is not waited for longer than was said", async (t) => {
  const one = waiting(t);
  for (let passed = 500; passed < 3_000; passed += 500) {
    await one.pass(500);
    assert.equal(one.told, undefined, `${passed} ms`);
  }
  await one.pass(500);
  assert.equal(one.told, "the browser's storage does not answer");
});

test("a page that has slept hears the answer that comes when it wakes", async (t) => {
  const one = waiting(t);
  await one.pass(3_600_000);
  assert.equal(one.told, undefined, "nothing could answer while the page slept");
  await one.pass(500);
  one.answer("here");
  await turn();
  assert.equal(one.told, "here");
});
