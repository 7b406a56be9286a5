//! JavaScript values to and from the adapters' shape.

use crate::protocol::Json;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

/// A value of the app's, as JSON would have it. What JSON cannot say (functions, `undefined`) is nothing.
pub(crate) fn to_json(value: &JsValue) -> Json {
    let text = js_sys::JSON::stringify(value).ok().and_then(|text| text.as_string());
    text.and_then(|text| parse(&text)).unwrap_or_default()
}

/// Text that is JSON.
pub(crate) fn parse(text: &str) -> Option<Json> {
    let value = js_sys::JSON::parse(text).ok()?;
    Json::deserialize(serde_wasm_bindgen::Deserializer::from(value)).ok()
}

/// Our value, as a plain object.
pub(crate) fn to_js(value: &impl Serialize) -> JsValue {
    // Our own types serialize; a value that did not would be told as nothing rather than end the page.
    value.serialize(&serde_wasm_bindgen::Serializer::json_compatible()).unwrap_or(JsValue::NULL)
}

/// The text of a JSON body.
pub(crate) fn stringify(value: &Json) -> String {
    js_sys::JSON::stringify(&to_js(value)).ok().and_then(|text| text.as_string()).unwrap_or_default()
}

/// What a thrown value says of itself. Anything may be thrown.
pub(crate) fn words_of(thrown: &JsValue) -> String {
    let message = js_sys::Reflect::get(thrown, &"message".into()).ok().and_then(|message| message.as_string());
    let text = message.or_else(|| thrown.as_string()).filter(|text| !text.is_empty());
    text.map_or_else(|| "something without a message".to_owned(), |text| crate::protocol::scrubbed(&text))
}
