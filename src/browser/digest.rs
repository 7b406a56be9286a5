//! Digests of a part, read a window at a time; between two of them the page has its turn.

use super::source::Source;
use super::{sys, value};
use crate::core::{Failed, Failure, PartRange};
use crate::encode::{Crc32c, Crc64Nvme, Md5};
use crate::protocol::Algorithm;
use js_sys::Uint8Array;

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

    fn finish(self) -> String {
        match self {
            Self::Crc64Nvme(crc) => hex(&crc.finish()),
            Self::Crc32c(crc) => hex(&crc.finish()),
            Self::Md5(digest) => hex(&digest.finish()),
        }
    }
}

/// The digest of a part's bytes, in hexadecimal. `None` if the file cannot be read.
pub(super) async fn of(source: &Source, part: &PartRange, algorithm: Algorithm) -> Option<Result<String, Failed>> {
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
async fn by_the_platform(name: &'static str, source: &Source, part: &PartRange) -> Option<Result<String, Failed>> {
    let bytes = source.buffer(part).await?;
    let digest = match sys::digest(name, &bytes) {
        Ok(given) => value::settled(&given).await.ok(),
        Err(_) => None,
    };
    let missing = || {
        let words = format!("this page has no `crypto.subtle` for {name}: it is there on https and on localhost only");
        Failed::new(Failure::Nonsense, words)
    };
    Some(digest.map(|digest| hex(&Uint8Array::new(&digest).to_vec())).ok_or_else(missing))
}

/// Bytes in hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}
