// What survives a reload: sessions, receipts and what tells a file from others, in IndexedDB; never a key, a token, a
// signed URL or a URL's query, since what may be written is the module's word. Nothing here throws into an upload: where
// nothing can be written it goes on without, and says so once.

const DATABASE = "upslice";
const VERSION = 1;

/** Uploads are forgotten after a week, as stores commonly do with unfinished ones. */
export const WEEK = 7 * 86_400_000;

/** Receipts wait so long for others: what a crash may cost where the service cannot list its parts. */
const PAUSE = 250;

/** The database may never answer: another tab of an older version, a broken profile. */
const PATIENCE = 3_000;

/** A file on a sleeping disk or a distant drive may take so long to be looked at. */
const SLOW = 60_000;

/**
 * A tab that died lets its locks go a moment later, when the browser has noticed; one that lives keeps them. A busy machine
 * takes its time, and an upload that is wanted waits longer for it than a list of those that are left.
 */
const GRACE = 1_000;
const LONG_GRACE = 2_500;

const LOCKED = { code: "locked", retryable: true, message: "another tab drives this upload: wait for its end, or end it there" };

/** Uploads that this page drives. */
const driven = new Set();

/** What is still being written of those that it has ceased to drive. */
const ending = new Set();

/** What is promised, or a failure when that takes too long: no upload waits for what it can do without. */
const within = (promise, limit = PATIENCE) => {
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error("it does not answer")), limit)));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
};

let opening;

/** The database, opened once. */
function database() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, VERSION);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("another tab blocks it"));
    request.onupgradeneeded = () => {
      request.result.createObjectStore("uploads", { keyPath: "id" }).createIndex("key", "key");
      request.result.createObjectStore("changes", { keyPath: ["id", "number"] });
    };
    request.onsuccess = () => {
      const closed = () => (opening = undefined);
      request.result.onversionchange = () => (closed(), request.result.close());
      request.result.onclose = closed;
      resolve(request.result);
    };
  });
  return within(opening).catch((error) => {
    opening = undefined;
    throw error;
  });
}

/**
 * Opens the database ahead of its first use: that takes a fresh profile as long as loading the module does, and both can
 * be waited for at once.
 */
export const prepare = () => void database().catch(() => {});

const answer = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** One transaction over both stores; resolves when it is on its way to the disk. */
async function write(act) {
  const transaction = (await database()).transaction(["uploads", "changes"], "readwrite", { durability: "relaxed" });
  act(transaction.objectStore("uploads"), transaction.objectStore("changes"));
  const written = new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
  await within(written);
}

const changesOf = (id) => IDBKeyRange.bound([id, 0], [id, Infinity]);

const remove = (id) => write((uploads, changes) => (uploads.delete(id), changes.delete(changesOf(id))));

const isSize = (size) => Number.isSafeInteger(size) && size >= 0;

/** What is on a disk may be anything; what makes no sense is nothing. */
const makesSense = ({ scope, kind, name, size, partSize, startedAt, expiresAt }) =>
  [scope, kind, name].every((text) => typeof text === "string") && [size, partSize, startedAt].every(isSize) && expiresAt > Date.now();

const isReceipt = (receipt) => Array.isArray(receipt) && isSize(receipt[0]);

/** Those that are known, by key or all of them, with their receipts: the newest first, those that are too old aside. */
async function known(key) {
  const transaction = (await database()).transaction(["uploads", "changes"]);
  const uploads = transaction.objectStore("uploads");
  const headers = await answer(key === undefined ? uploads.getAll() : uploads.index("key").getAll(key));
  const fresh = headers.filter(makesSense);
  for (const header of headers.filter((header) => !fresh.includes(header))) remove(header.id).catch(() => {});
  const changes = await Promise.all(fresh.map(({ id }) => answer(transaction.objectStore("changes").getAll(changesOf(id)))));
  const receiptsOf = (at) => changes[at].flatMap(({ receipts }) => (Array.isArray(receipts) ? receipts.filter(isReceipt) : []));
  const entries = fresh.map((header, at) => ({ ...header, receipts: receiptsOf(at) }));
  return entries.sort((a, b) => b.startedAt - a.startedAt);
}

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
async function lock(id) {
  if (driven.has(id)) return undefined;
  driven.add(id);
  const free = () => driven.delete(id);
  if (!navigator.locks) return free;
  let held = await within(asked(id, { ifAvailable: true })).catch(() => () => {});
  if (!held) {
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), LONG_GRACE);
    held = await within(asked(id, { signal: patience.signal })).catch(() => undefined);
    clearTimeout(timer);
  }
  if (!held) return void free();
  return () => (free(), held());
}

/** Those of the uploads that other tabs drive, as far as that can be known. A tab that has just died is given its moment. */
async function elsewhere(ids) {
  const until = Date.now() + GRACE;
  for (;;) {
    const { held = [] } = (await within(navigator.locks?.query()).catch(() => {})) ?? {};
    const names = new Set(held.map(({ name }) => name));
    const busy = ids.filter((id) => names.has(lockOf(id)));
    if (busy.length === 0 || Date.now() > until) return new Set(busy);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

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
  #hide = () => document.visibilityState === "hidden" && this.#flush();

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
    this.#do(async () => {
      const identity = (this.#header.identity ??= await this.#identity);
      // A file that cannot be read now has no name by which it would be known again.
      if (!identity || !this.#opened) return;
      Object.assign(this.#header, { session, partSize, seat, closing: false });
      await write((uploads, changes) => (changes.delete(changesOf(this.id)), uploads.put(this.#header)));
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
      if (!this.#opened || !this.#header.session || !begun === !this.#header.closing) return;
      this.#header.closing = begun;
      await write((uploads) => uploads.put(this.#header));
    });
  }

  /** When all of it is on its way to the disk; a disk that does not answer is not waited for. */
  written() {
    this.#flush();
    return within(this.#queue).catch(() => {});
  }

  closed() {
    this.#pending = [];
    this.#opened = false;
    this.#do(() => remove(this.id));
  }

  /** The same, for the next try after a failure. */
  async again(notice) {
    // The last try may still be writing.
    await this.#queue;
    const release = await lock(this.id);
    if (!release) throw LOCKED;
    const identity = Promise.resolve(this.#header.identity);
    return new Writer({ header: this.#header, identity, release, notice, number: this.#number, opened: this.#opened });
  }

  /** Nothing more will be written: another page may drive it. */
  end() {
    if (this.#ended) return;
    this.#ended = true;
    this.#flush();
    globalThis.document?.removeEventListener("visibilitychange", this.#hide);
    // Whoever was told holds the upload, and this outlives it.
    const ended = this.#queue.then(this.#release).finally(() => (this.#notice = undefined, ending.delete(ended)));
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
 * Takes up what an earlier visit left of this upload, or prepares to write it down. `entry` is the one that was asked
 * for; without, the newest of the same file to the same place that no tab drives. `awaited` ends the wait for what a broken
 * module has promised.
 */
export async function journal({ machine, awaited, id, file, resumable = true, handle, kind, entry, notice }) {
  const place = resumable && globalThis.indexedDB ? machine.place() : undefined;
  if (place === undefined) return undefined;
  const { scope = "", maxAge = WEEK } = resumable === true ? {} : resumable;
  const key = [place, scope, file.lastModified ?? ""].join("\n");
  let entries;
  try {
    // An upload that ends may be begun again at once.
    await within(Promise.all(ending));
    entries = (await within(known(key))).filter((one) => (entry ? one.id === entry.id : !driven.has(one.id)));
  } catch (error) {
    notice(error);
    return undefined;
  }
  const identity = within(awaited(machine.identity()), SLOW).catch(() => undefined);
  let locked = false;
  for (const one of entries) {
    if (one.identity !== (await identity)) continue;
    const release = await lock(one.id);
    locked ||= !release;
    if (!release) continue;
    let taken = false;
    try {
      // Until the lock was ours, it may have gone on elsewhere, or ended there.
      const current = (await within(known(key)).catch(() => [one])).find(({ id }) => id === one.id);
      const recalled = current && (await awaited(machine.recall(current)));
      taken = recalled !== undefined && machine.restore(recalled);
      if (taken) {
        const { receipts, ...header } = current;
        // Numbers go on where those that are written end; there are fewer batches than receipts.
        return new Writer({ header, identity, release, notice, number: receipts.length, opened: true });
      }
    } finally {
      if (!taken) release();
    }
  }
  if (locked) throw LOCKED;
  if (entry) throw { code: "file-changed", message: "this is not the file that was being uploaded, or it goes elsewhere: name, type, size, date, content and destination must agree" };
  const release = await lock(id);
  const now = Date.now();
  const { name = "blob", size, type, lastModified } = file;
  const header = { id, key, scope, kind, name, size, type, lastModified, startedAt: now, expiresAt: now + maxAge };
  if (handle) header.handle = handle;
  return new Writer({ header, identity, release, notice });
}

/** What earlier visits left, the newest first, that no tab drives. */
export async function left(scope) {
  if (!globalThis.indexedDB) return [];
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

export { lock, remove };
