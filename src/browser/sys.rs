//! Raw bindings to what a window and a worker both have, under one name each.

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// `fetch`, wherever we are. It may be the page's own: what it rejects with may be anything.
    #[wasm_bindgen(catch, js_name = fetch)]
    pub(crate) fn fetch(request: &web_sys::Request) -> Result<js_sys::Promise, JsValue>;

    #[wasm_bindgen(js_name = setTimeout)]
    pub(crate) fn set_timeout(callback: &js_sys::Function, millis: f64) -> JsValue;

    #[wasm_bindgen(js_name = clearTimeout)]
    pub(crate) fn clear_timeout(timer: &JsValue);

    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    pub(crate) fn performance_now() -> f64;

    #[wasm_bindgen(js_name = addEventListener)]
    pub(crate) fn add_event_listener(kind: &str, callback: &js_sys::Function);

    #[wasm_bindgen(js_name = removeEventListener)]
    pub(crate) fn remove_event_listener(kind: &str, callback: &js_sys::Function);
}

/// Whether the place we run in has XMLHttpRequest: service workers and Node do not.
pub(crate) fn has_xhr() -> bool {
    js_sys::Reflect::has(&js_sys::global(), &"XMLHttpRequest".into()).unwrap_or(false)
}

/// The address that relative ones are relative to; `None` under Node.
pub(crate) fn here() -> Option<String> {
    let location = js_sys::Reflect::get(&js_sys::global(), &"location".into()).ok()?;
    js_sys::Reflect::get(&location, &"href".into()).ok()?.as_string()
}
