//! Tasks: how one begins, is called back, and what its end means for those who wait for it.

use super::super::part::Second;
use super::super::watch::{Along, Purpose, Task};
use super::super::{
    Carrier, Failed, Failure, Instant, Now, Origins, Output, Preparing, Reply, Step, TaskId, Transport,
};
use super::Upload;
use std::time::Duration;

/// A part that is less than a hundredth of what is sent need not be watched inside.
const WORTH_WATCHING: u64 = 100;

impl<K: Clone> Upload<K> {
    /// A blank task; the caller fills in what it knows.
    pub(super) fn task(&self, purpose: Purpose) -> Task {
        Task {
            purpose,
            origin: self.home().cloned(),
            knocks: 0,
            began: Instant::default(),
            alive: Instant::default(),
            size: 0,
            sent: 0,
            carrier: Carrier::Fetch,
            along: Along::Nothing,
            queue: Duration::ZERO,
            stalls: 0,
            in_trial: false,
            among: 1,
            is_second: false,
            spared: false,
            slept: false,
        }
    }

    /// More of a task's body has left.
    pub(super) fn moved(&mut self, now: Instant, origins: &mut Origins, task: TaskId, bytes: u64) {
        let may_widen = self.may_widen();
        let Some(task) = self.tasks.get_mut(task) else { return };
        let bytes = bytes.min(task.size);
        if bytes > task.sent {
            if let Some(origin) = &task.origin {
                origins.link(origin).moved(now, task, bytes - task.sent, may_widen);
            }
            task.sent = bytes;
            task.alive = now;
            task.spared = false;
            self.sample(now);
        }
    }

    pub(super) fn finished(&mut self, now: Now, origins: &mut Origins, id: TaskId, outcome: Result<Reply<K>, Failed>) {
        let Some(task) = self.tasks.remove(id) else {
            // A cancelled task has ended: its answer, if it had one, is nobody's.
            self.recalled.remove(id);
            return;
        };
        let outage = self.hear(now.instant, origins, &task, &outcome);
        self.conclude(now, origins, task, outcome, outage);
    }

    /// Gives the outcome of a task, which is no longer among the running ones, to whoever waits for it.
    pub(super) fn conclude(
        &mut self,
        now: Now,
        origins: &mut Origins,
        task: Task,
        outcome: Result<Reply<K>, Failed>,
        outage: bool,
    ) {
        if let Purpose::Send(index) = task.purpose
            && self.weigh(now, origins, &task, index, &outcome)
        {
            return;
        }
        match (&task.purpose, outcome) {
            (Purpose::Send(index), Ok(Reply::Sent(receipt))) => {
                self.part_stored(now.instant, origins, &task, *index, receipt);
            }
            (Purpose::Send(index), Err(failed)) => {
                let outage = outage || self.is_suspect(&task);
                self.part_failed(now, origins, &task, *index, &failed, outage);
            }
            (Purpose::Reckon(index), Ok(Reply::Sent(receipt))) if self.rules.reckons() => {
                self.part_reckoned(now.instant, *index, receipt);
            }
            (Purpose::Reckon(index), Err(failed)) => {
                let error = self.part_error(*index, &failed);
                self.fail(now, origins, error);
            }
            (Purpose::Digest(index), outcome) => {
                self.digested(now, origins, *index, outcome);
            }
            (Purpose::Prepare(parts), outcome) => {
                self.prepared(now, origins, parts, task.is_second, outcome, outage);
            }
            (Purpose::Settle(parts), outcome) if self.rules.settling().is_some() => {
                self.settled(now, origins, parts, outcome, outage);
            }
            (Purpose::Errand(_), outcome) => self.errand_ended(now, origins, outcome, outage),
            // An adapter that answers a part with anything else has a bug; the part is not stored.
            (Purpose::Send(_) | Purpose::Reckon(_) | Purpose::Settle(_), _) => {
                let failed = Failed::new(Failure::Nonsense, "the answer was taken for another step's".into());
                self.fail_with(now, origins, &failed, "sending a part", 1);
            }
        }
    }

    /// What the outcome says of the origin. Returns whether it was an outage, which spends no attempt.
    fn hear(&self, now: Instant, origins: &mut Origins, task: &Task, outcome: &Result<Reply<K>, Failed>) -> bool {
        let Some(origin) = &task.origin else { return false };
        let link = origins.link(origin);
        let is_part = matches!(task.purpose, Purpose::Send(_));
        if is_part {
            link.part_ended(task);
        }
        match outcome.as_ref().map_err(|failed| &failed.failure) {
            Err(Failure::NoAnswer) => link.unanswered(now, task.began, task.knocks, &self.config.retry),
            Err(Failure::Silence | Failure::FileChanged | Failure::Callback) => {
                link.knock_ended(task.knocks);
                false
            }
            answer => {
                link.answered(now);
                // What one upload is told by an API is meant for all of them, unless that is more than this one bears.
                if let Err(Failure::Busy { after: Some(after) }) = answer
                    && !is_part
                    && *after <= self.config.timeouts.outage
                {
                    link.be_patient(now + *after);
                }
                false
            }
        }
    }

    /// Cancels a task. Its slot is free at once: the driver ends it before it begins another.
    pub(super) fn recall(&mut self, id: TaskId, origins: &mut Origins) -> Option<Task> {
        let task = self.tasks.remove(id)?;
        self.release(&task, origins);
        self.recalled.insert(id, ());
        self.outputs.push(Output::Cancel { task: id });
        Some(task)
    }

    /// Cancels all tasks of such purposes.
    pub(super) fn recall_those(&mut self, origins: &mut Origins, is_such: fn(&Purpose) -> bool) {
        loop {
            let Some(id) = self.tasks.first(&|task| is_such(&task.purpose)) else { return };
            self.recall(id, origins);
        }
    }

    /// How many tasks of such purposes are running.
    pub(super) fn count(&self, is_such: fn(&Purpose) -> bool) -> usize {
        let mut count = 0;
        for task in self.tasks.values() {
            count += usize::from(is_such(&task.purpose));
        }
        count
    }

    /// More parts at once than pay were tried: those that are out in vain are called back, so that nothing else waits behind
    /// them.
    pub(super) fn let_go(&mut self, origins: &mut Origins) {
        for (id, index) in self.sends().into_iter().rev() {
            let Some(task) = self.tasks.get(id) else { continue };
            let link = task.origin.as_ref().and_then(|origin| origins.get(origin));
            let is_alone = self.parts[index as usize].second == Second::None;
            if is_alone && link.is_some_and(|link| link.is_in_vain(task)) {
                self.recall(id, origins);
                self.requeue(index);
            }
        }
    }

    /// Gives back what a task held of its origin.
    fn release(&self, task: &Task, origins: &mut Origins) {
        let Some(origin) = &task.origin else { return };
        let link = origins.link(origin);
        if matches!(task.purpose, Purpose::Send(_)) {
            link.part_ended(task);
        }
        link.knock_ended(task.knocks);
    }

    /// Gives everything back: the upload is thrown away.
    pub(in crate::core) fn leave(&mut self, origins: &mut Origins) {
        self.recall_those(origins, |_| true);
    }

    /// Begins a task.
    pub(super) fn run(&mut self, now: Instant, origins: &mut Origins, step: Step<K>, task: Task) {
        self.minted += 1;
        let id = TaskId(self.minted);
        let mut task = Task { began: now, alive: now, ..task };
        if let Some(origin) = &task.origin {
            let link = origins.link(origin);
            task.knocks = link.began(now);
            if matches!(task.purpose, Purpose::Send(_)) {
                task.in_trial = link.is_trying();
                link.part_began(&task, self.config.concurrency);
            } else {
                task.queue = Task::queue(link, &self.config.timeouts);
            }
        }
        self.tasks.insert(id, task);
        self.outputs.push(Output::Run { task: id, step });
    }

    /// What carries a part: where its bytes are worth seeing on their way, for those who watch or to find how many at once pay,
    /// what tells of them.
    pub(super) fn carrier(&self, origins: &Origins, index: u32) -> Carrier {
        let matters = self.plan.part(index).size().saturating_mul(WORTH_WATCHING) > self.plan.size();
        // What goes to the service's API carries the app's headers, and only fetch can be told not to take them along a
        // redirect.
        let is_signed = self.rules.preparing() != Preparing::Nothing;
        let wants_sight = || {
            let link = self.origin_of(index).and_then(|origin| origins.get(origin));
            // Others, of which it is not known yet where their parts go, may follow.
            let later = self.home().and_then(|api| origins.get(api)).map_or(0, |api| api.left);
            self.may_widen()
                && link.is_some_and(|link| link.reach.wants_sight(link.in_flight as usize + link.left + later))
        };
        match self.config.transport {
            Transport::Xhr => Carrier::Xhr,
            Transport::Auto if is_signed && (self.watched && matters || wants_sight()) => Carrier::Xhr,
            Transport::Auto | Transport::Fetch => Carrier::Fetch,
        }
    }

    /// Whether more parts at once may be tried: nobody has said how many, and one too many does no harm.
    pub(super) fn may_widen(&self) -> bool {
        self.config.concurrency.is_none() && self.rules.widens()
    }

    /// The tasks that send parts, and which.
    pub(super) fn sends(&self) -> Vec<(TaskId, u32)> {
        let mut sends = Vec::new();
        for (id, task) in self.tasks.iter() {
            if let Purpose::Send(index) = task.purpose {
                sends.push((id, index));
            }
        }
        sends
    }

    /// The task that sends a part; of two the one that began first.
    pub(super) fn sending(&self, index: u32) -> Option<TaskId> {
        self.tasks.first(&|task| matches!(task.purpose, Purpose::Send(other) if other == index))
    }

    /// Parts in flight.
    pub(in crate::core) fn in_flight(&self) -> usize {
        self.count(|purpose| matches!(purpose, Purpose::Send(_)))
    }
}
