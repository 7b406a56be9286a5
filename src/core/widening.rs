//! More parts at once: what a link makes of parts that move and that are stored.

use super::Instant;
use super::link::Link;
use super::watch::Task;

impl Link {
    /// Whether more parts are in flight than are known to pay.
    pub(super) const fn is_trying(&self) -> bool {
        self.reach.trial.is_some()
    }

    /// Whether more parts are in flight than are wanted, that is no trial, and as many as are wanted are seen to move.
    pub(super) const fn has_too_many(&self) -> bool {
        !self.is_trying() && self.in_flight > self.limit && self.reach.flow.moving >= self.limit
    }

    /// A part was stored, and so many more are to be sent, by an upload for which more at once may be tried.
    pub(super) fn try_more(&mut self, now: Instant, task: &Task, left: Option<usize>) {
        self.reach.rest = self.reach.rest.saturating_sub(1);
        self.reach.proven |= task.began >= self.reach.tried;
        let Some(left) = left.filter(|_| self.limit == self.reach.width && task.sent == 0) else { return };
        self.reach.stored(now, task.began, task.size, left);
        self.limit = self.reach.width;
    }

    /// More bytes of a part have left.
    pub(super) fn moved(&mut self, now: Instant, task: &Task, bytes: u64, left: Option<usize>) {
        self.reached();
        if task.sent == 0 {
            self.reach.flow.opened(now, task);
        }
        let Some(left) = left.filter(|_| self.limit == self.reach.width && !task.slept) else { return };
        self.reach.moved(now, bytes, task.size, left);
        self.limit = self.reach.width;
    }
}
