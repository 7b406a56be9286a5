//! Multipart uploads from the browser that always end well.
//!
//! The crate is compiled to WebAssembly and published as the npm package `upslice`; its layers are those of
//! `ARCHITECTURE.md`. [`core`] decides, [`protocol`] translates, [`encode`] transforms bytes, `browser` does and `js`
//! converts; the last two exist on wasm32 only, so that a browser's type in the others fails the native build.

pub mod core;
pub mod encode;
pub mod protocol;

#[cfg(target_arch = "wasm32")]
mod browser;
#[cfg(target_arch = "wasm32")]
pub mod js;
