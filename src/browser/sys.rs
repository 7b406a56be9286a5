//! Raw bindings to what a window and a worker both have, under one name each.

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// `fetch`, wherever we are. It may be the page's own: what it throws or gives may be anything.
    #[wasm_bindgen(catch, js_name = fetch)]
    pub(crate) fn fetch(request: &web_sys::Request) -> Result<JsValue, JsValue>;

    /// What was said to be an answer. Nothing of it is what it should be until that has been seen.
    pub(crate) type Answer;

    #[wasm_bindgen(catch, method)]
    pub(crate) fn text(this: &Answer) -> Result<JsValue, JsValue>;

    /// What was said to be a list of headers.
    pub(crate) type Pairs;

    #[wasm_bindgen(catch, method, js_name = forEach)]
    pub(crate) fn for_each(this: &Pairs, pair: &mut dyn FnMut(JsValue, JsValue)) -> Result<(), JsValue>;

    /// A Blob whose methods may be the page's own.
    pub(crate) type Bytes;

    #[wasm_bindgen(catch, method, js_name = arrayBuffer)]
    pub(crate) fn array_buffer(this: &Bytes) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, method)]
    pub(crate) fn stream(this: &Bytes) -> Result<Streaming, JsValue>;

    /// What was said to be a stream of a Blob's bytes.
    pub(crate) type Streaming;

    #[wasm_bindgen(catch, method, js_name = getReader)]
    pub(crate) fn get_reader(this: &Streaming, options: &JsValue) -> Result<Reader, JsValue>;

    #[wasm_bindgen(catch, method)]
    pub(crate) fn cancel(this: &Streaming) -> Result<JsValue, JsValue>;

    /// What was said to read such a stream.
    pub(crate) type Reader;

    #[wasm_bindgen(catch, method)]
    pub(crate) fn read(this: &Reader, view: &JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, method)]
    pub(crate) fn cancel(this: &Reader) -> Result<JsValue, JsValue>;

    /// An `ArrayBuffer`.
    #[wasm_bindgen(js_name = ArrayBuffer)]
    pub(crate) type Buffer;

    /// It throws where there is no room for so many bytes.
    #[wasm_bindgen(catch, constructor, js_class = "ArrayBuffer")]
    pub(crate) fn new(size: u32) -> Result<Buffer, JsValue>;

    /// A list of one view of this module's memory. The view is of nothing once the memory has grown, and to keep the list
    /// may make it grow.
    #[wasm_bindgen(js_namespace = Array, js_name = of)]
    pub(crate) fn viewed(bytes: &[u8]) -> js_sys::Array;

    #[wasm_bindgen(catch, js_namespace = Object, js_name = keys)]
    pub(crate) fn keys(object: &JsValue) -> Result<js_sys::Array, JsValue>;

    /// The platform's digests; pages without https have none.
    #[wasm_bindgen(catch, js_namespace = ["crypto", "subtle"], js_name = digest)]
    pub(crate) fn digest(name: &str, bytes: &JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_name = setTimeout)]
    pub(crate) fn set_timeout(callback: &js_sys::Function, millis: f64) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_name = clearTimeout)]
    pub(crate) fn clear_timeout(timer: &JsValue) -> Result<(), JsValue>;

    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    pub(crate) fn performance_now() -> f64;

    /// Node has none.
    #[wasm_bindgen(catch, js_name = addEventListener)]
    pub(crate) fn add_event_listener(kind: &str, callback: &js_sys::Function, options: &JsValue)
    -> Result<(), JsValue>;

    #[wasm_bindgen(catch, js_name = removeEventListener)]
    pub(crate) fn remove_event_listener(kind: &str, callback: &js_sys::Function) -> Result<(), JsValue>;
}

/// Whether the place we run in has XMLHttpRequest: service workers and Node do not.
pub(crate) fn has_xhr() -> bool {
    js_sys::Reflect::has(&js_sys::global(), &"XMLHttpRequest".into()).unwrap_or(false)
}

/// The page's own origin; `None` under Node.
pub(crate) fn origin() -> Option<String> {
    js_sys::Reflect::get(&js_sys::global(), &"origin".into()).ok()?.as_string()
}

/// The address that relative ones are relative to; `None` under Node.
pub(crate) fn base_url() -> Option<String> {
    let location = js_sys::Reflect::get(&js_sys::global(), &"location".into()).ok()?;
    js_sys::Reflect::get(&location, &"href".into()).ok()?.as_string()
}
