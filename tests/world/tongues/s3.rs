//! A Companion: the routes of a backend that signs.

use super::super::words::{Ask, Said};
use super::super::{Served, tongues};
use super::store::{plain, query, urls};
use super::{Spoken, Tongue, api, body, fields, items, number, text};
use serde_json::{Map, Value, json};
use upslice::core::Step;
use upslice::protocol::{Body, Call, Json, S3Endpoint};

const API: &str = "https://app.example/s3/multipart";

pub(crate) fn any() -> Served {
    Served::new(S3Endpoint::new(API), Companion)
}

#[derive(Clone, Copy, Debug)]
struct Companion;

impl Tongue for Companion {
    fn name(&self, session: &Json) -> String {
        text(session, "uploadId")
    }

    fn hear(&self, _: &Step<Json>, call: &Call, size: u64) -> Ask {
        let request = api(call);
        assert!(request.headers.is_empty());
        let path = request.url.strip_prefix(API).expect("another address");
        let key = query(path, "key").map(plain);
        let steps: Vec<_> = path.split('?').next().unwrap_or_default().split('/').skip(1).map(plain).collect();
        let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
        if let [session, ..] = steps.as_slice() {
            assert_eq!(key.as_deref(), Some(format!("key of {session}").as_str()));
        }
        match (request.method, steps.as_slice(), &request.body) {
            ("POST", [], Body::Json(body)) => {
                assert_eq!((body.text("filename"), body.text("type")), (Some("a film.mp4"), Some("video/mp4")));
                Ask::Open { size, parts: None }
            }
            ("GET", [session], Body::Empty) => Ask::List { session: (*session).into(), from: 1 },
            ("GET", [session, "batch"], Body::Empty) => {
                let numbers = query(path, "partNumbers").unwrap().split(',').map(|number| number.parse().unwrap());
                Ask::Sign { session: (*session).into(), numbers: numbers.collect() }
            }
            ("GET", [session, number], Body::Empty) => {
                Ask::Sign { session: (*session).into(), numbers: vec![number.parse().unwrap()] }
            }
            ("POST", [session, "complete"], Body::Json(_)) => {
                Ask::Complete { session: (*session).into(), parts: parts(body(request)) }
            }
            ("DELETE", [session], Body::Empty) => Ask::Discard { session: (*session).into() },
            _ => panic!("no such route: {request:?}"),
        }
    }

    fn speak(&self, step: &Step<Json>, said: &Said) -> Spoken {
        let body = match said {
            Said::Opened(name, ..) => json!({ "uploadId": name, "key": format!("key of {name}"), "bucket": "b" }),
            Said::Signed(signed) => {
                let Step::Prepare { session, parts, .. } = step else { panic!("{step:?}") };
                let urls = urls(&self.name(session), signed);
                match urls.as_slice() {
                    [(_, url)] if parts.len() == 1 => json!({ "url": url }),
                    urls => {
                        let url = |(number, url): &(u32, String)| (number.to_string(), url.as_str().into());
                        json!({ "presignedUrls": urls.iter().map(url).collect::<Map<String, Value>>() })
                    }
                }
            }
            Said::Listed(parts, _) => listed(parts),
            Said::Completed(location) => json!({ "location": location }),
            Said::Discarded => json!({}),
            _ => panic!("a Companion does not say {said:?}"),
        };
        Spoken::json(200, body)
    }

    fn refusal(&self, _: u16, code: &str) -> Value {
        json!({ "error": format!("s3: {code}") })
    }
}

/// The parts of a completion.
pub(super) fn parts(json: &Json) -> Vec<(u32, Option<String>)> {
    let part = |part: &Json| {
        assert_eq!(fields(part), ["PartNumber", "ETag"]);
        (number(part, "PartNumber"), Some(tongues::text(part, "ETag")))
    };
    items(json, "parts").iter().map(part).collect()
}

pub(super) fn listed(parts: &[(u32, String, u64)]) -> Value {
    let part = |(number, etag, size): &(u32, String, u64)| json!({ "PartNumber": number, "ETag": etag, "Size": size });
    parts.iter().map(part).collect()
}
