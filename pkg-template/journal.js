// What survives a reload: sessions, receipts and what tells a file from others, in IndexedDB; never a key, a token, a
// signed URL or a URL's query, since what may be written is the module's word. Nothing here throws into an upload: where
// nothing can be written it goes on without, and says so once.

import { changesOf, known, prepare, remove, write } from "./database.js";
import { driven, elsewhere, lock } from "./locks.js";
import { within } from "./patience.js";

/** Uploads are forgotten after a week, as stores commonly do with unfinished ones. */
const WEEK = 7 * 86_400_000;

/** Receipts wait so long for others: what a crash may cost where the service cannot list its parts. */
const PAUSE = 250;

/** A file on a sleeping disk or a distant drive may take so long to be looked at. */
const SLOW = 60_000;

/** An error, with the fields of the one that the upload makes of it: importing `UploadError` would cost the page another file. */
const failure = (message, fields) => Object.assign(new Error(message), fields);

/** What an upload ends with that is running in another tab. */
export const locked = () =>
  failure("this upload is running in another tab: wait until it ends, or cancel it there", { code: "locked", retryable: true });

/** Whether this place has a database. A browser that forbids it may throw when asked; whoever opens it is told so, too. */
const hasDatabase = () => {
  try {
    return Boolean(globalThis.indexedDB);
  } catch {
    return true;
  }
};

/** What is still being written of those that it has ceased to drive. */
const ending = new Set();

/** Files are looked at one after the other: the browser reads many at once, and what they are asked for is answered later. */
let looking = Promise.resolve();

/** Writes one upload down, in batches. */
class Writer {
  #header;
  #identity;
  #release;
  #notice;
  #opened = false;
  #pending = [];
  #number;
  #timer;
  #queue = Promise.resolve();
  #ended = false;
  #hide = () => {
    if (document.visibilityState === "hidden") this.#flush();
  };

  constructor({ header, identity, release, notice, number = 0, opened = false }) {
    this.#header = header;
    this.#identity = identity;
    this.#release = release;
    this.#notice = notice;
    this.#number = number;
    this.#opened = opened;
    globalThis.document?.addEventListener("visibilitychange", this.#hide);
  }

  get id() {
    return this.#header.id;
  }

  opened(session, partSize, seat) {
    this.#pending = [];
    this.#opened = true;
    // Asked for at once, while there is a machine to ask.
    const identified = this.#header.identity ?? this.#identity();
    this.#do(async () => {
      const identity = (this.#header.identity ??= await identified);
      // A file that cannot be read now has no name by which it would be known again.
      if (!identity || !this.#opened) return;
      Object.assign(this.#header, { session, partSize, seat, closing: false });
      await write((uploads, changes) => {
        changes.delete(changesOf(this.id));
        uploads.put(this.#header);
      });
    });
  }

  stored(index, receipt) {
    this.#pending.push([index, receipt]);
    this.#timer ??= setTimeout(() => this.#flush(), PAUSE);
  }

  /** Completing has begun, or was refused: kept with the receipts that it is made of. */
  closing(begun) {
    this.#flush();
    this.#do(async () => {
      const isKnown = Boolean(begun) === Boolean(this.#header.closing);
      if (!this.#opened || !this.#header.session || isKnown) return;
      this.#header.closing = begun;
      await write((uploads) => uploads.put(this.#header));
    });
  }

  /** When all of it is on its way to the disk; a disk that does not answer is not waited for. */
  written() {
    this.#flush();
    return within(this.#queue).catch(() => {});
  }

  /** Forgets it. `why` nothing can be written of it, where that is somebody's doing, is said. */
  closed(why) {
    this.#pending = [];
    this.#opened = false;
    this.#do(() => remove(this.id));
    if (why) this.#do(() => Promise.reject(why));
  }

  /** The same, for the next try after a failure. */
  async again(identity, notice) {
    // The last try may still be writing.
    await this.#queue;
    const release = await lock(this.id);
    if (!release) throw locked();
    return new Writer({ header: this.#header, identity, release, notice, number: this.#number, opened: this.#opened });
  }

  /** Nothing more will be written: another page may drive it. To `forget` it, what was written is removed before. */
  end(forget) {
    if (this.#ended) return;
    this.#ended = true;
    if (forget) this.closed();
    this.#flush();
    globalThis.document?.removeEventListener("visibilitychange", this.#hide);
    const ended = this.#queue.then(this.#release).finally(() => {
      // Whoever was told holds the upload, and this outlives it.
      this.#notice = undefined;
      ending.delete(ended);
    });
    this.#queue = ended;
    ending.add(ended);
  }

  #flush() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const receipts = this.#pending.splice(0);
    if (receipts.length > 0) this.#do(() => this.#append(receipts));
  }

  async #append(receipts) {
    if (!this.#opened || !this.#header.session) return;
    const number = this.#number++;
    await write((_, changes) => changes.put({ id: this.id, number, receipts }));
  }

  /** One after the other; what cannot be written is said once. */
  #do(act) {
    this.#queue = this.#queue.then(act).catch((error) => {
      this.#notice?.(error);
      this.#notice = undefined;
    });
  }
}

/**
 * What tells a file from others, once somebody asks. Files are looked at in `turn`, the next one by default, and each is
 * looked at once. `awaited` ends the wait for what a broken module has promised.
 */
export function identifying(machine, awaited) {
  let identity;
  return (turn = looking) => {
    if (!identity) {
      const looked = awaited(machine.identity(turn));
      identity = Promise.all([looked, turn.then(() => within(looked, SLOW))]).then(([found]) => found, () => undefined);
      // One that is slow to be read holds the others up for seconds, no longer.
      looking = Promise.all([looking, within(identity)]).then(() => {}, () => {});
    }
    return identity;
  };
}

/**
 * Takes up what an earlier visit left of this upload, or prepares to write it down. `entry` is the one that was asked
 * for; without, the newest of the same file to the same place that no tab drives.
 */
export async function open({ machine, awaited, id, file, resumable, handle, kind, entry, notice }) {
  const place = hasDatabase() ? machine.place() : undefined;
  if (place === undefined) return undefined;
  const { scope = "", maxAge = WEEK } = resumable === true ? {} : resumable;
  const key = [place, scope, file.lastModified ?? ""].join("\n");
  // Nobody else knows this id: its lock need not wait for what is known, nor the upload for it.
  const own = lock(id);
  let used = false;
  try {
    let entries;
    try {
      // An upload that ends may be begun again at once.
      await within(Promise.all(ending));
      entries = (await within(known(key))).filter((one) => (entry ? one.id === entry.id : !driven.has(one.id)));
    } catch (error) {
      notice(error);
      return undefined;
    }
    const identity = identifying(machine, awaited);
    const taken = await takeUp(entries, key, identity, { machine, awaited, notice });
    if (taken) return taken;
    if (entry) {
      const message = "this is not the file of the interrupted upload, or the destination differs: name, type, size, date, content and destination must match";
      throw failure(message, { code: "file-changed" });
    }
    const now = Date.now();
    const { name = "blob", size, type, lastModified } = file;
    const header = { id, key, scope, kind, name, size, type, lastModified, startedAt: now, expiresAt: now + maxAge };
    if (handle) header.handle = handle;
    used = true;
    // Nobody else knows of it before it is written down, and only that waits for the lock.
    const identified = () => Promise.all([identity(), own]).then(([found]) => found);
    return new Writer({ header, identity: identified, release: () => own.then((release) => release?.()), notice });
  } finally {
    if (!used) own.then((release) => release?.());
  }
}

/** The first of `entries` that is of this file, that no other tab drives and that the machine can go on from. */
async function takeUp(entries, key, identity, { machine, awaited, notice }) {
  let isLocked = false;
  for (const one of entries) {
    // What is compared with is needed at once.
    if (one.identity !== (await identity(Promise.resolve()))) continue;
    const release = await lock(one.id);
    isLocked ||= !release;
    if (!release) continue;
    let taken = false;
    try {
      // Until the lock was ours, it may have gone on elsewhere, or ended there.
      const current = (await within(known(key)).catch(() => [one])).find(({ id }) => id === one.id);
      const recalled = current && (await awaited(machine.recall(current)));
      taken = recalled !== undefined && machine.restore(recalled);
      if (taken) {
        const { receipts, ...header } = current;
        // Numbers go on where those that are written end; there are no more batches than receipts.
        return new Writer({ header, identity, release, notice, number: receipts.length, opened: true });
      }
    } finally {
      if (!taken) release();
    }
  }
  if (isLocked) throw locked();
  return undefined;
}

/** What earlier visits left, the newest first, that no tab drives. */
export async function left(scope) {
  if (!hasDatabase()) return [];
  const entries = (await within(known())).filter((entry) => entry.scope === scope && !driven.has(entry.id));
  const busy = await elsewhere(entries.map(({ id }) => id));
  return entries.filter(({ id }) => !busy.has(id));
}

/** Bytes of a journal's entry that are stored. */
export const sentOf = ({ size, partSize, receipts }) =>
  [...new Set(receipts.map(([index]) => index))].reduce(
    (sum, index) => sum + Math.max(0, Math.min(partSize, size - index * partSize)),
    0,
  );

export { lock, prepare, remove };
