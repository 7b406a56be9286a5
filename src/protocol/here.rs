//! [HERE Blob v1](https://www.here.com/docs/bundle/blob-api-developer-guide/page/README.html) multipart uploads: parts go
//! where the service's links point, with a digest each, and a part number that failed is never used again.

use super::answer::{nonsense, refusal};
use super::url::{escaped, resolved, unescaped, with_value};
use super::{
    Adapter, Algorithm, Answer, Body, Call, File, Form, Json, Known, Outcome, Question, Request, Response, lacks,
    number, origin, presigned,
};
use crate::core::{Digests, Failed, Failure, Limits, Numbers, Origin, PartRange, Reply, Rules, Step};

/// A layer of a catalog.
#[derive(Clone, Debug)]
pub struct Here {
    /// The blob service's address as API Lookup gives it, up to the catalog; or a proxy of the app's.
    pub base_url: String,
    /// Origins beside that one which may have the app's headers, because links may point there.
    pub origins: Vec<Origin>,
    /// Which layer.
    pub layer_id: String,
    /// The name of the blob. It can be used once.
    pub data_handle: String,
    /// Whether that name was given for this file as it is, and not made by a function, which may make another each time.
    pub is_named: bool,
    /// Whether the bytes are gzip already.
    pub gzip: bool,
    /// What goes with every request for the vendor's bill.
    pub billing_tag: Option<String>,
    /// Whether a part that failed is sent again under its number, as the vendor's own client does and its documents
    /// forbid.
    pub resend: bool,
    /// How parts are digested.
    pub digest: Option<Algorithm>,
}

const LIMITS: Limits = Limits {
    min_part_size: 5 << 20,
    max_part_size: 5_000_000_000,
    max_parts: 10_000,
    max_size: 50_000_000_000,
    empty_parts: Some(1),
};

/// What stands before a digest, if it is one that the service takes.
const fn prefix(algorithm: Algorithm) -> Option<&'static str> {
    match algorithm {
        Algorithm::Crc64Nvme => None,
        Algorithm::Crc32c => Some("CRC-32C:"),
        Algorithm::Md5 => Some("MD5:"),
        Algorithm::Sha1 => Some("SHA1:"),
        Algorithm::Sha256 => Some("SHA256:"),
    }
}

impl Here {
    /// How parts are digested, and what stands before that.
    fn digest(&self) -> Option<(Algorithm, &'static str)> {
        self.digest.and_then(|algorithm| Some((algorithm, prefix(algorithm)?)))
    }

    fn tagged(&self, url: String) -> String {
        self.billing_tag.iter().fold(url, |url, tag| with_value(&url, "billingTag", tag))
    }

    /// A request that has the app's headers if it goes where they may.
    fn request(&self, method: &'static str, url: String, body: Body) -> Request {
        let to = origin(&url);
        let is_api = to.is_some()
            && (to == origin(&self.base_url) || self.origins.iter().any(|known| Some(known) == to.as_ref()));
        Request { is_api, ..Request::to_api(method, self.tagged(url), body) }
    }

    fn uploads(&self) -> String {
        let base = self.base_url.trim_end_matches('/');
        format!("{base}/layers/{}/data/{}/multiparts", escaped(&self.layer_id), escaped(&self.data_handle))
    }

    /// What a refusal means. Headers that stayed at home are said to have.
    fn refused(&self, request: &Request, response: &Response) -> Failed {
        let failed = refusal(request, response);
        match origin(&request.url) {
            Some(to) if failed.failure == Failure::Refused && !request.is_api => {
                let words = format!(
                    "{}: your `headers` go to the origin of `baseUrl` only, and this link of the service leads to {to}; \
                     if that is the service's, name it in `origins`",
                    failed.words
                );
                failed.saying(words)
            }
            _ => failed,
        }
    }

    fn opened(&self, request: &Request, response: &Response) -> Result<Reply<Json>, Failed> {
        let links = response.json.as_ref().and_then(|json| json.get("links"));
        let link = |name| resolved(&self.base_url, links?.get(name)?.text("href")?);
        let (Some(part), Some(complete), Some(status), Some(delete)) =
            (link("uploadPart"), link("complete"), link("status"), link("delete"))
        else {
            let expected = "`links` with `uploadPart`, `complete`, `status` and `delete` were expected";
            return Err(nonsense(request, response, expected));
        };
        let session = Json::object([
            ("part", part.as_str().into()),
            ("complete", complete.as_str().into()),
            ("status", status.as_str().into()),
            ("delete", delete.as_str().into()),
            ("handle", self.data_handle.as_str().into()),
        ]);
        // All links of a session lead to one place, which need not be that of the address it was asked at.
        Ok(Reply::Opened { session, tickets: Vec::new(), part_size: None, seat: origin(&part) })
    }
}

fn link(session: &Json, name: &str) -> String {
    session.text(name).unwrap_or_default().to_owned()
}

/// The parts, in order.
fn parts(receipts: &[(PartRange, Json)]) -> Json {
    let part = |(part, receipt): &(PartRange, Json)| {
        // An ETag is handed back as it came.
        let etag = receipt.text("etag").unwrap_or_default();
        Json::object([("etag", etag.into()), ("number", number(part).into())])
    };
    Json::object([("parts", Json::List(receipts.iter().map(part).collect()))])
}

impl Adapter for Here {
    fn kind(&self) -> &'static str {
        "here"
    }

    fn rules(&self) -> Rules {
        Rules {
            digests: if self.digest().is_some() { Digests::First } else { Digests::Never },
            numbers: if self.resend { Numbers::Reusable } else { Numbers::Once },
            watches: true,
            discards: true,
            ..Rules::plain(LIMITS, origin(&self.base_url))
        }
    }

    fn names(&self) -> &'static [&'static str] {
        &["part", "complete", "status", "delete", "handle"]
    }

    fn place(&self) -> Option<String> {
        // What was begun under one name is not to be completed when another one is asked for.
        let name = if self.is_named { &self.data_handle } else { "" };
        Some(format!("here {} {} {name}", self.base_url, self.layer_id))
    }

    fn remembered(&self, session: &Json) -> Option<Json> {
        // What a link's query says may be a key.
        let bare = session.fields()?.iter().all(|(_, link)| link.as_text().is_some_and(|link| !link.contains('?')));
        bare.then(|| session.clone())
    }

    fn call(&self, step: &Step<Json>, file: &File) -> Result<Call, Failed> {
        Ok(Call::Http(match step {
            Step::Open { .. } => {
                let encoding = if self.gzip { "gzip" } else { "identity" };
                let said =
                    Json::object([("contentType", file.kind.as_str().into()), ("contentEncoding", encoding.into())]);
                self.request("POST", self.uploads(), Body::Json(said))
            }
            Step::Digest { .. } => {
                let (algorithm, _) = self.digest().ok_or_else(|| lacks("HERE", step))?;
                return Ok(Call::Digest(algorithm, Form::Hex));
            }
            Step::Send { session, part, digest, .. } => {
                let url = with_value(&link(session, "part"), "partNumber", &number(part).to_string());
                let digest = digest.as_ref().and_then(Json::as_text);
                let headers = [("content-type", Some(file.kind.as_str())), ("x-here-digest", digest)];
                let headers =
                    headers.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())));
                Request { headers: headers.collect(), ..self.request("POST", url, Body::Slice) }
            }
            Step::Close { session, receipts } => {
                self.request("PUT", link(session, "complete"), Body::Json(parts(receipts)))
            }
            Step::Watch { session } => self.request("GET", link(session, "status"), Body::Empty),
            Step::Discard { session } => self.request("DELETE", link(session, "delete"), Body::Empty),
            _ => return Err(lacks("HERE", step)),
        }))
    }

    fn reply(&self, step: &Step<Json>, answer: &Answer) -> Result<Reply<Json>, Failed> {
        if let (Answer::Digest(digest), Some((_, prefix))) = (answer, self.digest()) {
            return Ok(Reply::Digested(format!("{prefix}{digest}").as_str().into()));
        }
        let (request, response) = answer.http()?;
        match step {
            // It is not known before it is completed.
            Step::Watch { .. } if response.status == 404 => return Ok(Reply::Absent),
            Step::Send { .. } if response.is_ok() => return presigned::stored(request, response),
            Step::Send { digest: Some(_), .. } if response.status == 400 => {
                return Err(self.refused(request, response).but(Failure::Corrupt));
            }
            // What is stored is not what was acknowledged: the browser itself may have sent a part a second time.
            Step::Close { .. } if response.status == 400 && !self.resend => {
                return Err(self.refused(request, response).but(Failure::Corrupt));
            }
            _ if !response.is_ok() => return Err(self.refused(request, response)),
            _ => {}
        }
        match step {
            Step::Open { .. } => self.opened(request, response),
            Step::Close { .. } => Ok(Reply::Closed(Json::Null)),
            Step::Watch { .. } => match response.json.as_ref().and_then(|json| Some((json, json.text("status")?))) {
                Some((json, "completed")) => Ok(Reply::Closed(json.clone())),
                Some((_, "processing")) => Ok(Reply::Working),
                Some((_, "failed")) => {
                    let words = "the service says that publishing the blob has failed";
                    Err(Failed::answered(Failure::Failed, response.status, words.into()))
                }
                _ => Err(nonsense(request, response, "a `status` was expected")),
            },
            Step::Discard { .. } => Ok(Reply::Discarded),
            _ => Err(lacks("HERE", step)),
        }
    }

    fn ask(&self, question: &Question) -> Option<Request> {
        match question {
            Question::Incomplete { .. } => None,
            Question::Status { upload_id, .. } => {
                let url = format!("{}/{}", self.uploads(), escaped(upload_id));
                Some(self.request("GET", url, Body::Empty))
            }
        }
    }

    fn known(&self, _: &Question, request: &Request, response: &Response) -> Result<Known, Failed> {
        if response.status == 404 {
            let failed = refusal(request, response);
            let words = format!("{}: HERE tells of an upload only once it was completed", failed.words);
            return Err(failed.saying(words));
        }
        if !response.is_ok() {
            return Err(refusal(request, response));
        }
        let said = response.json.as_ref().and_then(|json| json.text("status"));
        let Some(state) = ["processing", "completed", "failed"].into_iter().find(|known| Some(*known) == said) else {
            return Err(nonsense(request, response, "a `status` was expected"));
        };
        let response = response.json.clone().unwrap_or_default();
        Ok(Known { items: Vec::new(), state: Some(state), response, more: None })
    }

    fn outcome(&self, session: &Json, _: &Json) -> Outcome {
        let status = session.text("status").unwrap_or_default();
        let bare = status.split(['?', '#']).next().unwrap_or_default();
        Outcome {
            upload_id: unescaped(bare.trim_end_matches('/').rsplit('/').next().unwrap_or_default()),
            object_id: session.text("handle").map(ToOwned::to_owned),
            ..Outcome::default()
        }
    }

    fn etag<'a>(&self, receipt: &'a Json) -> Option<&'a str> {
        receipt.text("etag")
    }
}
