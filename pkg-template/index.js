// `upslice`: each wasm module travels in a JavaScript module that is imported with the first upload that needs it, which
// every bundler, dev server and runtime understands. Importing this file does nothing.
import { createApi } from "./api.js";

export * from "./destinations.js";
export { UploadError } from "./error.js";

const api = /*#__PURE__*/ createApi({
  s3: () => import("./s3-inline.js").then(({ bytes }) => bytes()),
  all: () => import("./upslice-inline.js").then(({ bytes }) => bytes()),
});

export const init = api.init;
export const upload = api.upload;
export const interrupted = api.interrupted;
export const incomplete = api.incomplete;
export const status = api.status;
