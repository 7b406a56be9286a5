//! How fast parts usually are.

use super::instant::lasting;
use std::time::Duration;

/// So many parts are looked back at.
const RECENT: usize = 8;

/// Fewer say nothing of what is usual.
const ENOUGH: usize = 3;

/// Bytes a second of the last parts that were stored, each on its connection.
///
/// What is usual is their median: one slow connection among six does not move it, as it would an average.
#[derive(Clone, Debug, Default)]
pub(super) struct Pace {
    rates: Vec<f64>,
    /// How many parts in flight are known to pay, if that was found.
    pub(super) at_once: Option<u32>,
}

impl Pace {
    /// A part was stored. One of few bytes says how long the way is, and one that took no time says nothing.
    pub(super) fn note(&mut self, bytes: u64, took: Duration) {
        if bytes >= 1 << 16 && !took.is_zero() {
            self.rates.truncate(RECENT - 1);
            // A rate needs no 53 bits.
            self.rates.insert(0, bytes as f64 / took.as_secs_f64());
        }
    }

    /// Bytes a second of one connection, once there are enough parts to say.
    pub(super) fn rate(&self) -> Option<f64> {
        if self.rates.len() < ENOUGH {
            return None;
        }
        let half = self.rates.len() / 2;
        for rate in &self.rates {
            let (mut below, mut not_above) = (0, 0);
            for other in &self.rates {
                below += usize::from(other < rate);
                not_above += usize::from(other <= rate);
            }
            if below <= half && not_above > half {
                return Some(*rate);
            }
        }
        None
    }

    /// How long `bytes` usually take.
    pub(super) fn time_of(&self, bytes: u64) -> Option<Duration> {
        // A time needs no 53 bits.
        self.rate().map(|rate| lasting(bytes as f64 / rate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const UNIT: u64 = 1 << 16;

    fn paced(units: impl IntoIterator<Item = u64>) -> Pace {
        let mut pace = Pace::default();
        units.into_iter().for_each(|units| pace.note(units * UNIT, SECOND));
        pace
    }

    const fn rate(units: u64) -> Option<f64> {
        Some((units * UNIT) as f64)
    }

    #[test]
    fn one_slow_connection_among_six_does_not_change_what_is_usual() {
        let pace = paced([80, 85, 8, 75, 80, 90]);
        assert_eq!(pace.rate(), rate(80));
        assert_eq!(pace.time_of(160 * UNIT), Some(2 * SECOND));
    }

    #[test]
    fn two_parts_say_nothing_and_old_ones_are_forgotten() {
        assert_eq!(paced([100, 100]).rate(), None);
        assert_eq!(paced([100, 100, 1, 1, 1]).rate(), rate(1));
        assert_eq!(paced([1; 20].into_iter().chain([3; 8])).rates.len(), RECENT);
        assert_eq!(paced([1; 20].into_iter().chain([3; 8])).rate(), rate(3));
    }

    #[test]
    fn a_part_of_few_bytes_or_of_no_time_says_nothing() {
        let mut pace = paced([5, 5, 5]);
        pace.note(1, SECOND);
        pace.note(900 * UNIT, Duration::ZERO);
        assert_eq!(pace.rate(), rate(5));
    }
}
