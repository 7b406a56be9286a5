// The workers that encode and digest parts, shared by the uploads of a page. They come with the first part that wants them,
// and are gone a few seconds after the last. Whatever they do not do, the page does: no upload ever depends on them.

import { servesS3Alone } from "./modules.js";

/** Workers at most. They read from one disk, through one process of the browser: more of them wait for it. */
const MOST = 4;
/** Parts that a worker has in hand at once: while one is being read, another is encoded. */
const IN_HAND = 2;
/** Between two looks at them; also how long a part waits for the first of them to be ready. */
const BEAT = 1_000;
/** Beats without a sign of life, and a worker is given up. Not time: a page that slept has missed the beats as well. */
const SILENT = 10;
/** Beats with nothing to do, and they are let go. */
const IDLE = 5;

const MISSING =
  "the script was not found there, a Content-Security-Policy forbids it (worker-src must allow its origin), or it is served " +
  "without the page's Cross-Origin-Embedder-Policy. " +
  "Pass the URL of a copy of upslice's worker.js with its glue, or a function that returns a Worker";

const pools = new Set();

let lastId = 0;

/**
 * One upload's share in the pool of all whose workers run the same module and are made in the same way. `onOff` is told why,
 * should there be none.
 */
export class Share {
  #source;
  #module;
  #onOff;

  constructor(source, module, onOff) {
    this.#source = source;
    this.#module = module;
    this.#onOff = onOff;
  }

  /** What a worker makes of bytes; nothing if none does. Never fails. */
  async take(kind, bytes, signal) {
    if (!this.#onOff) return undefined;
    const source = this.#source?.href ?? this.#source;
    let pool = [...pools].find((pool) => pool.isFor(source, this.#module));
    if (!pool) pools.add((pool = new Pool(source, this.#module)));
    return pool.take(this, kind, bytes, signal);
  }

  /** No more of it, and why. */
  giveUp(why) {
    const onOff = this.#onOff;
    this.#onOff = undefined;
    onOff?.(`parts are encoded and digested on the page, not in workers: ${why}`);
  }

  /** The upload is over. */
  end() {
    this.#onOff = undefined;
    for (const pool of pools) pool.leave(this);
  }
}

function makerOf(source) {
  if (typeof source === "function") return source;
  if (source === true) return () => new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  return () => new Worker(source, { type: "module" });
}

class Pool {
  #source;
  #make;
  #module;
  #workers = new Set();
  #waiting = new Set();
  #shares = new Set();
  #over = new AbortController();
  #timer = setInterval(() => this.#beat(), BEAT);
  #idle = 0;
  /** Whether parts have waited for the first worker long enough. */
  #late = false;

  constructor(source, module) {
    this.#source = source;
    this.#make = makerOf(source);
    this.#module = module;
  }

  isFor(source, module) {
    return source === this.#source && module === this.#module;
  }

  take(share, kind, bytes, signal) {
    this.#shares.add(share);
    this.#idle = 0;
    if (this.#late || signal.aborted) return undefined;
    return new Promise((resolve) => {
      const task = { id: (lastId += 1), kind, bytes };
      const stop = () => this.#drop(task);
      task.settle = (made) => {
        signal.removeEventListener("abort", stop);
        resolve(made);
      };
      signal.addEventListener("abort", stop);
      this.#waiting.add(task);
      // Not from within the module: making a worker may be a function of the app.
      queueMicrotask(() => this.#turn());
    });
  }

  leave(share) {
    this.#shares.delete(share);
  }

  /** Nobody waits for it any more: what comes of it is nobody's. */
  #drop(task) {
    task.settle();
    if (this.#waiting.delete(task)) return;
    // Not from within the module, which is what drops it: the worker, and who makes the next one, may be the app's.
    queueMicrotask(() => {
      for (const { worker, tasks } of this.#workers) {
        if (tasks.delete(task.id)) this.#say(worker, "stop", { id: task.id });
      }
      this.#turn();
    });
  }

  /** Hires, while there are parts for more workers, and hands out what waits. */
  #turn() {
    const cores = (navigator.hardwareConcurrency ?? 2) - 1;
    while (this.#workers.size < Math.min(MOST, Math.max(1, cores), this.#inHand())) {
      try {
        this.#hire();
      } catch (error) {
        // A function of the app is not looked for anywhere.
        const hint = typeof this.#source === "function" ? "" : `: ${MISSING}`;
        return this.#break(`its worker cannot be made: ${said(error)}${hint}`);
      }
    }
    for (const task of this.#waiting) {
      const ready = [...this.#workers].filter((member) => member.ready && member.tasks.size < IN_HAND);
      if (ready.length === 0) return;
      const member = ready.reduce((one, other) => (other.tasks.size < one.tasks.size ? other : one));
      if (member.tasks.size === 0) member.silent = 0;
      this.#waiting.delete(task);
      member.tasks.set(task.id, task);
      const { id, kind, bytes } = task;
      this.#say(member.worker, "take", { id, kind, bytes });
    }
  }

  /** What the app's function gave may do anything. */
  #say(worker, upslice, more) {
    try {
      worker.postMessage({ upslice, ...more });
    } catch (error) {
      this.#break(`a worker has failed: ${said(error)}`);
    }
  }

  #inHand() {
    return [...this.#workers].reduce((sum, { tasks }) => sum + tasks.size, this.#waiting.size);
  }

  /** Has a worker made, which may be a function of the app. */
  #hire() {
    const worker = this.#make();
    if (typeof worker?.postMessage !== "function") throw new Error("your `worker` function did not return a Worker");
    const member = { worker, ready: false, silent: 0, tasks: new Map() };
    this.#workers.add(member);
    const options = { signal: this.#over.signal };
    const fails = (event) => {
      event.preventDefault();
      this.#break(member.ready ? `a worker has failed: ${said(event)}` : `its worker does not start: ${event.message ? said(event) : MISSING}`);
    };
    worker.addEventListener("message", ({ data }) => this.#hear(member, data), options);
    worker.addEventListener("error", fails, options);
    worker.addEventListener("messageerror", fails, options);
    worker.postMessage({ upslice: "begin", module: this.#module, isS3: servesS3Alone(this.#module) });
  }

  /** A script that is not ours may say anything. */
  #hear(member, data) {
    if (!data?.upslice) return;
    member.silent = 0;
    switch (data.upslice) {
      case "ready":
        member.ready = true;
        this.#late = false;
        return this.#turn();
      case "made": {
        const task = member.tasks.get(data.id);
        member.tasks.delete(data.id);
        task?.settle(data.made);
        return this.#turn();
      }
      case "failed":
        return this.#break(`a worker has failed: ${said(data.why)}`);
    }
  }

  #beat() {
    for (const member of this.#workers) {
      if (member.ready && member.tasks.size === 0) continue;
      member.silent += 1;
      if (member.silent > SILENT) {
        return this.#break(member.ready ? "a worker has stopped answering" : `its worker does not answer: ${MISSING}`);
      }
      if (member.ready) this.#say(member.worker, "ping");
    }
    const all = [...this.#workers];
    if (!all.some(({ ready }) => ready)) {
      this.#late = true;
      for (const task of this.#waiting) task.settle();
      this.#waiting.clear();
    }
    const isIdle = this.#inHand() === 0 && all.every(({ ready }) => ready);
    this.#idle = isIdle ? this.#idle + 1 : 0;
    if (this.#idle >= IDLE) this.#end();
  }

  /** One that fails is the end of them all: what they had is done on the page, and a later upload may try again. */
  #break(why) {
    if (this.#over.signal.aborted) return;
    const shares = [...this.#shares];
    this.#end();
    for (const share of shares) share.giveUp(why);
  }

  #end() {
    this.#over.abort();
    clearInterval(this.#timer);
    pools.delete(this);
    const tasks = [...this.#waiting, ...[...this.#workers].flatMap(({ tasks }) => [...tasks.values()])];
    for (const { worker } of this.#workers) {
      try {
        worker.terminate();
      } catch {
        // It is let go, whatever it does.
      }
    }
    this.#workers.clear();
    this.#waiting.clear();
    for (const task of tasks) task.settle();
  }
}

/**
 * What was said, without the queries of addresses in it: a signature may be one. Anything may be thrown. (What `error.js` has
 * for this is the page's; sharing it would be one more file for the page to load, in many bundles.)
 */
function said(thrown) {
  try {
    return String(thrown?.message ?? thrown ?? "it did not say why").replace(/[?#][^\s'"`]*/g, "");
  } catch {
    return "it did not say why";
  }
}
