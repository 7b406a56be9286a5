//! Whether an origin is out of reach, and who finds out when that is over.

use super::link::Link;
use super::{Instant, Retry};
use std::time::Duration;

/// While an origin is out of reach, it is tried at least this often.
const LONGEST_KNOCK: Duration = Duration::from_secs(15);

/// Failures without any answer are one outage, not an attempt of each part.
#[derive(Clone, Debug)]
pub(super) struct Outage {
    next: Instant,
    /// How long is waited between two knocks: ever longer, and anew from nothing when the browser says that the network is back.
    wait: Duration,
    /// Requests that try. There is one, until it has been silent for so long that another joins it: it may be waiting for
    /// something else than the network.
    knocks: u32,
    joined_at: Instant,
    /// When one went out last.
    knocked_at: Instant,
}

impl Outage {
    /// When a request may try.
    pub(super) fn opens_at(&self) -> Instant {
        if self.knocks > 0 { self.joined_at } else { self.next }
    }
}

impl Link {
    /// A request goes out. Says whether it is one that knocks.
    pub(super) fn began(&mut self, now: Instant) -> bool {
        self.outage.iter_mut().for_each(|outage| {
            outage.knocks += 1;
            outage.joined_at = now + LONGEST_KNOCK;
            outage.knocked_at = now;
        });
        self.outage.is_some()
    }

    /// A request that knocked was called back without having been answered.
    pub(super) fn knock_ended(&mut self) {
        if let Some(outage) = &mut self.outage {
            outage.knocks = outage.knocks.saturating_sub(1);
        }
    }

    /// The origin answered, whatever it said.
    pub(super) fn answered(&mut self, now: Instant) {
        self.answered_at = Some(now);
        self.is_unanswered = false;
        self.outage = None;
    }

    /// A request that began at `began` had no answer. Says whether that is an outage, which spends no attempt. It is
    /// not known to be one if the origin answered something else meanwhile and this is not the second in a row.
    pub(super) fn unanswered(&mut self, now: Instant, began: Instant, knocked: bool, retry: &Retry) -> bool {
        let answered_meanwhile = self.answered_at.is_some_and(|at| at >= began);
        if self.outage.is_none() && answered_meanwhile && !std::mem::replace(&mut self.is_unanswered, true) {
            return false;
        }
        let first = retry.min_delay.clamp(Duration::from_millis(1), LONGEST_KNOCK);
        match &mut self.outage {
            Some(outage) if knocked => {
                outage.knocks = outage.knocks.saturating_sub(1);
                outage.wait = (outage.wait * 2).clamp(first, LONGEST_KNOCK);
                outage.next = now + outage.wait;
            }
            // The others of the same outage: the one that knocks speaks for them.
            Some(_) => {}
            None => {
                let next = now + first;
                self.outage = Some(Outage { next, wait: first, knocks: 0, joined_at: next, knocked_at: now });
            }
        }
        true
    }

    /// Bytes of a body have left: somebody is at the other end.
    pub(super) fn reached(&mut self) {
        self.outage = None;
    }

    /// Until when one that knocks may be the end of it. One that is silent for longer waits for something else.
    pub(super) fn knocks_until(&self) -> Option<Instant> {
        self.outage.as_ref().filter(|outage| outage.knocks > 0).map(|outage| outage.knocked_at + LONGEST_KNOCK)
    }

    /// Whether the origin is out of reach.
    pub(super) const fn is_out(&self) -> bool {
        self.outage.is_some()
    }

    /// Knock at once, even beside another.
    pub(super) const fn knock_now(&mut self, now: Instant) {
        if let Some(outage) = &mut self.outage {
            outage.next = now;
            outage.joined_at = now;
        }
    }

    /// The browser believes that the network is back. A request that went out before may never hear of it, and it may be a
    /// moment before names are found, so that the next one fails as well: knocks begin anew, and so do the waits between.
    pub(super) const fn returned(&mut self, now: Instant) {
        self.knock_now(now);
        if let Some(outage) = &mut self.outage {
            outage.wait = Duration::ZERO;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(millis: u64) -> Instant {
        Instant::from_millis(millis)
    }

    #[test]
    fn an_outage_has_one_knock_at_a_time_and_knocks_at_least_every_fifteen_seconds() {
        let mut link = Link::default();
        let mut now = at(0);
        assert!(link.unanswered(now, now, false, &Retry::default()));
        for _ in 0..20 {
            let next = link.opens_at(now);
            assert!(next > now && next.since(now) <= LONGEST_KNOCK);
            now = next;
            assert!(link.began(now));
            assert_eq!(link.opens_at(now), now + LONGEST_KNOCK);
            assert!(link.unanswered(now, now, true, &Retry::default()));
        }
        link.answered(now);
        assert_eq!(link.opens_at(now), now);
    }

    #[test]
    fn a_knock_that_is_silent_is_joined_by_another() {
        let mut link = Link::default();
        assert!(link.unanswered(at(0), at(0), false, &Retry::default()));
        let silent = link.opens_at(at(0));
        assert!(link.began(silent));
        let second = link.opens_at(silent);
        assert!(link.began(second));
        assert_eq!(link.opens_at(second), second + LONGEST_KNOCK);
        assert!(link.unanswered(second, second, true, &Retry::default()));
        assert!(link.knocks_until().is_some());
        link.knock_ended();
        assert!(link.knocks_until().is_none());
    }

    #[test]
    fn the_networks_return_is_not_lost_on_a_knock_that_is_under_way() {
        let mut link = Link::default();
        assert!(link.unanswered(at(0), at(0), false, &Retry::default()));
        let mut now = link.opens_at(at(0));
        for _ in 0..5 {
            assert!(link.began(now));
            assert!(link.unanswered(now, now, true, &Retry::default()));
            now = link.opens_at(now);
        }
        assert!(link.began(now));
        link.returned(now);
        assert_eq!(link.opens_at(now), now, "another may go out beside it");
        // It went out too early; nobody else had anything to send.
        assert!(link.unanswered(now, now, true, &Retry::default()));
        assert!(link.opens_at(now).since(now) <= Duration::from_secs(1));
    }

    #[test]
    fn two_failures_in_a_row_are_an_outage_even_if_all_happens_within_one_millisecond() {
        let mut link = Link::default();
        link.answered(at(50));
        assert!(!link.unanswered(at(50), at(50), false, &Retry::default()));
        assert!(link.unanswered(at(50), at(50), false, &Retry::default()));
        link.answered(at(50));
        assert!(!link.unanswered(at(50), at(50), false, &Retry::default()));
    }

    #[test]
    fn silence_of_one_among_answers_is_no_outage() {
        let mut link = Link::default();
        link.answered(at(50));
        assert!(!link.unanswered(at(60), at(40), false, &Retry::default()));
        assert!(link.unanswered(at(70), at(60), false, &Retry::default()));
    }
}
