//! The endpoints of [Uppy Companion](https://uppy.io/docs/companion/), and of every backend that speaks like it.

use super::super::answer::{asked, nonsense, refusal};
use super::super::checksum::Checksums;
use super::super::text::{append, around};
use super::super::url::{escaped, leads_elsewhere};
use super::super::{
    Adapter, Answer, Body, Call, File, Json, Outcome, Request, Response, lacks, number, origin, presigned, xml,
};
use super::checksum;
use crate::core::{Failed, Failure, Reply, Rules, Step};

/// A signing backend, by its address.
#[derive(Clone, Debug)]
pub struct S3Endpoint {
    endpoint: String,
    checksums: Checksums,
}

const HINT: &str = "is `endpoint` the address of the backend's S3 routes, like `/s3/multipart`?";

impl S3Endpoint {
    /// The backend at `endpoint`, an absolute address without query.
    #[must_use]
    pub fn new(endpoint: &str) -> Self {
        let mut bare = endpoint;
        while let Some(shorter) = bare.strip_suffix('/') {
            bare = shorter;
        }
        Self { endpoint: bare.to_owned(), checksums: Checksums::Signed }
    }

    /// With these checksums. It cannot be told of them: they go with a part only where its URL was signed for one.
    #[must_use]
    pub fn with(self, checksums: Checksums) -> Self {
        Self { checksums, ..self }
    }

    fn request(&self, method: &'static str, path: &str, body: Body) -> Call {
        let url = format!("{}{path}", self.endpoint);
        Call::Http(Request::to_api(method, url, body))
    }
}

/// `/{uploadId}{rest}?key=…`
fn path(session: &Json, rest: &str) -> String {
    let field = |name| escaped(session.text(name).unwrap_or_default());
    format!("/{}{rest}?key={}", field("uploadId"), field("key"))
}

impl Adapter for S3Endpoint {
    fn kind(&self) -> &'static str {
        "s3"
    }

    fn rules(&self) -> Rules {
        let digests = checksum::digests(self.checksums, false);
        Rules { digests, ..super::rules(origin(&self.endpoint)) }
    }

    fn names(&self) -> &'static [&'static str] {
        &["uploadId", "key"]
    }

    fn place(&self) -> Option<String> {
        Some(format!("s3 {}", self.endpoint))
    }

    fn call(&self, step: &Step<Json>, file: &File) -> Result<Call, Failed> {
        Ok(match step {
            Step::Open { .. } => {
                let mut metadata = Json::object([]);
                for (name, value) in &file.metadata {
                    metadata = metadata.and(Some((name, value.as_str().into())));
                }
                let body = Json::object([
                    ("filename", file.name.as_str().into()),
                    ("type", file.kind.as_str().into()),
                    ("metadata", metadata),
                ]);
                self.request("POST", "", Body::Json(body))
            }
            Step::Prepare { session, parts, .. } => match parts.as_slice() {
                [part] => self.request("GET", &path(session, &format!("/{}", number(part))), Body::Empty),
                parts => {
                    let mut numbers = String::new();
                    for part in parts {
                        append(&mut numbers, ",", &number(part).to_string());
                    }
                    let path = format!("{}&partNumbers={numbers}", path(session, "/batch"));
                    self.request("GET", &path, Body::Empty)
                }
            },
            Step::Digest { .. } => checksum::digest(step, self.checksums)?,
            Step::Send { ticket, digest, .. } => Call::Http(checksum::put(ticket.as_ref(), digest.as_ref())),
            Step::Inspect { session, .. } => self.request("GET", &path(session, ""), Body::Empty),
            Step::Close { session, receipts } => {
                let body = Json::object([("parts", super::parts(receipts))]);
                self.request("POST", &path(session, "/complete"), Body::Json(body))
            }
            Step::Discard { session } => self.request("DELETE", &path(session, ""), Body::Empty),
            _ => return Err(lacks("Companion", step)),
        })
    }

    fn follow(&self, step: &Step<Json>, answer: &Answer) -> Option<Call> {
        checksum::combined(step, answer)
    }

    fn reply(&self, step: &Step<Json>, answer: &Answer) -> Result<Reply<Json>, Failed> {
        let (answer, whole) = checksum::apart(answer);
        if matches!(step, Step::Digest { .. }) {
            return checksum::digested(step, self.checksums, answer);
        }
        let (request, response) = answer.http()?;
        if let Step::Send { digest, .. } = step {
            return checksum::stored(request, response, digest.as_ref());
        }
        let failed = (!response.is_ok()).then(|| failure(request, response));
        match (step, failed) {
            // A backend that only signs one by one does not know the route.
            (Step::Prepare { parts, .. }, Some(failed))
                if parts.len() > 1 && matches!(response.status, 400 | 404 | 405) =>
            {
                Err(failed.but(Failure::OneByOne))
            }
            (Step::Inspect { .. }, Some(failed)) if failed.failure == Failure::Gone => Ok(Reply::Unknown),
            // Companion in production says this of whatever went wrong, and be it that the store has forgotten the upload.
            (Step::Inspect { .. } | Step::Close { .. }, Some(failed))
                if response.status == 500 && failed.failure == Failure::Server =>
            {
                Err(failed.but(Failure::Vague))
            }
            (Step::Open { .. }, Some(failed)) if matches!(response.status, 404 | 405) => {
                let words = format!("{}: {HINT}", failed.words);
                Err(failed.saying(words))
            }
            (_, Some(failed)) => Err(failed),
            (Step::Open { .. }, None) => opened(request, response),
            (Step::Prepare { parts, .. }, None) => {
                let only = match parts.as_slice() {
                    [part] => Some(part.index),
                    _ => None,
                };
                signed(request, response, only, self.checksums)
            }
            (Step::Inspect { .. }, None) => match response.json.as_ref().and_then(Json::items) {
                Some(items) => Ok(super::listed(step, items, None)),
                None => Err(nonsense(request, response, &format!("an array of parts was expected: {HINT}"))),
            },
            (Step::Close { receipts, .. }, None) => {
                super::counted(response.json.as_ref().unwrap_or(&Json::Null), receipts, whole)?;
                closed(request, response)
            }
            (Step::Discard { .. }, None) => Ok(Reply::Discarded),
            _ => Err(lacks("Companion", step)),
        }
    }

    fn outcome(&self, session: &Json, closing: &Json) -> Outcome {
        super::functions::outcome(session, closing)
    }

    fn etag<'a>(&self, receipt: &'a Json) -> Option<&'a str> {
        super::etag(receipt)
    }
}

/// A backend hands the store's errors on in its own way; that a session is unknown is told by the store's word for it, or
/// by what the store says of it.
fn failure(request: &Request, response: &Response) -> Failed {
    let failed = refusal(request, response);
    let is_said = |words: &str| {
        ["NoSuchUpload", "specified upload does not exist"].iter().any(|said| around(words, said).is_some())
    };
    let unknown = response.own_words().is_some_and(|words| is_said(&words));
    if unknown { failed.but(Failure::Gone) } else { failed }
}

fn opened(request: &Request, response: &Response) -> Result<Reply<Json>, Failed> {
    let names = response.json.as_ref().and_then(|json| Some((json.text("uploadId")?, json.text("key")?)));
    match names {
        Some((upload_id, _)) if leads_elsewhere(upload_id) => {
            let expected = format!("an `uploadId` that an address can have was expected, and not `{upload_id}`");
            Err(nonsense(request, response, &expected))
        }
        Some((upload_id, key)) => Ok(super::opened(upload_id, key)),
        None => Err(nonsense(request, response, &format!("JSON with `uploadId` and `key` was expected: {HINT}"))),
    }
}

fn signed(
    request: &Request,
    response: &Response,
    only: Option<u32>,
    checksums: Checksums,
) -> Result<Reply<Json>, Failed> {
    let Some(json) = &response.json else {
        return Err(nonsense(request, response, &format!("JSON with signed URLs was expected: {HINT}")));
    };
    let expires = presigned::seconds(json, "expires");
    let mut tickets = Vec::new();
    let mut take = |index, url, headers| {
        tickets.push((index, checksum::named(presigned::ticket(url, headers, expires)?, checksums)));
        Ok(())
    };
    match (only, json.text("url"), json.get("presignedUrls")) {
        (Some(index), Some(url), _) => take(index, url, json.get("headers"))?,
        (_, _, Some(Json::Map(urls))) => {
            for (number, url) in urls {
                let index = number.parse::<u32>().ok().and_then(|number| number.checked_sub(1));
                if let (Some(index), Some(url)) = (index, url.as_text()) {
                    take(index, url, None)?;
                }
            }
        }
        _ => return Err(nonsense(request, response, "`url` or `presignedUrls` was expected")),
    }
    Ok(Reply::Prepared(tickets))
}

/// `CompleteMultipartUpload` [can answer 200 with an error inside](https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html):
/// the status is sent before the parts are joined.
fn closed(request: &Request, response: &Response) -> Result<Reply<Json>, Failed> {
    if let Some((code, _)) = xml::error(&response.text) {
        let failure = match code.as_str() {
            "InternalError" | "ServiceUnavailable" | "SlowDown" | "RequestTimeout" | "OperationAborted" => {
                Failure::Server
            }
            "NoSuchUpload" => Failure::Gone,
            _ => Failure::Rejected,
        };
        return Err(error_inside(request, response, failure));
    }
    match &response.json {
        Some(json) if json.text("error").is_some() => Err(error_inside(request, response, Failure::Server)),
        Some(json @ Json::Map(_)) => Ok(Reply::Closed(json.clone())),
        _ if response.text.trim_ascii().is_empty() => Ok(Reply::Closed(Json::Null)),
        _ => Err(nonsense(request, response, &format!("JSON with `location` was expected: {HINT}"))),
    }
}

fn error_inside(request: &Request, response: &Response, failure: Failure) -> Failed {
    let own = response.own_words().unwrap_or_default();
    let words = format!("{} answered {} with an error inside ({own})", asked(request), response.status);
    Failed::answered(failure, response.status, words)
}
