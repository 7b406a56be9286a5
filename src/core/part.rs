//! The life of one part.

use super::{Expiry, Instant, Now, Origin, Ticket, Wall};
use std::time::Duration;

/// Where a part stands.
///
/// ```text
/// Queued ──▶ Sending ──receipt──▶ Stored
///    ▲          │
///    └─ Waiting ◀┘ an attempt failed
/// ```
#[derive(Clone, Debug)]
pub(super) enum Standing<K> {
    /// To be sent as soon as there is a ticket and a slot.
    Queued,
    /// An attempt failed; the next one has its time.
    Waiting,
    /// In flight; a straggler twice.
    Sending,
    /// Stored, with its receipt.
    Stored(K),
}

/// What is known of a part's second request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Second {
    /// There was none.
    None,
    /// The store may have kept another request than the one whose receipt is in hand.
    InDoubt,
    /// It was sent once more since, alone.
    Settled,
}

/// One part: where it stands, and what it has been through.
#[derive(Clone, Debug)]
pub(super) struct Part<K> {
    pub(super) standing: Standing<K>,
    pub(super) pass: Option<Pass<K>>,
    /// The digest of its bytes, for as long as it may have to be sent. It outlives any URL and any session: a file that
    /// changed cannot be read any more.
    pub(super) digest: Option<K>,
    /// Whether it was ever sent.
    pub(super) tried: bool,
    /// Whether it has had its second request, which a straggler has once.
    pub(super) second: Second,
    /// Attempts that failed and counted.
    pub(super) spent: u32,
    /// Whether one had no answer and did not count, since it could have been the first that an outage cut.
    pub(super) cut: bool,
    /// Attempts that ended in silence: each doubles the patience with the next.
    pub(super) stalls: u32,
    /// URLs that were refused although they should have been good.
    pub(super) refusals: u32,
    /// URLs that were refused because their time was up.
    pub(super) lapses: u32,
}

impl<K> Default for Part<K> {
    fn default() -> Self {
        let standing = Standing::Queued;
        Self {
            standing,
            pass: None,
            digest: None,
            tried: false,
            second: Second::None,
            spent: 0,
            cut: false,
            stalls: 0,
            refusals: 0,
            lapses: 0,
        }
    }
}

/// A ticket in hand: what lets a part be sent, and until when.
#[derive(Clone, Debug)]
pub(super) struct Pass<K> {
    pub(super) keep: K,
    pub(super) origin: Origin,
    /// When it ends on the clock that people set, and how long it lasts on the one that never jumps: the first may be set
    /// back, and the second may stand still while a machine sleeps.
    expires: Option<Wall>,
    lasts: Option<Duration>,
    lifetime: Option<Duration>,
    pub(super) minted: Instant,
    /// Whether it has been tried. One that has not is tried once, whatever the clocks say: they may disagree.
    pub(super) used: bool,
    /// Failures on it without any answer.
    pub(super) unanswered: u32,
    /// Whether the part's digest must go along.
    pub(super) wants_digest: bool,
}

impl<K> Pass<K> {
    pub(super) fn new(ticket: Ticket<K>, now: Now) -> Self {
        let lasts = ticket.expiry.map(|expiry| left_of(expiry, now.wall));
        Self {
            keep: ticket.keep,
            origin: ticket.origin,
            expires: lasts.map(|lasts| now.wall.after(lasts)),
            lasts,
            lifetime: ticket.expiry.map(|expiry| expiry.lifetime),
            minted: now.instant,
            used: false,
            unanswered: 0,
            wants_digest: ticket.wants_digest,
        }
    }

    /// Whether it is over, or so nearly that a request begun now may arrive too late.
    pub(super) fn is_stale(&self, now: Now) -> bool {
        let margin = self.lifetime.map_or(Duration::ZERO, |lifetime| (lifetime / 10).min(Duration::from_secs(10)));
        self.ends_within(now, margin) && (self.used || now.instant.since(self.minted) > margin)
    }

    /// Whether it is over by either clock, or will be so soon.
    pub(super) fn ends_within(&self, now: Now, margin: Duration) -> bool {
        self.expires.is_some_and(|expires| now.wall.until(expires) <= margin)
            || self.lasts.is_some_and(|lasts| now.instant.since(self.minted) + margin >= lasts)
    }
}

/// What is left of a ticket's life. The signer's clock is believed only if it makes sense beside ours.
fn left_of(expiry: Expiry, wall: Wall) -> Duration {
    let left = expiry.signed_at.map(|signed_at| wall.until(signed_at.after(expiry.lifetime)));
    left.filter(|left| !left.is_zero() && *left <= expiry.lifetime).unwrap_or(expiry.lifetime)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pass(signed_at: u64, seconds: u64, wall: u64) -> Pass<()> {
        let expiry = Expiry { signed_at: Some(Wall::from_millis(signed_at)), lifetime: Duration::from_secs(seconds) };
        let now = Now { instant: Instant::from_millis(0), wall: Wall::from_millis(wall) };
        Pass::new(Ticket { keep: (), origin: Origin::new("o"), expiry: Some(expiry), wants_digest: false }, now)
    }

    #[test]
    fn a_clock_that_is_an_hour_off_does_not_make_every_url_stale() {
        let hour = 3_600_000;
        for wall in [0, hour, 2 * hour] {
            let expires = pass(hour, 300, wall).expires.unwrap();
            assert_eq!(expires.millis(), wall + 300_000, "{wall}");
        }
        assert_eq!(pass(hour, 300, hour + 200_000).expires.unwrap().millis(), hour + 300_000);
    }

    #[test]
    fn a_url_is_stale_shortly_before_its_end() {
        let pass = pass(0, 300, 0);
        let at = |millis| Now { instant: Instant::from_millis(millis), wall: Wall::from_millis(millis) };
        assert!(!pass.is_stale(at(289_000)));
        assert!(pass.is_stale(at(290_000)));
    }

    #[test]
    fn a_url_is_over_by_either_clock() {
        let pass = pass(0, 300, 0);
        let at = |instant, wall| Now { instant: Instant::from_millis(instant), wall: Wall::from_millis(wall) };
        assert!(pass.is_stale(at(300_000, 0)), "people have set the clock back");
        assert!(pass.is_stale(at(20_000, 300_000)), "the other one stood still while the machine slept");
        assert!(!pass.is_stale(at(20_000, 20_000)));
    }
}
