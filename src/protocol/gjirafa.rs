//! Gjirafa VP's [multipart uploads](https://vp.gjirafa.tech/documentation/api/upload-api/postMultipartUpload): presigned
//! URLs for a number of parts that the client picks, an envelope around every answer.

use super::answer::{asked, nonsense, presentable, refused};
use super::url::escaped;
use super::{
    Adapter, Algorithm, Answer, Body, Call, File, Form, Json, Outcome, Request, Response, lacks, number, origin,
    presigned, s3,
};
use crate::core::{Expiry, Failed, PartRange, Preparing, Reply, Rules, Step, Ticket};
use std::time::Duration;

/// A project of Gjirafa VP.
#[derive(Clone, Debug, Default)]
pub struct Gjirafa {
    /// Where the API lives: its origin, or a proxy of the app's.
    pub base_url: String,
    /// Which project.
    pub project_id: String,
    /// How long URLs live, 1 to 168 hours, where it is not the usual time.
    pub url_expiry_hours: Option<u32>,
    /// Whether a file that is there already is refused; it takes `file_hash`.
    pub duplicate_check: bool,
    /// What the service knows a file by.
    pub file_hash: Option<String>,
}

/// Hours that URLs live where nothing is said.
const USUAL_HOURS: u32 = 12;

impl Gjirafa {
    fn request(&self, method: &'static str, path: &str, body: Json) -> Call {
        let base = self.base_url.trim_end_matches('/');
        let url = format!("{base}/api/projects/{}/uploads/{path}", escaped(&self.project_id));
        Call::Http(Request::to_api(method, url, Body::Json(body)))
    }

    /// Fields that are there only if something is said about them.
    fn expiry(&self) -> Option<(&str, Json)> {
        self.url_expiry_hours.map(|hours| ("presignedUrlExpiryTimeHours", hours.into()))
    }

    fn start(&self, file: &File, parts: u32) -> Json {
        let told = [
            ("partsNumber", parts.into()),
            ("fileName", file.name.as_str().into()),
            // The service wants the size as text.
            ("contentLength", file.size.to_string().as_str().into()),
            ("mimeType", file.kind.as_str().into()),
        ];
        Json::object(told)
            .and(self.expiry())
            .and(self.duplicate_check.then_some(("enableDuplicateCheck", Json::Bool(true))))
            .and(self.file_hash.as_deref().map(|hash| ("fileHash", hash.into())))
    }

    fn resume(&self, session: &Json) -> Json {
        Json::object([("requestKey", key(session))]).and(self.expiry())
    }

    /// Signed URLs, by part. One that says nothing of its life lives as long as was asked for.
    fn tickets(&self, result: &Json) -> Result<Vec<(u32, Ticket<Json>)>, Failed> {
        let hours = self.url_expiry_hours.unwrap_or(USUAL_HOURS);
        let said = Expiry { signed_at: None, lifetime: Duration::from_secs(u64::from(hours) * 3600) };
        let urls = result.get("presignedUrl").and_then(Json::items).unwrap_or_default();
        let part = |url: &Json| {
            let number = url.whole("partNumber").and_then(|number| u32::try_from(number.checked_sub(1)?).ok())?;
            Some((number, url.text("presignedUrl")?.to_owned()))
        };
        let ticket = |(index, url): (u32, String)| {
            let ticket = presigned::ticket(&url, None, None)?;
            Ok((index, Ticket { expiry: ticket.expiry.or(Some(said)), ..ticket }))
        };
        urls.iter().filter_map(part).map(ticket).collect()
    }
}

fn key(session: &Json) -> Json {
    session.text("requestKey").unwrap_or_default().into()
}

fn completion(session: &Json, receipts: &[(PartRange, Json)]) -> Json {
    let part = |(part, receipt): &(PartRange, Json)| {
        // The header's value has quotes, the field has none.
        let etag = receipt.text("etag").unwrap_or_default().trim_matches('"');
        Json::object([("partNumber", number(part).into()), ("eTag", etag.into())])
    };
    Json::object([
        ("requestKey", key(session)),
        // What is not whole is not to be taken for it.
        ("allowPartialComplete", Json::Bool(false)),
        ("parts", Json::List(receipts.iter().map(part).collect())),
    ])
}

impl Adapter for Gjirafa {
    fn kind(&self) -> &'static str {
        "gjirafa"
    }

    fn rules(&self) -> Rules {
        Rules {
            // All of them come with the session; new ones by resuming it, as many as there are parts.
            preparing: Preparing::Tickets { batch: s3::LIMITS.max_parts },
            discards: true,
            reckons: true,
            ..Rules::plain(s3::LIMITS, origin(&self.base_url))
        }
    }

    fn names(&self) -> &'static [&'static str] {
        &["requestKey"]
    }

    fn place(&self) -> Option<String> {
        Some(format!("gjirafa {} {}", self.base_url, self.project_id))
    }

    fn call(&self, step: &Step<Json>, file: &File) -> Result<Call, Failed> {
        Ok(match step {
            Step::Open { parts, .. } => self.request("POST", "multipart", self.start(file, *parts)),
            Step::Send { ticket, .. } => Call::Http(presigned::put(ticket.as_ref().unwrap_or(&Json::Null))),
            Step::Close { session, receipts } => {
                self.request("PUT", "multipart-complete", completion(session, receipts))
            }
            Step::Discard { session } => {
                self.request("PUT", "multipart-abort", Json::object([("requestKey", key(session))]))
            }
            Step::Prepare { session, .. } => self.request("POST", "multipart-resume", self.resume(session)),
            Step::Reckon { .. } => Call::Digest(Algorithm::Md5, Form::Hex),
            _ => return Err(lacks("Gjirafa", step)),
        })
    }

    fn reply(&self, step: &Step<Json>, answer: &Answer) -> Result<Reply<Json>, Failed> {
        // What S3 calls a part, unless it is encrypted with a key of somebody's: then completing is refused, and it begins
        // anew.
        if let Answer::Digest(digest) = answer {
            return Ok(Reply::Sent(Json::object([("etag", format!("\"{digest}\"").as_str().into())])));
        }
        let (request, response) = answer.http()?;
        if matches!(step, Step::Send { .. }) {
            return presigned::stored(request, response);
        }
        let result = opened_envelope(request, response)?;
        match step {
            Step::Open { .. } => match (result.text("uploadId"), result.text("requestKey")) {
                (upload_id, Some(request_key)) => Ok(Reply::Opened {
                    session: Json::object([
                        ("uploadId", upload_id.unwrap_or(request_key).into()),
                        ("requestKey", request_key.into()),
                    ]),
                    tickets: self.tickets(result)?,
                    part_size: None,
                    seat: None,
                }),
                _ => Err(nonsense(request, response, "a `result` with `requestKey` was expected")),
            },
            Step::Prepare { .. } => self.tickets(result).map(Reply::Prepared),
            Step::Close { .. } if *result == Json::Bool(false) => {
                Err(nonsense(request, response, "a `result` of true was expected"))
            }
            Step::Close { .. } => Ok(Reply::Closed(response.json.clone().unwrap_or_default())),
            Step::Discard { .. } => Ok(Reply::Discarded),
            _ => Err(lacks("Gjirafa", step)),
        }
    }

    fn outcome(&self, session: &Json, _: &Json) -> Outcome {
        let text = |name| session.text(name).map(ToOwned::to_owned);
        Outcome { upload_id: text("uploadId").unwrap_or_default(), object_id: text("requestKey"), ..Outcome::default() }
    }

    fn etag<'a>(&self, receipt: &'a Json) -> Option<&'a str> {
        receipt.text("etag")
    }
}

/// The `result` inside the envelope. `success: false` is a refusal, whatever the status.
fn opened_envelope<'a>(request: &Request, response: &'a Response) -> Result<&'a Json, Failed> {
    let said = envelope_words(response).or_else(|| response.own_words());
    if !response.is_ok() {
        return Err(refused(request, response, said));
    }
    match response.json.as_ref().and_then(|json| Some((json, json.get("success")?))) {
        Some((json, Json::Bool(true))) => Ok(json.get("result").unwrap_or(&Json::Null)),
        Some((json, Json::Bool(false))) => {
            // The envelope has a status of its own, and it is that one which is meant.
            let status = json.whole("statusCode").and_then(|status| u16::try_from(status).ok());
            let meant = Response { status: status.filter(|status| *status >= 400).unwrap_or(400), ..response.clone() };
            let said = said.unwrap_or_else(|| "no reason given".into());
            let words = format!("{} answered {} with `success: false` ({said})", asked(request), response.status);
            Err(Failed::answered(refused(request, &meant, None).failure, response.status, words))
        }
        _ => Err(nonsense(request, response, "the service's envelope was expected: is `baseUrl` its address?")),
    }
}

/// What the envelope says went wrong: in its errors, or else in its messages.
fn envelope_words(response: &Response) -> Option<String> {
    let texts = |name| {
        let mut texts = Vec::new();
        for text in response.json.as_ref()?.get(name)?.items()?.iter().filter_map(Json::as_text) {
            texts.push(text.to_owned());
        }
        Some(presentable(&texts)).filter(|words| !words.is_empty())
    };
    texts("errors").or_else(|| texts("messages"))
}
