//! What is told, as plain objects.

use super::error;
use crate::browser::driver::Live;
use crate::browser::value;
use crate::core::{Event, PartRange, Progress};
use crate::protocol::Json;
use js_sys::{Array, Function};
use std::time::Duration;
use wasm_bindgen::prelude::*;

/// The package's `Progress`.
// A fraction needs no 53 bits, and a size is below 2^53.
pub(super) fn progress(progress: &Progress) -> JsValue {
    let fraction = match (progress.total, progress.whole) {
        (0, whole) => f64::from(u8::from(whole)),
        (total, _) => progress.sent as f64 / total as f64,
    };
    value::object(&[
        ("sent", (progress.sent as f64).into()),
        ("total", (progress.total as f64).into()),
        ("fraction", fraction.into()),
        ("bytesPerSecond", progress.rate.round().into()),
        ("millisecondsLeft", progress.left.map(|left| millis(left).round()).into()),
        ("partsStored", progress.parts_stored.into()),
        ("partsTotal", progress.parts_total.into()),
    ])
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// The package's `StoredPart`.
// A size is below 2^53.
fn stored(live: &Live, part: &PartRange, receipt: &Json) -> JsValue {
    value::object(&[
        ("number", (part.index + 1).into()),
        ("offset", (part.start as f64).into()),
        ("size", (part.size() as f64).into()),
        ("etag", live.adapter.etag(receipt).into()),
        ("checksum", live.adapter.checksum(receipt).into()),
    ])
}

/// Tells the package, which tells the app.
// A size is below 2^53.
pub(super) fn tell(listener: &Function, live: &Live, event: Event<Json>) {
    let (kind, detail) = match event {
        Event::State { state, previous } => {
            ("state", value::object(&[("state", state.word().into()), ("previous", previous.word().into())]))
        }
        Event::Progress(moved) => ("progress", progress(&moved)),
        Event::Part { part, receipt } => ("part", stored(live, &part, &receipt)),
        Event::Retry { error, attempt, delay } => {
            let fields = [
                ("part", error.part.map(|index| index + 1).into()),
                ("attempt", attempt.into()),
                ("delay", millis(delay).ceil().into()),
                ("error", error::to_js(&error, None)),
            ];
            ("retry", value::object(&fields))
        }
        Event::Restarted(message) => {
            ("notice", value::object(&[("code", "restarted".into()), ("message", message.into())]))
        }
        Event::Unchecked(message) => {
            ("notice", value::object(&[("code", "checksum-off".into()), ("message", message.into())]))
        }
        Event::Success { session, receipts, closing, resumed } => {
            let outcome = live.adapter.outcome(&session, &closing);
            let parts = Array::new();
            for (part, receipt) in receipts.iter() {
                parts.push(&stored(live, part, receipt));
            }
            let fields = [
                ("uploadId", outcome.upload_id.into()),
                ("objectId", outcome.object_id.into()),
                ("location", outcome.location.into()),
                ("size", (live.source.size() as f64).into()),
                ("parts", parts.into()),
                ("response", value::to_js(outcome.response.as_ref().unwrap_or(&closing))),
                ("resumed", resumed.into()),
            ];
            ("success", value::object(&fields))
        }
        Event::Failure(error) => ("failure", error::to_js(&error, live.app.thrown.borrow().clone())),
        Event::Over { left } => ("over", left.into()),
    };
    // The package's listener does not throw; if it did, the upload would not be to blame.
    let _ = listener.call2(&JsValue::UNDEFINED, &kind.into(), &detail);
}
