//! HERE Blob: links, digests, and numbers that may be used once.

use super::super::Served;
use super::super::store::{Store, digest};
use super::super::words::{Ask, Said};
use super::store::{escaped, plain, query};
use super::{Spoken, Tongue, api, body, fields, items, number, put, sent, text};
use serde_json::{Value, json};
use upslice::core::{Dice, Origin, Step};
use upslice::protocol::{Algorithm, Body, Call, Here, Json};

const BASE: &str = "https://blob.example/blobstore/v1/catalogs/hrn";
const PATH: &str = "/blobstore/v1/catalogs/hrn/layers/l/data/h/multiparts";

pub(super) fn any(dice: &mut Dice, store: &mut Store) -> Served {
    store.works = dice.below(4) as u32;
    store.hides = dice.below(3) as u32;
    let adapter = Here {
        base_url: BASE.into(),
        origins: vec![Origin::new("https://seat.example")],
        layer_id: "l".into(),
        data_handle: "h".into(),
        is_named: true,
        gzip: false,
        billing_tag: None,
        resend: dice.below(4) == 0,
        digest: (dice.below(2) == 0).then_some(Algorithm::Crc32c),
    };
    let root = match dice.below(3) {
        0 => "",
        1 => "https://blob.example",
        _ => "https://seat.example",
    };
    let (digests, resends) = (adapter.digest.is_some(), adapter.resend);
    let token = if dice.below(4) == 0 { "?token=secret" } else { "" };
    Served::new(adapter, Blob { root, token, digests, resends })
}

#[derive(Clone, Copy, Debug)]
struct Blob {
    /// Where links lead, if they say so.
    root: &'static str,
    token: &'static str,
    /// Whether a digest goes with each part.
    digests: bool,
    /// Whether a number may be used again.
    resends: bool,
}

impl Blob {
    fn host(&self) -> &'static str {
        if self.root.is_empty() { "https://blob.example" } else { self.root }
    }

    /// The session that an address names, and what of it.
    fn session(&self, url: &str) -> (String, String) {
        let rest = url.strip_prefix(self.host()).and_then(|url| url.strip_prefix(PATH)).expect("another address");
        assert!(self.token.is_empty() || url.contains(self.token), "the link was not used as it is: {url}");
        let bare = rest.split('?').next().unwrap_or_default();
        let (session, what) = bare[1..].split_once('/').unwrap_or((&bare[1..], ""));
        (plain(session), what.to_owned())
    }
}

impl Tongue for Blob {
    fn name(&self, session: &Json) -> String {
        self.session(&text(session, "part")).0
    }

    fn hear(&self, step: &Step<Json>, call: &Call, size: u64) -> Ask {
        let request = api(call);
        if matches!(step, Step::Open { .. }) {
            assert_eq!((request.method, request.url.as_str()), ("POST", &*format!("https://blob.example{PATH}")));
            assert_eq!(fields(body(request)), ["contentType", "contentEncoding"]);
            return Ask::Open { size, parts: None };
        }
        let (session, what) = self.session(&request.url);
        match (request.method, what.as_str(), &request.body) {
            ("POST", "parts", Body::Slice) => {
                let Step::Send { part, .. } = step else { panic!("{step:?}") };
                let right = format!("CRC-32C:{}", digest(part.start, part.size()));
                let promised = request.headers.iter().find(|(name, _)| name == "x-here-digest");
                // Where a number may be used again, a part may go without to see what becomes of it.
                assert!(promised.is_none_or(|(_, value)| self.digests && *value == right), "{request:?}");
                assert!(promised.is_some() || !self.digests || self.resends, "{request:?}");
                let number = query(&request.url, "partNumber").unwrap().parse().unwrap();
                put(session, number, sent(step))
            }
            ("PUT", "", Body::Json(said)) => {
                let part = |part: &Json| (number(part, "number"), Some(text(part, "etag")));
                Ask::Complete { session, parts: items(said, "parts").iter().map(part).collect() }
            }
            ("GET", "", Body::Empty) => Ask::Status { session },
            ("DELETE", "", Body::Empty) => Ask::Discard { session },
            _ => panic!("no such call: {request:?}"),
        }
    }

    fn speak(&self, _: &Step<Json>, said: &Said) -> Spoken {
        match said {
            Said::Opened(name, ..) => {
                let link = |what: &str| json!({ "href": format!("{}{PATH}/{}{what}{}", self.root, escaped(name), self.token) });
                let links = json!({ "uploadPart": link("/parts"), "complete": link(""), "status": link(""), "delete": link("") });
                Spoken::json(200, json!({ "links": links }))
            }
            Said::Stored(etag) => Spoken::text(200, "").with("etag", etag),
            Said::Discarded => Spoken::text(204, ""),
            Said::Working => Spoken::json(200, json!({ "status": "processing" })),
            Said::Absent => Spoken::json(404, self.refusal(404, "Unknown")),
            Said::Completed(_) => Spoken::json(200, json!({ "status": "completed" })),
            _ => panic!("HERE does not say {said:?}"),
        }
    }

    fn refusal(&self, status: u16, code: &str) -> Value {
        json!({ "title": code, "status": status, "cause": "No." })
    }
}
