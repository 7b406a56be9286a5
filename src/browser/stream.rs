//! A Blob as a stream of bytes, read into buffers that are used again.
//!
//! Each `arrayBuffer()` is a way to the browser's other processes and back, and what it gives is garbage once it has been
//! worked on: hundreds of mebibytes, before the page is rid of it. A [reader that is given its
//! buffers](https://streams.spec.whatwg.org/#byob-readers) takes a third of the time and leaves nothing behind. Safari's
//! Blobs have none.

use super::{sys, value};
use crate::core::PartRange;
use js_sys::{ArrayBuffer, Promise, Reflect, Uint8Array};
use std::cell::Cell;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, MessageChannel};

/// Bytes that are worked on at once: few enough to stay in a processor's cache.
pub(super) const WINDOW: u32 = 768 << 10;

/// Buffers that are kept for other parts: as many as are usually read at once.
const KEPT: usize = 2;

thread_local! {
    /// How many streams there are.
    static OPEN: Cell<u32> = const { Cell::new(0) };
    /// Buffers that nobody reads into: one of them, where there is no stream.
    static IDLE: Cell<Vec<ArrayBuffer>> = const { Cell::new(Vec::new()) };
}

/// What is left to be read of a Blob.
pub(super) struct Stream {
    /// Chromium collects a stream that is being read, unless somebody holds its reader: then what is read never comes.
    reader: sys::Reader,
    /// Where bytes are read to. `None` while a read is pending: the platform detaches the buffer and returns another over the
    /// same memory.
    buffer: Option<ArrayBuffer>,
    window: u32,
    left: u64,
}

impl Stream {
    /// The bytes of a slice, which has as many as the part, a window of them at once. `None` where the platform does not
    /// give them so, or has no room for a window.
    pub(super) fn of(slice: &Blob, part: &PartRange, window: u32) -> Option<Self> {
        let mode = value::object(&[("mode", "byob".into())]);
        let stream = slice.unchecked_ref::<sys::Bytes>().stream().ok()?;
        let Ok(reader) = stream.get_reader(&mode) else {
            // Safari begins to read at once, and would keep what nobody takes.
            let_go(stream.cancel());
            return None;
        };
        OPEN.set(OPEN.get() + 1);
        let mut stream = Self { reader, buffer: None, window, left: part.size() };
        stream.buffer = Some(buffer(window)?);
        Some(stream)
    }

    /// Whether all of it has been read.
    pub(super) const fn is_over(&self) -> bool {
        self.left == 0
    }

    /// The next bytes, until more are asked for; the page has had its turn before. `None` if they cannot be read.
    pub(super) async fn next(&mut self) -> Option<Uint8Array> {
        // No more than a window.
        let size = self.left.min(self.window.into()) as u32;
        turn().await;
        let mut buffer = self.buffer.take()?;
        let room = buffer.byte_length();
        let mut filled = 0;
        while filled < size {
            let free = Uint8Array::new_with_byte_offset_and_length(&buffer, filled, size - filled);
            let given = value::settled(&self.reader.read(&free).ok()?).await.ok()?;
            // Nothing at the end. It may all be of another realm, as the Blob may.
            let bytes = Reflect::get(&given, &"value".into()).ok()?;
            let count = Reflect::get(&bytes, &"byteLength".into()).ok()?.as_f64()? as u32;
            buffer = Reflect::get(&bytes, &"buffer".into()).ok()?.unchecked_into();
            // A stream that is none of the platform's may give anything.
            if count == 0 || count > size - filled || buffer.byte_length() != room {
                return None;
            }
            filled += count;
        }
        self.left -= u64::from(size);
        let bytes = Uint8Array::new_with_byte_offset_and_length(&buffer, 0, size);
        // Of what only looks like a buffer there is no view, and no other stream is to read into it.
        (bytes.byte_length() == size).then(|| {
            self.buffer = Some(buffer);
            bytes
        })
    }
}

/// A buffer that has room for so many bytes.
fn buffer(size: u32) -> Option<ArrayBuffer> {
    let mut idle = IDLE.take();
    // One that is too small is let go.
    let kept = idle.pop().filter(|buffer| buffer.byte_length() >= size);
    IDLE.set(idle);
    kept.or_else(|| sys::Buffer::new(size).ok().map(JsCast::unchecked_into))
}

/// What is left of a stream is not wanted; that this fails where reading has failed is no news.
fn let_go(cancelled: Result<JsValue, JsValue>) {
    drop(value::settled(&cancelled.unwrap_or(JsValue::UNDEFINED)));
}

/// A task of its own. What is at hand is read within the same one, so that six parts would keep the page for dozens of
/// windows; and a message is not put off as timers are in a page that nobody sees.
async fn turn() {
    let Ok(channel) = MessageChannel::new() else { return };
    let come = Promise::new(&mut |resolve, _| channel.port1().set_onmessage(Some(&resolve)));
    // It is closed when the message is there: where it is closed before, WebKit now and then delivers none. If nobody waits
    // any more it stays open, and the platform collects it.
    if channel.port2().post_message(&JsValue::NULL).is_ok() {
        let _ = JsFuture::from(come).await;
    }
    channel.port1().close();
}

impl Drop for Stream {
    fn drop(&mut self) {
        let_go(self.reader.cancel());
        OPEN.set(OPEN.get() - 1);
        let mut idle = IDLE.take();
        idle.extend(self.buffer.take());
        let is_last = OPEN.get() == 0;
        // That of a whole part is large, and nobody may ever need it again.
        idle.retain(|buffer| !is_last || buffer.byte_length() <= WINDOW);
        idle.truncate(if is_last { 1 } else { KEPT });
        IDLE.set(idle);
    }
}
