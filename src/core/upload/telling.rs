//! What the app is told, and when there is something to do next.

use super::super::instant::earliest;
use super::super::link::Link;
use super::super::watch::{Purpose, Task};
use super::super::{Event, Failed, Failure, Instant, Now, Origin, Origins, Preparing, Progress, State};
use super::{Phase, Upload};
use std::time::Duration;

/// While something is given up after a time, that is looked at so often at least: what a sleep adds to it is no longer.
const LOOK: Duration = Duration::from_secs(15);

impl<K: Clone> Upload<K> {
    /// Deadlines that have passed, and waits that are over.
    pub(in crate::core) fn turn(&mut self, now: Now, origins: &mut Origins) {
        self.let_go(origins);
        self.cut_silent(now, origins);
        self.watch_reach(now, origins);
        self.turn_parts(now, origins);
        self.turn_ending(now.instant, origins);
    }

    /// Requests that are due, parts aside.
    pub(in crate::core) fn call(&mut self, now: Now, origins: &mut Origins) {
        self.turn_errand(now, origins);
        self.digest_ahead(now, origins);
        self.sign_ahead(now, origins);
        self.settle(now, origins);
        self.reckon(now, origins);
    }

    /// Ends the tasks that have been silent for too long.
    fn cut_silent(&mut self, now: Now, origins: &mut Origins) {
        loop {
            let is_over = |task: &Task| self.deadline(task, origins).is_some_and(|at| at <= now.instant);
            let Some(id) = self.tasks.first(&is_over) else { return };
            let Some(task) = self.recall(id, origins) else { return };
            let failed = Failed::new(Failure::Silence, self.silence(&task, now.instant));
            self.conclude(now, origins, task, Err(failed), false);
        }
    }

    fn silence(&self, task: &Task, now: Instant) -> String {
        let silence = task.silence(now);
        match (&task.purpose, &task.origin) {
            (Purpose::Errand(_) | Purpose::Prepare(_) | Purpose::Settle(_), None) => {
                format!("your function `{}` did not settle: {silence}", self.role(task))
            }
            (_, Some(origin)) => format!("{silence} from {origin}"),
            (Purpose::Send(_) | Purpose::Reckon(_) | Purpose::Digest(_), None) => silence,
        }
    }

    /// The name by which the app knows the function that stands for a step.
    fn role(&self, task: &Task) -> &'static str {
        match (&task.purpose, &self.phase) {
            (Purpose::Prepare(_), _) if self.rules.preparing() == Preparing::Each => "part",
            (Purpose::Prepare(_), _) => "sign",
            (Purpose::Settle(_), _) => "report",
            (_, Phase::Restarting(restarting)) => restarting.step().role(),
            (_, Phase::Opening(_) | Phase::Orphan(_)) => "create",
            (_, Phase::Closing(closing)) => closing.step().0.role(),
            (_, Phase::Clearing(clearing)) => clearing.step().role(),
            _ => "list",
        }
    }

    fn deadline(&self, task: &Task, origins: &Origins) -> Option<Instant> {
        let link = task.origin.as_ref().and_then(|origin| origins.get(origin));
        task.deadline(&self.config.timeouts, link)
    }

    /// Keeps the moment since which an origin that is needed has been out of reach.
    fn watch_reach(&mut self, now: Now, origins: &Origins) {
        let mut is_out = false;
        self.each_link(origins, &mut |link| is_out |= link.is_out());
        if self.paused || self.ended.is_some() || !is_out {
            self.offline_since = None;
        } else {
            self.offline_since.get_or_insert(now.instant);
        }
    }

    /// Looks at the origins that are needed for what is next, or in use.
    fn each_link(&self, origins: &Origins, look: &mut dyn FnMut(&Link)) {
        let mut at = |origin: Option<&Origin>| {
            if let Some(link) = origin.and_then(|origin| origins.get(origin)) {
                look(link);
            }
        };
        at(self.queues.ready.first().and_then(|index| self.origin_of(index)));
        if self.errand().is_some() || !self.queues.unsigned.is_empty() || !self.queues.unsettled.is_empty() {
            at(self.home());
        }
        for task in self.tasks.values() {
            at(task.origin.as_ref());
        }
    }

    /// When being out of reach has lasted too long. What is under way may be the end of it, and has its own limit.
    pub(super) fn lost_at(&self, origins: &Origins) -> Option<Instant> {
        if self.paused || self.ended.is_some() || !self.tasks.is_empty() {
            return None;
        }
        let errand = self.errand().and_then(|errand| errand.lost_since);
        let parts = self.queues.lost.least();
        let since = [self.offline_since, self.signing.lost_since, self.settling.lost_since, errand, parts];
        let mut over = earliest(&since)? + self.config.timeouts.outage;
        self.each_link(origins, &mut |link| {
            if let Some(until) = link.knocks_until() {
                over = over.max(until);
            }
        });
        Some(over)
    }

    /// When there is something to do, if nothing happens before.
    pub(in crate::core) fn wake_at(&self, now: Now, origins: &Origins) -> Option<Instant> {
        // Those that have passed since they were looked at, because a link has become faster, are due at once.
        let at_once = now.instant + Duration::from_millis(1);
        let mut deadline = None;
        for task in self.tasks.values() {
            deadline = earliest(&[deadline, self.deadline(task, origins)]);
        }
        let waiting = self.queues.waiting.least();
        let errand = self.errand().filter(|errand| !errand.is_running && !self.errand_waits());
        let errand = errand.map(|errand| self.api_opens_at(now, origins).max(errand.until));
        let sending = matches!(self.phase, Phase::Sending { .. }) && !self.paused;
        let signing = (sending && !self.queues.unsigned.is_empty())
            .then(|| self.api_opens_at(now, origins).max(self.signing.until));
        let part = self.queues.ready.first().filter(|_| sending).and_then(|index| self.origin_of(index));
        let part = part.and_then(|origin| origins.get(origin)).map(|link| link.opens_at(now.instant));
        let telling = self.meter.wake_at(self.stored).filter(|_| self.ended.is_none());
        // What is due already waits for something else, a slot or an answer, and that will wake it.
        let settling = self.settles_at(now, origins);
        let late = self.hedges_at(now, origins);
        let mut moments = [waiting, errand, signing, settling, part, telling, late];
        for moment in &mut moments {
            moment.take_if(|at| *at <= now.instant);
        }
        // A sleep is noticed by what was promised: while time is counted, a look is never far.
        let limit = earliest(&[self.lost_at(origins), self.gives_up_at()]).map(|at| at.min(now.instant + LOOK));
        earliest(&[earliest(&[deadline, limit]).map(|at| at.max(at_once)), earliest(&moments)])
    }

    /// Bytes that are stored or have left.
    fn in_motion(&self) -> u64 {
        let mut moved = self.stored_bytes;
        for task in self.tasks.values() {
            moved += task.sent;
        }
        moved - self.repeated()
    }

    pub(super) fn sample(&mut self, now: Instant) {
        self.meter.sample(now, self.in_motion(), self.is_whole());
    }

    fn is_whole(&self) -> bool {
        match self.plan.parts() {
            // An upload without parts is as whole as its completion.
            0 => matches!(self.phase, Phase::Closing(_)) || self.ended == Some(State::Completed),
            parts => self.stored == parts,
        }
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self, now: Instant) -> Progress {
        self.meter.read(now, self.in_motion(), self.is_whole(), (self.stored, self.plan.parts()))
    }

    /// Where it stands.
    #[must_use]
    pub fn state(&self) -> State {
        if let Some(ended) = self.ended {
            return ended;
        }
        match &self.phase {
            Phase::Idle(_) => State::Queued,
            _ if self.paused => State::Paused,
            _ if self.offline_since.is_some() => State::Offline,
            Phase::Opening(_) | Phase::Inspecting(_) | Phase::Restarting(_) => State::Creating,
            Phase::Sending { .. } if self.sending_since.is_none() && self.queues.ready.is_empty() => State::Creating,
            Phase::Sending { .. } if self.sending_since.is_none() => State::Queued,
            Phase::Sending { .. } => State::Uploading,
            Phase::Closing(_) => State::Completing,
            // These are reached with an ending only.
            Phase::Orphan(_) | Phase::Clearing(_) | Phase::Failed(_) | Phase::Over => State::Failed,
        }
    }

    /// Tells what has changed since it was told last.
    pub(in crate::core) fn tell(&mut self, now: Now) {
        let state = self.state();
        if state != self.state {
            let previous = std::mem::replace(&mut self.state, state);
            self.emit(Event::State { state, previous });
        }
        if self.ended.is_none() && self.meter.is_due(now.instant, self.stored) {
            self.emit(Event::Progress(self.progress(now.instant)));
        }
    }

    /// Tells the last progress and the last state; the ending follows.
    pub(super) fn finish_telling(&mut self, now: Now, ended: State) {
        self.sample(now.instant);
        let previous = std::mem::replace(&mut self.state, ended);
        self.ended = Some(ended);
        self.emit(Event::Progress(self.progress(now.instant)));
        self.emit(Event::State { state: ended, previous });
    }
}
