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
        self.queues.lost.clear();
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
        if let Some(gives_up_at) = self.gives_up_at_mut() {
            *gives_up_at = *gives_up_at + late;
        }
        if let Some(errand) = self.errand_mut() {
            errand.lost_since = errand.lost_since.map(|since| since + late);
        }
        for asked in [&mut self.offline_since, &mut self.signing.lost_since, &mut self.settling.lost_since] {
            *asked = asked.map(|since| since + late);
        }
        for since in self.queues.lost.values_mut() {
            *since = *since + late;
        }
    }
}
