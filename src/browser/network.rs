//! The browser's belief that the network is back, as a hint.

use super::sys::{add_event_listener, remove_event_listener};
use wasm_bindgen::prelude::*;

/// Listens for `online` until it is dropped.
pub(super) struct Online(Closure<dyn FnMut()>);

impl Online {
    pub(super) fn listen(callback: impl FnMut() + 'static) -> Self {
        let closure = Closure::new(callback);
        // Where there is nothing to listen to, the next try is the one that was planned.
        let _ = add_event_listener("online", Closure::as_ref(&closure).unchecked_ref());
        Self(closure)
    }
}

impl Drop for Online {
    fn drop(&mut self) {
        let _ = remove_event_listener("online", Closure::as_ref(&self.0).unchecked_ref());
    }
}
