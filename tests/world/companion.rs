//! The real adapter in the world: steps become its requests, a simulated Companion and store read them letter by
//! letter, and what they answer is HTTP.

use super::Service;
use super::store::{Ask, Said};
use upslice::core::{Failed, Limits, Origin, PartRange, Reply, Rules, Step, Wall};
use upslice::protocol::{Adapter, Answer, Body, Call, File, Json, Request, Response, S3Endpoint, origin};

const API: &str = "https://app.example/s3/multipart";

#[derive(Clone, Debug)]
pub(crate) struct Companion {
    adapter: S3Endpoint,
    file: File,
}

impl Companion {
    pub(crate) fn new() -> Self {
        let file = File {
            name: "a film.mp4".into(),
            kind: "video/mp4".into(),
            size: 0,
            metadata: vec![("for".into(), "you".into())],
        };
        Self { adapter: S3Endpoint::new(API), file }
    }

    fn request(&self, step: &Step<Json>) -> Request {
        match self.adapter.call(step, &self.file).unwrap() {
            Call::Http(request) => request,
            Call::Function { name, .. } => panic!("{name} was called"),
        }
    }
}

fn plain(escaped: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = escaped.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let hex: String = rest.by_ref().take(2).map(char::from).collect();
            bytes.push(u8::from_str_radix(&hex, 16).unwrap());
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).unwrap()
}

fn query<'a>(url: &'a str, name: &str) -> Option<&'a str> {
    let (_, query) = url.split_once('?')?;
    query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// `19700101T000001Z`, for the first days of the epoch, in which the world lives.
fn amz_date(millis: u64) -> String {
    let seconds = millis / 1000;
    let (day, rest) = (seconds / 86_400, seconds % 86_400);
    format!("197001{:02}T{:02}{:02}{:02}Z", day + 1, rest / 3600, rest / 60 % 60, rest % 60)
}

impl Service for Companion {
    type Gift = Json;

    fn rules(&self) -> Rules {
        let rules = self.adapter.rules();
        // The store has no floor here, so that lives can be short.
        Rules { limits: Limits { min_part_size: 1, ..rules.limits }, ..rules }
    }

    fn ask(&self, step: &Step<Json>) -> (Option<Origin>, Ask) {
        let request = self.request(step);
        let origin = origin(&request.url);
        let Some(path) = request.url.strip_prefix(API) else {
            assert_eq!((request.method, &request.body, request.is_api), ("PUT", &Body::Slice, false));
            let Step::Send { part: PartRange { index, start, end }, .. } = step else { panic!("{request:?}") };
            let ask = Ask::Put {
                serial: Some(query(&request.url, "serial").unwrap().parse().unwrap()),
                session: plain(query(&request.url, "uploadId").unwrap()),
                number: index + 1,
                start: *start,
                size: end - start,
            };
            return (origin, ask);
        };
        assert!(request.is_api && request.headers.is_empty());
        let key = query(path, "key").map(plain);
        let steps: Vec<_> = path.split('?').next().unwrap_or_default().split('/').skip(1).map(plain).collect();
        let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
        if let [session, ..] = steps.as_slice() {
            assert_eq!(key.as_deref(), Some(format!("key of {session}").as_str()));
        }
        let ask = match (request.method, steps.as_slice(), &request.body) {
            ("POST", [], Body::Json(body)) => {
                assert_eq!(body.text("filename"), Some("a film.mp4"));
                Ask::Open
            }
            ("GET", [session], Body::Empty) => Ask::List { session: (*session).into() },
            ("GET", [session, "batch"], Body::Empty) => {
                let numbers = query(path, "partNumbers").unwrap().split(',').map(|number| number.parse().unwrap());
                Ask::Sign { session: (*session).into(), numbers: numbers.collect() }
            }
            ("GET", [session, number], Body::Empty) => {
                Ask::Sign { session: (*session).into(), numbers: vec![number.parse().unwrap()] }
            }
            ("POST", [session, "complete"], Body::Json(body)) => {
                let part = |part: &Json| {
                    let number = u32::try_from(part.whole("PartNumber").unwrap()).unwrap();
                    (number, part.text("ETag").unwrap().to_owned())
                };
                let parts = body.get("parts").and_then(Json::items).unwrap().iter().map(part).collect();
                Ask::Complete { session: (*session).into(), parts }
            }
            ("DELETE", [session], Body::Empty) => Ask::Discard { session: (*session).into() },
            _ => panic!("no such route: {request:?}"),
        };
        (origin, ask)
    }

    fn read(&self, step: &Step<Json>, said: Said, at: Wall) -> Result<Reply<Json>, Failed> {
        let request = self.request(step);
        let is_put = matches!(step, Step::Send { .. });
        let mut response = Response { status: 200, at, ..Response::default() };
        response.text = match said {
            Said::Opened(name) => {
                serde_json::json!({ "uploadId": name, "key": format!("key of {name}"), "bucket": "b" }).to_string()
            }
            Said::Signed { urls, signed_at, lifetime } => {
                let Step::Prepare { session, parts } = step else { panic!("{step:?}") };
                let session: String =
                    session.text("uploadId").unwrap().bytes().map(|byte| format!("%{byte:02x}")).collect();
                let life = lifetime.map(|life| format!("&X-Amz-Expires={life}")).unwrap_or_default();
                let date = amz_date(signed_at);
                let url = |serial: usize| {
                    format!(
                        "https://store.example/k?uploadId={session}&serial={serial}{life}&X-Amz-Date={date}&X-Amz-Signature=secret"
                    )
                };
                match urls.as_slice() {
                    [(_, serial)] if parts.len() == 1 => serde_json::json!({ "url": url(*serial) }).to_string(),
                    urls => {
                        let urls: serde_json::Map<String, serde_json::Value> =
                            urls.iter().map(|(number, serial)| (number.to_string(), url(*serial).into())).collect();
                        serde_json::json!({ "presignedUrls": urls }).to_string()
                    }
                }
            }
            Said::Stored(etag) => {
                response.headers = vec![("etag".into(), etag)];
                String::new()
            }
            Said::Listed(parts) => {
                let part = |(number, etag, size): &(u32, String, u64)| serde_json::json!({ "PartNumber": number, "ETag": etag, "Size": size });
                serde_json::Value::from(parts.iter().map(part).collect::<Vec<_>>()).to_string()
            }
            Said::Completed(location) => serde_json::json!({ "location": location }).to_string(),
            Said::Discarded => "{}".into(),
            Said::Whole(_) | Said::Absent => panic!("a Companion cannot be asked for the object"),
            Said::No { status, code, after } => {
                response.status = status;
                response.headers = after.map(|after| ("retry-after".into(), after.to_string())).into_iter().collect();
                if is_put {
                    format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>No.</Message></Error>")
                } else {
                    serde_json::json!({ "error": format!("s3: {code}") }).to_string()
                }
            }
        };
        response.json = serde_json::from_str(&response.text).ok();
        self.adapter.reply(step, &Answer::Http { request, response })
    }
}
