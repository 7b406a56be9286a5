//! What a worker of the pool does, with an instance of this module of its own: what the page does where there is none.

use super::digest;
use super::source::Source;
use crate::core::PartRange;
use crate::protocol::Algorithm;
use js_sys::Uint8Array;
use wasm_bindgen::JsValue;
use web_sys::AbortSignal;

/// What the page asks for by this word are the bytes in base64. By the others it asks for digests.
#[cfg(feature = "services")]
pub(super) const BASE64: &str = "base64";

/// What becomes of all of a Blob's bytes. `None` if they cannot be read, or `stop` has fired before their end.
pub(crate) async fn transformed(kind: &str, bytes: &JsValue, stop: AbortSignal) -> Option<JsValue> {
    let source = Source::new(bytes)?.until(stop);
    let all = PartRange { index: 0, start: 0, end: source.size() };
    #[cfg(feature = "services")]
    if kind == BASE64 {
        return super::base64::encoded(&source, &all).await.map(JsValue::from);
    }
    let algorithm = Algorithm::ALL.into_iter().find(|algorithm| algorithm.word() == kind)?;
    digest::compute(&source, &all, algorithm).await?.ok().map(|digest| Uint8Array::from(digest.as_slice()).into())
}
