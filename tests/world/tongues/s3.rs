//! A Companion: the routes of a backend that signs.

use super::super::words::Row;
use super::super::words::{Ask, Said};
use super::super::{Served, tongues};
use super::store::{CHECKSUM, base64, plain, query, urls};
use super::{Spoken, Tongue, api, body, fields, items, number, text};
use serde_json::{Map, Value, json};
use upslice::core::{Dice, Step};
use upslice::protocol::{Algorithm, Body, Call, Checksums, Json, S3Endpoint};

const API: &str = "https://app.example/s3/multipart";

pub(crate) fn any(dice: &mut Dice) -> Served {
    let names = dice.below(3) == 0;
    let checksums = match dice.below(4) {
        0 => Checksums::Of(Algorithm::Crc32c),
        // One that never sends what a URL was signed for can send nothing there.
        1 if !names => Checksums::Never,
        _ => Checksums::Signed,
    };
    Served::new(S3Endpoint::new(API).with(checksums), Companion { names })
}

/// A Companion of everyday.
pub(crate) fn usual() -> Served {
    Served::new(S3Endpoint::new(API), Companion { names: false })
}

#[derive(Clone, Copy, Debug)]
struct Companion {
    /// Whether URLs are signed for a checksum's header.
    names: bool,
}

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
                let urls = urls(&self.name(session), signed, self.names.then_some(CHECKSUM));
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
        assert_eq!(fields(part)[..2], ["PartNumber", "ETag"]);
        assert!(matches!(fields(part)[2..], [] | ["ChecksumCRC32C"]), "{part:?}");
        (number(part, "PartNumber"), Some(tongues::text(part, "ETag")))
    };
    items(json, "parts").iter().map(part).collect()
}

/// A list names the checksum that a part was stored with.
pub(super) fn listed(parts: &[Row]) -> Value {
    let part = |(number, etag, size, digest): &Row| {
        let mut row = json!({ "PartNumber": number, "ETag": etag, "Size": size });
        if let Some(digest) = digest {
            row["ChecksumCRC32C"] = base64(digest).into();
        }
        row
    };
    parts.iter().map(part).collect()
}
