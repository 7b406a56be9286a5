//! How often something is tried again, and how the waits grow.

use super::Dice;
use super::instant::lasting;
use std::time::Duration;

/// When an attempt failed and another may follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// How often one part, or one API request, is tried again. Default 5: the waits below then add up to
    /// eight seconds on average, sixteen at most, which outlasts a process that restarts. An origin that gives no answer at all
    /// is an outage, and spends none of these.
    pub limit: u32,
    /// The first wait is drawn from zero to this. Default 500 ms.
    pub min_delay: Duration,
    /// No drawn wait is longer. Default 30 s.
    pub max_delay: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self { limit: 5, min_delay: Duration::from_millis(500), max_delay: Duration::from_secs(30) }
    }
}

impl Retry {
    /// How long to wait before attempt `spent + 1`, after `spent` failures: exponential, with
    /// [full jitter](https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/), so that parts
    /// which failed together do not come back together; never less than what the server `asked` for.
    pub fn delay(&self, spent: u32, asked: Option<Duration>, dice: &mut Dice) -> Duration {
        let doublings = spent.saturating_sub(1).min(20);
        let ceiling = self.min_delay.saturating_mul(1 << doublings).min(self.max_delay.max(self.min_delay));
        lasting(ceiling.as_secs_f64() * dice.fraction()).max(asked.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_their_ceiling_and_respect_what_the_server_asked() {
        let retry = Retry::default();
        let mut dice = Dice::seeded(7);
        for spent in 1..40 {
            let ceiling = Duration::from_millis(500 * (1 << (spent - 1).min(6))).min(retry.max_delay);
            for _ in 0..100 {
                assert!(retry.delay(spent, None, &mut dice) <= ceiling);
                assert!(retry.delay(spent, Some(Duration::from_secs(40)), &mut dice) >= Duration::from_secs(40));
            }
        }
    }

    #[test]
    fn zero_waits_are_legal() {
        let retry = Retry { limit: 1, min_delay: Duration::ZERO, max_delay: Duration::ZERO };
        assert_eq!(retry.delay(9, None, &mut Dice::seeded(1)), Duration::ZERO);
    }
}
