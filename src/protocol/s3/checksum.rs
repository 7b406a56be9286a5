//! [Checksums of S3](https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html): a header with a
//! part, a field of each part when it is completed, and what the store says of the whole.
//!
//! Other stores refuse headers that they do not know, and S3 itself those that a URL was not signed with. So none is
//! sent but one that was asked for, or that the URL's signature names.

use super::super::checksum::{Checksums, made, read, receipt};
use super::super::text::{around, has_any, pieces, replaced};
use super::super::url::query_value;
use super::super::{Algorithm, Answer, Call, Form, Json, Request, Response, Sums, lacks, presigned, xml};
use crate::core::{Digests, Failed, Failure, PartRange, Reply, Step, Ticket};

/// The header that a part's checksum goes in.
const fn header(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Crc64Nvme => "x-amz-checksum-crc64nvme",
        Algorithm::Crc32c => "x-amz-checksum-crc32c",
        Algorithm::Md5 => "content-md5",
        Algorithm::Sha1 => "x-amz-checksum-sha1",
        Algorithm::Sha256 => "x-amz-checksum-sha256",
    }
}

/// What completing, and what is told of the whole, call it. `Content-MD5` is forgotten once it was compared.
pub(super) const fn field(algorithm: Algorithm) -> Option<&'static str> {
    match algorithm {
        Algorithm::Crc64Nvme => Some("ChecksumCRC64NVME"),
        Algorithm::Crc32c => Some("ChecksumCRC32C"),
        Algorithm::Md5 => None,
        Algorithm::Sha1 => Some("ChecksumSHA1"),
        Algorithm::Sha256 => Some("ChecksumSHA256"),
    }
}

/// When parts are digested, where the one who signs can be told of it first, or cannot.
pub(super) const fn digests(checksums: Checksums, is_told: bool) -> Digests {
    match (checksums, is_told) {
        (Checksums::Never, _) => Digests::Never,
        (Checksums::Signed, _) => Digests::Asked,
        (Checksums::Of(_), true) => Digests::First,
        (Checksums::Of(_), false) => Digests::Expected,
    }
}

/// A ticket, and which checksum its signature names.
pub(super) fn named(ticket: Ticket<Json>, checksums: Checksums) -> Ticket<Json> {
    let url = ticket.keep.text("url").unwrap_or_default();
    let signed = query_value(url, "X-Amz-SignedHeaders").unwrap_or_default().to_ascii_lowercase();
    // Nothing else in a header's name is ever escaped.
    let signed = replaced(&replaced(&signed, "%3b", ";"), "%2d", "-");
    // Some sign what is to be reckoned into the query, which counts for whoever asked for just that.
    let in_query = query_value(url, "x-amz-sdk-checksum-algorithm").and_then(Algorithm::named);
    let in_query = in_query.filter(|algorithm| checksums.asked() == Some(*algorithm));
    let mut algorithm = None;
    for known in Algorithm::ALL {
        for name in pieces(&signed, ";") {
            if name == header(known) {
                algorithm = algorithm.or(Some(known));
            }
        }
    }
    let algorithm = algorithm.or(in_query);
    // A value that came with the URL is the app's own business.
    let algorithm = algorithm.filter(|algorithm| checksums != Checksums::Never && !has(&ticket.keep, *algorithm));
    let Some(algorithm) = algorithm else { return ticket };
    let keep = ticket.keep.and(Some(("checksum", algorithm.word().into())));
    Ticket { keep, wants_digest: true, ..ticket }
}

/// Whether a ticket's own headers hold a checksum of that kind.
fn has(ticket: &Json, algorithm: Algorithm) -> bool {
    let headers = ticket.get("headers").and_then(Json::fields).unwrap_or_default();
    headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(header(algorithm)))
}

/// Which digest a step is for: what its ticket names, or what was asked for.
fn wanted(ticket: Option<&Json>, checksums: Checksums) -> Option<Algorithm> {
    let named = ticket.and_then(|ticket| ticket.text("checksum")).and_then(Algorithm::named);
    named.or(checksums.asked())
}

/// The digest of a part's bytes.
pub(super) fn digest(step: &Step<Json>, checksums: Checksums) -> Result<Call, Failed> {
    match step {
        Step::Digest { ticket, .. } => {
            wanted(ticket.as_ref(), checksums).map(|algorithm| Call::Digest(algorithm, Form::Base64))
        }
        _ => None,
    }
    .ok_or_else(|| lacks("s3", step))
}

/// The same, as it is kept.
pub(super) fn digested(step: &Step<Json>, checksums: Checksums, answer: &Answer) -> Result<Reply<Json>, Failed> {
    match (step, answer) {
        (Step::Digest { ticket, .. }, Answer::Digest(value)) => {
            wanted(ticket.as_ref(), checksums).map(|algorithm| Reply::Digested(made(algorithm, value)))
        }
        _ => None,
    }
    .ok_or_else(|| lacks("s3", step))
}

/// The request that sends a part, with its checksum.
pub(super) fn put(ticket: Option<&Json>, digest: Option<&Json>) -> Request {
    let ticket = ticket.unwrap_or(&Json::Null);
    let mut request = presigned::put(ticket);
    if let Some((algorithm, value)) = digest.and_then(read).filter(|(algorithm, _)| !has(ticket, *algorithm)) {
        request.headers.push((header(algorithm).to_owned(), value.to_owned()));
    }
    request
}

/// What the store says of a part.
pub(super) fn stored(request: &Request, response: &Response, digest: Option<&Json>) -> Result<Reply<Json>, Failed> {
    let known = digest.and_then(read);
    let reply = presigned::stored(request, response).map_err(|failed| refused(failed, response, known.is_some()))?;
    let said = known.and_then(|(algorithm, value)| Some((response.header(header(algorithm))?, value)));
    match (reply, said) {
        (_, Some((said, value))) if said != value => {
            let words = format!("the store says that a part's checksum is {said:.90}, and it is {value}");
            Err(Failed::answered(Failure::Corrupt, response.status, words))
        }
        (Reply::Sent(sent), _) => Ok(Reply::Sent(receipt(super::etag(&sent), digest))),
        (reply, _) => Ok(reply),
    }
}

/// What a refusal means where a checksum may have gone with the part.
fn refused(failed: Failed, response: &Response, has_digest: bool) -> Failed {
    let Some((code, message)) = xml::error(&response.text) else { return failed };
    // Not the words of the failure, in which the object's name stands.
    let words = format!("{code} {message}").to_ascii_lowercase();
    let says = |word| around(&words, word).is_some();
    let is_about_it = says("checksum") || says("content-md5") || says("crc");
    let failure = match (response.status, code.as_str()) {
        (_, "BadDigest" | "XAmzContentChecksumMismatch" | "XAmzContentSHA256Mismatch") => Failure::Corrupt,
        _ if !has_digest => return failed,
        // Not the URL's time is up: it was signed without the header, or with another value.
        (403, "SignatureDoesNotMatch") => Failure::DigestRefused,
        (403, _) if says("not signed") => Failure::DigestRefused,
        (400, "InvalidRequest" | "InvalidArgument" | "NotImplemented") => Failure::DigestRefused,
        (501, _) => Failure::DigestRefused,
        (400 | 403, _) if is_about_it => Failure::DigestRefused,
        _ => return failed,
    };
    failed.but(failure)
}

/// A part's checksum, as completing wants it.
pub(super) fn claim(receipt: &Json) -> Option<(&'static str, Json)> {
    let (algorithm, value) = read(receipt.get("checksum")?)?;
    Some((field(algorithm)?, value.into()))
}

/// The checksum that a list of parts, or a store, tells of one.
pub(super) fn listed(item: &Json) -> Option<Json> {
    let told = |algorithm: Algorithm| Some(made(algorithm, item.text(field(algorithm)?)?));
    Algorithm::ALL.into_iter().find_map(told)
}

/// What the store says of the whole, and the checksums of the parts that it follows from, in whatever order they were sent:
/// [one of all bytes, or one of the parts' checksums](https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html),
/// with their number behind it. `None` where it does not, is not told, or is not known of every part.
fn said<'a>(answer: &'a Json, receipts: &[(PartRange, Json)]) -> Option<(&'a str, Sums)> {
    let (_, first) = receipts.first()?;
    let (algorithm, _) = read(first.get("checksum")?)?;
    let said = answer.text(field(algorithm)?)?;
    let is_composite = has_any(said, b"-");
    let follows = match algorithm {
        Algorithm::Crc32c => true,
        Algorithm::Crc64Nvme | Algorithm::Md5 => !is_composite,
        Algorithm::Sha1 | Algorithm::Sha256 => is_composite,
    };
    let mut parts = Vec::new();
    for (part, receipt) in receipts {
        match read(receipt.get("checksum")?)? {
            (own, value) if own == algorithm && follows => parts.push((value.to_owned(), part.size())),
            _ => return None,
        }
    }
    Some((said, Sums { algorithm, is_composite, parts }))
}

/// What is to be reckoned before a completion's answer means anything.
pub(super) fn combined(step: &Step<Json>, answer: &Answer) -> Option<Call> {
    let value = match answer {
        Answer::Http { response, .. } => response.json.as_ref()?,
        Answer::Value { value, .. } => value,
        Answer::Digest(_) | Answer::Combined { .. } => return None,
    };
    match step {
        Step::Close { receipts, .. } => said(value, receipts).map(|(_, sums)| Call::Combine(sums)),
        _ => None,
    }
}

/// An answer, and what was reckoned beside it.
pub(super) fn apart(answer: &Answer) -> (&Answer, Option<&str>) {
    match answer {
        Answer::Combined { answer, whole } => (answer, whole.as_deref()),
        _ => (answer, None),
    }
}

/// Holds the checksum that the store says of the whole against the one that follows from those of the parts.
pub(super) fn compared(answer: &Json, receipts: &[(PartRange, Json)], whole: Option<&str>) -> Result<(), Failed> {
    let (Some((said, sums)), Some(whole)) = (said(answer, receipts), whole) else { return Ok(()) };
    let count = if sums.is_composite { format!("-{}", receipts.len()) } else { String::new() };
    let expected = format!("{whole}{count}");
    if said == expected {
        return Ok(());
    }
    let words = format!("the store says that the object's checksum is {said:.90}, and that of the file is {expected}");
    Err(Failed::new(Failure::Corrupt, words))
}
