//! What the package's `worker.js` calls: in a worker, nothing else of this module is used.

use super::promise::promise;
use crate::browser::worker;
use js_sys::Promise;
use wasm_bindgen::prelude::*;
use web_sys::AbortSignal;

/// What becomes of a Blob's bytes: `"base64"` gives another Blob, the name of a digest its bytes. `undefined` if they cannot
/// be read, or `stop` fires before their end.
#[wasm_bindgen]
pub fn transformed(kind: String, bytes: JsValue, stop: AbortSignal) -> Promise {
    promise(async move { Ok(worker::transformed(&kind, &bytes, stop).await.unwrap_or_default()) })
}
