//! The seam to the package's journal, which keeps on disk what a later visit needs to go on.

use super::app::{App, threw};
use super::digest::hex;
use super::source::Source;
use super::value;
use crate::core::{Change, Error, Ledger, PartRange};
use crate::encode::Md5;
use crate::protocol::{Adapter, Argument, Json, SERVICES, origin};
use js_sys::{Array, Reflect};
use std::time::Duration;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// What writes down one upload. It never throws: where nothing can be written, it says so once by itself.
    #[derive(Clone)]
    pub type Journal;

    #[wasm_bindgen(method)]
    fn opened(this: &Journal, session: &JsValue, part_size: f64, seat: Option<String>);

    #[wasm_bindgen(method)]
    fn stored(this: &Journal, index: u32, receipt: &JsValue);

    #[wasm_bindgen(method)]
    fn closing(this: &Journal, begun: bool);

    #[wasm_bindgen(method)]
    fn closed(this: &Journal, why: Option<String>);

    #[wasm_bindgen(method)]
    async fn written(this: &Journal);
}

/// Writes a change down. A session of which nothing may be written ends what was written.
pub(super) fn note(journal: &Journal, adapter: &dyn Adapter, app: &App, change: &Change<Json>) {
    match change {
        Change::Opened { session, part_size, seat } => match remembered(adapter, app, session) {
            // A size is below 2^53.
            Ok(Some(session)) => journal.opened(&session, *part_size as f64, seat.as_ref().map(ToString::to_string)),
            Ok(None) => journal.closed(None),
            Err(why) => journal.closed(Some(why)),
        },
        Change::Stored { index, receipt } => journal.stored(*index, &value::to_js(receipt)),
        Change::Closing => journal.closing(true),
        Change::Refused => journal.closing(false),
        Change::Closed => journal.closed(None),
    }
}

/// Waits until what a later visit must know of is on its way to the disk: before the service is told that it may be done.
pub(super) async fn flushed(journal: Option<Journal>) {
    if let Some(journal) = journal {
        journal.written().await;
    }
}

/// What may be written of a session: the adapter's word, or a function of the app's.
///
/// # Errors
/// That function threw. The upload goes on, and the app is told in these words that it will not survive a reload.
fn remembered(adapter: &dyn Adapter, app: &App, session: &Json) -> Result<Option<JsValue>, String> {
    let Some(remembered) = adapter.remembered(session) else { return Ok(None) };
    let Some(kept) = remembered.whole("session").filter(|_| SERVICES) else {
        return Ok(Some(value::to_js(&remembered)));
    };
    let told = app.call_sync("remember", &[Argument::Kept(kept)], &JsValue::UNDEFINED);
    let told = told.map_err(|thrown| threw("remember", &thrown))?;
    let fields = Json::object([
        ("session", value::to_json(&told)),
        ("uploadId", remembered.get("uploadId").cloned().unwrap_or_default()),
    ]);
    Ok(Some(value::to_js(&fields)))
}

/// What was written down, as a ledger. What was on a disk may be anything; what makes no sense is nothing.
///
/// # Errors
/// A function of the app threw, or has given nothing for longer than `patience`.
pub(crate) async fn recalled(
    adapter: &dyn Adapter,
    app: &App,
    written: &JsValue,
    patience: Duration,
) -> Result<Option<Ledger<Json>>, Error> {
    let session = Reflect::get(written, &"session".into()).map(|session| value::to_json(&session)).unwrap_or_default();
    let session = if SERVICES && app.has("recall") {
        let (Some(theirs), Some(id)) = (session.get("session"), session.get("uploadId")) else { return Ok(None) };
        let recalled = app.recall(theirs, patience).await;
        let number = recalled.map_err(|failed| Error::of(&failed, "recall", 1))?;
        Some(Json::object([("session", number.into()), ("uploadId", id.clone())]))
    } else {
        adapter.recalled(&session)
    };
    Ok(session.and_then(|session| ledger(session, written)))
}

/// The rest of it, around its session.
fn ledger(session: Json, written: &JsValue) -> Option<Ledger<Json>> {
    let field = |name: &str| Reflect::get(written, &name.into()).ok();
    // It is checked to be a size.
    let part_size = field("partSize")?.as_f64().filter(|size| (1.0..9e15).contains(size))? as u64;
    let seat = field("seat").and_then(|seat| seat.as_string()).and_then(|seat| origin(&seat));
    let mut ledger = Ledger::default();
    ledger.apply(Change::Opened { session, part_size, seat });
    for entry in Array::from(&field("receipts")?).iter() {
        let entry = Array::from(&entry);
        // It is checked to be an index.
        let index = entry.get(0).as_f64().filter(|index| (0.0..4e9).contains(index))? as u32;
        ledger.apply(Change::Stored { index, receipt: value::to_json(&entry.get(1)) });
    }
    if field("closing")?.is_truthy() {
        ledger.apply(Change::Closing);
    }
    Some(ledger)
}

/// Windows of the file that are looked at, and their size: little enough for a hundred gigabytes, spread enough to tell
/// two recordings of one camera apart.
const WINDOWS: u64 = 16;
const WINDOW: u64 = 64 << 10;

/// Windows that are being read at once. To begin with all of them keeps the page for 20 ms, when it has a session to create.
const AT_ONCE: usize = 2;

/// What tells the file's bytes from another file's: a digest over windows at its beginning, at its end and between.
/// `None` if it cannot be read.
pub(crate) async fn identity(source: &Source) -> Option<String> {
    let size = source.size();
    let last = size.saturating_sub(WINDOW);
    let mut read_to = 0;
    let mut windows = Vec::new();
    for window in 0..WINDOWS {
        let start = (last / (WINDOWS - 1) * window).max(read_to);
        let start = if window == WINDOWS - 1 { last.max(read_to) } else { start };
        let end = (start + WINDOW).min(size);
        if start < end {
            windows.push(PartRange { index: 0, start, end });
            read_to = end;
        }
    }
    let mut digest = Md5::new();
    let mut windows = windows.into_iter();
    source.read_each(&mut || windows.next(), AT_ONCE, &mut |window| digest.update(window)).await?;
    Some(hex(&digest.finish()))
}
