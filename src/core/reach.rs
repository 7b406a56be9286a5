//! How many parts in flight pay, found by trying.
//!
//! Over HTTP/1.1 a browser opens six connections to an origin, and a seventh request queues behind them; over HTTP/2 there is
//! no such limit, and a page cannot see which of them it is. So twice as many are tried while there is much left to send. If
//! each part then takes nearly as long as before, they pay; if it takes twice as long, they share what there is, or queue.

use super::Instant;
use super::link::CONNECTIONS;
use std::time::Duration;

/// More parts than this are never in flight unless an app asks for them.
pub(super) const MOST: u32 = 48;

/// Twice as many must carry so much more together.
const GAIN: f64 = 1.25;

/// A trial makes parts wait behind each other for as long as one takes. Longer than this it is not worth that.
const LONG: Duration = Duration::from_secs(20);

/// A trial that did not pay is repeated after so many parts, and then ever more rarely.
const REST: u32 = 64;

/// How many parts in flight pay.
#[derive(Clone, Debug)]
pub(super) struct Reach {
    /// Parts in flight that pay, or are being tried.
    pub(super) width: u32,
    /// What was so before the trial, and bytes a second that this carried.
    trial: Option<(u32, f64)>,
    /// Parts that began before say nothing of now.
    since: Instant,
    parts: u32,
    bytes: u64,
    took: Duration,
    /// The first parts of a trial did not queue, even if those after them do.
    skip: u32,
    rest: u32,
    next_rest: u32,
}

impl Default for Reach {
    fn default() -> Self {
        Self {
            width: CONNECTIONS,
            trial: None,
            since: Instant::default(),
            parts: 0,
            bytes: 0,
            took: Duration::ZERO,
            skip: 0,
            rest: 0,
            next_rest: REST,
        }
    }
}

impl Reach {
    /// A part that began then was stored, and so many more are to be sent.
    pub(super) fn stored(&mut self, now: Instant, began: Instant, bytes: u64, left: usize) {
        self.rest = self.rest.saturating_sub(1);
        if self.rest > 0 || began < self.since || began == now {
            return;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return;
        }
        self.parts += 1;
        self.bytes += bytes;
        self.took += now.since(began);
        if self.parts < self.width.div_ceil(2) {
            return;
        }
        // What they carry together; that needs no 53 bits.
        let carried = self.bytes as f64 / self.took.as_secs_f64() * f64::from(self.width);
        let is_long = self.took / self.parts > LONG;
        self.measure_from(now);
        match self.trial.take() {
            Some((before, least)) if carried < least * GAIN => self.go_back(before),
            _ if self.width * 2 <= MOST && left >= self.width as usize * 2 && !is_long => {
                self.trial = Some((self.width, carried));
                self.skip = self.width;
                self.width *= 2;
            }
            _ => {}
        }
    }

    /// Whether more are in flight than are known to pay.
    pub(super) const fn is_trying(&self) -> bool {
        self.trial.is_some()
    }

    /// The origin is asked for too much. Says whether that was a trial, which is over.
    pub(super) fn give_up(&mut self, now: Instant) -> bool {
        let before = self.trial.take().map(|(before, _)| before);
        before.into_iter().for_each(|before| self.go_back(before));
        self.measure_from(now);
        before.is_some()
    }

    const fn go_back(&mut self, before: u32) {
        self.width = before;
        self.rest = self.next_rest;
        self.next_rest = self.next_rest.saturating_mul(2);
    }

    const fn measure_from(&mut self, now: Instant) {
        (self.since, self.parts, self.bytes, self.took, self.skip) = (now, 0, 0, Duration::ZERO, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rounds of parts that take so long, by how many are in flight.
    fn after(rounds: u32, left: usize, millis: impl Fn(u32) -> u64) -> Reach {
        let (mut reach, mut now) = (Reach::default(), Instant::from_millis(0));
        for _ in 0..rounds {
            let (began, width) = (now, reach.width);
            now = now + Duration::from_millis(millis(width));
            (0..width).for_each(|_| reach.stored(now, began, 1 << 20, left));
        }
        reach
    }

    #[test]
    fn streams_that_do_not_share_are_made_more() {
        assert_eq!(after(8, 1_000, |_| 1_000).width, MOST);
    }

    #[test]
    fn what_shares_or_queues_is_tried_once_and_then_rarely() {
        let reach = after(2, 1_000, |width| 100 * u64::from(width));
        assert_eq!((reach.width, reach.rest > 0), (CONNECTIONS, true));
        let widths = (1..40).map(|rounds| after(rounds, 1_000, |width| 100 * u64::from(width)).width);
        assert!(widths.filter(|width| *width > CONNECTIONS).count() <= 4);
    }

    #[test]
    fn nothing_is_tried_where_little_is_left_or_parts_take_long() {
        assert_eq!(after(8, 11, |_| 1_000).width, CONNECTIONS);
        assert_eq!(after(8, 1_000, |_| 21_000).width, CONNECTIONS);
    }

    #[test]
    fn a_store_that_asks_for_patience_ends_a_trial() {
        let mut reach = after(1, 1_000, |_| 1_000);
        assert_eq!(reach.width, 2 * CONNECTIONS);
        assert!(reach.give_up(Instant::from_millis(1_500)));
        assert_eq!(reach.width, CONNECTIONS);
        assert!(!reach.give_up(Instant::from_millis(1_600)));
    }
}
