// What is on the disk: uploads, and the receipts of their parts, in IndexedDB.

import { once } from "./once.js";
import { within } from "./patience.js";

const DATABASE = "upslice";
const VERSION = 1;

const opened = () =>
  new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, VERSION);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("another tab blocks the database"));
    request.onupgradeneeded = () => {
      request.result.createObjectStore("uploads", { keyPath: "id" }).createIndex("key", "key");
      request.result.createObjectStore("changes", { keyPath: ["id", "number"] });
    };
    request.onsuccess = () => {
      request.result.onversionchange = () => {
        database.forget();
        request.result.close();
      };
      request.result.onclose = database.forget;
      resolve(request.result);
    };
  });

const database = once(() => within(opened()));

const answer = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/**
 * Opens the database ahead of its first use, and looks into it: each takes a fresh profile about as long as loading the
 * module does, and all of it can be waited for at once.
 */
export const prepare = () => void known("").catch(() => {});

/** One transaction over both stores; resolves when it is on its way to the disk. */
export async function write(act) {
  const transaction = (await database()).transaction(["uploads", "changes"], "readwrite", { durability: "relaxed" });
  act(transaction.objectStore("uploads"), transaction.objectStore("changes"));
  const written = new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    // Why it failed is known when it is aborted; a request that fails has it aborted right after.
    transaction.onabort = () => reject(transaction.error);
  });
  await within(written);
}

export const changesOf = (id) => IDBKeyRange.bound([id, 0], [id, Infinity]);

export const remove = (id) =>
  write((uploads, changes) => {
    uploads.delete(id);
    changes.delete(changesOf(id));
  });

const isSize = (size) => Number.isSafeInteger(size) && size >= 0;

/** What is on a disk may be anything; what makes no sense is nothing. */
const makesSense = ({ scope, kind, name, size, partSize, startedAt, expiresAt }) =>
  [scope, kind, name].every((text) => typeof text === "string") && [size, partSize, startedAt].every(isSize) && expiresAt > Date.now();

const isReceipt = (receipt) => Array.isArray(receipt) && isSize(receipt[0]);

/** Those that are known, by key or all of them, with their receipts: the newest first, those that are too old aside. */
export async function known(key) {
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
