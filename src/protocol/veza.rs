//! Veza OAA's [multipart upload](https://docs.veza.com/4yItIzMvkpAvMVFAamTf/developers/api/oaa/rest-api/multipart-upload)
//! (`:parts`): base64 in JSON, every call to one address.

use super::answer::{nonsense, presentable, refused};
use super::url::escaped;
use super::{Adapter, Answer, Body, Call, File, Json, Outcome, Request, Response, lacks, number, origin};
use crate::core::{Failed, Limits, Reply, Rules, Step};

/// A data source of a Veza tenant.
#[derive(Clone, Debug)]
pub struct Veza {
    /// Where the API lives: the tenant's origin, or a proxy of the app's.
    pub base_url: String,
    /// Which custom provider.
    pub provider_id: String,
    /// Which of its data sources.
    pub data_source_id: String,
}

const LIMITS: Limits = Limits {
    // Nothing is said of a smallest part.
    min_part_size: 1,
    // What the vendor's SDK sends at the most, before base64.
    max_part_size: 100_000_000,
    max_parts: 99,
    max_size: 99 * 100_000_000,
    // An empty payload is completed with a count of zero.
    empty_parts: Some(0),
};

impl Veza {
    fn request(&self, body: Body) -> Call {
        let base = self.base_url.trim_end_matches('/');
        let (provider, source) = (escaped(&self.provider_id), escaped(&self.data_source_id));
        let url = format!("{base}/api/v1/providers/custom/{provider}/datasources/{source}:parts");
        Call::Http(Request::to_api("POST", url, body))
    }
}

fn upload_id(session: &Json) -> Json {
    session.text("uploadId").unwrap_or_default().into()
}

impl Adapter for Veza {
    fn kind(&self) -> &'static str {
        "veza"
    }

    fn rules(&self) -> Rules {
        // A number that is sent again replaces what was there: the last one wins.
        Rules::plain(LIMITS, origin(&self.base_url))
    }

    fn names(&self) -> &'static [&'static str] {
        &["uploadId"]
    }

    fn place(&self) -> Option<String> {
        Some(format!("veza {} {} {}", self.base_url, self.provider_id, self.data_source_id))
    }

    fn call(&self, step: &Step<Json>, _: &File) -> Result<Call, Failed> {
        let body = match step {
            Step::Open { .. } => Body::Json(Json::object([("operation", "start".into())])),
            Step::Send { session, part, .. } => Body::Base64Json {
                fields: Json::object([
                    ("operation", "upload".into()),
                    ("upload_id", upload_id(session)),
                    ("sequence_number", number(part).into()),
                ]),
                field: "data".into(),
            },
            Step::Close { session, receipts } => Body::Json(Json::object([
                ("operation", "complete".into()),
                ("upload_id", upload_id(session)),
                ("sequence_count", Json::from(receipts.len() as u64)),
            ])),
            _ => return Err(lacks("Veza", step)),
        };
        Ok(self.request(body))
    }

    fn reply(&self, step: &Step<Json>, answer: &Answer) -> Result<Reply<Json>, Failed> {
        let (request, response) = answer.http()?;
        if !response.is_ok() {
            return Err(refused(request, response, own_words(response)));
        }
        // Every answer is an object, even where nothing in it matters: a page of a proxy's is none of Veza's.
        let Some(json @ Json::Map(_)) = &response.json else {
            return Err(nonsense(request, response, "JSON was expected: is `baseUrl` the tenant's address?"));
        };
        match step {
            Step::Open { .. } => started(request, response, json),
            Step::Send { .. } => Ok(Reply::Sent(Json::Null)),
            Step::Close { .. } => Ok(Reply::Closed(json.clone())),
            _ => Err(lacks("Veza", step)),
        }
    }

    fn outcome(&self, session: &Json, _: &Json) -> Outcome {
        let id = session.text("uploadId").unwrap_or_default().to_owned();
        Outcome { upload_id: id.clone(), object_id: Some(id), ..Outcome::default() }
    }

    fn etag<'a>(&self, _: &'a Json) -> Option<&'a str> {
        None
    }
}

/// What the service says went wrong. The message is as general as "Invalid Arguments"; what is the matter with which field
/// stands in the details.
fn own_words(response: &Response) -> Option<String> {
    let mut words = vec![response.own_words()?];
    let items = |json: &Json, name| json.get(name).and_then(Json::items).unwrap_or_default().to_vec();
    for detail in response.json.iter().flat_map(|json| items(json, "details")) {
        for violation in items(&detail, "field_violations") {
            let field = violation.text("field").map(|field| format!("{field}: "));
            words.extend(violation.text("description").map(|said| field.unwrap_or_default() + said));
        }
        // What is told to people may be just that once more.
        let told = detail.text("message").filter(|told| !words.iter().any(|word| word.ends_with(told)));
        words.extend(told.map(ToOwned::to_owned));
    }
    Some(presentable(&words))
}

/// `upload_id`, as it is or wrapped in `value`, as the vendor's SDK takes it too.
fn started(request: &Request, response: &Response, json: &Json) -> Result<Reply<Json>, Failed> {
    match json.text("upload_id").or_else(|| json.get("value")?.text("upload_id")) {
        Some(id) => Ok(Reply::opened(Json::object([("uploadId", id.into())]))),
        None => Err(nonsense(request, response, "an `upload_id` was expected")),
    }
}
