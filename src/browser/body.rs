//! What a request carries, as the platform takes it: a slice, a Blob with the bytes transformed, form data, or text.

use super::driver::Live;
use super::{sys, value};
use crate::core::PartRange;
use crate::protocol::{Body, Json, SERVICES};
use js_sys::{Array, Uint8Array};
use std::borrow::Cow;
use wasm_bindgen::JsValue;
use web_sys::{Blob, FormData};

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
            // Left out as a whole: what is waited for is compiled, even if it never comes to that.
            #[cfg(feature = "services")]
            (Body::Base64Json { fields, field }, Some(part)) => {
                Self::Bytes(super::base64::json(live, part, fields, field).await?)
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

/// Bytes as a Blob, which the browser keeps outside the page's memory: a part is never whole within it, nor joined in one
/// long task.
pub(super) fn handed_over(bytes: &[u8]) -> Option<Blob> {
    // Out of this module's memory as they are. If memory grew meanwhile, the view was detached and the Blob is empty: copy
    // instead.
    let blob = Blob::new_with_u8_array_sequence(sys::viewed(bytes).as_ref()).ok()?;
    if blob.size() == bytes.len() as f64 {
        return Some(blob);
    }
    Blob::new_with_u8_array_sequence(Array::of1(&Uint8Array::from(bytes)).as_ref()).ok()
}
