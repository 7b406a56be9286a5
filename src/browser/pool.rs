//! The seam to the package's pool of workers, in which a part's bytes are what they would be here: a worker is given a
//! slice, which is a reference, and gives a Blob back, which is another, or a digest.

use super::driver::Live;
use super::held::Stop;
use super::value;
use crate::core::PartRange;
use wasm_bindgen::prelude::*;
use web_sys::{AbortSignal, Blob};

#[wasm_bindgen]
extern "C" {
    /// One upload's share in the workers of the page.
    #[derive(Clone)]
    pub type Pool;

    /// Promises what a worker makes of bytes; `undefined` if none does, for whatever reason. It never throws, and the
    /// promise is always kept.
    #[wasm_bindgen(method)]
    fn take(this: &Pool, kind: &str, bytes: &Blob, signal: &AbortSignal) -> JsValue;
}

/// What a worker has made of a part's bytes. `None` if it is to be made here: the app wants no workers, they cannot be had,
/// or this one could not read the file, which is found out once more.
pub(super) async fn made(live: &Live, kind: &str, part: &PartRange) -> Option<JsValue> {
    let pool = live.pool.borrow().clone()?;
    let bytes = live.source.slice(part)?;
    let stop = Stop::new().ok()?;
    let made = value::settled(&pool.take(kind, &bytes, &stop.signal())).await.ok()?;
    (!made.is_undefined()).then_some(made)
}
