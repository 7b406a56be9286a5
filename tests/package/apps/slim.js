// An app that serves the module itself: the bundler turns the file into an asset and names its address.
import { init, upload, s3 } from "upslice/slim";
import source from "upslice/s3.wasm?url";
import { send } from "./send.js";

window.outcome = init(source).then(() => send(upload, s3));
