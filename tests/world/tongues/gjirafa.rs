//! Gjirafa VP: URLs for all parts with the session, an envelope around every answer.

use super::super::Served;
use super::super::store::Store;
use super::super::words::{Ask, Said, Urls};
use super::store::urls;
use super::{Spoken, Tongue, api, body, fields, items, number, text};
use serde_json::{Value, json};
use upslice::core::{Dice, Step};
use upslice::protocol::{Call, Gjirafa, Json};

pub(super) fn any(dice: &mut Dice, store: &mut Store) -> Served {
    store.signs_missing = true;
    // Encrypted with a key of somebody's, parts are called something else.
    store.digests = dice.below(4) > 0;
    store.signs_first = if dice.below(4) == 0 { 3 } else { u32::MAX };
    let (base_url, project_id) = ("https://vp.example".into(), "p 1".into());
    Served::new(Gjirafa { base_url, project_id, ..Gjirafa::default() }, Uploads)
}

#[derive(Clone, Copy, Debug)]
struct Uploads;

fn signed(name: &str, signed: &Urls) -> Value {
    let url = |(number, url): (u32, String)| json!({ "partNumber": number, "presignedUrl": url });
    let urls: Value = urls(name, signed, None).into_iter().map(url).collect();
    json!({ "uploadId": "u", "requestKey": name, "presignedUrl": urls })
}

impl Tongue for Uploads {
    fn name(&self, session: &Json) -> String {
        text(session, "requestKey")
    }

    fn hear(&self, step: &Step<Json>, call: &Call, size: u64) -> Ask {
        let request = api(call);
        let path = request.url.strip_prefix("https://vp.example/api/projects/p%201/uploads/").expect("another address");
        let said = body(request);
        match (request.method, path, fields(said).as_slice()) {
            ("POST", "multipart", ["partsNumber", "fileName", "contentLength", "mimeType"]) => {
                let Step::Open { parts, .. } = step else { panic!("{step:?}") };
                assert_eq!(
                    (number(said, "partsNumber"), said.text("contentLength")),
                    (*parts, Some(size.to_string().as_str()))
                );
                Ask::Open { size, parts: Some(*parts) }
            }
            ("POST", "multipart-resume", ["requestKey"]) => Ask::SignMissing { session: text(said, "requestKey") },
            ("PUT", "multipart-complete", ["requestKey", "allowPartialComplete", "parts"]) => {
                assert_eq!(said.get("allowPartialComplete"), Some(&Json::Bool(false)));
                let part = |part: &Json| (number(part, "partNumber"), Some(format!("\"{}\"", text(part, "eTag"))));
                Ask::Complete {
                    session: text(said, "requestKey"),
                    parts: items(said, "parts").iter().map(part).collect(),
                }
            }
            ("PUT", "multipart-abort", ["requestKey"]) => Ask::Discard { session: text(said, "requestKey") },
            _ => panic!("no such call: {request:?}"),
        }
    }

    fn speak(&self, step: &Step<Json>, said: &Said) -> Spoken {
        let result = match (said, step) {
            (Said::Opened(name, _, urls), _) => signed(name, urls),
            (Said::Signed(urls), Step::Prepare { session, .. }) => signed(&self.name(session), urls),
            (Said::Completed(_) | Said::Discarded, _) => Value::Bool(true),
            _ => panic!("Gjirafa does not say {said:?}"),
        };
        Spoken::json(201, json!({ "success": true, "errors": [], "result": result, "statusCode": 201 }))
    }

    fn refusal(&self, status: u16, code: &str) -> Value {
        json!({ "success": false, "errors": [code], "result": null, "statusCode": status })
    }
}
