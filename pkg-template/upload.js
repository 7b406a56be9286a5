// The class that users hold. It exists before the wasm module is loaded, and decides nothing: the machine inside the
// module does, and tells an `Upload` what happens.

import { UploadError, attempt, describe, given, messageOf, unloaded } from "./error.js";

/** What survives a reload. It comes with the first upload, as the module does: a page that uploads nothing does not pay for it. */
export const journal = () =>
  import("./journal.js").catch((cause) => {
    throw unloaded(cause);
  });

const ENDED = new Set(["completed", "failed", "aborted"]);

/** An upload under way: a promise of its result with controls. Made by `upload`. */
export class Upload extends EventTarget {
  #options;
  /** Gives the instance of the module that serves a kind of destination. */
  #instanceFor;
  #instance;
  #machine;
  /** Ends being told should the module break. */
  #stopGuarding;
  /** What the machine's listener reaches this by: see `listener`. */
  #hold = { upload: this, weak: new WeakRef(this) };
  #state = "queued";
  #progress;
  /** Whether a pause was asked for last. It counts until the machine has begun, which tells its state itself. */
  #paused;
  #wantsProgress;
  #startedAt = performance.now();
  /** Whether anybody would hear of a failure. */
  #isHandled;
  #result = deferred();
  #cleanup = deferred();
  #promise;
  #reason;
  #removal;
  /** What writes it to disk; and, until it begins, what it goes on from: a journal's entry, or what the upload before has left. */
  #writer;
  #earlier;
  /** Its share in the workers of the page. */
  #share;

  constructor(file, options, instanceFor, earlier = {}) {
    super();
    this.id = globalThis.crypto?.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
    this.file = file;
    this.#options = options;
    this.#instanceFor = instanceFor;
    this.#earlier = earlier;
    // A getter that throws is told by whoever reads the options in earnest.
    this.#wantsProgress = typeof attempt(() => options?.onProgress) === "function";
    const total = attempt(() => file?.size) ?? 0;
    this.#progress = { sent: 0, total, fraction: 0, bytesPerSecond: 0, partsStored: 0, partsTotal: 0 };
    this.#result.promise.catch(() => {});
    if (attempt(() => options.resumable) !== false) journal().then(({ prepare }) => prepare()).catch(() => {});
    this.#begin();
  }

  get state() {
    return this.#state;
  }

  get progress() {
    const told = ENDED.has(this.#state) ? undefined : this.#usable?.progress();
    // Being asked may be what breaks the module.
    if (told && this.#usable) this.#progress = told;
    return this.#progress;
  }

  get done() {
    this.#isHandled = true;
    return (this.#promise ??= this.#result.promise.then((result) => result));
  }

  then(fulfilled, rejected) {
    this.#isHandled = true;
    return this.#result.promise.then(fulfilled, rejected);
  }

  catch(rejected) {
    return this.then(undefined, rejected);
  }

  finally(ended) {
    this.#isHandled = true;
    return this.#result.promise.finally(ended);
  }

  pause() {
    this.#paused = true;
    if (!this.#earlier) this.#machine?.pause();
    else if (this.#state === "queued") this.#move("paused");
  }

  resume() {
    this.#paused = false;
    if (!this.#earlier) this.#machine?.resume();
    else if (this.#state === "paused") this.#move("queued");
  }

  abort(reason) {
    this.#reason ??= reason;
    this.#hold.upload = this;
    const machine = this.#usable;
    if (machine) {
      this.#guard();
      if (this.#state === "failed") this.#removal ??= this.#remove();
      else machine.abort();
    } else {
      if (!ENDED.has(this.#state)) this.#fail({ code: "aborted", message: "the upload was aborted" }, "aborted");
      // While its own machine is made out of the other one, by options that call this, there is nothing to give back.
      if (this.#earlier?.failed && !this.#stopGuarding) this.#giveBack();
      else this.#cleanup.resolve();
    }
    return this.#cleanup.promise;
  }

  /** What it would have gone on from is removed by the upload that has left it. */
  #giveBack() {
    const { failed, machine } = this.#earlier;
    this.#earlier = {};
    failed.#machine = machine;
    [this.#cleanup, failed.#cleanup] = [deferred(), deferred()];
    this.#cleanup.resolve(failed.abort());
  }

  /** Removes what a failed upload has stored, unless another one of the same file, here or in another tab, goes on from it. */
  async #remove() {
    try {
      const writer = await this.#writer?.again();
      // It may have been tried again meanwhile, or its module may have broken.
      if (!this.#machine) return writer?.end();
      if (writer) {
        this.#writer = writer;
        this.#machine.keep(writer);
      }
      this.#machine.abort();
    } catch {
      this.#free();
      this.#cleanup.resolve();
    }
  }

  retry() {
    if (this.#state !== "failed") {
      const message = `retry: only an upload that has failed can be tried again; this one is ${this.#state}`;
      return new Upload(this.file, this.#options, () => Promise.reject(new UploadError({ code: "options", message })));
    }
    // What is being removed is nothing to go on from.
    if (this.#removal) return new Upload(this.file, this.#options, this.#instanceFor);
    const machine = this.#usable;
    const earlier = machine ? { machine, failed: this } : this.#earlier;
    // The next upload owns what is stored from now on: this one has nothing left to remove.
    this.#machine = undefined;
    if (earlier?.failed) this.#earlier = {};
    this.#cleanup.resolve();
    return new Upload(this.file, this.#options, this.#instanceFor, earlier);
  }

  addEventListener(type, listener, options) {
    if (type === "error") this.#isHandled = true;
    if (type === "progress") this.#sendProgress();
    super.addEventListener(type, listener, options);
  }

  #sendProgress() {
    this.#wantsProgress = true;
    this.#machine?.watch();
  }

  /** The machine, unless its instance of the module is broken. */
  get #usable() {
    return this.#instance?.broken ? undefined : this.#machine;
  }

  /** Has the upload end should the module break, for as long as there is something to end. */
  #guard() {
    this.#stopGuarding ??= this.#instance.watch((fields) => this.#break(fields));
  }

  #unguard() {
    this.#stopGuarding?.();
    this.#stopGuarding = undefined;
  }

  #break(fields) {
    this.#machine = undefined;
    // What is written down is kept: it may be all that another upload can go on from.
    this.#writer?.end();
    if (!ENDED.has(this.#state)) this.#fail(fields);
    else if (this.#state === "aborted") console.warn(`upslice: after the abort of ${this.#name()}, parts may be left: ${fields.message}`);
    this.#unguard();
    this.#cleanup.resolve();
  }

  async #begin() {
    let signal;
    const abort = () => this.abort(signal.reason);
    // Whoever listens from this turn on hears everything, a wrong option included.
    await null;
    try {
      signal = given("signal", () => this.#options?.signal);
      const isSignal = given("signal", () => typeof signal?.addEventListener === "function");
      if (signal !== undefined && !isSignal) {
        throw new UploadError({ code: "options", message: "signal: an AbortSignal is expected" });
      }
      if (isSignal) {
        if (signal.aborted) {
          abort();
          return;
        }
        signal.addEventListener("abort", abort, { once: true });
        this.#result.promise.catch(() => {}).finally(() => signal.removeEventListener("abort", abort));
      }
      if (given("file", () => typeof this.file?.getFile === "function")) this.file = await fileOf(this.file);
      const pool = attempt(() => this.#options.worker) ? import("./pool.js") : undefined;
      pool?.catch(() => {});
      // What is wrong with a destination is told by the module that reads it.
      const kind = attempt(() => this.#options.to.kind);
      do {
        this.#instance = await this.#instanceFor(kind);
      } while (this.#instance.broken);
      if (ENDED.has(this.#state)) return;
      this.#guard();
      const writer = this.#createMachine();
      // Reading the options runs code of the app, which may have ended it; should the module be broken, that is told.
      if (this.#instance.broken) return;
      if (ENDED.has(this.#state)) {
        this.#free();
        return;
      }
      if (pool) this.#useWorkers(pool);
      this.#writer = await this.#journal(writer);
      // An abort has removed what it would have gone on from.
      if (ENDED.has(this.#state)) {
        this.#writer?.end(this.#state === "aborted");
        return;
      }
      if (this.#writer) this.#machine.keep(this.#writer);
      if (this.#wantsProgress) this.#machine.watch();
      this.#earlier = undefined;
      if (this.#paused) this.#machine.pause();
      this.#machine.begin();
    } catch (error) {
      if (this.#instance?.broken) return;
      if (!ENDED.has(this.#state)) this.#fail(error);
      // It has not begun, and never will.
      this.#free();
      this.#cleanup.resolve();
    }
  }

  /** Makes the machine, out of that of the upload before if there is one; the writer of that one goes with it. */
  #createMachine() {
    const { machine, failed } = this.#earlier;
    const all = [this.file, this.#options, Upload.#listener(this.#hold)];
    if (failed?.#instance !== this.#instance) {
      this.#machine = new this.#instance.api.Machine(...all);
      return undefined;
    }
    this.#machine = machine.again(...all);
    machine.free();
    this.#earlier = {};
    return failed.#writer;
  }

  #free() {
    this.#unguard();
    this.#machine?.free();
    this.#machine = undefined;
  }

  /** Has workers encode and digest its parts, from when the pool is here; until then the page does. */
  async #useWorkers(pool) {
    const onOff = (message) => this.#dispatch("notice", { code: "worker-off", message });
    try {
      const { Share } = await pool;
      this.#share = new Share(this.#options.worker, this.#instance.module, onOff);
      if (ENDED.has(this.#state)) this.#share.end();
      this.#machine?.employ(this.#share);
    } catch (error) {
      onOff(messageOf(error));
    }
  }

  /** What writes this upload down from now on, if anything does. */
  async #journal(writer) {
    const { entry } = this.#earlier;
    const notice = (error) => {
      const message = `this upload will not survive a reload: ${messageOf(error)}`;
      this.#dispatch("notice", { code: "journal-off", message });
    };
    const { resumable = true, handle, to } = this.#options;
    if (!writer && !resumable) return undefined;
    let kept;
    try {
      kept = await journal();
    } catch (error) {
      notice(error);
      return undefined;
    }
    const { identifying, open } = kept;
    const awaited = (promise) => this.#instance.awaited(promise);
    if (writer) return writer.again(identifying(this.#machine, awaited), notice);
    return open({ machine: this.#machine, awaited, id: this.id, file: this.file, resumable, handle, kind: to.kind, entry, notice });
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
        this.#result.resolve(result);
        return this.#dispatch("success", result);
      }
      case "failure":
        this.#writer?.end();
        return this.#fail(detail, detail.code === "aborted" ? "aborted" : "failed");
      case "over":
        this.#writer?.end();
        if (detail) console.warn(`upslice: after the end of ${this.#name()}, ${detail}`);
        this.#unguard();
        // Not at once: this is told from inside a call of the machine, which cannot be freed meanwhile.
        queueMicrotask(() => this.#free());
        return this.#cleanup.resolve();
      default:
        return this.#dispatch(kind, detail);
    }
  }

  #fail(fields, state = "failed") {
    const reason = state === "aborted" ? { cause: this.#reason } : {};
    const error = fields instanceof UploadError ? fields : new UploadError({ ...describe(fields), ...reason });
    if (state === "failed") {
      this.#hold.upload = undefined;
      this.#unguard();
    }
    this.#move(state);
    this.#result.reject(error);
    this.#dispatch("error", error);
    // An abort was asked for; anything else that nobody listens to must not pass in silence. Whoever awaits the
    // upload does so in this turn at the latest.
    if (state === "failed") {
      setTimeout(() => {
        if (!this.#isHandled) console.error(error);
      });
    }
  }

  #name() {
    return JSON.stringify(attempt(() => this.#options?.name ?? this.file?.name) ?? "blob");
  }

  #move(state) {
    const previous = this.#state;
    if (state === previous) return;
    this.#state = state;
    if (ENDED.has(state)) this.#share?.end();
    this.#dispatch("statechange", { state, previous });
  }

  #dispatch(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** The file behind a handle, if the person still lets us have it. */
async function fileOf(handle) {
  try {
    return await handle.getFile();
  } catch (cause) {
    throw new UploadError({ code: "file-changed", message: `the handle gives no file: ${messageOf(cause)}`, cause });
  }
}

function deferred() {
  let resolve, reject;
  const promise = new Promise((...both) => ([resolve, reject] = both));
  return { promise, resolve, reject };
}

/** As an error in a listener is reported, without standing in the way of the upload. */
const report = (error) => (globalThis.reportError ?? console.error)(error);
