//! How many parts in flight pay, found by trying.
//!
//! Over HTTP/1.1 a browser opens six connections to an origin, and a seventh request queues behind them; over HTTP/2 there is
//! no such limit, and a page cannot see which of them it is. So twice as many are tried while there is much left to send. Where
//! their bytes are seen leaving it is known within a second whether more of them move, and carry more together; else, when
//! parts end: if each takes nearly as long as before they pay, if it takes twice as long they share what there is, or queue.

use super::Instant;
use super::flow::Flow;
use super::link::CONNECTIONS;
use std::time::Duration;

/// More parts than this are never in flight unless an app asks for them.
pub(super) const MOST: u32 = 48;

/// Twice as many must carry so much more together.
const GAIN: f64 = 1.25;

/// So many may be in flight where they move at once and share what there is.
const SHARED: u32 = 2 * CONNECTIONS;

/// A trial makes parts wait behind each other for as long as one takes. Longer than this it is not worth that. Where it is
/// seen that they wait, only those wait that are out already.
const LONG: Duration = Duration::from_secs(20);
const LONG_SEEN: f64 = 60.0;

/// A trial that did not pay is repeated after so many parts, and then ever more rarely.
const REST: u32 = 64;

/// More parts in flight than are known to pay.
#[derive(Clone, Debug)]
pub(super) struct Trial {
    /// As many as before, and bytes a second that they carried.
    before: u32,
    least: f64,
    /// Whether that was seen; since when it goes on, and the most parts that moved at once.
    is_seen: bool,
    since: Instant,
    top: u32,
}

/// How many parts in flight pay.
#[derive(Clone, Debug)]
pub(super) struct Reach {
    /// Parts in flight that pay, or are being tried.
    pub(super) width: u32,
    /// When more were tried last, and whether one of those that began then was stored: a store may read what it refuses.
    pub(super) tried: Instant,
    pub(super) proven: bool,
    /// Among how many that moved one was stored, and when the one of a trial began that was refused.
    pub(super) borne: u32,
    pub(super) throttled: Option<Instant>,
    pub(super) trial: Option<Trial>,
    pub(super) flow: Flow,
    /// Parts that began before say nothing of now.
    since: Instant,
    parts: u32,
    bytes: u64,
    took: Duration,
    /// The first parts of a trial did not queue, even if those after them do.
    skip: u32,
    pub(super) rest: u32,
    next_rest: u32,
}

impl Default for Reach {
    fn default() -> Self {
        Self {
            width: CONNECTIONS,
            tried: Instant::default(),
            proven: false,
            borne: 0,
            throttled: None,
            trial: None,
            flow: Flow::default(),
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
    /// A part that began then was stored, whose bytes were not seen leaving, and so many more are to be sent.
    pub(super) fn stored(&mut self, now: Instant, began: Instant, bytes: u64, left: usize) {
        let is_seen = self.trial.as_ref().is_some_and(|trial| trial.is_seen);
        if is_seen || self.rest > 0 || began < self.since || began == now {
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
            Some(trial) if carried < trial.least * GAIN => self.go_back(trial.before),
            _ if left >= self.width as usize * 2 && !is_long => {
                let width = self.width * 2;
                self.skip = self.width;
                self.try_width(now, width, carried, false);
            }
            _ => {}
        }
    }

    /// Bytes of a part of `size` have left, and so many more parts are to be sent.
    pub(super) fn moved(&mut self, now: Instant, bytes: u64, size: u64, left: usize) {
        // Those that cannot be seen would carry the rest of it.
        if self.rest > 0 || self.flow.seen < self.width {
            return self.flow.restart();
        }
        let moving = self.flow.moving;
        match &mut self.trial {
            Some(trial) if !trial.is_seen => return,
            // Those that have begun just now have carried nothing yet.
            Some(trial) if moving > trial.top => {
                trial.top = moving;
                self.flow.restart();
            }
            _ => {}
        }
        let Some((rate, is_steady)) = self.flow.note(now, bytes, self.width) else { return };
        if let Some(trial) = &self.trial {
            let is_wider = trial.top > trial.before;
            if !is_wider || rate < trial.least * GAIN {
                let is_over = if is_wider { is_steady } else { now.since(trial.since) > self.flow.opening * 2 };
                // They share, and do no harm: a few more hide the waits between parts.
                let is_harmless = is_wider && self.width <= SHARED && rate >= trial.least / GAIN;
                if is_over {
                    self.go_back(if is_harmless { self.width } else { trial.before });
                }
                return;
            }
        } else if !is_steady {
            return;
        }
        // More pay than before, or it is known what these carry.
        self.trial = None;
        let time = size as f64 * f64::from(self.width) / rate;
        if left * 2 >= self.width as usize && time < LONG_SEEN {
            // Few that would be left behind are tried with the others.
            let all = self.width.saturating_add(u32::try_from(left).unwrap_or(u32::MAX));
            let width = if all <= self.width * 3 { all } else { self.width * 2 };
            if self.proven || self.width < 2 * SHARED || left < self.width as usize {
                self.try_width(now, width, rate, true);
            }
        }
    }

    fn try_width(&mut self, now: Instant, width: u32, least: f64, is_seen: bool) {
        let width = width.min(MOST);
        if width > self.width {
            (self.tried, self.proven, self.throttled) = (now, false, None);
            self.trial = Some(Trial { before: self.width, least, is_seen, since: now, top: self.width });
            self.width = width;
        }
        self.flow.restart();
    }

    /// As many as are known to pay.
    pub(super) fn known(&self) -> u32 {
        self.trial.as_ref().map_or(self.width, |trial| trial.before)
    }

    /// Whether it helps to see the bytes of the next part leave, of so many that are not stored: more at once may be tried.
    pub(super) fn wants_sight(&self, unstored: usize) -> bool {
        self.trial.is_some() || (self.rest == 0 && self.width < MOST && unstored * 2 >= self.width as usize * 3)
    }

    /// The origin is asked for too much. If that was a trial, it is over: as many as before are right, or as move all the
    /// same.
    pub(super) fn give_up(&mut self, now: Instant) -> Option<u32> {
        let before = self.trial.as_ref().map(|trial| trial.before.max(self.flow.moving.min(self.width)));
        before.into_iter().for_each(|before| self.go_back(before));
        self.measure_from(now);
        before
    }

    pub(super) fn go_back(&mut self, before: u32) {
        self.trial = None;
        self.flow.restart();
        self.width = before;
        self.rest = self.next_rest;
        self.next_rest = self.next_rest.saturating_mul(2);
    }

    const fn measure_from(&mut self, now: Instant) {
        self.flow.restart();
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
        assert_eq!(reach.give_up(Instant::from_millis(1_500)), Some(CONNECTIONS));
        assert_eq!(reach.width, CONNECTIONS);
        assert_eq!(reach.give_up(Instant::from_millis(1_600)), None);
    }

    /// Parts that send for so many seconds, which are seen: bytes a millisecond that each carries, by how many move.
    fn seen(seconds: u64, left: usize, lanes: u32, rate: impl Fn(u32) -> u64) -> Reach {
        let mut reach = Reach::default();
        for tick in 1..=seconds * 10 {
            reach.flow.seen = reach.width;
            reach.flow.moving = reach.width.min(lanes);
            let bytes = 100 * rate(reach.flow.moving) * u64::from(reach.flow.moving);
            reach.moved(Instant::from_millis(tick * 100), bytes, 8 << 20, left);
        }
        reach
    }

    #[test]
    fn streams_that_do_not_share_are_made_more_before_the_first_part_ends() {
        assert_eq!(seen(1, 1_000, 100, |_| 1_000).width, 2 * CONNECTIONS);
        assert_eq!(seen(3, 1_000, 100, |_| 1_000).width, 4 * CONNECTIONS, "no more until a part was stored");
        assert_eq!(seen(3, 30, 100, |_| 1_000).width, 4 * CONNECTIONS);
        assert_eq!(seen(6, 20, 100, |_| 1_000).width, MOST, "unless less is left than is out");
    }

    #[test]
    fn what_queues_is_seen_to_queue() {
        let reach = seen(3, 1_000, CONNECTIONS, |_| 1_000);
        assert_eq!((reach.width, reach.rest), (CONNECTIONS, REST));
        assert!(!reach.wants_sight(1_000), "it need not be seen for a while");
    }

    #[test]
    fn a_few_that_share_are_left_and_many_are_not() {
        let reach = seen(6, 1_000, 100, |moving| 6_000 / u64::from(moving));
        assert_eq!((reach.width, reach.rest), (2 * CONNECTIONS, REST));
        let reach = seen(6, 1_000, 100, |moving| 12_000 / u64::from(moving.max(12)));
        assert_eq!((reach.width, reach.rest), (2 * CONNECTIONS, REST));
    }

    #[test]
    fn nothing_is_tried_where_a_part_takes_minutes_or_nothing_is_left() {
        assert_eq!(seen(60, 1_000, 100, |_| 100).width, CONNECTIONS);
        assert_eq!(seen(60, 2, 100, |_| 1_000).width, CONNECTIONS);
    }

    #[test]
    fn a_refused_trial_leaves_what_moves_all_the_same() {
        let mut reach = seen(1, 1_000, 8, |_| 1_000);
        assert_eq!((reach.give_up(Instant::from_millis(1_200)), reach.width), (Some(8), 8));
    }
}
