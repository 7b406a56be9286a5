//! What all uploads of a page share of one origin: connections, patience, reachability, speed.

use super::Instant;
use super::instant::lasting;
use super::outage::Outage;
use super::pace::Pace;
use super::reach::Reach;
use super::watch::Task;
use std::time::Duration;

/// Browsers open six connections per origin over HTTP/1.1; a seventh request would only queue behind them.
pub(super) const CONNECTIONS: u32 = 6;

/// The slowest link that is promised to be borne, bytes a second for the whole origin. Until a rate is measured,
/// what cannot be seen is given the time it would take on such a link.
const SLOWEST: f64 = 100_000.0;

/// What is known of one origin.
#[derive(Clone, Debug)]
pub(super) struct Link {
    /// Parts in flight, of all uploads.
    pub(super) in_flight: u32,
    /// Their bytes.
    pub(super) bytes_in_flight: u64,
    /// Parts that are still to be sent, of all uploads for which more at once may be tried.
    pub(super) left: usize,
    /// Parts that may be in flight: falls on 429, 503 and silence, climbs back to what pays.
    pub(super) limit: u32,
    /// What pays.
    pub(super) reach: Reach,
    /// Whether `limit` has been raised since it fell, and how many rounds of successes that takes.
    raised: bool,
    rounds: u32,
    /// The most that an app has asked for, of the uploads that have parts here.
    wanted: u32,
    /// Successes of parts that began since `limit` last changed, and when that was.
    successes: u32,
    changed: Instant,
    /// The origin asked for patience until then.
    patience: Instant,
    pub(super) slowed_at: Option<Instant>,
    pub(super) answered_at: Option<Instant>,
    /// Whether it has since failed to answer once, which was not taken for an outage.
    pub(super) is_unanswered: bool,
    pub(super) outage: Option<Outage>,
    /// How many outages there have been.
    pub(super) outages: u32,
    /// Bytes a second of one connection, smoothed, and quick to fall: what patience is measured by.
    rate: Option<f64>,
    /// What is usual: what lateness is measured by.
    pub(super) pace: Pace,
}

impl Default for Link {
    fn default() -> Self {
        Self {
            in_flight: 0,
            bytes_in_flight: 0,
            left: 0,
            limit: CONNECTIONS,
            reach: Reach::default(),
            raised: false,
            rounds: 1,
            wanted: 0,
            successes: 0,
            changed: Instant::default(),
            patience: Instant::default(),
            slowed_at: None,
            answered_at: None,
            is_unanswered: false,
            outage: None,
            outages: 0,
            rate: None,
            pace: Pace::default(),
        }
    }
}

impl Link {
    /// When a request may go out: now if the answer is not later.
    pub(super) fn opens_at(&self, now: Instant) -> Instant {
        self.reached_at(now).max(self.patience)
    }

    /// The same for what does not wait until it is asked for again.
    pub(super) fn reached_at(&self, now: Instant) -> Instant {
        self.outage.as_ref().map_or(now, Outage::opens_at).max(now)
    }

    /// The origin asked for patience: nobody asks it for anything before then.
    pub(super) fn be_patient(&mut self, until: Instant) {
        self.patience = self.patience.max(until);
    }

    /// Whether another part may go out, of an upload that has `own` in flight and wants at most `wanted`.
    pub(super) fn has_room(&self, wanted: Option<u32>, own: usize) -> bool {
        if self.limit < self.reach.width {
            return self.in_flight < self.limit;
        }
        // An app that asks for more gets it, because HTTP/2 has no such limit; others share in that.
        let most = self.limit.max(self.wanted).max(wanted.unwrap_or(0));
        self.in_flight < most && own < wanted.unwrap_or(self.limit) as usize
    }

    /// A part goes out, of an upload that wants so many.
    pub(super) fn part_began(&mut self, task: &Task, wanted: Option<u32>) {
        self.in_flight += 1;
        self.left = self.left.saturating_sub(1);
        self.bytes_in_flight += task.size;
        self.reach.flow.began(task);
        self.wanted = self.wanted.max(wanted.unwrap_or(0));
    }

    /// A part is no longer in flight.
    pub(super) fn part_ended(&mut self, task: &Task) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.bytes_in_flight = self.bytes_in_flight.saturating_sub(task.size);
        self.reach.flow.ended(task);
        if self.in_flight == 0 {
            self.wanted = 0;
        }
    }

    /// The origin asked a request that began at `began` for patience. One that was under way when it last did so
    /// tells nothing new.
    pub(super) fn slow_down(&mut self, now: Instant, began: Instant, wait: Duration) {
        if self.is_newer(began) {
            self.slowed_at = Some(now);
            // One more than was good just now is one too many, and is tried more and more rarely.
            let is_step = self.raised && self.successes < self.limit.saturating_mul(4);
            let less = if is_step { self.limit - 1 } else { self.limit / 2 };
            self.rounds = if is_step { (self.rounds * 2).min(16) } else { 1 };
            self.fall(now, less);
        }
        self.be_patient(now + wait);
    }

    /// Whether what began then has not been told of too much yet.
    pub(super) fn is_newer(&self, began: Instant) -> bool {
        self.slowed_at.is_none_or(|at| began >= at)
    }

    /// A part that began at `began` was silent for too long: it may be one of too many.
    pub(super) fn timed_out(&mut self, now: Instant, began: Instant) {
        if self.is_newer(began) {
            self.slowed_at = Some(now);
            self.fall(now, self.limit - 1);
        }
    }

    /// Fewer parts at once from now on; as many as before the trial, if there was one.
    fn fall(&mut self, now: Instant, less: u32) {
        self.limit = self.reach.give_up(now).unwrap_or(less.max(1));
        (self.reach.borne, self.reach.throttled) = (0, None);
        self.raised = false;
        (self.successes, self.changed) = (0, now);
    }

    /// A part of `bytes` that began at `began` was stored. It took so long, if that says anything.
    pub(super) fn stored(&mut self, now: Instant, began: Instant, bytes: u64, took: Duration) {
        self.successes += u32::from(began >= self.changed);
        if self.limit < self.reach.width && self.successes >= self.limit * self.rounds {
            self.limit += 1;
            (self.successes, self.changed) = (0, now);
            self.raised = true;
        }
        self.pace.note(bytes, took);
        if bytes >= 1 << 16 && !took.is_zero() {
            // A speed needs no 53 bits.
            let rate = bytes as f64 / took.as_secs_f64();
            self.rate = Some(self.rate.map_or(rate, |known| rate.min(known * 0.7 + rate * 0.3)));
        }
    }

    /// How long `bytes` should take on one connection; as on the slowest link that is borne until that is measured.
    pub(super) fn expected(&self, bytes: u64) -> Duration {
        let seconds = match self.rate {
            Some(rate) => bytes as f64 / rate,
            None => self.bytes_in_flight.max(bytes) as f64 / SLOWEST,
        };
        lasting(seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(millis: u64) -> Instant {
        Instant::from_millis(millis)
    }

    #[test]
    fn many_503_of_one_moment_are_one_slow_down() {
        let mut link = Link::default();
        for _ in 0..6 {
            link.slow_down(at(100), at(10), Duration::from_secs(3));
        }
        assert_eq!(link.limit, 3);
        assert_eq!(link.opens_at(at(100)), at(3100));
        link.slow_down(at(4000), at(3200), Duration::ZERO);
        assert_eq!(link.limit, 1);
        for _ in 0..30 {
            link.stored(at(4000), at(4000), 1, Duration::ZERO);
        }
        assert_eq!(link.limit, CONNECTIONS);
    }
}
