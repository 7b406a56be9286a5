//! An error as the fields of the package's `UploadError`.

use crate::browser::value;
use crate::core::{Error, ErrorCode};
use wasm_bindgen::prelude::*;

/// The fields of an `UploadError`. `thrown` is what a function of the app threw.
pub(super) fn to_js(error: &Error, thrown: Option<JsValue>) -> JsValue {
    let fields = value::object(&[
        ("code", error.code.word().into()),
        ("message", error.message.as_str().into()),
        ("status", error.status.into()),
        ("part", error.part.map(|index| index + 1).into()),
        ("attempts", error.attempts.into()),
        ("retryable", error.code.retryable().into()),
    ]);
    // A function that asked to be called again may end as a server that failed; an answer of one has a status.
    let is_theirs = match error.code {
        ErrorCode::Callback => true,
        ErrorCode::Server => error.status.is_none(),
        _ => false,
    };
    // It may be `undefined`, and is told then too.
    if let Some(cause) = thrown.filter(|_| is_theirs) {
        // A plain object of our own: setting a field of it cannot fail.
        let _ = js_sys::Reflect::set(&fields, &"cause".into(), &cause);
    }
    fields
}
