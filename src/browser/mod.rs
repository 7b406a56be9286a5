//! Does; never decides. wasm32 only. Carries out what [`crate::core`] asks for, and tells what happened.
//!
//! Everything that the browser holds for us (a request, a timer, a listener) is owned by a Rust value and ends when
//! that is dropped. No user code runs while the machine is borrowed: outputs are taken out one by one, and acted on
//! after.

pub(crate) mod app;
#[cfg(feature = "services")]
mod base64;
mod body;
mod clock;
mod digest;
pub(crate) mod driver;
#[cfg(feature = "services")]
pub(crate) mod enquiry;
mod exchange;
mod fetch;
mod heap;
pub(crate) mod held;
pub(crate) mod journal;
mod network;
#[cfg(feature = "services")]
pub(crate) mod permit;
pub(crate) mod pool;
#[cfg(feature = "services")]
mod simd;
pub(crate) mod source;
mod step;
mod stream;
pub(crate) mod sys;
mod timer;
pub(crate) mod value;
pub(crate) mod worker;
mod xhr;
