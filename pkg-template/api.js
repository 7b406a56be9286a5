// The functions that users call. None decides anything: the machine inside the wasm module does.

import { UploadError, attempt, describe, unloaded } from "./error.js";
import { Upload, journal } from "./upload.js";

/** How an upload that is taken up is written down from now on: in the scope it was found in. */
const takenUp = (options, scope) => ({ ...(typeof options?.resumable === "object" && options.resumable), scope });

/**
 * The functions that need the wasm module: `init`, `upload`, `interrupted`, `incomplete` and `status`.
 * `sources` gives the bytes of the module that serves S3 alone, `s3`, and of the whole, `all`; none where the app calls `init`.
 */
export function createApi(sources) {
  let instances;

  /** An instance of a module. A failed import is forgotten, so that the next one may succeed. */
  async function loaded(begin) {
    try {
      // One promise for all, which tells them in their order: `init` first, where it was called first. (`once` would do
      // the same, but what the page shares with files that come later is one more file in many bundles.)
      instances ??= import("./instance.js").catch((error) => {
        instances = undefined;
        throw error;
      });
      return await begin(await instances);
    } catch (cause) {
      throw unloaded(cause);
    }
  }

  /** The one that serves a kind of destination. */
  const instanceFor = (kind) => loaded(({ instance }) => instance(kind, sources));

  /** What the module answers to a question that belongs to no upload. */
  async function ask(question, to, ...all) {
    const instance = await instanceFor(attempt(() => to.kind));
    try {
      return await instance.awaited(instance.api[question](to, ...all));
    } catch (fields) {
      throw new UploadError(describe(fields));
    }
  }

  /** The pages of what a service says, one after the other, and of each what was on none before it. */
  async function* pages(to, uploadId) {
    const known = new Set();
    for (let page = 1, more = true; more; page += 1) {
      const { items, more: names, ...told } = await ask("enquire", to, uploadId, page);
      const fresh = new Set(names?.filter((name) => !known.has(name)));
      // Whoever names nobody else, in whatever order, does not know what a page is.
      more = fresh.size > 0;
      fresh.forEach((name) => known.add(name));
      yield { ...told, items: names ? items.filter((item) => fresh.has(item.uploadId ?? item.number)) : items };
    }
  }

  /** Forgets what an earlier visit left, and has the service remove it where it can. */
  async function discard(entry, to) {
    const { lock, locked, remove } = await journal();
    const release = await lock(entry.id);
    if (!release) throw new UploadError(describe(locked()));
    try {
      if (to) {
        const rest = await ask("discard", to, entry);
        if (rest) console.warn(`upslice: of ${JSON.stringify(entry.name)}, ${rest}`);
      }
      await remove(entry.id);
    } finally {
      release();
    }
  }

  return {
    init: async (given) => {
      const kind = given ? given.kind : "s3";
      // An upload can do without the journal, and says so itself.
      const ahead = journal().then(({ prepare }) => prepare()).catch(() => {});
      await (kind ? instanceFor(kind) : loaded(({ load }) => load(given)));
      await ahead;
    },
    upload: (file, options) => new Upload(file, options, instanceFor),
    interrupted: async (scope = "") => {
      const { left, sentOf } = await journal();
      return (await left(scope).catch(() => [])).map((entry) => {
        const { id, kind, name, size, type, lastModified, startedAt, handle } = entry;
        const about = { id, kind, name, size, type, lastModified, startedAt, handle, sent: sentOf(entry) };
        return Object.freeze({
          ...about,
          resume: (file, options) => new Upload(file, { ...options, resumable: takenUp(options, scope) }, instanceFor, { entry }),
          discard: ({ to } = {}) => discard(entry, to),
        });
      });
    },
    incomplete: async function* (to) {
      for await (const { items } of pages(to)) yield* items;
    },
    status: async (to, uploadId) => {
      if (typeof uploadId !== "string" || uploadId === "") {
        throw new UploadError({ code: "options", message: "uploadId: text is expected" });
      }
      let told;
      for await (const { state, items, response } of pages(to, uploadId)) {
        told ??= { state, stored: [], response };
        told.stored.push(...items);
      }
      return told;
    },
  };
}
