//! Stragglers. When nothing is left to send and connections are free, a part that takes much longer than parts usually
//! do goes out a second time. The first good answer wins, and the other request is called back.
//!
//! ```text
//!                      ┌── the first good answer ──▶ Stored, the other one is called back
//! Sending ──late──▶ Sending twice
//!                      └── one fails ──▶ Sending: that spends no attempt, the other one still runs
//! ```
//!
//! It costs bytes, so there are bounds: a part has one second request in a session's life, and all second requests
//! together have no more bytes than a quarter of the file, or than one part if that is more.
//!
//! Of two requests with the same bytes a store keeps the one that arrived last. Mostly the one that was called back never
//! arrived whole, or its receipt is the same. Where it is another one (S3 with keys of its own), the completion may be
//! refused: then those parts are sent once more, alone.

use super::super::instant::lasting;
use super::super::part::{Second, Standing};
use super::super::watch::Task;
use super::super::{Carrier, Failed, Failure, Instant, Now, Origins, TaskId};
use super::{Phase, Upload};
use std::time::Duration;

/// A part is late when it has taken, or will at its own speed take, so many times what is usual.
const LATE: u32 = 2;

/// Nor is it before this: short parts vary by more than they last.
const LEAST: Duration = Duration::from_millis(500);

/// Second requests have at most this share of the file.
const SHARE: u64 = 4;

impl<K: Clone> Upload<K> {
    /// Whether second requests make sense at all: nothing else is to be sent, and it does no harm.
    fn may_hedge(&self) -> bool {
        let is_all_out = self.unsent() == 0
            && self.queues.waiting.is_empty()
            && self.queues.unproved.is_empty()
            && self.queues.preparing.is_empty();
        is_all_out && !self.paused && matches!(self.phase, Phase::Sending { .. }) && self.rules.hedges()
    }

    /// When a part in flight is late enough for a second request.
    fn late_at(&self, id: TaskId, index: u32, now: Now, origins: &Origins) -> Option<Instant> {
        let task = self.tasks.get(id)?;
        // A second request goes where the first one went, or that says nothing of how long it takes.
        let origin = task.origin.as_ref().filter(|origin| self.origin_of(index) == Some(origin))?;
        let link = origins.get(origin)?;
        let part = &self.parts[index as usize];
        let is_good = part.pass.as_ref().is_some_and(|pass| !pass.is_stale(now));
        let most = (self.plan.size() / SHARE).max(task.size);
        if part.second != Second::None || !is_good || self.hedged_bytes + task.size > most {
            return None;
        }
        // Among twice as many it may have waited for another one before it began.
        let usual = link.pace.time_of(task.size)? * if task.in_trial { 2 } else { 1 };
        let silent = task.alive + usual * LATE;
        // How long it took says nothing once the page has slept: then it is late if nothing comes from now on.
        let in_sight = task.carrier == Carrier::Xhr && 0 < task.sent && task.sent < task.size && !task.slept;
        let late = if in_sight {
            // At its own speed so far, what is left of it takes that long from then on.
            let ratio = task.sent as f64 / (task.size - task.sent) as f64;
            let slow = usual.as_secs_f64() * f64::from(LATE) * ratio;
            silent.min(task.began + usual.max(lasting(slow)))
        } else {
            silent
        };
        Some(late.max(task.began + LEAST))
    }

    /// The first of the parts that may be sent a second time, with when: of those whose time has come, or of the others.
    fn first_late(&self, now: Now, origins: &Origins, has_come: bool) -> Option<(Instant, u32)> {
        if !self.may_hedge() {
            return None;
        }
        let mut first = None;
        for (id, index) in self.sends() {
            if let Some(at) = self.late_at(id, index, now, origins)
                && (at <= now.instant) == has_come
                && first.is_none_or(|first| (at, index) < first)
            {
                first = Some((at, index));
            }
        }
        first
    }

    /// The part that is most in need of a second request, if one is and it may go out now.
    pub(in crate::core) fn straggler(&self, now: Now, origins: &Origins) -> Option<u32> {
        let (_, index) = self.first_late(now, origins, true)?;
        self.has_room(now, origins, index).then_some(index)
    }

    /// When the next part is late, if nothing happens before.
    pub(super) fn hedges_at(&self, now: Now, origins: &Origins) -> Option<Instant> {
        self.first_late(now, origins, false).map(|(at, _)| at)
    }

    /// Sends a part a second time.
    pub(in crate::core) fn hedge(&mut self, now: Now, origins: &mut Origins, index: u32) {
        self.parts[index as usize].second = Second::InDoubt;
        self.hedged_bytes += self.plan.part(index).size();
        self.send(now, origins, index);
    }

    /// A part is stored: what else is under way of it is nobody's.
    pub(super) fn recall_other(&mut self, origins: &mut Origins, index: u32) {
        if let Some(task) = self.sending(index) {
            self.recall(task, origins);
        }
    }

    /// One of two requests for a part failed: that is no end and spends nothing, the other one still runs. Says whether
    /// there is another one.
    pub(super) fn leave_to_the_other(
        &mut self,
        now: Now,
        origins: &mut Origins,
        task: &Task,
        index: u32,
        failed: &Failed,
    ) -> bool {
        let runs = self.sending(index).is_some();
        if runs {
            self.meter.forget();
            self.sample(now.instant);
            if let (Failure::Busy { after }, Some(origin)) = (&failed.failure, &task.origin) {
                let wait = after.unwrap_or_default().min(self.config.timeouts.outage);
                origins.link(origin).throttled(now.instant, task, wait);
            }
        }
        runs
    }

    /// Bytes that have left twice: of a part that is under way twice, those of the request that is further count.
    pub(super) fn repeated(&self) -> u64 {
        let sent = |id| self.tasks.get(id).map_or(0, |task| task.sent);
        let mut repeated = 0;
        let sends = self.sends();
        for (id, index) in &sends {
            let is_ahead = |(other, of): &(TaskId, u32)| of == index && (sent(*other), other) > (sent(*id), id);
            if self.parts[*index as usize].second != Second::None && sends.iter().any(is_ahead) {
                repeated += sent(*id);
            }
        }
        repeated
    }

    /// Whether the store may have kept the request of a part that was called back.
    pub(super) fn is_in_doubt(&self) -> bool {
        self.parts.iter().any(|part| part.second == Second::InDoubt)
    }

    /// The completion was refused. The store may have kept the request of a part that was called back, whose receipt is
    /// another one: such parts are sent once more, alone. Says whether there are any.
    pub(super) fn resend_doubted(&mut self, session: &K) -> bool {
        if !self.is_in_doubt() {
            return false;
        }
        for index in 0..self.plan.parts() {
            let part = &mut self.parts[index as usize];
            if part.second != Second::InDoubt {
                continue;
            }
            part.second = Second::Settled;
            if matches!(part.standing, Standing::Stored(_)) {
                self.stored -= 1;
                self.stored_bytes -= self.plan.part(index).size();
                self.requeue(index);
            }
        }
        self.not_completed();
        self.meter.forget();
        self.phase = Phase::Sending { session: session.clone() };
        true
    }
}
