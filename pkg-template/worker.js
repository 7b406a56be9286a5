// What runs in a worker of the pool: an instance of the module that the page has compiled, and of that only what turns
// bytes into other bytes. It is given slices, and gives Blobs and digests; no bytes go from thread to thread.

import s3 from "./s3-glue.js";
import all from "./upslice-glue.js";

const say = (upslice, more) => postMessage({ upslice, ...more });

const failed = (error) => say("failed", { why: String(error?.message ?? error) });

/** What stops the parts in hand, by their numbers. */
const stops = new Map();
let transformed;

async function begin({ module, isS3 }) {
  const api = (isS3 ? s3 : all)(WebAssembly);
  await api(module);
  transformed = api.transformed;
  say("ready");
}

async function take({ id, kind, bytes }) {
  const stop = new AbortController();
  stops.set(id, stop);
  const made = await transformed(kind, bytes, stop.signal);
  stops.delete(id);
  say("made", { id, made });
}

const does = {
  begin: (data) => begin(data).catch(failed),
  take,
  stop: ({ id }) => stops.get(id)?.abort(),
  ping: () => say("alive"),
};

addEventListener("message", ({ data }) => does[data.upslice]?.(data));
// An error is heard of outside by itself, what a promise ends with is not.
addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  failed(event.reason);
});
