//! Checksums of parts: their names, and the shape in which they are kept and handed to functions of the app:
//! `{ algorithm: "crc32c", value: "…" }`, the value in base64, as S3 writes it.

use super::{Algorithm, Json};
use crate::encode::{Base64, groups};

/// Which checksums go with parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Checksums {
    /// None.
    Never,
    /// Those that the signature of a part's URL names.
    #[default]
    Signed,
    /// This one, with every part.
    Of(Algorithm),
}

impl Checksums {
    /// The one that was asked for.
    pub(super) const fn asked(self) -> Option<Algorithm> {
        match self {
            Self::Of(algorithm) => Some(algorithm),
            Self::Never | Self::Signed => None,
        }
    }
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Crc64Nvme, Self::Crc32c, Self::Md5, Self::Sha1, Self::Sha256];

    /// The word for it in the package.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Crc64Nvme => "crc64nvme",
            Self::Crc32c => "crc32c",
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
        }
    }

    /// The one that a word stands for, in any case.
    pub(super) fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.word().eq_ignore_ascii_case(word))
    }
}

/// A checksum, of its digits in hexadecimal.
pub(super) fn made(algorithm: Algorithm, hex: &str) -> Json {
    Json::object([("algorithm", algorithm.word().into()), ("value", base64(hex).as_str().into())])
}

/// Which algorithm a checksum is of, and its value.
pub(super) fn read(checksum: &Json) -> Option<(Algorithm, &str)> {
    Some((Algorithm::named(checksum.text("algorithm")?)?, checksum.text("value")?))
}

/// A receipt, with the checksum that went with the part.
pub(super) fn receipt(etag: Option<&str>, checksum: Option<&Json>) -> Json {
    let etag = etag.map(|etag| ("etag".to_owned(), etag.into()));
    let checksum = checksum.map(|checksum| ("checksum".to_owned(), checksum.clone()));
    Json::Map(etag.into_iter().chain(checksum).collect())
}

/// The checksum's value in a receipt.
pub(super) fn value(receipt: &Json) -> Option<&str> {
    receipt.get("checksum")?.text("value")
}

fn base64(hex: &str) -> String {
    let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok()).unwrap_or(0);
    let bytes: Vec<u8> = hex.as_bytes().chunks_exact(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect();
    let mut encoder = Base64::new(groups);
    let mut out = vec![0; bytes.len().div_ceil(3) * 4];
    let end = encoder.push(&bytes, &mut out);
    out.truncate(end);
    out.extend(encoder.finish());
    out.into_iter().map(char::from).collect()
}

/// The number that a CRC of so many bits is. Nothing else is as long as that in base64.
pub(super) fn number(base64: &str, bits: u32) -> Option<u64> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = base64.trim_end_matches('=').bytes();
    let mut number = u128::default();
    let mut held = 0;
    for digit in digits.take(12) {
        number = number << 6 | DIGITS.iter().position(|known| *known == digit)? as u128;
        held += 6;
    }
    // What does not fill a byte is padding.
    let is_it = held / 8 * 8 == bits;
    u64::try_from(number >> (held % 8)).ok().filter(|_| is_it)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_is_written_as_s3_does_and_read_back() {
        let checksum = made(Algorithm::Crc32c, "e3069283");
        assert_eq!(read(&checksum), Some((Algorithm::Crc32c, "4waSgw==")));
        assert_eq!(number("4waSgw==", 32), Some(0xe306_9283));
        for wrong in ["", "4waSg", "4waSgw==-2", "4waSgwAA", "rosUhgp5mIg=", "\u{1f980}"] {
            assert_eq!(number(wrong, 32), None, "{wrong}");
        }
        assert_eq!(number("rosUhgp5mIg=", 64), Some(0xae8b_1486_0a79_9888));
        assert_eq!(number("rosUhgp5mIgAAAAAAAAAAAAAAAAA", 64), None);
    }
}
