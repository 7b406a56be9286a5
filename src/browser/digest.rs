//! Digests of a part, read a window at a time; between two of them the page has its turn. And that of a whole, of those of
//! its parts.

use super::driver::Live;
use super::source::Source;
use super::{body, pool, sys, value};
use crate::core::{Failed, Failure, PartRange};
use crate::encode::{Crc32c, Crc64Nvme, Md5, decoded, encoded};
use crate::protocol::{Algorithm, Form, Sums};
use js_sys::Uint8Array;
use wasm_bindgen::JsCast;

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

    fn finish(self) -> Vec<u8> {
        match self {
            Self::Crc64Nvme(crc) => crc.finish().into(),
            Self::Crc32c(crc) => crc.finish().into(),
            Self::Md5(digest) => digest.finish().into(),
        }
    }
}

/// The digest of a part's bytes. `None` if the file cannot be read.
pub(super) async fn of(live: &Live, part: &PartRange, algorithm: Algorithm) -> Option<Result<Vec<u8>, Failed>> {
    let made = match algorithm {
        // The platform digests on threads of its own.
        Algorithm::Sha1 | Algorithm::Sha256 => None,
        _ => pool::made(live, algorithm.word(), part).await,
    };
    let is_whole = |digest: &Uint8Array| digest.length() == size(algorithm);
    match made.and_then(|digest| digest.dyn_into().ok()).filter(is_whole) {
        Some(digest) => Some(Ok(digest.to_vec())),
        None => compute(&live.source, part, algorithm).await,
    }
}

/// Bytes of a digest.
const fn size(algorithm: Algorithm) -> u32 {
    match algorithm {
        Algorithm::Crc32c => 4,
        Algorithm::Crc64Nvme => 8,
        Algorithm::Md5 => 16,
        Algorithm::Sha1 => 20,
        Algorithm::Sha256 => 32,
    }
}

/// The same, made by this instance of the module.
pub(super) async fn compute(
    source: &Source,
    part: &PartRange,
    algorithm: Algorithm,
) -> Option<Result<Vec<u8>, Failed>> {
    let mut digest = match algorithm {
        Algorithm::Crc64Nvme => Digest::Crc64Nvme(Crc64Nvme::new()),
        Algorithm::Crc32c => Digest::Crc32c(Crc32c::new()),
        Algorithm::Md5 => Digest::Md5(Md5::new()),
        Algorithm::Sha1 => return by_the_platform("SHA-1", source, part).await,
        Algorithm::Sha256 => return by_the_platform("SHA-256", source, part).await,
    };
    source.read_through(part, &mut |window| digest.update(window)).await?;
    Some(Ok(digest.finish()))
}

/// The platform's own digests are faster than any of ours; they take all bytes at once.
async fn by_the_platform(name: &'static str, source: &Source, part: &PartRange) -> Option<Result<Vec<u8>, Failed>> {
    let digest = match source.read_whole(part, |bytes| sys::digest(name, bytes)).await? {
        Ok(given) => value::settled(&given).await.ok(),
        Err(_) => None,
    };
    let missing = || {
        let words = format!("`crypto.subtle` gave no {name}: a page has it on https and on localhost only");
        Failed::new(Failure::Nonsense, words)
    };
    Some(digest.map(|digest| Uint8Array::new(&digest).to_vec()).ok_or_else(missing))
}

/// A digest as text.
pub(super) fn formatted(digest: &[u8], form: Form) -> String {
    match form {
        Form::Hex => hex(digest),
        Form::Base64 => encoded(digest),
    }
}

/// The checksum of the whole, in base64, of those of its parts. `None` if it does not follow from them.
pub(super) async fn combined(sums: &Sums) -> Option<String> {
    let mut pieces = Vec::new();
    for (sum, size) in &sums.parts {
        pieces.push((decoded(sum)?, *size));
    }
    let whole = match (sums.algorithm, sums.is_composite) {
        (algorithm, true) => {
            let mut sums = Vec::new();
            pieces.iter().for_each(|(sum, _)| sums.extend_from_slice(sum));
            let source = Source::new(&body::handed_over(&sums)?.into())?;
            let all = PartRange { index: 0, start: 0, end: source.size() };
            compute(&source, &all, algorithm).await?.ok()?
        }
        (Algorithm::Crc64Nvme, false) => Crc64Nvme::of_pieces(&pieces)?.into(),
        (Algorithm::Crc32c, false) => Crc32c::of_pieces(&pieces)?.into(),
        (_, false) => return None,
    };
    Some(encoded(&whole))
}

/// Bytes in hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::new();
    for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            text.push(DIGITS[usize::from(digit)].into());
        }
    }
    text
}
