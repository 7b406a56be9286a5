// `upslice`: the wasm module travels in a JavaScript module that is imported with the first upload, which every
// bundler, dev server and runtime understands. Importing this file does nothing.
import { createApi } from "./api.js";

export * from "./destinations.js";
export { UploadError } from "./error.js";

const api = /*#__PURE__*/ createApi(() => import("./wasm-inline.js").then(({ bytes }) => bytes()));

export const init = api.init;
export const upload = api.upload;
export const interrupted = api.interrupted;
export const incomplete = api.incomplete;
export const status = api.status;
