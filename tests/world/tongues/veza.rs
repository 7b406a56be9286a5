//! Veza: base64 in JSON, all calls to one address.

use super::super::Served;
use super::super::words::{Ask, Said};
use super::{Spoken, Tongue, api, fields, number, put, sent, text};
use serde_json::{Value, json};
use upslice::core::Step;
use upslice::protocol::{Body, Call, Json, Veza};

pub(super) fn any() -> Served {
    let adapter =
        Veza { base_url: "https://tenant.example".into(), provider_id: "p/1".into(), data_source_id: "d 2".into() };
    Served::new(adapter, Parts)
}

#[derive(Clone, Copy, Debug)]
struct Parts;

impl Tongue for Parts {
    fn name(&self, session: &Json) -> String {
        text(session, "uploadId")
    }

    fn hear(&self, step: &Step<Json>, call: &Call, size: u64) -> Ask {
        let request = api(call);
        let to = ("POST", "https://tenant.example/api/v1/providers/custom/p%2F1/datasources/d%202:parts");
        assert_eq!((request.method, request.url.as_str()), to);
        let said = match &request.body {
            Body::Json(said) => said,
            Body::Base64Json { fields, field } if field == "data" => fields,
            _ => panic!("{request:?}"),
        };
        let has_data = matches!(request.body, Body::Base64Json { .. });
        match (said.text("operation"), fields(said).as_slice(), has_data) {
            (Some("start"), ["operation"], false) => Ask::Open { size, parts: None },
            (Some("upload"), ["operation", "upload_id", "sequence_number"], true) => {
                put(text(said, "upload_id"), number(said, "sequence_number"), sent(step))
            }
            (Some("complete"), ["operation", "upload_id", "sequence_count"], false) => {
                let parts = (1..=number(said, "sequence_count")).map(|number| (number, None));
                Ask::Complete { session: text(said, "upload_id"), parts: parts.collect() }
            }
            _ => panic!("no such operation: {said:?}"),
        }
    }

    fn speak(&self, _: &Step<Json>, said: &Said) -> Spoken {
        let body = match said {
            Said::Opened(name, ..) => json!({ "value": { "upload_id": name } }),
            Said::Stored(_) => json!({}),
            Said::Completed(_) => json!({ "warnings": [] }),
            _ => panic!("Veza does not say {said:?}"),
        };
        Spoken::json(200, body)
    }

    fn refusal(&self, _: u16, code: &str) -> Value {
        json!({ "code": code, "message": "No." })
    }
}
