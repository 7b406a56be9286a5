//! What a request carries, as the platform takes it: a slice, a Blob with the bytes transformed, form data, or text.
//!
//! Bytes that are transformed are read, encoded and handed back to the browser a window at a time, and between two
//! windows the page has its turn: wasm never holds more than one, while the browser reads the next.

use super::driver::Live;
use super::source::{Source, WINDOW};
use super::{pool, simd, sys, value, worker};
use crate::core::PartRange;
use crate::encode::Base64;
use crate::protocol::{Body, Json, SERVICES};
use js_sys::{Array, Uint8Array};
use std::borrow::Cow;
use std::cell::Cell;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, BlobPropertyBag, FormData};

/// What a window becomes, with two bytes that were kept of the one before.
const ENCODED: usize = Base64::encoded_size(WINDOW + 2) as usize;

thread_local! {
    /// Where a window is encoded to: one place for all parts, since nothing is waited for meanwhile.
    static DESK: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// What a request carries. The bytes of a part are always in a Blob, never in a string.
pub(super) enum Carried {
    Nothing,
    Text(String),
    Bytes(Blob),
    Form(FormData),
}

impl Carried {
    /// What `body` asks for, with the bytes of `part` if it is one. `None` if the file cannot be read.
    pub(super) async fn of(body: &Body, live: &Live, part: Option<&PartRange>) -> Option<Self> {
        let source = &live.source;
        Some(match (body, part) {
            (Body::Json(json), _) => Self::Text(value::stringify(json)),
            (Body::Slice, Some(part)) => Self::Bytes(source.slice(part)?),
            (Body::Base64Json { fields, field }, Some(part)) if SERVICES => {
                Self::Bytes(base64_json(live, part, fields, field).await?)
            }
            (Body::Form { fields, file }, part) if SERVICES => {
                let file = file.as_ref().zip(part);
                let file = match file {
                    Some(((field, name), part)) => Some((&**field, name.as_str(), source.slice(part)?)),
                    None => None,
                };
                Self::Form(form(fields, file)?)
            }
            (Body::Empty | Body::Slice | Body::Base64Json { .. } | Body::Form { .. }, _) => Self::Nothing,
        })
    }

    pub(super) fn to_js(&self) -> Option<JsValue> {
        match self {
            Self::Nothing => None,
            Self::Text(text) => Some(text.into()),
            Self::Bytes(blob) => Some(blob.into()),
            Self::Form(form) => Some(form.into()),
        }
    }

    /// How many bytes travel, where that is known.
    // A Blob's size is a whole number below 2^53.
    pub(super) fn size(&self) -> Option<u64> {
        match self {
            Self::Bytes(blob) => Some(blob.size() as u64),
            Self::Nothing | Self::Text(_) | Self::Form(_) => None,
        }
    }
}

/// Form data in the order of its fields, the file last. The browser sets the content type, with the boundary.
fn form(fields: &[(Cow<'static, str>, Json)], file: Option<(&str, &str, Blob)>) -> Option<FormData> {
    let form = FormData::new().ok()?;
    for (name, field) in fields {
        match field {
            Json::Text(text) => form.append_with_str(name, text).ok()?,
            json => form.append_with_str(name, &value::stringify(json)).ok()?,
        }
    }
    if let Some((field, name, slice)) = file {
        form.append_with_blob_and_filename(field, &slice, name).ok()?;
    }
    Some(form)
}

/// `{fields…, "field": "base64"}`, as a Blob. `None` if the file cannot be read, or the Blob not be made.
async fn base64_json(live: &Live, part: &PartRange, fields: &Json, field: &str) -> Option<Blob> {
    let is_whole = |blob: &JsValue| value::blob_size(blob) == Some(Base64::encoded_size(part.size()) as f64);
    let encoded = match pool::made(live, worker::BASE64, part).await.filter(is_whole) {
        Some(blob) => blob.unchecked_into(),
        None => base64(&live.source, part).await?,
    };
    let (before, after) = around(fields, field);
    let kind = BlobPropertyBag::new();
    kind.set_type("application/json");
    let pieces = Array::of3(&before.into(), &encoded, &after.into());
    Blob::new_with_u8_array_sequence_and_options(pieces.as_ref(), &kind).ok()
}

/// A part's bytes in base64. `None` if they cannot be read, or the Blob not be made.
pub(super) async fn base64(source: &Source, part: &PartRange) -> Option<Blob> {
    let pieces = Array::new();
    let mut encoder = Base64::new(simd::groups);
    let mut is_whole = true;
    let mut take = |window: &[u8]| {
        let mut desk = DESK.take();
        desk.resize(ENCODED, 0);
        let end = encoder.push(window, &mut desk);
        if let Some(piece) = handed_over(&desk[..end]) {
            pieces.push(&piece.into());
        } else {
            is_whole = false;
        }
        DESK.set(desk);
    };
    source.read_through(part, &mut take).await?;
    if !is_whole {
        return None;
    }
    pieces.push(&Uint8Array::from(encoder.finish().as_slice()));
    Blob::new_with_u8_array_sequence(pieces.as_ref()).ok()
}

/// Bytes as a Blob, which the browser keeps outside the page's memory: a part is never whole within it, nor joined in one
/// long task.
pub(super) fn handed_over(bytes: &[u8]) -> Option<Blob> {
    // Out of this module's memory as they are. Where that has just grown, there was nothing to be seen: then by a copy.
    let blob = Blob::new_with_u8_array_sequence(sys::viewed(bytes).as_ref()).ok()?;
    if blob.size() == bytes.len() as f64 {
        return Some(blob);
    }
    Blob::new_with_u8_array_sequence(Array::of1(&Uint8Array::from(bytes)).as_ref()).ok()
}

/// What stands before the encoded bytes, and after them.
fn around(fields: &Json, field: &str) -> (String, &'static str) {
    let text = value::stringify(fields);
    let open = text.strip_suffix('}').unwrap_or(&text);
    let comma = if open.ends_with('{') { "" } else { "," };
    (format!("{open}{comma}\"{field}\":\""), "\"}")
}
