//! Silence: how long a task may go without a sign of life. It counts silence, not duration, so that a slow
//! healthy link is never cut.

use super::instant::in_seconds;
use super::link::Link;
use super::{Carrier, Instant, Origin, Timeouts};
use std::time::Duration;

/// What a task is for.
#[derive(Clone, Debug)]
pub(super) enum Purpose {
    /// The step that the phase waits for; with the time it may take.
    Errand(Option<Duration>),
    /// Tickets for these parts.
    Prepare(Vec<u32>),
    /// A report of these parts.
    Settle(Vec<u32>),
    /// A part.
    Send(u32),
    /// The receipt of a part, from its bytes.
    Reckon(u32),
    /// The digest of a part's bytes.
    Digest(u32),
}

/// What goes along with a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Along {
    Nothing,
    /// Its digest.
    Digest,
    /// Not its digest, to see whether that is what keeps answers away.
    Withheld,
}

/// A running task.
#[derive(Clone, Debug)]
pub(super) struct Task {
    pub(super) purpose: Purpose,
    /// Where it goes; `None` for a function of the app.
    pub(super) origin: Option<Origin>,
    /// At which outage of its origin it knocks, to see whether that is over; zero: at none.
    pub(super) knocks: u32,
    pub(super) began: Instant,
    /// The last sign of life.
    pub(super) alive: Instant,
    /// Bytes of the body, and how many are known to have left.
    pub(super) size: u64,
    pub(super) sent: u64,
    pub(super) carrier: Carrier,
    pub(super) along: Along,
    /// How long it may queue behind the parts that were in flight when it began.
    pub(super) queue: Duration,
    /// Silences that this part has been through.
    pub(super) stalls: u32,
    /// Whether it began while twice as many parts as before were in flight, to see whether that pays.
    pub(super) in_trial: bool,
    /// Parts to its origin that were seen to move when it began to, and it.
    pub(super) among: u32,
    /// Whether another request for tickets failed while this one was under way.
    pub(super) is_second: bool,
    /// Whether it was let off once because the page had slept.
    pub(super) spared: bool,
    /// Whether the page has slept meanwhile: how long it took says nothing.
    pub(super) slept: bool,
}

/// Where nothing can be seen, patience is this many times that with a body in sight: 60 s at the default.
const UNSEEN: u32 = 4;

impl Task {
    /// When silence has lasted too long. `None`: never, because the app said so.
    pub(super) fn deadline(&self, timeouts: &Timeouts, link: Option<&Link>) -> Option<Instant> {
        let limit = match &self.purpose {
            Purpose::Errand(limit) => *limit,
            Purpose::Prepare(_) | Purpose::Settle(_) if self.origin.is_some() => timeouts.response,
            Purpose::Prepare(_) | Purpose::Settle(_) => timeouts.function,
            // A disk has no limit: nobody waits at the other end.
            Purpose::Reckon(_) | Purpose::Digest(_) => None,
            Purpose::Send(_) => {
                let patience = timeouts.stall?.saturating_mul(1 << self.stalls.min(16));
                let in_sight = self.carrier == Carrier::Xhr && self.sent < self.size;
                Some(match (in_sight, self.sent) {
                    // It may be queued behind the browser's connections: it has not begun.
                    (true, 1..) => patience,
                    (true, 0) | (false, _) => self.unseen(patience, link),
                })
            }
        };
        limit.map(|limit| self.alive + limit.max(self.queue))
    }

    /// Nothing is seen of a body that fetch carries, nor of one whose last byte has left.
    fn unseen(&self, patience: Duration, link: Option<&Link>) -> Duration {
        let expected = link.map_or(Duration::ZERO, |link| link.expected(self.size));
        patience.saturating_mul(UNSEEN).max(expected.saturating_mul(2))
    }

    /// A request to an origin that is busy with parts may queue behind them for as long as one takes. What they do
    /// later changes nothing: those that begin after it queue behind it.
    pub(super) fn queue(link: &Link, timeouts: &Timeouts) -> Duration {
        match timeouts.stall {
            Some(stall) if link.in_flight > 0 => {
                let part = link.expected(link.bytes_in_flight / u64::from(link.in_flight));
                stall.saturating_mul(UNSEEN).max(part.saturating_mul(2))
            }
            _ => Duration::ZERO,
        }
    }

    /// How long it has been silent, in words.
    pub(super) fn silence(&self, now: Instant) -> String {
        let silence = in_seconds(now.since(self.alive));
        match self.purpose {
            Purpose::Send(_) if self.carrier == Carrier::Xhr && self.sent > 0 && self.sent < self.size => {
                format!("no sign of life for {silence} after {} of {} bytes", self.sent, self.size)
            }
            _ => format!("no answer within {silence}"),
        }
    }
}
