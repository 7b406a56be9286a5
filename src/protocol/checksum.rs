//! Checksums of parts: their names, and the shape in which they are kept and handed to functions of the app:
//! `{ algorithm: "crc32c", value: "…" }`, the value in base64, as S3 writes it.

use super::{Algorithm, Json};

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

/// A checksum, of its value in base64.
pub(super) fn made(algorithm: Algorithm, value: &str) -> Json {
    Json::object([("algorithm", algorithm.word().into()), ("value", value.into())])
}

/// Which algorithm a checksum is of, and its value.
pub(super) fn read(checksum: &Json) -> Option<(Algorithm, &str)> {
    Some((Algorithm::named(checksum.text("algorithm")?)?, checksum.text("value")?))
}

/// A receipt, with the checksum that went with the part.
pub(super) fn receipt(etag: Option<&str>, checksum: Option<&Json>) -> Json {
    let checksum = checksum.map(|checksum| ("checksum", checksum.clone()));
    Json::object([]).and(etag.map(|etag| ("etag", etag.into()))).and(checksum)
}

/// The checksum's value in a receipt.
pub(super) fn value(receipt: &Json) -> Option<&str> {
    receipt.get("checksum")?.text("value")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_is_written_as_s3_does_and_read_back() {
        let checksum = made(Algorithm::Crc32c, "4waSgw==");
        assert_eq!(read(&checksum), Some((Algorithm::Crc32c, "4waSgw==")));
    }
}
