//! Whether an origin is out of reach, and who finds out when that is over.

use super::link::Link;
use super::{Instant, Retry};
use std::time::Duration;

/// While an origin is out of reach, it is tried at least this often.
const LONGEST_KNOCK: Duration = Duration::from_secs(15);

/// Failures without any answer are one outage, not an attempt of each part.
#[derive(Clone, Debug)]
pub(super) struct Outage {
    /// Which of the origin's outages it is, counted from one.
    number: u32,
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
    /// A request goes out. Says at which outage it knocks; zero: at none.
    pub(super) fn began(&mut self, now: Instant) -> u32 {
        let Some(outage) = &mut self.outage else { return 0 };
        outage.knocks += 1;
        outage.joined_at = now + LONGEST_KNOCK;
        outage.knocked_at = now;
        outage.number
    }

    /// A request that knocked at that outage was called back without having been answered.
    pub(super) fn knock_ended(&mut self, knocked: u32) {
        if let Some(outage) = &mut self.outage
            && outage.number == knocked
        {
            outage.knocks = outage.knocks.saturating_sub(1);
        }
    }

    /// The origin answered, whatever it said.
    pub(super) fn answered(&mut self, now: Instant) {
        self.answered_at = Some(now);
        self.is_unanswered = false;
        self.outage = None;
    }

    /// A request that began at `began`, and knocked at that outage, had no answer. Says whether that is an outage, which
    /// spends no attempt. It is not known to be one if the origin answered something else meanwhile and this is not the
    /// second in a row.
    pub(super) fn unanswered(&mut self, now: Instant, began: Instant, knocked: u32, retry: &Retry) -> bool {
        let answered_meanwhile = self.answered_at.is_some_and(|at| at >= began);
        if self.outage.is_none() && answered_meanwhile && !std::mem::replace(&mut self.is_unanswered, true) {
            return false;
        }
        let first = retry.min_delay.clamp(Duration::from_millis(1), LONGEST_KNOCK);
        match &mut self.outage {
            Some(outage) if outage.number == knocked => {
                outage.knocks = outage.knocks.saturating_sub(1);
                outage.wait = (outage.wait * 2).clamp(first, LONGEST_KNOCK);
                outage.next = now + outage.wait;
            }
            // The others of the same outage: the one that knocks speaks for them.
            Some(_) => {}
            None => {
                let next = now + first;
                self.outages += 1;
                let number = self.outages;
                self.outage = Some(Outage { number, next, wait: first, knocks: 0, joined_at: next, knocked_at: now });
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
        assert!(link.unanswered(now, now, 0, &Retry::default()));
        for _ in 0..20 {
            let next = link.opens_at(now);
            assert!(next > now && next.since(now) <= LONGEST_KNOCK);
            now = next;
            assert_eq!(link.began(now), 1);
            assert_eq!(link.opens_at(now), now + LONGEST_KNOCK);
            assert!(link.unanswered(now, now, 1, &Retry::default()));
        }
        link.answered(now);
        assert_eq!(link.opens_at(now), now);
    }

    #[test]
    fn a_knock_that_is_silent_is_joined_by_another() {
        let mut link = Link::default();
        assert!(link.unanswered(at(0), at(0), 0, &Retry::default()));
        let silent = link.opens_at(at(0));
        assert_eq!(link.began(silent), 1);
        let second = link.opens_at(silent);
        assert_eq!(link.began(second), 1);
        assert_eq!(link.opens_at(second), second + LONGEST_KNOCK);
        assert!(link.unanswered(second, second, 1, &Retry::default()));
        assert!(link.knocks_until().is_some());
        link.knock_ended(1);
        assert!(link.knocks_until().is_none());
    }

    #[test]
    fn the_networks_return_is_not_lost_on_a_knock_that_is_under_way() {
        let mut link = Link::default();
        assert!(link.unanswered(at(0), at(0), 0, &Retry::default()));
        let mut now = link.opens_at(at(0));
        for _ in 0..5 {
            assert_eq!(link.began(now), 1);
            assert!(link.unanswered(now, now, 1, &Retry::default()));
            now = link.opens_at(now);
        }
        assert_eq!(link.began(now), 1);
        link.returned(now);
        assert_eq!(link.opens_at(now), now, "another may go out beside it");
        // It went out too early; nobody else had anything to send.
        assert!(link.unanswered(now, now, 1, &Retry::default()));
        assert!(link.opens_at(now).since(now) <= Duration::from_secs(1));
    }

    #[test]
    fn a_knock_at_an_outage_that_is_over_is_none_of_the_next_ones() {
        let mut link = Link::default();
        assert!(link.unanswered(at(0), at(0), 0, &Retry::default()));
        let first = link.opens_at(at(0));
        assert_eq!(link.began(first), 1);
        // Somebody else was answered, and then the network went again.
        link.answered(first + Duration::from_secs(1));
        let now = first + Duration::from_secs(2);
        assert!(link.unanswered(now, now, 0, &Retry::default()));
        let second = link.opens_at(now);
        assert_eq!(link.began(second), 2);
        link.knock_ended(1);
        assert!(link.knocks_until().is_some(), "the second one still knocks");
        assert!(link.unanswered(second, first, 1, &Retry::default()));
        assert_eq!(link.opens_at(second), second + LONGEST_KNOCK, "nor is another one due");
        link.knock_ended(2);
        assert!(link.knocks_until().is_none());
    }

    #[test]
    fn two_failures_in_a_row_are_an_outage_even_if_all_happens_within_one_millisecond() {
        let mut link = Link::default();
        link.answered(at(50));
        assert!(!link.unanswered(at(50), at(50), 0, &Retry::default()));
        assert!(link.unanswered(at(50), at(50), 0, &Retry::default()));
        link.answered(at(50));
        assert!(!link.unanswered(at(50), at(50), 0, &Retry::default()));
    }

    #[test]
    fn silence_of_one_among_answers_is_no_outage() {
        let mut link = Link::default();
        link.answered(at(50));
        assert!(!link.unanswered(at(60), at(40), 0, &Retry::default()));
        assert!(link.unanswered(at(70), at(60), 0, &Retry::default()));
    }
}
