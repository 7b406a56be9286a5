//! S3 and every store that speaks it, through URLs that a backend signs: the endpoints of Uppy Companion, or functions
//! of the app. The rules are those of
//! [S3's multipart uploads](https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html).

mod endpoint;
mod functions;

pub use endpoint::S3Endpoint;
pub use functions::S3Functions;

use super::answer::{asked, refusal};
use super::url::{origin, query_value, shown};
use super::{Body, Json, Request, Response, date};
use crate::core::{Expiry, Failed, Failure, Limits, OnPause, Origin, Preparing, Reply, Rules, StoredPart, Ticket};
use std::time::Duration;

const LIMITS: Limits = Limits {
    min_part_size: 5 << 20,
    max_part_size: 5 << 30,
    max_parts: 10_000,
    // 48.8 TiB: what ten thousand parts of 5 GiB make, and what S3 takes since it takes more than 5 TiB.
    max_size: 10_000 * (5 << 30),
};

/// URLs asked for at once: over twenty, so that a signing request is rare, and few enough for one request's line.
const BATCH: u32 = 50;

/// The two names that make a session.
fn session(upload_id: &str, key: &str) -> Json {
    Json::object([("uploadId", upload_id.into()), ("key", key.into())])
}

fn rules(api: Option<Origin>) -> Rules {
    Rules {
        limits: LIMITS,
        preparing: Preparing::Tickets { batch: BATCH },
        on_pause: OnPause::Cut,
        inspects: true,
        verifies: false,
        discards: true,
        api,
    }
}

/// A signed URL, with the headers that were signed with it.
fn ticket(url: &str, headers: Option<&Json>, expires_in: Option<u64>) -> Result<Ticket<Json>, Failed> {
    let Some(origin) = origin(url) else {
        let words = format!("`{}` is not an absolute http or https URL for a part", shown(url));
        return Err(Failed::new(Failure::Nonsense, words));
    };
    let expiry = match expires_in {
        Some(seconds) => Some(Expiry { signed_at: None, lifetime: Duration::from_secs(seconds) }),
        None => expiry(url),
    };
    let keep = Json::object([("url", url.into()), ("headers", headers.cloned().unwrap_or_default())]);
    Ok(Ticket { keep, origin, expiry })
}

/// What the URL itself says of its life:
/// [Signature Version 4](https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html).
fn expiry(url: &str) -> Option<Expiry> {
    let seconds = query_value(url, "X-Amz-Expires")?.parse().ok()?;
    let signed_at = query_value(url, "X-Amz-Date").and_then(date::amz_date);
    Some(Expiry { signed_at, lifetime: Duration::from_secs(seconds) })
}

/// The request that sends a part's bytes with its ticket.
fn put(ticket: &Json) -> Request {
    let headers = ticket.get("headers").and_then(Json::fields).unwrap_or_default();
    let headers = headers.iter().filter_map(|(name, value)| Some((name.clone(), value.as_text()?.to_owned())));
    Request {
        method: "PUT",
        url: ticket.text("url").unwrap_or_default().to_owned(),
        headers: headers.collect(),
        body: Body::Slice,
        is_api: false,
    }
}

/// What the store says of a part.
fn stored(request: &Request, response: &Response) -> Result<Reply<Json>, Failed> {
    if !response.is_ok() {
        return Err(refusal(request, response));
    }
    match response.header("etag").filter(|etag| !etag.is_empty()) {
        Some(etag) => Ok(Reply::Sent(Json::object([("etag", etag.into())]))),
        None => Err(Failed {
            failure: Failure::Nonsense,
            status: Some(response.status),
            words: format!(
                "{} answered {} without an ETag that this page may read: let the store's CORS rules say \
                 `Access-Control-Expose-Headers: ETag` (in S3, `\"ExposeHeaders\": [\"ETag\"]`)",
                asked(request),
                response.status
            ),
        }),
    }
}

/// The parts that a listing names; what is not one is left out, and sent again.
fn listed(items: &[Json]) -> Reply<Json> {
    Reply::Listed(
        items
            .iter()
            .filter_map(|item| {
                let index = u32::try_from(item.whole("PartNumber")?.checked_sub(1)?).ok()?;
                let receipt = Json::object([("etag", item.text("ETag")?.into())]);
                Some(StoredPart { index, size: item.whole("Size")?, receipt })
            })
            .collect(),
    )
}

fn etag(receipt: &Json) -> Option<&str> {
    receipt.text("etag")
}

/// The parts as completing wants them.
fn parts(receipts: &[(crate::core::PartRange, Json)]) -> Json {
    let part = |(part, receipt): &(crate::core::PartRange, Json)| {
        Json::object([("PartNumber", super::number(part).into()), ("ETag", etag(receipt).unwrap_or_default().into())])
    };
    Json::List(receipts.iter().map(part).collect())
}
