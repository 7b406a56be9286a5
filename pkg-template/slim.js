// `upslice/slim`: the same API with no wasm module inside; `init(source)` says where it is, before the first upload.
// Importing this file does nothing.
import { createApi } from "./api.js";

export * from "./destinations.js";
export { UploadError } from "./error.js";

const api = /*#__PURE__*/ createApi({});

export const init = api.init;
export const upload = api.upload;
export const interrupted = api.interrupted;
export const incomplete = api.incomplete;
export const status = api.status;
