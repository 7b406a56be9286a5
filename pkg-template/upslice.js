// The classes that users hold. They exist before the wasm module is loaded, and decide nothing: the machine inside
// the module does, and tells an `Upload` what happens.

/** Why an upload ended without success. `code` is for programs, `message` for people. */
export class UploadError extends Error {
  constructor({ code, message, cause, status, part, attempts, retryable = false }) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.retryable = retryable;
    if (status !== undefined) this.status = status;
    if (part !== undefined) this.part = part;
    if (attempts !== undefined) this.attempts = attempts;
  }
}
Object.defineProperty(UploadError.prototype, "name", { value: "UploadError", configurable: true, writable: true });

/** S3 and every store that speaks it, through URLs that your backend signs. */
export const s3 = (options) => Object.freeze({ kind: "s3", options });

/** Veza OAA `:parts`: base64 in JSON. */
export const veza = (options) => Object.freeze({ kind: "veza", options });

/** subworkflow.ai upload sessions: form data. */
export const subworkflow = (options) => Object.freeze({ kind: "subworkflow", options });

/** Gjirafa VP multipart uploads. */
export const gjirafa = (options) => Object.freeze({ kind: "gjirafa", options });

/**
 * The two functions that need the wasm module: `init` and `upload`.
 * `defaultSource` gives what `init` is called with when the app does not call it.
 */
export function createApi(defaultSource) {
  let loading;

  async function load(source) {
    if (source === undefined && !defaultSource) {
      throw new Error("upslice/slim has no module inside: call init(source) before the first upload");
    }
    const glue = await import("./glue.js");
    await glue.default({ module_or_path: source ?? (await defaultSource()) });
    return glue;
  }

  /** The module, loaded once. A failed attempt is forgotten, so that the next one may succeed. */
  function module(source) {
    loading ??= load(source).catch((cause) => {
      loading = undefined;
      const message = `the wasm module could not be loaded: ${cause?.message ?? cause}. A content security policy must allow script-src 'wasm-unsafe-eval'`;
      throw new UploadError({ code: "load", message, cause, retryable: true });
    });
    return loading;
  }

  return {
    init: async (source) => void (await module(source)),
    upload: (file, options) => new Upload(file, options, module),
  };
}

/** An upload under way: a promise of its result with controls. Made by `upload`. */
class Upload extends EventTarget {
  #options;
  #module;
  #machine;
  /** What the machine's listener reaches this by: see `listener`. */
  #hold = { upload: this, weak: new WeakRef(this) };
  #state = "queued";
  #progress;
  /** What was asked for before there was a machine to ask. */
  #paused = false;
  #watched;
  #startedAt = performance.now();
  /** Whether anybody would hear of a failure. */
  #heard = false;
  #ending = deferred();
  #over = deferred();
  #done;
  #reason;

  constructor(file, options, module, machineOf = (glue, ...all) => new glue.Machine(...all)) {
    super();
    this.id = globalThis.crypto?.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
    this.file = file;
    this.#options = options;
    this.#module = module;
    // A getter that throws is told by whoever reads the options in earnest.
    this.#watched = typeof attempt(() => options?.onProgress) === "function";
    const total = attempt(() => file?.size) ?? 0;
    this.#progress = { sent: 0, total, fraction: 0, bytesPerSecond: 0, partsStored: 0, partsTotal: 0 };
    this.#ending.promise.catch(() => {});
    this.#begin(machineOf);
  }

  get state() {
    return this.#state;
  }

  get progress() {
    if (!ENDED.has(this.#state)) this.#progress = this.#machine?.progress() ?? this.#progress;
    return this.#progress;
  }

  get done() {
    this.#heard = true;
    return (this.#done ??= this.#ending.promise.then((result) => result));
  }

  then(fulfilled, rejected) {
    this.#heard = true;
    return this.#ending.promise.then(fulfilled, rejected);
  }

  catch(rejected) {
    return this.then(undefined, rejected);
  }

  finally(ended) {
    this.#heard = true;
    return this.#ending.promise.finally(ended);
  }

  pause() {
    this.#paused = true;
    this.#machine?.pause();
    if (!this.#machine && this.#state === "queued") this.#move("paused");
  }

  resume() {
    this.#paused = false;
    this.#machine?.resume();
    if (!this.#machine && this.#state === "paused") this.#move("queued");
  }

  abort(reason) {
    this.#reason ??= reason;
    this.#hold.upload = this;
    if (this.#machine) this.#machine.abort();
    else if (!ENDED.has(this.#state)) {
      this.#fail({ code: "aborted", message: "the upload was aborted" }, "aborted");
      this.#over.resolve();
    }
    return this.#over.promise;
  }

  retry() {
    if (this.#state !== "failed") {
      const message = `retry: only an upload that has failed can be tried again; this one is ${this.#state}`;
      return new Upload(this.file, this.#options, () => Promise.reject(new UploadError({ code: "options", message })));
    }
    const earlier = this.#machine;
    // The next upload owns what is stored from now on: this one has nothing left to remove.
    this.#machine = undefined;
    this.#over.resolve();
    if (!earlier) return new Upload(this.file, this.#options, this.#module);
    return new Upload(this.file, this.#options, this.#module, (_, ...all) => {
      const machine = earlier.again(...all);
      earlier.free();
      return machine;
    });
  }

  addEventListener(type, listener, options) {
    if (type === "error") this.#heard = true;
    if (type === "progress") this.#watch();
    super.addEventListener(type, listener, options);
  }

  #watch() {
    this.#watched = true;
    this.#machine?.watch();
  }

  async #begin(machineOf) {
    let signal;
    const abort = () => this.abort(signal.reason);
    // Whoever listens from this turn on hears everything, a wrong option included.
    await null;
    try {
      try {
        signal = this.#options?.signal;
      } catch (cause) {
        throw { code: "options", message: `signal: reading it threw: ${cause?.message ?? cause}`, cause };
      }
      const isSignal = typeof signal?.addEventListener === "function";
      if (signal !== undefined && !isSignal) throw { code: "options", message: "signal: an AbortSignal is expected" };
      if (isSignal) {
        if (signal.aborted) return void abort();
        signal.addEventListener("abort", abort, { once: true });
        this.#ending.promise.catch(() => {}).finally(() => signal.removeEventListener("abort", abort));
      }
      const glue = await this.#module();
      if (ENDED.has(this.#state)) return;
      this.#machine = machineOf(glue, this.file, this.#options, Upload.#listener(this.#hold));
      if (this.#watched) this.#machine.watch();
      if (this.#paused) this.#machine.pause();
      this.#machine.begin();
    } catch (error) {
      if (!ENDED.has(this.#state)) this.#fail(error);
      this.#over.resolve();
    }
  }

  /**
   * The module holds this listener for as long as it holds the machine, which a failed upload keeps for `retry` and
   * `abort`: by then it must not hold the upload, or one that nobody else holds would stay for ever.
   */
  static #listener(hold) {
    return (kind, detail) => (hold.upload ?? hold.weak.deref())?.#tell(kind, detail);
  }

  #tell(kind, detail) {
    switch (kind) {
      case "state":
        // The two endings are told with what they come with.
        return ENDED.has(detail.state) || this.#move(detail.state);
      case "progress":
        this.#progress = detail;
        try {
          this.#options.onProgress?.(detail);
        } catch (error) {
          report(error);
        }
        return this.#dispatch("progress", detail);
      case "retry":
        return this.#dispatch("retry", { ...detail, error: new UploadError(detail.error) });
      case "success": {
        const result = { ...detail, elapsed: performance.now() - this.#startedAt };
        this.#move("completed");
        this.#ending.resolve(result);
        return this.#dispatch("success", result);
      }
      case "failure":
        return this.#fail(detail, detail.code === "aborted" ? "aborted" : "failed");
      case "over":
        if (detail) console.warn(`upslice: after the abort of ${this.#name()}, ${detail}`);
        // Not at once: this is told from inside a call of the machine, which cannot be freed meanwhile.
        queueMicrotask(() => {
          this.#machine?.free();
          this.#machine = undefined;
        });
        return this.#over.resolve();
      default:
        return this.#dispatch(kind, detail);
    }
  }

  #fail(fields, state = "failed") {
    const reason = state === "aborted" ? { cause: this.#reason } : {};
    const error = fields instanceof UploadError ? fields : new UploadError({ ...describe(fields), ...reason });
    if (state === "failed") this.#hold.upload = undefined;
    this.#move(state);
    this.#ending.reject(error);
    this.#dispatch("error", error);
    // An abort was asked for; anything else that nobody listens to must not pass in silence. Whoever awaits the
    // upload does so in this turn at the latest.
    if (state === "failed") setTimeout(() => this.#heard || console.error(error));
  }

  #name() {
    return JSON.stringify(this.#options?.name ?? this.file?.name ?? "blob");
  }

  #move(state) {
    const previous = this.#state;
    if (state === previous) return;
    this.#state = state;
    this.#dispatch("statechange", { state, previous });
  }

  #dispatch(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

const ENDED = new Set(["completed", "failed", "aborted"]);

/** The fields of a failure: ours as they are, anything else as a bug of ours. */
const describe = (thrown) =>
  typeof thrown?.code === "string"
    ? { ...thrown, message: thrown.message, code: thrown.code }
    : { code: "internal", message: `a bug in upslice: ${thrown?.message ?? thrown}`, cause: thrown };

function attempt(read) {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function deferred() {
  let resolve, reject;
  const promise = new Promise((...both) => ([resolve, reject] = both));
  return { promise, resolve, reject };
}

/** As an error in a listener is reported, without standing in the way of the upload. */
const report = (error) => (globalThis.reportError ?? console.error)(error);
