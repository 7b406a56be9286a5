//! Moments. Waits are counted on a clock that never jumps, expiries on the one that people read.

use std::ops::Add;
use std::time::Duration;

/// A moment on the monotonic clock, in whole milliseconds, the grain of browser timers.
///
/// Adding a duration rounds up: a deadline of 250.4 ms reported as 250 would make a driver wake too early,
/// find nothing to do, and spin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(u64);

impl Instant {
    /// The moment `millis` after the clock's own beginning.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the clock's own beginning.
    #[must_use]
    pub const fn millis(self) -> u64 {
        self.0
    }

    /// How long ago `earlier` was; nothing if it is yet to come.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, wait: Duration) -> Self {
        let rest = u64::from(wait.subsec_nanos().div_ceil(1_000_000));
        Self(self.0.saturating_add(wait.as_secs().saturating_mul(1000).saturating_add(rest)))
    }
}

/// A moment on the clock that people read, in milliseconds since 1970. It may jump.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wall(u64);

impl Wall {
    /// The moment `millis` after 1970.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub const fn millis(self) -> u64 {
        self.0
    }

    /// This moment and `wait` more.
    #[must_use]
    pub fn after(self, wait: Duration) -> Self {
        Self(self.0.saturating_add(millis_of(wait)))
    }

    /// How long it is until `later`; nothing if that is over.
    #[must_use]
    pub const fn until(self, later: Self) -> Duration {
        Duration::from_millis(later.0.saturating_sub(self.0))
    }
}

/// The first of the moments that there are.
pub(super) fn earliest(moments: &[Option<Instant>]) -> Option<Instant> {
    let mut first: Option<Instant> = None;
    for moment in moments {
        first = match (first, *moment) {
            (Some(first), Some(moment)) => Some(first.min(moment)),
            (first, moment) => first.or(moment),
        };
    }
    first
}

/// Whole milliseconds of a wait. The standard library counts them in 128 bits, whose division every visitor would pay
/// for.
pub(super) const fn millis_of(wait: Duration) -> u64 {
    wait.as_secs().saturating_mul(1000).saturating_add(wait.subsec_millis() as u64)
}

/// A wait of so many seconds, and of thirty years where it would be longer. The standard library's way ends in a panic
/// there, and weighs half a kilobyte.
pub(super) fn lasting(seconds: f64) -> Duration {
    // What is no number is thirty years as well.
    Duration::from_micros((seconds.min(1e9) * 1e6) as u64)
}

/// A wait in words. By whole numbers: the code that writes fractions weighs more than the rest of this file.
pub(super) fn in_seconds(wait: Duration) -> String {
    let tenths = millis_of(wait) / 100;
    if tenths.is_multiple_of(10) { format!("{} s", tenths / 10) } else { format!("{}.{} s", tenths / 10, tenths % 10) }
}

/// What time it is, on both clocks. The driver asks once and passes it on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// For waits and silences.
    pub instant: Instant,
    /// For expiries.
    pub wall: Wall,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_never_early() {
        assert_eq!(Instant::from_millis(1) + Duration::from_micros(250_400), Instant::from_millis(252));
        assert_eq!(Instant::from_millis(1) + Duration::from_millis(250), Instant::from_millis(251));
        assert_eq!(Instant::from_millis(1) + Duration::MAX, Instant::from_millis(u64::MAX));
    }
}
