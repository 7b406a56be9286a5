//! A part's bytes, transformed on their way into a Blob. A window at a time is read, encoded and handed back to the
//! browser, and between two of them the page has its turn: wasm never holds more than one window.

use super::source::Source;
use super::value;
use crate::core::PartRange;
use crate::encode::Base64;
use crate::protocol::Json;
use js_sys::{Array, Uint8Array};
use web_sys::{Blob, BlobPropertyBag};

/// Bytes that are read at once: whole groups of three, few enough to be encoded within a frame.
const WINDOW: u64 = 768 << 10;

/// `{fields…, "field": "base64"}`, as a Blob. `None` if the file cannot be read, or the Blob not be made.
pub(super) async fn base64_json(source: &Source, part: &PartRange, fields: &Json, field: &str) -> Option<Blob> {
    let (before, after) = around(fields, field);
    let pieces = Array::of1(&before.into());
    let mut encoder = Base64::new();
    let mut start = part.start;
    while start < part.end {
        let window = PartRange { start, end: part.end.min(start + WINDOW), ..*part };
        let bytes = source.read(&window).await?;
        let mut out = Vec::new();
        encoder.push(&bytes, &mut out);
        pieces.push(&Uint8Array::from(out.as_slice()));
        start = window.end;
    }
    let mut out = Vec::new();
    encoder.finish(&mut out);
    pieces.push(&Uint8Array::from(out.as_slice()));
    pieces.push(&after.into());
    let kind = BlobPropertyBag::new();
    kind.set_type("application/json");
    Blob::new_with_u8_array_sequence_and_options(pieces.as_ref(), &kind).ok()
}

/// What stands before the encoded bytes, and after them.
fn around(fields: &Json, field: &str) -> (String, &'static str) {
    let text = value::stringify(fields);
    let open = text.strip_suffix('}').unwrap_or(&text);
    let comma = if open.ends_with('{') { "" } else { "," };
    (format!("{open}{comma}\"{field}\":\""), "\"}")
}
