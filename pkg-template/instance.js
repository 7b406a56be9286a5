// One instance of the wasm module, and what becomes of it should it break: a panic, a trap, a stack or a memory that is
// full. Nothing in a broken instance can be relied on, so that it is never entered again; what it had going is called off
// from here, everybody who waits for it is told, and whoever asks next gets a fresh instance of the same module.

import glue from "./glue.js";

const REPORT = "Begin again, and what is stored is gone on from where the service allows it; a new instance of the module is used. Please report it, with the cause";

/** The module, compiled once, and its instance. */
let compiled, running;

/** The instance that is at work; `source` gives what the module is made of, and is asked once. */
export function instance(source) {
  running ??= Promise.resolve(compiled ?? source()).then(begun).catch((error) => {
    running = undefined;
    throw error;
  });
  return running;
}

/** Where it was, as the module says of a panic. Its memory may be anything by then, a secret too: only a place is shown. */
const placeOf = (cause) => {
  const said = cause instanceof WebAssembly.RuntimeError ? cause.message : /^[\w./-]+\.rs:\d+$/.exec(cause?.message)?.[0];
  return said === undefined ? "" : ` (${said})`;
};

async function begun(source) {
  const instance = new Instance();
  await instance.begin(source);
  return instance;
}

/** `api` is what the module exports; `broken` is the fields of an error, once it has come to that. */
class Instance {
  api;
  broken;
  #held;
  #waiting = new Set();
  #ended = false;

  /** The module, compiled: a worker makes an instance of its own of it. */
  get module() {
    return compiled;
  }

  async begin(source) {
    const { Instance, Module } = WebAssembly;
    // Each instance has glue of its own, so that what a broken one has left with the browser cannot reach into the next.
    const api = glue({
      Instance,
      Module,
      instantiate: async (source, imports) => this.#gated(await WebAssembly.instantiate(source, this.#seen(imports)), source),
      ...(WebAssembly.instantiateStreaming && {
        instantiateStreaming: async (source, imports) => this.#gated(await WebAssembly.instantiateStreaming(source, this.#seen(imports))),
      }),
    });
    await api({ module_or_path: source });
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
  #gated(given, module = given.module) {
    compiled = given.module ?? module;
    const doors = Object.entries((given.instance ?? given).exports);
    const exports = Object.fromEntries(doors.map(([name, door]) => [name, typeof door === "function" ? this.#gate(door) : door]));
    return { module: compiled, instance: { exports } };
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
    if (this.api) running = undefined;
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
