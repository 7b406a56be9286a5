//! What each service says and wants to hear. What a service would refuse at once, because it makes no sense in its
//! language, is a panic here: no adapter of ours says such a thing.

mod custom;
mod functions;
mod gjirafa;
mod here;
mod s3;
pub(super) mod store;
mod subworkflow;
mod twelvelabs;
mod veza;

use super::served::Served;
use super::store::Store;
use super::words::{Ask, Said};
use serde_json::{Value, json};
use std::fmt::Debug;
use upslice::core::{Dice, PartRange, Step};
use upslice::protocol::{Body, Call, Function, Json, Request};

/// A service's language.
pub(crate) trait Tongue: Debug {
    /// The service's name of a session.
    fn name(&self, session: &Json) -> String;

    /// What is asked for.
    fn hear(&self, step: &Step<Json>, call: &Call, size: u64) -> Ask;

    /// A good answer.
    fn speak(&self, step: &Step<Json>, said: &Said) -> Spoken;

    /// The body of a bad one.
    fn refusal(&self, _status: u16, code: &str) -> Value {
        json!({ "error": code })
    }

    /// A bad one.
    fn refuse(&self, _step: &Step<Json>, status: u16, code: &str) -> Spoken {
        Spoken::json(status, self.refusal(status, code))
    }

    /// What a function gives that reads an answer; nothing if it throws.
    fn follow(&self, function: &Function) -> Option<Json> {
        panic!("{} was called", function.name)
    }

    /// What the edge and the app do to a session before it is written, and after it was read.
    fn remember(&self, session: Json) -> Json {
        session
    }

    fn recall(&self, remembered: Json) -> Json {
        remembered
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Spoken {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) text: String,
    pub(crate) json: Option<Json>,
}

impl Spoken {
    pub(crate) fn text(status: u16, text: &str) -> Self {
        Self { status, headers: Vec::new(), text: text.to_owned(), json: None }
    }

    pub(crate) fn json(status: u16, body: Value) -> Self {
        let text = body.to_string();
        Self { json: serde_json::from_str(&text).ok(), ..Self::text(status, &text) }
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// What a function gave.
    pub(crate) fn value(self) -> Json {
        self.json.unwrap_or_default()
    }
}

/// Every adapter there is, with the service it speaks to.
pub(crate) const KINDS: [&str; 8] =
    ["s3", "s3 functions", "veza", "twelvelabs", "gjirafa", "here", "subworkflow", "custom"];

/// An adapter, set up by chance, and its service; the store becomes as the service wants it.
pub(crate) fn any(kind: &str, dice: &mut Dice, store: &mut Store) -> Served {
    match kind {
        "s3" => {
            store.batches = dice.below(4) > 0;
            s3::any(dice)
        }
        "s3 functions" => functions::any(dice, store),
        "veza" => veza::any(),
        "twelvelabs" => twelvelabs::any(dice, store),
        "gjirafa" => gjirafa::any(dice, store),
        "here" => here::any(dice, store),
        "subworkflow" => subworkflow::any(),
        "custom" => custom::any(dice),
        _ => panic!("{kind} is none of {KINDS:?}"),
    }
}

pub(crate) use s3::usual as companion;

fn http(call: &Call) -> &Request {
    match call {
        Call::Http(request) => request,
        Call::Function(_) | Call::Digest(..) | Call::Combine(_) => panic!("no request: {call:?}"),
    }
}

/// A request to a service's API: nothing of it is the app's business, and the app's headers go with it.
fn api(call: &Call) -> &Request {
    let request = http(call);
    assert!(request.is_api && request.credentials.is_none(), "{request:?}");
    request
}

fn body(request: &Request) -> &Json {
    match &request.body {
        Body::Json(body) => body,
        _ => panic!("no JSON: {request:?}"),
    }
}

fn text(json: &Json, name: &str) -> String {
    json.text(name).unwrap_or_else(|| panic!("no `{name}` in {json:?}")).to_owned()
}

fn whole(json: &Json, name: &str) -> u64 {
    // A number, and no text that reads as one.
    match json.get(name) {
        Some(Json::Number(_)) => json.whole(name).unwrap_or_else(|| panic!("no whole `{name}` in {json:?}")),
        _ => panic!("no `{name}` in {json:?}"),
    }
}

fn number(json: &Json, name: &str) -> u32 {
    u32::try_from(whole(json, name)).unwrap()
}

/// The names of an object's fields, which are all that is to be said.
fn fields(json: &Json) -> Vec<&str> {
    json.fields().unwrap_or_default().iter().map(|(name, _)| name.as_str()).collect()
}

fn items<'a>(json: &'a Json, name: &str) -> &'a [Json] {
    json.get(name).and_then(Json::items).unwrap_or_else(|| panic!("no list `{name}` in {json:?}"))
}

fn put(session: String, number: u32, part: &PartRange) -> Ask {
    Ask::Put { serial: None, session, number, start: part.start, size: part.size(), digest: None, signed: false }
}

fn sent(step: &Step<Json>) -> &PartRange {
    match step {
        Step::Send { part, .. } => part,
        _ => panic!("no part: {step:?}"),
    }
}
