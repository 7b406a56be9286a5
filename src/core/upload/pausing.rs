//! Time that does not count: a pause that was asked for, a sleep that nobody noticed.

use super::super::{Instant, Now, Numbers, Origins};
use super::Upload;
use std::time::Duration;

impl<K: Clone> Upload<K> {
    pub(super) fn pause(&mut self, now: Now, origins: &mut Origins) {
        self.paused = true;
        if self.rules.numbers() == Numbers::Reusable {
            for (task, index) in self.sends() {
                self.recall(task, origins);
                self.requeue(index);
            }
            self.meter.forget();
            self.sample(now.instant);
        }
    }

    pub(super) fn resume(&mut self, now: Instant, origins: &mut Origins) {
        self.paused = false;
        origins.knock_now(now);
        self.forget_outage();
    }

    /// A pause does not count as time out of reach.
    fn forget_outage(&mut self) {
        self.offline_since = None;
        self.signing.lost_since = None;
        self.settling.lost_since = None;
        if let Some(errand) = self.errand_mut() {
            errand.lost_since = None;
        }
        self.lost.clear();
    }

    /// The page came so late to what it had promised: every silence begins anew, once for each task, and nothing is
    /// spent. Nor was the origin out of reach while nobody looked, or anything being removed; timers that are always late do
    /// not put that off.
    pub(in crate::core) fn slept(&mut self, now: Instant, late: Duration) {
        for task in self.tasks.values_mut() {
            task.slept = true;
            if !std::mem::replace(&mut task.spared, true) {
                task.alive = now;
            }
        }
        let later = |since: &mut Instant| *since = *since + late;
        self.gives_up_at_mut().into_iter().for_each(later);
        if let Some(errand) = self.errand_mut() {
            errand.lost_since.iter_mut().for_each(later);
        }
        let asked = [&mut self.offline_since, &mut self.signing.lost_since, &mut self.settling.lost_since];
        asked.into_iter().flatten().for_each(later);
        self.lost.values_mut().for_each(later);
    }
}
