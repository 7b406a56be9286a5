//! What a handler may do to the connection below it.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, Weak};
use std::task::Waker;
use std::time::Duration;

use socket2::SockRef;
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::time::Instant;

/// The part of an accepted connection that its requests share.
pub(crate) struct Control {
    /// The connection itself owns the socket, so that forgetting it closes it.
    socket: Weak<TcpStream>,
    id: u64,
    read: AtomicU64,
    rated: AtomicUsize,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    end: Option<End>,
    frozen: bool,
    rate: Option<Rate>,
    settled: u64,
    waker: Option<Waker>,
}

/// How a connection ends when it is not allowed to end well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Closed in order, without another byte.
    Close,
    /// A TCP reset.
    Reset,
}

/// A bucket of tokens, kept as the moment when the next byte is due.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    /// Bytes per second.
    pub speed: u64,
    due: Instant,
}

/// How often a reader that is throttled looks again.
const SLICE: Duration = Duration::from_millis(10);
/// How often a connection that waits is looked at.
const LOOK: Duration = Duration::from_millis(50);
/// What a reader that was kept waiting may catch up at once; longer pauses were the client's own.
const CREDIT: Duration = Duration::from_millis(40);

/// What the next read may do.
#[derive(Debug)]
pub(crate) enum Leave {
    /// Read up to this many bytes.
    Read(usize),
    /// Look again at this moment.
    Wait(Instant),
    /// Nothing until the connection is told otherwise.
    Never,
    /// The connection is over.
    Over,
}

impl Control {
    /// The control of one socket.
    pub(crate) fn new(socket: Weak<TcpStream>) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        Self { socket, id, read: AtomicU64::new(0), rated: AtomicUsize::new(0), inner: Mutex::default() }
    }

    /// Its number among the connections of this process.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// Breaks the connection.
    pub(crate) fn end(&self, end: End) {
        self.change(|inner| inner.end = Some(end));
    }

    /// How the connection was told to end, if it was.
    pub(crate) fn ended(&self) -> Option<End> {
        self.lock().end
    }

    /// Stops reading the socket for good.
    pub(crate) fn freeze(&self) {
        self.change(|inner| inner.frozen = true);
    }

    /// Reads no faster than this until as many calls of [`Self::unlimit`] follow. What was read ahead of the request's
    /// body is owed.
    pub(crate) fn limit(&self, speed: u64) {
        self.rated.fetch_add(1, Ordering::AcqRel);
        if let Some(socket) = self.socket.upgrade() {
            shrink(&socket, speed);
        }
        let read = self.read.load(Ordering::Acquire);
        self.change(|inner| {
            let ahead = read.saturating_sub(inner.settled);
            let due = inner.rate.map_or_else(Instant::now, |rate| rate.due.max(Instant::now()));
            inner.rate = Some(Rate { speed, due: due + time_of(ahead, speed) });
        });
    }

    /// Reads at another speed from now on, where it is limited at all.
    pub(crate) fn pace(&self, speed: u64) {
        self.change(|inner| {
            if let Some(rate) = &mut inner.rate {
                rate.speed = speed;
            }
        });
    }

    /// Ends one [`Self::limit`].
    pub(crate) fn unlimit(&self) {
        if self.rated.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.change(|inner| inner.rate = None);
        }
    }

    /// Everything read so far belongs to requests that are over.
    pub(crate) fn settle(&self) {
        let read = self.read.load(Ordering::Acquire);
        self.change(|inner| inner.settled = read);
    }

    /// Comes back when the connection is gone or the other side has closed it, as far as the kernel can tell without
    /// reading.
    pub(crate) async fn closed(&self) {
        loop {
            // The socket is held for a moment only, so that whoever drops the connection closes it.
            let Some(socket) = self.socket.upgrade() else { return };
            match tokio::time::timeout(LOOK, socket.ready(Interest::READABLE)).await {
                Err(_) => {}
                Ok(Ok(ready)) if !ready.is_read_closed() => {
                    drop(socket);
                    // Unread bytes keep the socket ready, so there is no event to wait for.
                    tokio::time::sleep(LOOK).await;
                }
                Ok(_) => return,
            }
        }
    }

    /// What a read may do now; `waker` is called when that changes.
    pub(super) fn leave(&self, waker: &Waker) -> Leave {
        let mut inner = self.lock();
        inner.waker = Some(waker.clone());
        match (inner.end, inner.frozen, inner.rate) {
            (Some(_), _, _) => Leave::Over,
            (None, true, _) => Leave::Never,
            (None, false, None) => Leave::Read(usize::MAX),
            (None, false, Some(rate)) => {
                let now = Instant::now();
                if rate.due > now {
                    return Leave::Wait(rate.due.max(now + SLICE / 10));
                }
                let slice = (u128::from(rate.speed) * SLICE.as_micros() / 1_000_000).max(1);
                Leave::Read(usize::try_from(slice).unwrap_or(usize::MAX))
            }
        }
    }

    /// Counts what a read brought.
    pub(super) fn spend(&self, bytes: usize) {
        self.read.fetch_add(bytes as u64, Ordering::AcqRel);
        if let Some(rate) = &mut self.lock().rate {
            let earliest = Instant::now().checked_sub(CREDIT).unwrap_or(rate.due);
            rate.due = rate.due.max(earliest) + time_of(bytes as u64, rate.speed);
        }
    }

    fn change(&self, change: impl FnOnce(&mut Inner)) {
        let waker = {
            let mut inner = self.lock();
            change(&mut inner);
            inner.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Every change is a plain assignment; there is no half of one.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn time_of(bytes: u64, speed: u64) -> Duration {
    Duration::from_secs_f64(bytes as f64 / speed.max(1) as f64)
}

/// Keeps the kernel from taking megabytes ahead of the throttled reader: a buffer of about 40 ms, and never less than
/// two of loopback's segments of 64 KiB, below which the sender waits for a window that never opens wide enough.
pub(crate) fn shrink(socket: &TcpStream, speed: u64) {
    let bytes = usize::try_from(speed / 25).unwrap_or(usize::MAX).clamp(128 << 10, 512 << 10);
    // A kernel that refuses makes the rate look a little better to the client, no more.
    let _ = SockRef::from(socket).set_recv_buffer_size(bytes);
}
