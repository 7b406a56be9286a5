//! The browser's belief that the network is back, as a hint.

use super::held::Held;
use super::sys::{add_event_listener, remove_event_listener};
use wasm_bindgen::prelude::*;
use web_sys::AbortController;

/// Listens for `online` until it is dropped.
pub(super) struct Online {
    closure: Closure<dyn FnMut()>,
    _held: Option<Held<AbortController>>,
}

impl Online {
    pub(super) fn listen(callback: impl FnMut() + 'static) -> Self {
        let closure = Closure::new(callback);
        // Where there is nothing to listen to, the next try is the one that was planned.
        // What has a `signal` is good as the options: once that fires, the browser lets go by itself.
        let held = AbortController::new().ok().map(Held::new);
        let options = held.as_ref().map_or(JsValue::UNDEFINED, |held| JsValue::from(&**held));
        let _ = add_event_listener("online", Closure::as_ref(&closure).unchecked_ref(), &options);
        Self { closure, _held: held }
    }
}

impl Drop for Online {
    fn drop(&mut self) {
        let _ = remove_event_listener("online", Closure::as_ref(&self.closure).unchecked_ref());
    }
}
