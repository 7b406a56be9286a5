//! Which parts of an upload are being encoded. The others wait, in the order in which they came.

use std::cell::RefCell;
use std::future::poll_fn;
use std::task::{Poll, Waker};

/// Parts that are encoded at once: while one waits for the disk, the other is worked on. If all that are in flight took turns,
/// they would be ready at the same time: until then nothing would be sent, and from then on nothing would be read.
const AT_ONCE: usize = 2;

/// With so few bytes before it, a part need not wait: small ones take as long to be read as they take to be encoded.
const FEW: u64 = 4 << 20;

/// Those that have a permit, and behind them those that wait.
#[derive(Default)]
pub(crate) struct Permits(RefCell<Queue>);

#[derive(Default)]
struct Queue {
    last: u64,
    places: Vec<Place>,
}

struct Place {
    number: u64,
    bytes: u64,
    /// Wakes one that waits.
    waker: Option<Waker>,
}

/// Leave to encode a part, until it is dropped.
pub(super) struct Permit<'a> {
    permits: &'a Permits,
    number: u64,
}

impl Permits {
    /// Waits for the turn of a part of so many bytes.
    pub(super) async fn permit(&self, bytes: u64) -> Permit<'_> {
        let number = {
            let mut queue = self.0.borrow_mut();
            queue.last += 1;
            let number = queue.last;
            queue.places.push(Place { number, bytes, waker: None });
            number
        };
        let permit = Permit { permits: self, number };
        poll_fn(|context| permit.poll(context.waker())).await;
        permit
    }
}

impl Permit<'_> {
    fn poll(&self, waker: &Waker) -> Poll<()> {
        let mut ahead = 0;
        for (at, place) in self.permits.0.borrow_mut().places.iter_mut().enumerate() {
            if place.number == self.number && at >= AT_ONCE && ahead >= FEW {
                place.waker = Some(waker.clone());
                return Poll::Pending;
            }
            ahead += place.bytes;
        }
        Poll::Ready(())
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut queue = self.permits.0.borrow_mut();
        queue.places.retain(|place| place.number != self.number);
        // Each finds out by itself whether its turn has come; a task that is woken runs later.
        queue.places.iter_mut().filter_map(|place| place.waker.take()).for_each(Waker::wake);
    }
}
