//! More parts at once: what a link makes of parts that move and that are stored.

use super::link::{CONNECTIONS, Link};
use super::watch::Task;
use super::{Carrier, Instant};
use std::time::Duration;

impl Link {
    /// Whether more parts are in flight than are known to pay.
    pub(super) const fn is_trying(&self) -> bool {
        self.reach.trial.is_some()
    }

    /// Whether nothing will come of a part: it is one of more than are wanted, of which as many move; or the store reads what
    /// it refuses, as it did with one of a trial, and this one was sent after that, among more than it bears.
    pub(super) fn is_in_vain(&self, task: &Task) -> bool {
        let has_too_many = !self.is_trying() && self.in_flight > self.limit && self.reach.flow.moving >= self.limit;
        let only_queues = task.in_trial && task.carrier == Carrier::Xhr && task.sent == 0;
        let is_after =
            self.reach.throttled.is_some_and(|began| began < task.began) && self.slowed_at >= Some(task.began);
        let is_one_too_many = self.limit <= self.reach.borne && self.limit < task.among;
        has_too_many && only_queues || is_after && is_one_too_many && task.sent < task.size / 2
    }

    /// A part was stored, of an upload for which more at once may be tried or not.
    pub(super) fn try_more(&mut self, now: Instant, task: &Task, may_widen: bool) {
        self.reach.rest = self.reach.rest.saturating_sub(1);
        self.reach.proven |= task.began >= self.reach.tried;
        self.reach.borne = self.reach.borne.max(task.among);
        self.bear();
        if may_widen && self.limit == self.reach.width && task.sent == 0 {
            self.reach.stored(now, task.began, task.size, self.left);
            self.limit = self.reach.width;
        }
    }

    /// The origin asked a part for patience. If that was one of a trial, and nothing new since, the trial is over even if more
    /// were seen to pay: as many are right as were in flight with those that are stored.
    pub(super) fn throttled(&mut self, now: Instant, task: &Task, wait: Duration) {
        let (is_news, borne) = (self.is_newer(task.began), self.reach.borne);
        self.slow_down(now, task.began, wait);
        if is_news && task.in_trial {
            (self.reach.borne, self.reach.throttled) = (borne, Some(task.began));
            if self.limit < self.reach.width {
                self.limit = if borne < CONNECTIONS { self.limit } else { borne };
                self.reach.go_back(self.limit);
            }
            self.bear();
        }
    }

    fn bear(&mut self) {
        if self.reach.throttled.is_some() && self.limit < self.reach.borne {
            self.limit = self.reach.borne;
            self.reach.width = self.limit;
        }
    }

    /// More bytes of a part have left.
    pub(super) fn moved(&mut self, now: Instant, task: &mut Task, bytes: u64, may_widen: bool) {
        self.reached();
        if task.sent == 0 {
            self.reach.flow.opened(now, task);
        }
        if may_widen && self.limit == self.reach.width && !task.slept {
            self.reach.moved(now, bytes, task.size, self.left);
            self.limit = self.reach.width;
        }
    }
}
