//! How far it is: a high-water mark, a smoothed speed, the time that is left.

use super::Instant;
use super::instant::lasting;
use std::time::Duration;

/// How far an upload is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Progress {
    /// Bytes known to be sent. Never falls, never exceeds `total`, reaches it only with the last receipt.
    pub sent: u64,
    /// Bytes of the file.
    pub total: u64,
    /// Whether all of it is stored: what makes an empty file's fraction one.
    pub whole: bool,
    /// Bytes a second, smoothed; zero while nothing moves.
    pub rate: f64,
    /// What truly remains, at that rate.
    pub left: Option<Duration>,
    /// Parts with a receipt.
    pub parts_stored: u32,
    /// All parts.
    pub parts_total: u32,
}

/// The speed is that of about the last four seconds: long enough to be steady, short enough to follow a link.
const WINDOW: Duration = Duration::from_secs(4);

/// Where only whole parts are seen, four of them, and at most a minute, are looked at instead.
const FEW: usize = 4;
const LONG_WINDOW: Duration = Duration::from_secs(60);

/// The app is told at most ten times a second.
const GRAIN: Duration = Duration::from_millis(100);

/// Samples kept of the window.
const SAMPLES: usize = 16;

/// Measures progress and says when it is time to tell.
#[derive(Clone, Debug)]
pub(super) struct Meter {
    total: u64,
    high: u64,
    /// Bytes that ever left, repeats included: what the speed is measured on.
    samples: Vec<(Instant, u64)>,
    /// What was told last, and when. That nothing is sent yet needs no telling.
    told: (Instant, u64, u32),
}

impl Meter {
    pub(super) const fn new(total: u64) -> Self {
        Self { total, high: 0, samples: Vec::new(), told: (Instant::from_millis(0), 0, 0) }
    }

    /// Takes a sample of what is stored and in flight.
    pub(super) fn sample(&mut self, now: Instant, moved: u64, whole: bool) {
        // The last byte is the last receipt's: until then something is always missing.
        let most = if whole { self.total } else { self.total.saturating_sub(1) };
        self.high = self.high.max(moved.min(most));
        match self.samples.as_mut_slice() {
            // The first one stays: it is what a speed is measured against.
            [_, .., (at, bytes)] if now.since(*at) < WINDOW / (SAMPLES as u32) => *bytes = moved,
            _ => self.samples.push((now, moved)),
        }
        while self.samples.len() > FEW && now.since(self.samples[0].0) > WINDOW {
            self.samples.remove(0);
        }
    }

    /// Forgets the speed: what was in flight has been cut, and bytes that are sent again are not a step back.
    pub(super) fn forget(&mut self) {
        self.samples.clear();
    }

    fn rate(&self, now: Instant) -> f64 {
        let mut recent = self.samples.iter().filter(|(at, _)| now.since(*at) <= LONG_WINDOW);
        let Some((first, from)) = recent.next() else { return 0.0 };
        let Some((_, to)) = recent.next_back() else { return 0.0 };
        let span = now.since(*first).as_secs_f64();
        // A speed needs no 53 bits.
        let bytes = to.saturating_sub(*from) as f64;
        if span < 0.2 { 0.0 } else { bytes / span }
    }

    /// How far it is.
    pub(super) fn read(
        &self,
        now: Instant,
        moved: u64,
        whole: bool,
        (parts_stored, parts_total): (u32, u32),
    ) -> Progress {
        let rate = self.rate(now);
        let remaining = self.total.saturating_sub(moved);
        // Nor does the time that is left.
        let left = match remaining {
            0 if whole => Some(Duration::ZERO),
            1.. if rate > 0.0 => Some(lasting(remaining as f64 / rate)),
            _ => None,
        };
        Progress { sent: self.high, total: self.total, whole, rate, left, parts_stored, parts_total }
    }

    /// Whether the app should be told now.
    pub(super) fn is_due(&mut self, now: Instant, parts_stored: u32) -> bool {
        let (at, high, parts) = self.told;
        let fresh = high != self.high || parts != parts_stored;
        let due = fresh && now.since(at) >= GRAIN;
        if due {
            self.told = (now, self.high, parts_stored);
        }
        due
    }

    /// When there will be something to tell that is already known.
    pub(super) fn wake_at(&self, parts_stored: u32) -> Option<Instant> {
        let (at, high, parts) = self.told;
        (high != self.high || parts != parts_stored).then(|| at + GRAIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(millis: u64) -> Instant {
        Instant::from_millis(millis)
    }

    #[test]
    fn a_body_that_the_socket_swallowed_whole_has_a_speed_that_falls() {
        let mut meter = Meter::new(1000);
        meter.sample(at(0), 0, false);
        meter.sample(at(20), 1000, false);
        let seen: Vec<_> = [1_000, 4_000].map(|millis| meter.read(at(millis), 1000, false, (0, 1))).into();
        assert_eq!(seen.iter().map(|progress| progress.rate as u64).collect::<Vec<_>>(), [1000, 250]);
        assert!(seen.iter().all(|progress| progress.sent == 999 && progress.left.is_none()));
    }

    #[test]
    fn parts_that_come_slowly_have_a_speed_all_the_same() {
        let mut meter = Meter::new(100);
        (0..=4).for_each(|parts| meter.sample(at(parts * 10_000), parts * 10, false));
        assert_eq!(meter.read(at(40_000), 40, false, (4, 10)).rate as u64, 1);
        assert_eq!(meter.read(at(200_000), 40, false, (4, 10)).rate as u64, 0);
    }
}
