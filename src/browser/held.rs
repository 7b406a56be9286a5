//! What the browser is doing for us, on a list that outlives this module: should the module break, nothing in it can call
//! anything off any more, and the package does (`pkg-template/instance.js`).

use js_sys::Set;
use wasm_bindgen::prelude::*;
use web_sys::{AbortController, AbortSignal};

thread_local! {
    static HELD: Set = Set::new(&JsValue::UNDEFINED);
}

/// The list. Whatever is on it has an `abort()`, or is a timer.
pub(crate) fn list() -> Set {
    HELD.with(Clone::clone)
}

/// Something that is on the list until it is dropped.
pub(super) struct Held<T: AsRef<JsValue>>(T);

impl<T: AsRef<JsValue>> Held<T> {
    pub(super) fn new(thing: T) -> Self {
        HELD.with(|held| held.add(thing.as_ref()));
        Self(thing)
    }
}

impl<T: AsRef<JsValue>> std::ops::Deref for Held<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// Has what is given its signal stop when it is dropped; once that has ended, this changes nothing.
pub(super) struct Stop(Held<AbortController>);

impl Stop {
    pub(super) fn new() -> Result<Self, JsValue> {
        AbortController::new().map(|controller| Self(Held::new(controller)))
    }

    pub(super) fn signal(&self) -> AbortSignal {
        self.0.signal()
    }
}

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl<T: AsRef<JsValue>> Drop for Held<T> {
    fn drop(&mut self) {
        HELD.with(|held| held.delete(self.0.as_ref()));
    }
}
