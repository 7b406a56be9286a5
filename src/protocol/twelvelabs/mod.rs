//! [TwelveLabs' multipart uploads](https://docs.twelvelabs.io/api-reference/upload-content/multipart-uploads): the service
//! says how large chunks are and signs their URLs, is told of stored ones in batches, and has no call that completes: an
//! upload is over when its status says so.

mod answers;

use self::answers::{created, json, listed, located, stored, tickets, unfinished, watched};
use super::answer::nonsense;
use super::url::escaped;
use super::{
    Adapter, Answer, Body, Call, File, Json, Known, Outcome, Question, Request, Response, lacks, number, origin,
    presigned, s3,
};
use crate::core::{Failed, Limits, PartRange, Preparing, Reply, Rules, Settling, Sizes, Step};
use std::time::Duration;

/// An account of TwelveLabs.
#[derive(Clone, Debug)]
pub struct TwelveLabs {
    /// Where the API lives, with its version: the vendor's, or a proxy of the app's.
    pub base_url: String,
    /// `video`, `audio` or `image`.
    pub kind: &'static str,
    /// Whether it is made ready for streaming; the service does not do that where nothing is said.
    pub enable_hls: bool,
    /// Whether a thumbnail is made; the service does not do that where nothing is said.
    pub enable_thumbnail: bool,
    /// Whatever the app wants to find again with the asset.
    pub user_metadata: Option<Json>,
}

/// The vendor counts in powers of two: its 4 GB are 4,294,967,296 bytes.
const LARGEST: u64 = 10 << 30;
const LARGEST_IMAGE: u64 = 32 << 20;

/// The most URLs, and the most entries of a page, that one request may ask for.
const BATCH: u32 = 50;

/// Chunks that one report tells of, as the vendor's own clients have it, and how long the first of them waits.
const REPORTS: Settling = Settling { batch: 10, within: Duration::from_secs(2) };

/// How long a URL lives.
const LIFETIME: Duration = Duration::from_secs(3600);

/// A listing that has not ended by then never will.
const MOST_PAGES: u64 = 10_000;

/// Headers that go with every chunk. Each URL is kept with its own copy of them, and no server takes so many.
const MOST_HEADERS: usize = 100;

const SESSIONS: &str = "assets/multipart-uploads";

impl TwelveLabs {
    fn request(&self, method: &'static str, path: &str, body: Body) -> Call {
        Call::Http(Request::to_api(method, format!("{}/{path}", self.base_url.trim_end_matches('/')), body))
    }

    fn create(&self, file: &File) -> Call {
        let mut fields = vec![
            ("filename".to_owned(), file.name.as_str().into()),
            ("type".to_owned(), self.kind.into()),
            ("total_size".to_owned(), file.size.into()),
        ];
        for (name, wanted) in [("enable_hls", self.enable_hls), ("enable_thumbnail", self.enable_thumbnail)] {
            if wanted {
                fields.push((name.to_owned(), Json::Bool(true)));
            }
        }
        fields.extend(self.user_metadata.clone().map(|metadata| ("user_metadata".to_owned(), metadata)));
        self.request("POST", SESSIONS, Body::Json(Json::Map(fields)))
    }

    fn status(&self, id: &str, page: u64) -> Call {
        self.request("GET", &format!("{SESSIONS}/{}?page={page}&page_limit={BATCH}", escaped(id)), Body::Empty)
    }
}

/// The session's path.
fn path(session: &Json) -> String {
    format!("{SESSIONS}/{}", escaped(id(session)))
}

fn id(session: &Json) -> &str {
    session.text("uploadId").unwrap_or_default()
}

/// URLs are asked for by a range: from the first of these parts to the last, as far as one request reaches.
fn range(parts: &[PartRange]) -> Json {
    let first = parts.iter().map(number).min().unwrap_or(1);
    let last = parts.iter().map(number).max().unwrap_or(1);
    Json::object([("start", first.into()), ("count", (last - first + 1).min(BATCH).into())])
}

fn report(receipts: &[(PartRange, Json)]) -> Json {
    let chunk = |(part, receipt): &(PartRange, Json)| {
        // The header's value has quotes, the proof has none.
        let proof = receipt.text("etag").unwrap_or_default().trim_matches('"');
        Json::object([
            ("chunk_index", number(part).into()),
            ("proof", proof.into()),
            ("proof_type", "etag".into()),
            ("chunk_size", part.size().into()),
        ])
    };
    Json::object([("completed_chunks", Json::List(receipts.iter().map(chunk).collect()))])
}

impl Adapter for TwelveLabs {
    fn kind(&self) -> &'static str {
        "twelvelabs"
    }

    fn rules(&self) -> Rules {
        let limits = Limits {
            min_part_size: 1,
            max_size: if self.kind == "image" { LARGEST_IMAGE } else { LARGEST },
            // A size of zero is refused.
            empty_parts: None,
            ..s3::LIMITS
        };
        Rules {
            preparing: Preparing::Tickets { batch: BATCH },
            sizes: Sizes::Theirs,
            settling: Some(REPORTS),
            completes: false,
            watches: true,
            inspects: true,
            ..Rules::plain(limits, origin(&self.base_url))
        }
    }

    fn names(&self) -> &'static [&'static str] {
        &["uploadId"]
    }

    fn place(&self) -> Option<String> {
        Some(format!("twelvelabs {}", self.base_url))
    }

    fn remembered(&self, session: &Json) -> Option<Json> {
        // Headers for the storage may be keys.
        let known = session.fields()?.iter().filter(|(name, _)| name != "headers").cloned();
        Some(Json::Map(known.collect()))
    }

    fn call(&self, step: &Step<Json>, file: &File) -> Result<Call, Failed> {
        Ok(match step {
            Step::Open { .. } => self.create(file),
            Step::Prepare { session, parts, .. } => {
                self.request("POST", &format!("{}/presigned-urls", path(session)), Body::Json(range(parts)))
            }
            Step::Send { ticket, .. } => Call::Http(presigned::put(ticket.as_ref().unwrap_or(&Json::Null))),
            Step::Settle { session, receipts } => self.request("POST", &path(session), Body::Json(report(receipts))),
            Step::Inspect { session, page, .. } => {
                self.status(id(session), page.as_ref().and_then(|page| page.whole("page")).unwrap_or(1))
            }
            Step::Watch { session } => self.status(id(session), 1),
            _ => return Err(lacks("TwelveLabs", step)),
        })
    }

    fn reply(&self, step: &Step<Json>, answer: &Answer) -> Result<Reply<Json>, Failed> {
        let (request, response) = answer.http()?;
        if matches!(step, Step::Send { .. }) {
            return presigned::stored(request, response);
        }
        if let (Step::Inspect { .. }, 404) = (step, response.status) {
            return Ok(Reply::Unknown);
        }
        let json = json(request, response)?;
        match step {
            Step::Open { .. } => created(request, response, json),
            Step::Prepare { session, .. } => tickets(json, session.get("headers"), response.at).map(Reply::Prepared),
            // The address of the asset comes with the report that tells of the last chunk.
            Step::Settle { session, .. } => Ok(Reply::Settled(json.text("url").map(|url| located(session, url)))),
            Step::Inspect { page, .. } => match json.text("status") {
                Some("completed") => watched(request, response, json),
                Some("failed" | "expired") => Ok(Reply::Unknown),
                _ => Ok(listed(json, page.as_ref().unwrap_or(&Json::Null))),
            },
            Step::Watch { .. } => watched(request, response, json),
            _ => Err(lacks("TwelveLabs", step)),
        }
    }

    fn ask(&self, question: &Question) -> Option<Request> {
        let call = match question {
            Question::Incomplete { page } => {
                self.request("GET", &format!("{SESSIONS}?page={page}&page_limit={BATCH}"), Body::Empty)
            }
            Question::Status { upload_id, page } => self.status(upload_id, *page),
        };
        match call {
            Call::Http(request) => Some(request),
            Call::Function(_) | Call::Digest(..) | Call::Combine(_) => None,
        }
    }

    fn known(&self, question: &Question, request: &Request, response: &Response) -> Result<Known, Failed> {
        let json = json(request, response)?;
        let (list, page) = match question {
            Question::Incomplete { page } => ("data", *page),
            Question::Status { page, .. } => ("uploaded_chunks", *page),
        };
        let entries = json.get(list).and_then(Json::items).unwrap_or_default();
        let name = |entry: &Json| match question {
            Question::Incomplete { .. } => entry.text("upload_id").map(Json::from),
            Question::Status { .. } => entry.whole("index").map(Json::from),
        };
        let names: Vec<Json> = entries.iter().filter_map(name).collect();
        let more = (!names.is_empty() && page < MOST_PAGES).then_some(Json::List(names));
        let state = match (question, json.text("status")) {
            (Question::Incomplete { .. }, _) => None,
            (_, Some(said)) => ["active", "completed", "failed", "expired"].into_iter().find(|known| *known == said),
            _ => None,
        };
        if state.is_none() && matches!(question, Question::Status { .. }) {
            return Err(nonsense(request, response, "a `status` was expected"));
        }
        let items = match question {
            Question::Incomplete { .. } => entries.iter().filter_map(unfinished).collect(),
            Question::Status { .. } => entries.iter().filter_map(stored).collect(),
        };
        Ok(Known { items, state, response: json.clone(), more })
    }

    fn outcome(&self, session: &Json, _: &Json) -> Outcome {
        let text = |name| session.text(name).map(ToOwned::to_owned);
        let upload_id = text("uploadId").unwrap_or_default();
        Outcome { upload_id, object_id: text("assetId"), location: text("location"), response: None }
    }

    fn etag<'a>(&self, receipt: &'a Json) -> Option<&'a str> {
        receipt.text("etag")
    }
}
