//! Base64 by vector instructions, where the engine has them: a second module of a few hundred bytes, which works in this
//! one's memory. Whether there are vectors is asked once, by compiling it.

use crate::encode::groups as by_table;
use js_sys::WebAssembly::{Instance, Module};
use js_sys::{Function, Object, Reflect, Uint8Array};
use std::cell::OnceCell;
use wasm_bindgen::{JsCast, JsValue};

/// `src/encode/simd.rs`, compiled by `build.rs`.
const MODULE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/simd.wasm"));

/// What a step encodes, what it reads, and what it writes.
const STEP: usize = 12;
const READ: usize = 16;
const WRITTEN: usize = 16;

thread_local! {
    static ENCODE: OnceCell<Option<Function>> = const { OnceCell::new() };
}

/// Encodes whole groups of three bytes as [`crate::encode::groups`] does, as fast as the engine can.
pub(super) fn groups(from: &[u8], to: &mut [u8]) {
    let encode = ENCODE.with(|encode| encode.get_or_init(loaded).clone());
    let done = encode.map_or(0, |encode| by_vectors(&encode, from, to));
    by_table(&from[done * STEP..], &mut to[done * WRITTEN..]);
}

/// How many steps were encoded: a few bytes at the end are left, since each step reads more than it encodes.
fn by_vectors(encode: &Function, from: &[u8], to: &mut [u8]) -> usize {
    let read = from.len().saturating_sub(READ - STEP) / STEP;
    let steps = read.min(to.len() / WRITTEN);
    // Addresses, which are below 2^32. The other module reads and writes there and nowhere else, as it promises.
    let (from, to) = (from.as_ptr() as usize as f64, to.as_mut_ptr() as usize as f64);
    let called = encode.call3(&JsValue::UNDEFINED, &from.into(), &(steps as f64).into(), &to.into());
    if called.is_ok() { steps } else { 0 }
}

/// The other module's function; `None` where the engine has no vectors.
pub(super) fn loaded() -> Option<Function> {
    let module = Module::new(&Uint8Array::from(MODULE)).ok()?;
    let (imports, env) = (Object::new(), Object::new());
    Reflect::set(&env, &"memory".into(), &wasm_bindgen::memory()).ok()?;
    Reflect::set(&imports, &"env".into(), &env).ok()?;
    let instance = Instance::new(&module, &imports).ok()?;
    Reflect::get(&instance.exports(), &"encode".into()).ok()?.dyn_into().ok()
}
