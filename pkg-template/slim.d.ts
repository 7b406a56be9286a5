// The same API as `upslice`. The difference is in `init`: no module is inside, so it must be called with a source
// before the first upload: the address of your copy of a module, like `init("/assets/s3.wasm")`. With `upslice/s3.wasm` any destination
// but S3 is an `options` error; `upslice/upslice.wasm` serves all, and may be given beside it, or later.
export * from "./index.js";
