//! TwelveLabs: chunks of the service's size, reports, pages, and a status that says when it is over.

use super::super::Served;
use super::super::store::Store;
use super::super::words::Row;
use super::super::words::{Ask, Said, Urls};
use super::store::{escaped, json_date, plain, query, urls};
use super::{Spoken, Tongue, api, body, fields, items, number, text, whole};
use serde_json::{Value, json};
use upslice::core::{Dice, Step};
use upslice::protocol::{Body, Call, Json, TwelveLabs};

const SESSIONS: &str = "https://api.example/v1.3/assets/multipart-uploads";

pub(super) fn any(dice: &mut Dice, store: &mut Store) -> Served {
    store.part_size = Some(1 << (12 + dice.below(8)));
    store.page = Some(1 + dice.below(9) as usize);
    store.signs_first = dice.below(12) as u32;
    store.signs_open_only = true;
    store.reports = true;
    store.lists_unreported = dice.below(2) == 0;
    store.lists_completed = true;
    store.works = dice.below(4) as u32;
    let adapter = TwelveLabs {
        base_url: "https://api.example/v1.3".into(),
        kind: "video",
        enable_hls: false,
        enable_thumbnail: false,
        user_metadata: None,
    };
    Served::new(adapter, Uploads { says_expired: dice.below(2) == 0 })
}

#[derive(Clone, Copy, Debug)]
struct Uploads {
    /// Whether a session that is gone is said to have expired, and not to be unknown.
    says_expired: bool,
}

fn signed(name: &str, signed: &Urls) -> Value {
    let until = json_date(signed.signed_at + signed.lifetime.unwrap_or(3_600) * 1000);
    let url = |(number, url): (u32, String)| json!({ "chunk_index": number, "url": url, "expires_at": until });
    urls(name, signed, None).into_iter().map(url).collect()
}

impl Tongue for Uploads {
    fn name(&self, session: &Json) -> String {
        text(session, "uploadId")
    }

    fn hear(&self, step: &Step<Json>, call: &Call, size: u64) -> Ask {
        let request = api(call);
        let path = request.url.strip_prefix(SESSIONS).expect("another address");
        let bare = path.split('?').next().unwrap_or_default();
        let steps: Vec<_> = bare.split('/').skip(1).map(plain).collect();
        let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
        match (request.method, steps.as_slice(), &request.body) {
            ("POST", [], Body::Json(said)) => {
                assert_eq!(fields(said), ["filename", "type", "total_size"]);
                assert_eq!(whole(said, "total_size"), size);
                Ask::Open { size, parts: None }
            }
            ("POST", [session, "presigned-urls"], Body::Json(said)) => {
                let (start, count) = (number(said, "start"), number(said, "count"));
                assert!(start >= 1 && (1..=50).contains(&count), "{said:?}");
                Ask::Sign { session: (*session).into(), numbers: (start..start + count).collect() }
            }
            ("POST", [session], Body::Json(_)) => {
                let Step::Settle { receipts, .. } = step else { panic!("{step:?}") };
                let chunks = items(body(request), "completed_chunks");
                assert!((1..=10).contains(&chunks.len()));
                let sizes: Vec<_> = chunks.iter().map(|chunk| whole(chunk, "chunk_size")).collect();
                assert_eq!(sizes, receipts.iter().map(|(part, _)| part.size()).collect::<Vec<_>>());
                let part = |chunk: &Json| {
                    assert_eq!(chunk.text("proof_type"), Some("etag"));
                    (number(chunk, "chunk_index"), format!("\"{}\"", text(chunk, "proof")))
                };
                Ask::Report { session: (*session).into(), parts: chunks.iter().map(part).collect() }
            }
            ("GET", [session], Body::Empty) => {
                let page = query(path, "page").unwrap().parse().unwrap();
                assert!(page >= 1 && query(path, "page_limit") == Some("50"), "{path}");
                match step {
                    Step::Inspect { .. } => Ask::Page { session: (*session).into(), page },
                    _ => Ask::Status { session: (*session).into() },
                }
            }
            _ => panic!("no such route: {request:?}"),
        }
    }

    fn speak(&self, step: &Step<Json>, said: &Said) -> Spoken {
        let body = match (said, step) {
            (Said::Opened(name, chunk_size, urls), _) => {
                let mut body = json!({ "upload_id": name, "asset_id": "a1", "chunk_size": chunk_size });
                body["upload_urls"] = signed(name, urls);
                body["upload_headers"] = json!({ "x-storage-key": "secret" });
                body
            }
            (Said::Signed(urls), Step::Prepare { session, .. }) => {
                json!({ "upload_urls": signed(&self.name(session), urls) })
            }
            (Said::Noted(whole), _) => json!({
                "url": whole.as_ref().map(|name| format!("https://cdn.example/{}", escaped(name))),
            }),
            (Said::Listed(parts, _), _) => {
                let chunk = |(number, ..): &Row| json!({ "index": number, "status": "completed" });
                json!({ "status": "active", "uploaded_chunks": parts.iter().map(chunk).collect::<Value>() })
            }
            (Said::Working, _) => json!({ "status": "active", "uploaded_chunks": [] }),
            (Said::Completed(_), _) => json!({ "status": "completed" }),
            _ => panic!("TwelveLabs does not say {said:?}"),
        };
        Spoken::json(200, body)
    }

    fn refuse(&self, step: &Step<Json>, status: u16, code: &str) -> Spoken {
        match step {
            Step::Inspect { .. } | Step::Watch { .. } if status == 404 && self.says_expired => {
                Spoken::json(200, json!({ "status": "expired" }))
            }
            _ => Spoken::json(status, json!({ "code": code, "message": "No." })),
        }
    }
}
