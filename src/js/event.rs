//! What is told, as plain objects.

use super::error;
use crate::browser::driver::Live;
use crate::browser::value;
use crate::core::{Event, PartRange, Progress};
use crate::protocol::Json;
use js_sys::Function;
use serde::Serialize;
use wasm_bindgen::prelude::*;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProgressFields {
    sent: u64,
    total: u64,
    fraction: f64,
    bytes_per_second: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    milliseconds_left: Option<f64>,
    parts_stored: u32,
    parts_total: u32,
}

/// The package's `Progress`.
// A fraction needs no 53 bits.
pub(super) fn progress(progress: &Progress) -> JsValue {
    let fraction = match (progress.total, progress.whole) {
        (0, whole) => f64::from(u8::from(whole)),
        (total, _) => progress.sent as f64 / total as f64,
    };
    value::to_js(&ProgressFields {
        sent: progress.sent,
        total: progress.total,
        fraction,
        bytes_per_second: progress.rate.round(),
        milliseconds_left: progress.left.map(|left| (left.as_secs_f64() * 1000.0).round()),
        parts_stored: progress.parts_stored,
        parts_total: progress.parts_total,
    })
}

#[derive(Serialize)]
struct StateFields {
    state: &'static str,
    previous: &'static str,
}

#[derive(Serialize)]
struct StoredPart<'a> {
    number: u32,
    offset: u64,
    size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    etag: Option<&'a str>,
}

fn stored<'a>(live: &Live, part: &PartRange, receipt: &'a Json) -> StoredPart<'a> {
    let etag = live.adapter.etag(receipt);
    StoredPart { number: part.index + 1, offset: part.start, size: part.size(), etag }
}

#[derive(Serialize)]
struct RetryFields {
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<u32>,
    attempt: u32,
    delay: f64,
}

#[derive(Serialize)]
struct NoticeFields<'a> {
    code: &'static str,
    message: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultFields<'a> {
    upload_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    object_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<String>,
    size: u64,
    parts: Vec<StoredPart<'a>>,
    response: &'a Json,
    resumed: bool,
}

/// Tells the package, which tells the app.
pub(super) fn tell(listener: &Function, live: &Live, event: Event<Json>) {
    let (kind, detail) = match event {
        Event::State { state, previous } => {
            ("state", value::to_js(&StateFields { state: state.word(), previous: previous.word() }))
        }
        Event::Progress(moved) => ("progress", progress(&moved)),
        Event::Part { part, receipt } => ("part", value::to_js(&stored(live, &part, &receipt))),
        Event::Retry { error, attempt, delay } => {
            let delay = (delay.as_secs_f64() * 1000.0).ceil();
            let part = error.part.map(|index| index + 1);
            let fields = value::to_js(&RetryFields { part, attempt, delay });
            // A plain object of our own: setting a field of it cannot fail.
            let _ = js_sys::Reflect::set(&fields, &"error".into(), &error::to_js(&error, None));
            ("retry", fields)
        }
        Event::Restarted(message) => ("notice", value::to_js(&NoticeFields { code: "restarted", message: &message })),
        Event::Success { session, receipts, closing, resumed } => {
            let outcome = live.adapter.outcome(&session, &closing);
            let fields = ResultFields {
                upload_id: outcome.upload_id,
                object_id: outcome.object_id,
                location: outcome.location,
                size: live.source.size(),
                parts: receipts.iter().map(|(part, receipt)| stored(live, part, receipt)).collect(),
                response: outcome.response.as_ref().unwrap_or(&closing),
                resumed,
            };
            ("success", value::to_js(&fields))
        }
        Event::Failure(error) => ("failure", error::to_js(&error, live.app.thrown.borrow().clone())),
        Event::Over { left } => ("over", left.map_or(JsValue::UNDEFINED, JsValue::from)),
    };
    // The package's listener does not throw; if it did, the upload would not be to blame.
    let _ = listener.call2(&JsValue::UNDEFINED, &kind.into(), &detail);
}
