//! An error as the fields of the package's `UploadError`.

use crate::browser::value;
use crate::core::{Error, ErrorCode};
use serde::Serialize;
use wasm_bindgen::prelude::*;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Fields<'a> {
    code: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempts: Option<u32>,
    retryable: bool,
}

/// The fields of an `UploadError`. `thrown` is what a function of the app threw.
pub(super) fn to_js(error: &Error, thrown: Option<JsValue>) -> JsValue {
    let fields = value::to_js(&Fields {
        code: error.code.word(),
        message: &error.message,
        status: error.status,
        part: error.part.map(|index| index + 1),
        attempts: error.attempts,
        retryable: error.code.retryable(),
    });
    // A function that asked to be called again may end as a server that failed; an answer of one has a status.
    let is_theirs = match error.code {
        ErrorCode::Callback => true,
        ErrorCode::Server => error.status.is_none(),
        _ => false,
    };
    if let Some(cause) = thrown.filter(|_| is_theirs) {
        // A plain object of our own: setting a field of it cannot fail.
        let _ = js_sys::Reflect::set(&fields, &"cause".into(), &cause);
    }
    fields
}
