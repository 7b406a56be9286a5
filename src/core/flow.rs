//! What is seen of bytes on their way to one origin: how fast all parts leave together.

use super::watch::Task;
use super::{Carrier, Instant};
use std::time::Duration;

/// A rate is measured for at least so long, and over at least so many bytes of each part: bodies leave in bursts.
const WINDOW: Duration = Duration::from_millis(300);
const GRAIN: u64 = 128 << 10;

/// Longer than this nothing is waited for: on a link that needs more for so few bytes nothing is to be tried.
const PATIENCE: Duration = Duration::from_secs(3);

/// Parts that are seen, and the bytes of them that leave.
#[derive(Clone, Debug, Default)]
pub(super) struct Flow {
    /// Parts in flight whose bytes can be seen leaving, and those of which some have left: over HTTP/1.1 no more of these
    /// than there are connections, however many are in flight.
    pub(super) seen: u32,
    pub(super) moving: u32,
    since: Option<Instant>,
    bytes: u64,
    /// Bytes a second of the window before.
    before: Option<f64>,
    /// How long the first bytes of a part take to leave, when it need not wait for another one.
    pub(super) opening: Duration,
}

impl Flow {
    pub(super) fn began(&mut self, task: &Task) {
        self.seen += u32::from(task.carrier == Carrier::Xhr);
    }

    pub(super) fn ended(&mut self, task: &Task) {
        self.seen = self.seen.saturating_sub((task.carrier == Carrier::Xhr).into());
        self.moving = self.moving.saturating_sub((task.sent > 0).into());
    }

    /// The first bytes of a part have left.
    pub(super) fn opened(&mut self, now: Instant, task: &mut Task) {
        self.moving += 1;
        task.among = self.moving;
        if !task.in_trial {
            self.opening = now.since(task.began).min(PATIENCE);
        }
    }

    /// What was measured so far is of other circumstances.
    pub(super) const fn restart(&mut self) {
        (self.since, self.before) = (None, None);
    }

    /// Bytes have left, of `parts` at once: bytes a second of all of them, where that is known now, and whether it is no
    /// longer growing.
    pub(super) fn note(&mut self, now: Instant, bytes: u64, parts: u32) -> Option<(f64, bool)> {
        let Some(since) = self.since else {
            // The first burst fills buffers.
            (self.since, self.bytes) = (Some(now), 0);
            return None;
        };
        self.bytes += bytes;
        let took = now.since(since);
        let is_enough = took >= WINDOW && self.bytes >= GRAIN * u64::from(parts);
        if !is_enough && took < PATIENCE {
            return None;
        }
        // A rate needs no 53 bits.
        let rate = self.bytes as f64 / took.as_secs_f64();
        let is_steady = self.before.is_some_and(|before| rate <= before * 1.25);
        (self.since, self.bytes, self.before) = (Some(now), 0, Some(rate));
        Some((rate, is_steady))
    }
}
