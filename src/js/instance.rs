//! What whoever runs this module needs, should it break: the package's `instance.js`.

use crate::browser::held;
use js_sys::Set;
use std::panic;
use wasm_bindgen::prelude::*;

/// Has a panic say where it was: as an exception, which ends this instance as well as the trap that would follow. Not
/// what: that may quote anything, a signed URL too.
#[wasm_bindgen(start)]
pub(super) fn start() {
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|place| format!("{}:{}", place.file(), place.line()));
        wasm_bindgen::throw_str(&place.unwrap_or_default());
    }));
}

/// What the browser is doing for this module. Everything in it has an `abort()`, or is a timer.
#[wasm_bindgen]
pub fn held() -> Set {
    held::list()
}
