//! The file. Its bytes stay where they are: a slice is a reference, and the browser reads it when it sends it.

use super::stream::{self, Stream};
use super::{sys, value};
use crate::core::PartRange;
use js_sys::{Reflect, Uint8Array};
use std::cell::Cell;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Blob};

/// Bytes that are read at once where a Blob is no stream of them: whole groups of three, few enough to be transformed within
/// a frame, and as many as that allows, since each reading is a way to the browser's other processes and back.
const WINDOW: u64 = 2304 << 10;

/// Windows of a part that are read at once. Read one after the other, most of the time is spent waiting for the browser's
/// other processes; more than these few only fill the page's memory.
const AT_ONCE: usize = 3;

/// Largest part that is read into one reusable buffer; larger ones use `arrayBuffer()`, which can fail without throwing.
const LARGEST: u64 = 32 << 20;

thread_local! {
    /// Where a window is worked on: one place for all parts, since nothing is waited for meanwhile.
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Copies bytes to where this module can see them, and hands them over.
fn hand_over(bytes: &Uint8Array, take: &mut dyn FnMut(&[u8])) {
    let mut scratch = SCRATCH.take();
    let size = bytes.length() as usize;
    scratch.resize(scratch.len().max(size), 0);
    bytes.copy_to(&mut scratch[..size]);
    take(&scratch[..size]);
    SCRATCH.set(scratch);
}

/// A part as windows.
fn windows(part: &PartRange) -> impl FnMut() -> Option<PartRange> {
    let (mut start, end, index) = (part.start, part.end, part.index);
    move || {
        let window = PartRange { index, start, end: end.min(start + WINDOW) };
        start = window.end;
        (window.size() > 0).then_some(window)
    }
}

/// A file, or any other Blob, and its bytes; and what says that they are not wanted any more, where something does.
#[derive(Clone)]
pub(crate) struct Source(Blob, u64, Option<AbortSignal>);

impl Source {
    /// The Blob that was chosen, of this realm or another. `None` if it only looks like one: a platform that is asked
    /// to send such a thing sends its name.
    // A Blob's size is a whole number below 2^53.
    pub(crate) fn new(chosen: &JsValue) -> Option<Self> {
        value::blob_size(chosen).map(|size| Self(chosen.clone().unchecked_into(), size as u64, None))
    }

    /// The same, which cannot be read any more once `stop` has fired.
    pub(super) fn until(self, stop: AbortSignal) -> Self {
        Self(self.0, self.1, Some(stop))
    }

    /// The Blob itself.
    pub(crate) const fn blob(&self) -> &Blob {
        &self.0
    }

    /// Its bytes.
    pub(crate) const fn size(&self) -> u64 {
        self.1
    }

    /// The bytes of a part, unread; `None` if what was cut is not them. It has no type: the service is told what it
    /// asks for by headers.
    // A Blob's offsets are whole, and below 2^53.
    pub(super) fn slice(&self, part: &PartRange) -> Option<Blob> {
        let slice = self.0.slice_with_f64_and_f64(part.start as f64, part.end as f64).ok()?;
        (value::blob_size(&slice)? == part.size() as f64).then_some(slice)
    }

    /// Whether a part can still be read: one byte of it is, from now on. A file that was changed, moved or deleted cannot,
    /// and a request that carries it fails as if the network were down.
    pub(super) fn is_readable(&self, part: &PartRange) -> impl Future<Output = bool> + use<> {
        let reading = self.begin(&PartRange { end: part.end.min(part.start + 1), ..*part });
        async move {
            match reading {
                Some(reading) => reading.end().await.is_some(),
                None => false,
            }
        }
    }

    /// Whether the file is the one that was chosen, as far as the browser can tell: a change makes all of it unreadable,
    /// wherever it is.
    pub(super) fn is_unchanged(&self) -> impl Future<Output = bool> + use<> {
        self.is_readable(&PartRange { index: 0, start: 0, end: self.1 })
    }

    /// Hands a part's bytes over in windows of at most [`WINDOW`], in their order; between two of them the page has its
    /// turn. `None` if they cannot be read.
    pub(super) async fn read_through(&self, part: &PartRange, take: &mut dyn FnMut(&[u8])) -> Option<()> {
        let Some(mut stream) = Stream::of(&self.slice(part)?, part, stream::WINDOW) else {
            return self.read_each(&mut windows(part), AT_ONCE, take).await;
        };
        while !stream.is_over() {
            if self.is_stopped() {
                return None;
            }
            hand_over(&stream.next().await?, take);
        }
        Some(())
    }

    /// The same of windows that are given, `at_once` of which are being read.
    pub(super) async fn read_each(
        &self,
        windows: &mut dyn FnMut() -> Option<PartRange>,
        at_once: usize,
        take: &mut dyn FnMut(&[u8]),
    ) -> Option<()> {
        // A few: to move them up costs nothing.
        let mut ahead = Vec::new();
        let mut begin = |ahead: &mut Vec<_>| {
            if let Some(window) = windows() {
                ahead.push(self.begin(&window));
            }
        };
        for _ in 0..at_once {
            begin(&mut ahead);
        }
        while !ahead.is_empty() {
            let bytes = Uint8Array::new(&ahead.remove(0)?.end().await?);
            begin(&mut ahead);
            hand_over(&bytes, take);
        }
        Some(())
    }

    /// Hands a part's bytes over as a whole, outside this module's memory, to what copies them at once. `None` if they cannot
    /// be read.
    pub(super) async fn read_whole<T>(&self, part: &PartRange, take: impl FnOnce(&JsValue) -> T) -> Option<T> {
        if part.size() <= LARGEST
            && let Some(mut stream) = Stream::of(&self.slice(part)?, part, part.size() as u32)
        {
            return Some(take(&stream.next().await?.into()));
        }
        Some(take(&self.begin(part)?.end().await?))
    }

    fn is_stopped(&self) -> bool {
        self.2.as_ref().is_some_and(AbortSignal::aborted)
    }

    fn begin(&self, part: &PartRange) -> Option<Reading> {
        if self.is_stopped() {
            return None;
        }
        let given = self.slice(part)?.unchecked_ref::<sys::Bytes>().array_buffer().ok()?;
        Some(Reading { given: value::settled(&given), size: part.size() })
    }
}

/// Bytes that the browser is reading.
struct Reading {
    given: JsFuture,
    size: u64,
}

impl Reading {
    async fn end(self) -> Option<JsValue> {
        let buffer = self.given.await.ok()?;
        // It may be of another realm, as the Blob may.
        let length = Reflect::get(&buffer, &"byteLength".into()).ok()?.as_f64()?;
        // A part's size is below 2^53.
        (length == self.size as f64).then_some(buffer)
    }
}
