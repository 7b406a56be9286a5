//! subworkflow.ai: form data all the way.

use super::super::Served;
use super::super::words::{Ask, Said};
use super::{Spoken, Tongue, api, fields, number, put, sent, text};
use serde_json::{Value, json};
use upslice::core::Step;
use upslice::protocol::{Body, Call, Json, Subworkflow};

pub(super) fn any() -> Served {
    let base_url = "https://api.example/v1".into();
    Served::new(Subworkflow { base_url, job_type: "extract", expires_in_days: None }, Sessions)
}

#[derive(Clone, Copy, Debug)]
struct Sessions;

impl Tongue for Sessions {
    fn name(&self, session: &Json) -> String {
        text(session, "key")
    }

    fn hear(&self, step: &Step<Json>, call: &Call, size: u64) -> Ask {
        let request = api(call);
        let path = request.url.strip_prefix("https://api.example/v1/upload-session/").expect("another address");
        let Body::Form { fields: told, file } = &request.body else { panic!("no form: {request:?}") };
        let form = Json::Map(told.iter().map(|(name, value)| (name.to_string(), value.clone())).collect());
        let names = fields(&form);
        match (request.method, path, names.as_slice(), file) {
            ("POST", "start", ["fileName", "fileExt", "fileType", "jobType"], None) => Ask::Open { size, parts: None },
            ("POST", "append", ["key", "partNumber"], Some((field, name))) => {
                let (key, number) = (text(&form, "key"), number(&form, "partNumber"));
                assert_eq!((field.as_ref(), name), ("file", &format!("{key}_{number}")));
                put(key, number, sent(step))
            }
            ("POST", "end", ["key", "parts"], None) => {
                let part = |part: &Json| (number(part, "partNumber"), Some(text(part, "etag")));
                Ask::Complete {
                    session: text(&form, "key"),
                    parts: super::items(&form, "parts").iter().map(part).collect(),
                }
            }
            ("POST", "abort", ["key"], None) => Ask::Discard { session: text(&form, "key") },
            _ => panic!("no such call: {request:?}"),
        }
    }

    fn speak(&self, step: &Step<Json>, said: &Said) -> Spoken {
        let data = match said {
            Said::Opened(name, ..) => json!({ "key": name }),
            Said::Stored(etag) => json!({ "etag": etag, "partNumber": sent(step).index + 1 }),
            Said::Completed(_) => json!({ "id": "ds_1" }),
            Said::Discarded => Value::Null,
            _ => panic!("subworkflow.ai does not say {said:?}"),
        };
        Spoken::json(200, json!({ "success": true, "data": data }))
    }

    fn refusal(&self, _: u16, code: &str) -> Value {
        json!({ "success": false, "error": code })
    }
}
