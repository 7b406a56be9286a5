//! Transforms bytes, window by window; a window may be cut anywhere. No clock, no network, no browser: where the bytes
//! come from, and where they go, is somebody else's business.

mod base64;

pub use base64::Base64;
