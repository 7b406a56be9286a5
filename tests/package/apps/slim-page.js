// A page without a bundler that serves the module itself.
import { init, upload, s3 } from "upslice/slim";
import { send } from "./send.js";

window.outcome = init("/node_modules/upslice/upslice.wasm").then(() => send(upload, s3));
