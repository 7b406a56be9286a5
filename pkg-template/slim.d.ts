// The same API as `upslice`. The difference is in `init`: no module is inside, so it must be called with a source
// before the first upload, e.g. `init(new URL("upslice/upslice.wasm", import.meta.url))`.
export * from "./index.js";
