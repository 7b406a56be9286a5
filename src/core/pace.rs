//! How fast parts usually are.

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
}

impl Pace {
    pub(super) fn note(&mut self, rate: f64) {
        self.rates.truncate(RECENT - 1);
        self.rates.insert(0, rate);
    }

    /// Bytes a second of one connection, once there are enough parts to say.
    pub(super) fn rate(&self) -> Option<f64> {
        let below = |rate: f64| self.rates.iter().filter(|other| **other < rate).count();
        let not_above = |rate: f64| self.rates.iter().filter(|other| **other <= rate).count();
        let half = self.rates.len() / 2;
        let middle = self.rates.iter().copied().find(|rate| below(*rate) <= half && not_above(*rate) > half);
        middle.filter(|_| self.rates.len() >= ENOUGH)
    }

    /// How long `bytes` usually take.
    pub(super) fn time_of(&self, bytes: u64) -> Option<Duration> {
        // A time needs no 53 bits.
        self.rate().map(|rate| Duration::from_secs_f64((bytes as f64 / rate).min(1e9)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slow_connection_among_six_does_not_change_what_is_usual() {
        let mut pace = Pace::default();
        [8.0, 8.5, 0.8, 7.5, 8.0, 9.0].into_iter().for_each(|rate| pace.note(rate));
        assert_eq!(pace.rate(), Some(8.0));
        assert_eq!(pace.time_of(16), Some(Duration::from_secs(2)));
    }

    #[test]
    fn two_parts_say_nothing_and_old_ones_are_forgotten() {
        let mut pace = Pace::default();
        [100.0, 100.0].into_iter().for_each(|rate| pace.note(rate));
        assert_eq!(pace.rate(), None);
        (0..5).for_each(|_| pace.note(1.0));
        assert_eq!(pace.rate(), Some(1.0));
        (0..8).for_each(|_| pace.note(3.0));
        assert_eq!(pace.rates.len(), RECENT);
        assert_eq!(pace.rate(), Some(3.0));
    }
}
