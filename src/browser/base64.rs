//! A part in base64, for services that take it so.
//!
//! Bytes that are transformed are read, encoded and handed back to the browser a window at a time, and between two
//! windows the page has its turn: wasm never holds more than one, while the browser reads the next.

use super::body::handed_over;
use super::driver::Live;
use super::source::Source;
use super::{pool, simd, value, worker};
use crate::core::PartRange;
use crate::encode::Base64;
use crate::protocol::Json;
use js_sys::{Array, Uint8Array};
use std::cell::Cell;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, BlobPropertyBag};

thread_local! {
    /// Where a window is encoded to: one place for all parts, since nothing is waited for meanwhile.
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// `{fields…, "field": "base64"}`, as a Blob. `None` if the file cannot be read, or the Blob not be made.
pub(super) async fn json(live: &Live, part: &PartRange, fields: &Json, field: &str) -> Option<Blob> {
    let is_whole = |blob: &JsValue| value::blob_size(blob) == Some(Base64::encoded_size(part.size()) as f64);
    let made = match pool::made(live, worker::BASE64, part).await.filter(is_whole) {
        Some(blob) => blob.unchecked_into(),
        None => {
            let _permit = live.encoding.permit(part.size()).await;
            encoded(&live.source, part).await?
        }
    };
    let (before, after) = around(fields, field);
    let kind = BlobPropertyBag::new();
    kind.set_type("application/json");
    let pieces = Array::of3(&before.into(), &made, &after.into());
    Blob::new_with_u8_array_sequence_and_options(pieces.as_ref(), &kind).ok()
}

/// A part's bytes in base64. `None` if they cannot be read, or the Blob not be made.
pub(super) async fn encoded(source: &Source, part: &PartRange) -> Option<Blob> {
    let pieces = Array::new();
    let mut encoder = Base64::new(simd::groups);
    let mut is_whole = true;
    let mut take = |window: &[u8]| {
        let mut scratch = SCRATCH.take();
        // Two bytes may have been kept of the window before.
        let room = Base64::encoded_size(window.len() as u64 + 2) as usize;
        scratch.resize(scratch.len().max(room), 0);
        let end = encoder.push(window, &mut scratch);
        if let Some(piece) = handed_over(&scratch[..end]) {
            pieces.push(&piece.into());
        } else {
            is_whole = false;
        }
        SCRATCH.set(scratch);
    };
    source.read_through(part, &mut take).await?;
    if !is_whole {
        return None;
    }
    pieces.push(&Uint8Array::from(encoder.finish().as_slice()));
    Blob::new_with_u8_array_sequence(pieces.as_ref()).ok()
}

/// What stands before the encoded bytes, and after them.
fn around(fields: &Json, field: &str) -> (String, &'static str) {
    let text = value::stringify(fields);
    let open = text.strip_suffix('}').unwrap_or(&text);
    let comma = if open.ends_with('{') { "" } else { "," };
    // An app may give its field any name.
    let name = value::stringify(&field.into());
    (format!("{open}{comma}{name}:\""), "\"}")
}
