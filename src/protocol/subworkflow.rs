//! subworkflow.ai's [upload sessions](https://docs.subworkflow.ai/api-reference/upload-session/post-v1-upload-session):
//! form data all the way, receipts in JSON.

use super::answer::{asked, nonsense, refusal};
use super::{Adapter, Answer, Body, Call, File, Json, Outcome, Request, Response, lacks, number, origin};
use crate::core::{Failed, Failure, Limits, PartRange, Reply, Rules, Step};

/// An account of subworkflow.ai.
#[derive(Clone, Debug)]
pub struct Subworkflow {
    /// Where the API lives, with its version: the vendor's, or a proxy of the app's.
    pub base_url: String,
    /// What becomes of the file: `extract` or `vectorize`.
    pub job_type: &'static str,
    /// After how many days the service forgets it; -1: never.
    pub expires_in_days: Option<i32>,
}

const LIMITS: Limits = Limits {
    min_part_size: 5_000_000,
    max_part_size: 100_000_000,
    // 5 GB of the smallest parts; nothing else is said of their number.
    max_parts: 1_000,
    max_size: 5_000_000_000,
    empty_parts: Some(1),
};

impl Subworkflow {
    /// The documented path, with a hyphen. The vendor's SDK writes it with an underscore.
    fn request(&self, path: &str, fields: Vec<(&'static str, Json)>, file: Option<(&'static str, String)>) -> Call {
        let url = format!("{}/upload-session/{path}", self.base_url.trim_end_matches('/'));
        let fields = fields.into_iter().map(|(name, value)| (name.into(), value)).collect();
        let file = file.map(|(field, name)| (field.into(), name));
        Call::Http(Request::to_api("POST", url, Body::Form { fields, file }))
    }

    fn start(&self, file: &File) -> Call {
        // The name without its extension, and the extension without its dot.
        let (name, extension) = match file.name.rsplit_once('.') {
            Some((name, extension)) if !name.is_empty() => (name, extension),
            _ => (file.name.as_str(), ""),
        };
        let mut fields = vec![
            ("fileName", name.into()),
            ("fileExt", extension.into()),
            ("fileType", file.kind.as_str().into()),
            ("jobType", self.job_type.into()),
        ];
        fields.extend(self.expires_in_days.map(|days| ("expiresInDays", Json::Number(days.into()))));
        self.request("start", fields, None)
    }
}

fn key(session: &Json) -> String {
    session.text("key").unwrap_or_default().to_owned()
}

/// The receipts, in order.
fn parts(receipts: &[(PartRange, Json)]) -> Json {
    let part = |(part, receipt): &(PartRange, Json)| {
        let etag = receipt.text("etag").unwrap_or_default();
        Json::object([("etag", etag.into()), ("partNumber", number(part).into())])
    };
    Json::List(receipts.iter().map(part).collect())
}

impl Adapter for Subworkflow {
    fn kind(&self) -> &'static str {
        "subworkflow"
    }

    fn rules(&self) -> Rules {
        Rules { discards: true, ..Rules::plain(LIMITS, origin(&self.base_url)) }
    }

    fn names(&self) -> &'static [&'static str] {
        &["key"]
    }

    fn place(&self) -> Option<String> {
        Some(format!("subworkflow {} {}", self.base_url, self.job_type))
    }

    fn call(&self, step: &Step<Json>, file: &File) -> Result<Call, Failed> {
        Ok(match step {
            Step::Open { .. } => self.start(file),
            Step::Send { session, part, .. } => {
                let key = key(session);
                let name = format!("{key}_{}", number(part));
                let fields = vec![("key", key.as_str().into()), ("partNumber", number(part).into())];
                self.request("append", fields, Some(("file", name)))
            }
            Step::Close { session, receipts } => {
                self.request("end", vec![("key", key(session).as_str().into()), ("parts", parts(receipts))], None)
            }
            Step::Discard { session } => self.request("abort", vec![("key", key(session).as_str().into())], None),
            _ => return Err(lacks("subworkflow.ai", step)),
        })
    }

    fn reply(&self, step: &Step<Json>, answer: &Answer) -> Result<Reply<Json>, Failed> {
        let (request, response) = answer.http()?;
        let data = match (step, data(request, response)) {
            // What the vendor's documents do not have, and its SDK does not read.
            (Step::Discard { .. }, Err(failed)) if response.is_ok() && failed.failure == Failure::Nonsense => {
                &Json::Null
            }
            (_, data) => data?,
        };
        match step {
            Step::Open { .. } => match data.text("key") {
                Some(key) => Ok(Reply::opened(Json::object([("key", key.into())]))),
                None => Err(nonsense(request, response, "`data` with a `key` was expected")),
            },
            Step::Send { part, .. } => match (data.text("etag"), data.whole("partNumber")) {
                (Some(etag), at) if at.is_none_or(|at| at == u64::from(number(part))) => {
                    Ok(Reply::Sent(Json::object([("etag", etag.into())])))
                }
                _ => Err(nonsense(request, response, "`data` with this part's `etag` and `partNumber` was expected")),
            },
            Step::Close { .. } => Ok(Reply::Closed(data.clone())),
            Step::Discard { .. } => Ok(Reply::Discarded),
            _ => Err(lacks("subworkflow.ai", step)),
        }
    }

    fn outcome(&self, session: &Json, closing: &Json) -> Outcome {
        let id = closing.text("id").map(ToOwned::to_owned);
        Outcome { upload_id: key(session), object_id: id, ..Outcome::default() }
    }

    fn etag<'a>(&self, receipt: &'a Json) -> Option<&'a str> {
        receipt.text("etag")
    }
}

/// The `data` of an answer. `success: false` is a refusal, whatever the status.
fn data<'a>(request: &Request, response: &'a Response) -> Result<&'a Json, Failed> {
    if !response.is_ok() {
        return Err(refusal(request, response));
    }
    match response.json.as_ref().map(|json| (json.get("success"), json.get("data"))) {
        Some((Some(Json::Bool(true)), data)) => Ok(data.unwrap_or(&Json::Null)),
        Some((Some(Json::Bool(false)), _)) => {
            let said = response.own_words().unwrap_or_else(|| "no reason given".into());
            let words = format!("{} answered {} with `success: false` ({said})", asked(request), response.status);
            Err(Failed::answered(Failure::Rejected, response.status, words))
        }
        _ => Err(nonsense(request, response, "JSON with `success` was expected: is `baseUrl` the service's address?")),
    }
}
