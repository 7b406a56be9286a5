//! A request's body on its way: counted, and given back where a service stops reading early.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use axum::body::Body;
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::{BodyExt as _, BodyStream};
use hyper::body::Incoming;

/// A body that counts what is read of it. Dropped before its end, the rest can be taken up again from its [`Rest`].
pub(crate) struct Metered {
    /// Read already and counted, but not yet taken.
    ahead: VecDeque<Result<Frame<Bytes>, hyper::Error>>,
    inner: Option<Incoming>,
    rest: Rest,
}

/// What is known of a body from outside.
#[derive(Clone, Default)]
pub(crate) struct Rest {
    count: Count,
    left: Arc<Mutex<Option<Incoming>>>,
}

/// How many bytes of a body were read so far, for whoever wants to know later and holds nothing else of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Count(Arc<AtomicU64>);

impl Metered {
    /// Counts `inner` into `rest`.
    pub(crate) fn new(inner: Incoming, rest: Rest) -> Self {
        Self { ahead: VecDeque::new(), inner: Some(inner), rest }
    }

    /// Reads until `look` has seen enough, `bytes` were shown to it or the body ends; all of it stays to be read.
    pub(crate) async fn peek<T>(&mut self, bytes: usize, look: impl Fn(&[u8]) -> Option<T>) -> Option<T> {
        let (mut head, mut frames) = (Vec::new(), VecDeque::new());
        let seen = loop {
            let seen = look(&head);
            if seen.is_some() || head.len() >= bytes {
                break seen;
            }
            let Some(frame) = self.frame().await else { break None };
            let failed = frame.is_err();
            if let Some(data) = frame.as_ref().ok().and_then(Frame::data_ref) {
                head.extend_from_slice(&data[..data.len().min(bytes - head.len())]);
            }
            frames.push_back(frame);
            if failed {
                break None;
            }
        };
        self.ahead = frames;
        seen
    }

    /// Reads and forgets until `bytes` have been read in all or the body ends.
    pub(crate) async fn skip(&mut self, bytes: u64) {
        while self.rest.bytes() < bytes {
            match self.frame().await {
                Some(Ok(_)) => {}
                Some(Err(_)) | None => break,
            }
        }
    }

    /// Reads ahead up to `bytes`, then goes on as if nothing had been read.
    pub(crate) async fn ahead(mut self, bytes: u64) -> Body {
        let mut frames = Vec::new();
        while self.rest.bytes() < bytes {
            match self.frame().await {
                Some(frame) => frames.push(frame),
                None => break,
            }
        }
        let frames = stream::iter(frames).chain(BodyStream::new(self));
        // Trailers are dropped; no service here knows any.
        let data = frames.filter_map(|frame| std::future::ready(frame.map(|frame| frame.into_data().ok()).transpose()));
        Body::from_stream(data)
    }
}

impl Rest {
    /// How many bytes were read so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.count.bytes()
    }

    /// The count by itself.
    pub(crate) fn count(&self) -> Count {
        self.count.clone()
    }

    /// Reads what nobody wanted, up to `bytes`: a browser shows no answer that comes while it is still sending.
    pub(crate) async fn drain(&self, bytes: u64) {
        let left = self.left.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(left) = left else { return };
        let limit = self.bytes().saturating_add(bytes);
        Metered::new(left, self.clone()).skip(limit).await;
    }
}

impl Count {
    pub(crate) fn bytes(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

impl HttpBody for Metered {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        if let Some(frame) = self.ahead.pop_front() {
            return Poll::Ready(Some(frame));
        }
        let Some(inner) = &mut self.inner else { return Poll::Ready(None) };
        let frame = ready!(Pin::new(inner).poll_frame(cx));
        match &frame {
            Some(Ok(frame)) => {
                let read = frame.data_ref().map_or(0, Bytes::len);
                self.rest.count.0.fetch_add(read as u64, Ordering::AcqRel);
            }
            Some(Err(_)) | None => self.inner = None,
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.ahead.is_empty() && self.inner.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let ahead = self.ahead.iter().flatten().filter_map(Frame::data_ref).map(|data| data.len() as u64).sum::<u64>();
        let mut hint = self.inner.as_ref().map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint);
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper + ahead);
        }
        hint.set_lower(hint.lower() + ahead);
        hint
    }
}

impl Drop for Metered {
    fn drop(&mut self) {
        let unread = self.inner.take().filter(|inner| !inner.is_end_stream());
        *self.rest.left.lock().unwrap_or_else(PoisonError::into_inner) = unread;
    }
}
