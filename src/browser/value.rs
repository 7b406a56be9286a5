//! JavaScript values to and from the adapters' shape.

use super::sys;
use crate::protocol::Json;
use js_sys::{Array, Function, Object, Promise, Reflect};
use serde::Serialize;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// A value of the app's, as JSON would have it. What JSON cannot say (functions, `undefined`) is nothing.
pub(crate) fn to_json(value: &JsValue) -> Json {
    let text = js_sys::JSON::stringify(value).ok().and_then(|text| text.as_string());
    text.and_then(|text| parse(&text)).unwrap_or_default()
}

/// What is nested deeper is no answer of any service's. The browser reads it without end, and here each level takes a piece
/// of the stack: enough brackets would break the module, and end every upload of the page.
const DEEPEST: u32 = 512;

/// Text that is JSON.
pub(crate) fn parse(text: &str) -> Option<Json> {
    read(&js_sys::JSON::parse(text).ok()?, DEEPEST)
}

/// A value that JSON has been made into, piece by piece, of so many levels at most. serde would do it for ten kilobytes
/// more: it can say what is wrong with a value of any kind, fractions included, and here nothing can be.
fn read(value: &JsValue, levels: u32) -> Option<Json> {
    let within = |value: &JsValue| read(value, levels.checked_sub(1)?);
    Some(if let Some(text) = value.as_string() {
        Json::Text(text)
    } else if let Some(number) = value.as_f64() {
        Json::Number(number)
    } else if let Some(flag) = value.as_bool() {
        Json::Bool(flag)
    } else if let Some(items) = value.dyn_ref::<Array>() {
        let mut list = Vec::new();
        for item in items.iter() {
            list.push(within(&item)?);
        }
        Json::List(list)
    } else if value.is_object() {
        let mut fields = Vec::new();
        for name in sys::keys(value).ok()? {
            fields.push((name.as_string()?, within(&Reflect::get(value, &name).ok()?)?));
        }
        Json::Map(fields)
    } else {
        Json::Null
    })
}

/// Waits for what was given, a promise or not. Reading it may throw; that is how it fails then. It is looked after from now
/// on: whether it is waited for or dropped, the page is not told that nobody has caught what it fails with.
pub(crate) fn settled(given: &JsValue) -> JsFuture {
    // Not `Promise.resolve`: of a promise it reads a field before it catches anything.
    let promise = Promise::new(&mut |resolve, _| drop(resolve.call1(&JsValue::UNDEFINED, given)));
    JsFuture::from(promise)
}

/// The size of a Blob of any realm; `None` if it is none, whatever it looks like.
pub(crate) fn blob_size(value: &JsValue) -> Option<f64> {
    let blob = Reflect::get(&js_sys::global(), &"Blob".into()).ok()?;
    let prototype = Reflect::get(&blob, &"prototype".into()).ok()?;
    let size = Reflect::get_own_property_descriptor(prototype.dyn_ref::<Object>()?, &"size".into()).ok()?;
    let size = Reflect::get(&size, &"get".into()).ok()?.dyn_into::<Function>().ok()?;
    size.call0(value).ok()?.as_f64()
}

/// A plain object of these fields. What is `undefined` is left out.
pub(crate) fn object(fields: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_undefined()) {
        // A plain object of our own: setting a field of it cannot fail.
        let _ = Reflect::set(&object, &(*name).into(), value);
    }
    object.into()
}

/// Our value, as JavaScript has it.
pub(crate) fn to_js(value: &Json) -> JsValue {
    // Our own types serialize; a value that did not would be told as nothing rather than end the page.
    value.serialize(&serde_wasm_bindgen::Serializer::json_compatible()).unwrap_or(JsValue::NULL)
}

/// The text of a JSON body.
pub(crate) fn stringify(value: &Json) -> String {
    js_sys::JSON::stringify(&to_js(value)).ok().and_then(|text| text.as_string()).unwrap_or_default()
}

/// What a thrown value says of itself. Anything may be thrown.
pub(crate) fn words_of(thrown: &JsValue) -> String {
    let message = Reflect::get(thrown, &"message".into()).ok().and_then(|message| message.as_string());
    let text = message.or_else(|| thrown.as_string()).filter(|text| !text.is_empty());
    text.map_or_else(|| "something without a message".to_owned(), |text| crate::protocol::scrubbed(&text))
}
