// The functions that users call. None decides anything: the machine inside the wasm module does.

import { UploadError, describe } from "./error.js";
import { Upload, journal } from "./upload.js";

/** How an upload that is taken up is written down from now on: in the scope it was found in. */
const takenUp = (options, scope) => ({ ...(typeof options?.resumable === "object" && options.resumable), scope });

/**
 * The functions that need the wasm module: `init`, `upload`, `interrupted`, `incomplete` and `status`.
 * `defaultSource` gives what `init` is called with when the app does not call it.
 */
export function createApi(defaultSource) {
  const ours = () => {
    if (defaultSource) return defaultSource();
    throw new Error("upslice/slim has no module inside: call init(source) before the first upload");
  };

  /** The module's instance. It is loaded once; a failed attempt is forgotten, so that the next one may succeed. */
  async function module(source) {
    try {
      const { instance } = await import("./instance.js");
      return await instance(() => source ?? ours());
    } catch (cause) {
      const message = `the wasm module could not be loaded: ${cause?.message ?? cause}. A content security policy must allow script-src 'wasm-unsafe-eval'`;
      throw new UploadError({ code: "load", message, cause, retryable: true });
    }
  }

  /** What the module answers to a question that belongs to no upload. */
  async function ask(question, ...all) {
    const instance = await module();
    try {
      return await instance.awaited(instance.api[question](...all));
    } catch (fields) {
      throw new UploadError(describe(fields));
    }
  }

  /** The pages of what a service says, one after the other. */
  async function* pages(to, uploadId) {
    for (let page = 1, known; known?.more ?? true; page += 1) {
      known = await ask("enquire", to, uploadId, page);
      yield known;
    }
  }

  /** Forgets what an earlier visit left, and has the service remove it where it can. */
  async function discard(entry, to) {
    const { lock, remove } = await journal();
    const release = await lock(entry.id);
    if (!release) throw new UploadError({ code: "locked", retryable: true, message: "another tab drives this upload" });
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
    init: async (source) => void (await module(source)),
    upload: (file, options) => new Upload(file, options, module),
    interrupted: async (scope = "") => {
      const { left, sentOf } = await journal();
      return (await left(scope).catch(() => [])).map((entry) => {
        const { id, kind, name, size, type, lastModified, startedAt, handle } = entry;
        return Object.freeze({
          ...{ id, kind, name, size, type, lastModified, startedAt, handle, sent: sentOf(entry) },
          resume: (file, options) => new Upload(file, { ...options, resumable: takenUp(options, scope) }, module, { entry }),
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
