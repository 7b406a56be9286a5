// Who drives an upload: one tab at a time, and within a page one `Upload`.

import { within } from "./patience.js";

/**
 * A tab that died lets its locks go a moment later, when the browser has noticed; one that lives keeps them. A busy machine
 * takes its time, and an upload that is wanted waits longer for it than a list of those that are left.
 */
const GRACE = 1_000;
const LONG_GRACE = 2_500;

/** Uploads that this page drives. */
export const driven = new Set();

const lockOf = (id) => `upslice ${id}`;

/** How to give a lock back, once it is ours; nothing if it is another's, and a formality where locks do not work. */
const asked = (id, options) =>
  new Promise((resolve) => {
    const hold = (lock) => (lock ? new Promise((release) => resolve(release)) : resolve(undefined));
    navigator.locks
      .request(lockOf(id), options, hold)
      .catch(() => resolve(options.signal?.aborted ? undefined : () => {}));
  });

/** The right to drive an upload, and how to give it back; nothing if another tab has it. Without locks everybody has it. */
export async function lock(id) {
  if (driven.has(id)) return undefined;
  driven.add(id);
  const free = () => driven.delete(id);
  if (!navigator.locks) return free;
  const first = asked(id, { ifAvailable: true });
  // Locks that do not answer are not waited for; one that is granted later must be given back, too.
  let held = await within(first).catch(() => () => first.then((release) => release?.()));
  if (!held) {
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), LONG_GRACE);
    held = await within(asked(id, { signal: patience.signal })).catch(() => undefined);
    clearTimeout(timer);
  }
  if (!held) {
    free();
    return undefined;
  }
  return () => {
    free();
    held();
  };
}

/** Those of the uploads that other tabs drive, as far as that can be known. A tab that has just died is given its moment. */
export async function elsewhere(ids) {
  const until = Date.now() + GRACE;
  for (;;) {
    const { held = [] } = (await within(navigator.locks?.query()).catch(() => {})) ?? {};
    const names = new Set(held.map(({ name }) => name));
    const busy = ids.filter((id) => names.has(lockOf(id)));
    if (busy.length === 0 || Date.now() > until) return new Set(busy);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
