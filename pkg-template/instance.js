// One instance of the wasm module, and what becomes of it should it break: a panic, a trap, a stack or a memory that is
// full. Nothing in a broken instance can be relied on, so that it is never entered again; what it had going is called off
// from here, everybody who waits for it is told, and whoever asks next gets a fresh instance of the same module.

import { compile, glueOf, servesS3Alone } from "./modules.js";
import { once } from "./once.js";

const REPORT =
  "Start the upload again: it runs on a new instance of the module and resumes from the stored parts where the service allows it. " +
  "Please report this, with the cause";

/** One of the two modules, compiled once, and the instance of it that is at work. Both take what gives its source. */
function kept(which) {
  const module = once(async (source) => compile(await source()));
  const instance = once(async (source) => {
    const [glue, compiled] = await Promise.all([glueOf(which), module(source)]);
    const made = new Instance(compiled, instance.forget);
    await made.begin(glue);
    return made;
  });
  return { module, instance };
}

const modules = { s3: kept("s3"), all: kept("all") };

/** What `init` was given. An address is asked for once. */
const given = new Map();

/**
 * The instance that serves a kind of destination; `sources` gives what each module is made of, and is asked once. All
 * uploads to S3 are in one instance, since the uploads of an instance share their connections: the one that is there.
 */
export async function instance(kind, sources) {
  await Promise.all(given.values());
  const loaded = (which) => modules[which].module.begun;
  const available = (which) => loaded(which) ?? sources[which];
  // S3: the module that is there already, else the small one. Others: the whole one; the small one only to say what it lacks.
  const which = kind === "s3" ? (["s3", "all"].find(loaded) ?? ["s3", "all"].find(available)) : ["all", "s3"].find(available);
  if (!which) throw new Error("upslice/slim has no module inside: call init(source) before the first upload");
  return modules[which].instance(sources[which]);
}

/** An instance of what `init` was given, which says itself what it serves. */
export function load(source) {
  const key = source instanceof URL ? source.href : source;
  if (!given.has(key)) {
    const loading = compile(source).then((module) => modules[servesS3Alone(module) ? "s3" : "all"].instance(async () => module));
    given.set(key, loading);
    const forget = () => given.delete(key);
    const finish = () => {
      if (typeof key !== "string") forget();
    };
    loading.then(finish, forget);
  }
  return given.get(key);
}

/** Where it was, as the module says of a panic. Its memory may be anything by then, a secret too: only a place is shown. */
const placeOf = (cause) => {
  const said = cause instanceof WebAssembly.RuntimeError ? cause.message : /^[\w./-]+\.rs:\d+$/.exec(cause?.message)?.[0];
  return said === undefined ? "" : ` (${said})`;
};

/** `api` is what the module exports; `broken` is the fields of an error, once it has come to that. */
class Instance {
  api;
  broken;
  #module;
  #forget;
  #held;
  #waiting = new Set();
  #ended = false;

  constructor(module, forget) {
    this.#module = module;
    this.#forget = forget;
  }

  /** The module, compiled. */
  get module() {
    return this.#module;
  }

  async begin(glue) {
    // Each instance has glue of its own, so that what a broken one has left with the browser cannot reach into the next.
    const api = glue({
      instantiate: async (module, imports) => this.#gated(await WebAssembly.instantiate(module, this.#seen(imports))),
    });
    await api(this.#module);
    if (this.broken) throw this.broken.cause;
    this.api = api;
    this.#held = api.held();
  }

  /** Has `tell` told the error should the instance break, until what is returned is called. */
  watch(tell) {
    this.#waiting.add(tell);
    return () => this.#waiting.delete(tell);
  }

  /** What the module promised, which a broken one never settles. */
  awaited(promise) {
    if (this.broken) return Promise.reject(this.broken);
    return new Promise((resolve, reject) => {
      const over = this.watch(reject);
      promise.then(resolve, reject).then(over);
    });
  }

  /** The instance, with a gate at each of its doors. */
  #gated(instance) {
    const doors = Object.entries(instance.exports);
    const exports = Object.fromEntries(doors.map(([name, door]) => [name, typeof door === "function" ? this.#gate(door) : door]));
    return { exports };
  }

  /**
   * Whatever is thrown through the module has left it in the middle of something. Callers need not know: they are told by
   * their uploads, and `[]` is what glue reads no error in.
   */
  #gate(door) {
    return (...all) => {
      if (this.broken) return [];
      try {
        return door(...all);
      } catch (error) {
        // What was freed is refused before anything is touched.
        if (all[0] === 0 && !this.broken) throw error;
        // Calls nothing: the stack may be full.
        this.broken ??= { code: "internal", message: "a bug in upslice", cause: error, retryable: true };
        this.#break();
        return [];
      }
    };
  }

  /** The imports: what broke while one of them ran (the app's code may call anything) must not be gone back to. */
  #seen(imports) {
    const seen = (call) => (...all) => {
      const given = call(...all);
      if (this.broken) throw this.broken;
      return given;
    };
    const gates = ([name, calls]) => [name, Object.fromEntries(Object.entries(calls).map(([name, call]) => [name, seen(call)]))];
    return Object.fromEntries(Object.entries(imports).map(gates));
  }

  #break() {
    if (this.#ended) return;
    this.#ended = true;
    // One that breaks at its start has not been handed out.
    if (this.api) this.#forget();
    this.api = undefined;
    // The app may be in the middle of something.
    queueMicrotask(() => this.#end());
  }

  #end() {
    this.broken.message += ` has stopped its module${placeOf(this.broken.cause)}. ${REPORT}`;
    for (const each of this.#held ?? []) each.abort ? each.abort() : clearTimeout(each);
    this.#held = undefined;
    for (const tell of [...this.#waiting]) tell(this.broken);
    this.#waiting.clear();
  }
}
