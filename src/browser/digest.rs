//! Digests of a part, read a window at a time; between two of them the page has its turn. And that of a whole, of those of
//! its parts.

use super::driver::Live;
use super::source::Source;
use super::{pool, sys, value};
use crate::core::{Failed, Failure, PartRange};
use crate::encode::{Crc32c, Crc64Nvme, Md5, decoded, encoded};
use crate::protocol::{Algorithm, Form, Sums};
use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};

/// A digest that is made window by window.
enum Digest {
    Crc64Nvme(Crc64Nvme),
    Crc32c(Crc32c),
    Md5(Md5),
}

impl Digest {
    fn update(&mut self, window: &[u8]) {
        match self {
            Self::Crc64Nvme(crc) => crc.update(window),
            Self::Crc32c(crc) => crc.update(window),
            Self::Md5(digest) => digest.update(window),
        }
    }

    /// Bytes of what comes of it.
    const fn size(&self) -> usize {
        match self {
            Self::Crc64Nvme(_) => 8,
            Self::Crc32c(_) => 4,
            Self::Md5(_) => 16,
        }
    }

    fn finish(self) -> Vec<u8> {
        match self {
            Self::Crc64Nvme(crc) => crc.finish().into(),
            Self::Crc32c(crc) => crc.finish().into(),
            Self::Md5(digest) => digest.finish().into(),
        }
    }
}

/// A digest of our own; or the platform's name for its one, which is faster than any of ours and takes all bytes at once.
const fn begun(algorithm: Algorithm) -> Result<Digest, &'static str> {
    match algorithm {
        Algorithm::Crc64Nvme => Ok(Digest::Crc64Nvme(Crc64Nvme::new())),
        Algorithm::Crc32c => Ok(Digest::Crc32c(Crc32c::new())),
        Algorithm::Md5 => Ok(Digest::Md5(Md5::new())),
        Algorithm::Sha1 => Err("SHA-1"),
        Algorithm::Sha256 => Err("SHA-256"),
    }
}

/// The digest of a part's bytes. `None` if the file cannot be read.
pub(super) async fn of(live: &Live, part: &PartRange, algorithm: Algorithm) -> Option<Result<Vec<u8>, Failed>> {
    // The platform digests on threads of its own.
    if let Ok(digest) = begun(algorithm) {
        let made = pool::made(live, algorithm.word(), part).await;
        let made = made.and_then(|made| Some(made.dyn_into::<Uint8Array>().ok()?.to_vec()));
        if let Some(made) = made.filter(|made| made.len() == digest.size()) {
            return Some(Ok(made));
        }
    }
    here(&live.source, part, algorithm).await
}

/// The same, made by this instance of the module.
pub(super) async fn here(source: &Source, part: &PartRange, algorithm: Algorithm) -> Option<Result<Vec<u8>, Failed>> {
    match begun(algorithm) {
        Ok(mut digest) => {
            source.read_through(part, &mut |window| digest.update(window)).await?;
            Some(Ok(digest.finish()))
        }
        Err(name) => Some(by_the_platform(name, &source.buffer(part).await?).await),
    }
}

async fn by_the_platform(name: &'static str, bytes: &JsValue) -> Result<Vec<u8>, Failed> {
    let digest = match sys::digest(name, bytes) {
        Ok(given) => value::settled(&given).await.ok(),
        Err(_) => None,
    };
    let missing = || {
        let words = format!("this page has no `crypto.subtle` for {name}: it is there on https and on localhost only");
        Failed::new(Failure::Nonsense, words)
    };
    digest.map(|digest| Uint8Array::new(&digest).to_vec()).ok_or_else(missing)
}

/// A digest as text.
pub(super) fn written(digest: &[u8], form: Form) -> String {
    match form {
        Form::Hex => hex(digest),
        Form::Base64 => encoded(digest),
    }
}

/// The checksum of the whole, in base64, of those of its parts. `None` if it does not follow from them.
pub(super) async fn combined(sums: &Sums) -> Option<String> {
    let parts = sums.parts.iter().map(|(sum, size)| Some((decoded(sum)?, *size))).collect::<Option<Vec<_>>>()?;
    let pieces = parts.iter().map(|(sum, size)| (sum.as_slice(), *size));
    let whole = match (begun(sums.algorithm), sums.is_composite) {
        (Ok(Digest::Crc64Nvme(_)), false) => Crc64Nvme::of_pieces(pieces)?.into(),
        (Ok(Digest::Crc32c(_)), false) => Crc32c::of_pieces(pieces)?.into(),
        (_, false) => return None,
        (Ok(mut digest), true) => {
            pieces.for_each(|(sum, _)| digest.update(sum));
            digest.finish()
        }
        (Err(name), true) => {
            let sums: Vec<_> = pieces.flat_map(|(sum, _)| sum).copied().collect();
            by_the_platform(name, &Uint8Array::from(sums.as_slice())).await.ok()?
        }
    };
    Some(encoded(&whole))
}

/// Bytes in hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}
