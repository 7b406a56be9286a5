//! The edge, in a real browser: a page or a worker of one origin, the reference server at another. Whatever the page's
//! own platform, functions and files do, an upload has one ending and holds nothing after it.
//!
//! `cargo xtask test browser` runs these in every engine.

#![cfg(target_arch = "wasm32")]

#[path = "browser/asking.rs"]
mod asking;
#[path = "browser/carrying.rs"]
mod carrying;
#[path = "browser/classes.rs"]
mod classes;
#[path = "browser/encoding.rs"]
mod encoding;
#[path = "browser/functions.rs"]
mod functions;
#[path = "browser/headers.rs"]
mod headers;
#[path = "browser/holding.rs"]
mod holding;
#[path = "browser/listening.rs"]
mod listening;
#[path = "browser/options.rs"]
mod options;
#[path = "browser/platform.rs"]
mod platform;
#[path = "browser/sharing.rs"]
mod sharing;
#[path = "browser/source.rs"]
mod source;
#[path = "browser/stage.rs"]
mod stage;

// Where a source of the crate that is compiled into a test finds it.
use upslice::encode;
