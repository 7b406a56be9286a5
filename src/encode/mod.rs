//! Transforms bytes, window by window; a window may be cut anywhere. No clock, no network, no browser: where the bytes
//! come from, and where they go, is somebody else's business.

mod base64;
mod braid;
mod crc;
mod md5;
// Of a module of its own: see there.
#[cfg(target_feature = "simd128")]
pub mod simd;

pub use base64::{Base64, Groups, decoded, encoded, groups};
pub use crc::{Crc, Crc32c, Crc64Nvme};
pub use md5::Md5;
