//! The checksums of S3: those that a completion claims of its parts, and that of the whole.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crc_fast::{CrcAlgorithm, checksum_combine};
use s3s::crypto::{Checksum as _, Crc32, Crc32c, Sha1, Sha256};

use super::error::{StoreError, StoreResult};
use super::record::{Claim, Receipt, Whole};

/// A part that was sent with a checksum is claimed with the same one. That of all bytes may be left out, since the store
/// makes it of those that it has.
pub(crate) fn check(claim: &Claim, receipt: &Receipt) -> StoreResult<()> {
    let Some(claimed) = &claim.checksums else { return Ok(()) };
    let number = claim.number;
    if let Some((algorithm, _)) = claimed.iter().find(|(name, value)| receipt.digests.get(*name) != Some(value)) {
        let message = format!(
            "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag. (part {number}: {algorithm})"
        );
        return Err(StoreError::new("InvalidPart", message));
    }
    let missing = |name: &&String| *name != "crc64nvme" && !claimed.contains_key(*name);
    match receipt.digests.keys().find(missing) {
        Some(algorithm) => {
            let message = format!(
                "The upload was created using a {algorithm} checksum. The complete request must include the checksum for each part. It was missing for part {number} in the request."
            );
            Err(StoreError::new("InvalidRequest", message))
        }
        None => Ok(()),
    }
}

/// The checksum of the whole, where each part has one of the same kind.
pub(crate) fn whole(parts: &[(u16, Receipt)]) -> Option<Whole> {
    let algorithm = parts.first()?.1.digests.keys().next()?.clone();
    let digest = |receipt: &Receipt| STANDARD.decode(receipt.digests.get(&algorithm)?).ok();
    let digests: Vec<(u64, Vec<u8>)> =
        parts.iter().map(|(_, receipt)| Some((receipt.size, digest(receipt)?))).collect::<Option<_>>()?;
    let of_digests: Vec<u8> = digests.iter().flat_map(|(_, digest)| digest.clone()).collect();
    let is_full = algorithm == "crc64nvme";
    let value = match algorithm.as_str() {
        "crc32" => STANDARD.encode(Crc32::checksum(&of_digests)),
        "crc32c" => STANDARD.encode(Crc32c::checksum(&of_digests)),
        "sha1" => STANDARD.encode(Sha1::checksum(&of_digests)),
        "sha256" => STANDARD.encode(Sha256::checksum(&of_digests)),
        _ => {
            let read = |digest: &[u8]| digest.try_into().map(u64::from_be_bytes).unwrap_or_default();
            let crc = digests
                .iter()
                .fold(0, |whole, (size, digest)| checksum_combine(CrcAlgorithm::Crc64Nvme, whole, read(digest), *size));
            STANDARD.encode(crc.to_be_bytes())
        }
    };
    let value = if is_full { value } else { format!("{value}-{}", parts.len()) };
    Some(Whole { algorithm, value, is_full })
}
