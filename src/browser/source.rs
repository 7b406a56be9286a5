//! The file. Its bytes stay where they are: a slice is a reference, and the browser reads it when it sends it.

use crate::core::PartRange;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

/// A file, or any other Blob.
#[derive(Clone)]
pub(crate) struct Source(Blob);

impl Source {
    /// The Blob that was chosen.
    pub(crate) const fn new(blob: Blob) -> Self {
        Self(blob)
    }

    /// The Blob itself.
    pub(crate) const fn blob(&self) -> &Blob {
        &self.0
    }

    /// Its bytes.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // A Blob's size is a whole number below 2^53.
    pub(crate) fn size(&self) -> u64 {
        self.0.size() as u64
    }

    /// The bytes of a part, unread. It has no type: the service is told what it asks for by headers.
    #[allow(clippy::cast_precision_loss)] // A Blob's offsets are below 2^53.
    pub(super) fn slice(&self, part: &PartRange) -> Option<Blob> {
        self.0.slice_with_f64_and_f64(part.start as f64, part.end as f64).ok()
    }

    /// Whether a part can still be read: one byte of it is. A file that was changed, moved or deleted cannot, and a
    /// request that carries it fails as if the network were down.
    pub(super) async fn is_readable(&self, part: &PartRange) -> bool {
        let byte = PartRange { end: part.end.min(part.start + 1), ..*part };
        let Some(slice) = self.slice(&byte) else { return false };
        let Ok(bytes) = JsFuture::from(slice.array_buffer()).await else { return false };
        bytes.dyn_into::<js_sys::ArrayBuffer>().is_ok_and(|bytes| u64::from(bytes.byte_length()) == byte.size())
    }
}
