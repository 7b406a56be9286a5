//! S3 and every store that speaks it, through URLs that a backend signs: the endpoints of Uppy Companion, or functions
//! of the app. The rules are those of
//! [S3's multipart uploads](https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html).

mod checksum;
mod endpoint;
mod functions;

pub use endpoint::S3Endpoint;
pub use functions::S3Functions;

use super::checksum::receipt;
use super::text::around;
use super::{Algorithm, Json, number};
use crate::core::{Failed, Failure, Limits, Origin, PartRange, Preparing, Reply, Rules, Step, StoredPart};

pub(super) const LIMITS: Limits = Limits {
    min_part_size: 5 << 20,
    max_part_size: 5 << 30,
    max_parts: 10_000,
    // 48.8 TiB: what ten thousand parts of 5 GiB make, and what S3 takes since it takes more than 5 TiB.
    max_size: 10_000 * (5 << 30),
    empty_parts: Some(1),
};

/// URLs asked for at once: over twenty, so that a signing request is rare, and few enough for one request's line.
const BATCH: u32 = 50;

/// The two names that make a session.
fn opened(upload_id: &str, key: &str) -> Reply<Json> {
    let session = Json::object([("uploadId", upload_id.into()), ("key", key.into())]);
    Reply::opened(session)
}

fn rules(api: Option<Origin>) -> Rules {
    Rules {
        preparing: Preparing::Tickets { batch: BATCH },
        inspects: true,
        discards: true,
        ..Rules::plain(LIMITS, api)
    }
}

/// The parts that a listing names; what is not one is left out, and sent again. So is one whose checksum nobody knows, where
/// one is `needed` to complete.
fn listed(step: &Step<Json>, items: &[Json], needed: Option<Algorithm>) -> Reply<Json> {
    let remembered: &[Option<Json>] = match step {
        Step::Inspect { remembered, .. } => remembered,
        _ => &[],
    };
    let part = |item: &Json| {
        let index = u32::try_from(item.whole("PartNumber")?.checked_sub(1)?).ok()?;
        let etag = item.text("ETag")?;
        let known = remembered.get(index as usize).and_then(Option::as_ref);
        let is_it = |known: &&Json| self::etag(known).map(unquoted) == Some(unquoted(etag));
        let receipt = match (known.filter(is_it), checksum::listed(item)) {
            (Some(known), _) => known.clone(),
            (None, None) if needed.and_then(checksum::field).is_some() => return None,
            (None, said) => receipt(Some(etag), said.as_ref()),
        };
        Some(StoredPart { index, size: Some(item.whole("Size")?), receipt })
    };
    let mut parts = Vec::new();
    for item in items {
        if let Some(part) = part(item) {
            parts.push(part);
        }
    }
    Reply::Listed { parts, next: None }
}

fn etag(receipt: &Json) -> Option<&str> {
    receipt.text("etag")
}

/// An ETag without its quotes: some hand it on with them, and some without.
fn unquoted(etag: &str) -> &str {
    let mut bare = etag;
    while let Some(inner) = bare.strip_prefix('"').or(bare.strip_suffix('"')) {
        bare = inner;
    }
    bare
}

/// The parts as completing wants them.
fn parts(receipts: &[(PartRange, Json)]) -> Json {
    let mut parts = Vec::new();
    for (part, receipt) in receipts {
        let bare = [("PartNumber", number(part).into()), ("ETag", etag(receipt).unwrap_or_default().into())];
        parts.push(Json::object(bare).and(checksum::claim(receipt)));
    }
    Json::List(parts)
}

/// Holds what the store says of the whole against what it was given:
/// [an ETag of several parts](https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html)
/// ends in how many they were. What comes before follows from the parts only where nobody encrypts them; a checksum always
/// does.
fn counted(answer: &Json, receipts: &[(PartRange, Json)], whole: Option<&str>) -> Result<(), Failed> {
    let etag = unquoted(answer.text("ETag").or_else(|| answer.text("etag")).unwrap_or_default());
    let count: Option<usize> = match around(etag, "-") {
        Some((digest, count)) if digest.len() == 32 => count.parse().ok(),
        _ => None,
    };
    match count {
        Some(count) if receipts.len() != count => {
            let words =
                format!("the store says that the object was made of {count} parts, and {} were sent", receipts.len());
            Err(Failed::new(Failure::Corrupt, words))
        }
        _ => checksum::compared(answer, receipts, whole),
    }
}
