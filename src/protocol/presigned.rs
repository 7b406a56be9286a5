//! Parts that travel as they are, to URLs that somebody signed: what S3 and the services built on it have in common.

use super::answer::{asked, refusal};
use super::url::{origin, query_value, shown};
use super::{Json, Request, Response, date};
use crate::core::{Expiry, Failed, Failure, Reply, Ticket};
use std::time::Duration;

/// A signed URL, with the headers that were signed with it.
pub(super) fn ticket(url: &str, headers: Option<&Json>, expires_in: Option<u64>) -> Result<Ticket<Json>, Failed> {
    let Some(origin) = origin(url) else {
        let words = format!("`{}` is not an absolute http or https URL for a part", shown(url));
        return Err(Failed::new(Failure::Nonsense, words));
    };
    let expiry = match expires_in {
        Some(seconds) => Some(Expiry { signed_at: None, lifetime: Duration::from_secs(seconds) }),
        None => expiry(url),
    };
    let keep = Json::object([("url", url.into()), ("headers", headers.cloned().unwrap_or_default())]);
    Ok(Ticket { keep, origin, expiry, wants_digest: false })
}

/// Seconds from now as somebody reckons them: they may have a fraction, and be over by a little.
pub(super) fn seconds(said: &Json, name: &str) -> Option<u64> {
    match said.get(name)? {
        Json::Number(seconds) => Some(seconds.clamp(0.0, 9e15) as u64),
        said => said.as_whole(),
    }
}

/// What the URL itself says of its life:
/// [Signature Version 4](https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html).
pub(super) fn expiry(url: &str) -> Option<Expiry> {
    let seconds = query_value(url, "X-Amz-Expires")?.parse().ok()?;
    let signed_at = query_value(url, "X-Amz-Date").and_then(date::amz_date);
    Some(Expiry { signed_at, lifetime: Duration::from_secs(seconds) })
}

/// The request that sends a part's bytes with its ticket.
pub(super) fn put(ticket: &Json) -> Request {
    let mut headers = Vec::new();
    for (name, value) in ticket.get("headers").and_then(Json::fields).unwrap_or_default() {
        if let Some(value) = value.as_text() {
            headers.push((name.clone(), value.to_owned()));
        }
    }
    Request::with_slice("PUT", ticket.text("url").unwrap_or_default().to_owned(), headers)
}

/// What the store says of a part.
pub(super) fn stored(request: &Request, response: &Response) -> Result<Reply<Json>, Failed> {
    if !response.is_ok() {
        return Err(refusal(request, response));
    }
    match response.header("etag").filter(|etag| !etag.is_empty()) {
        Some(etag) => Ok(Reply::Sent(Json::object([("etag", etag.into())]))),
        None => {
            let words = format!(
                "{} answered {} without an ETag that this page may read: let the store's CORS rules say \
                 `Access-Control-Expose-Headers: ETag` (in S3, `\"ExposeHeaders\": [\"ETag\"]`)",
                asked(request),
                response.status
            );
            Err(Failed::answered(Failure::Nonsense, response.status, words))
        }
    }
}
