//! The steps that are not parts: open, inspect, close, discard. One at a time, each tried until it succeeds.

use super::super::errand::Errand;
use super::super::watch::Purpose;
use super::super::{
    Change, EVERY_ROLE, Error, ErrorCode, Event, Failed, Failure, Limits, Now, Origins, Output, Plan, Reply, Step,
    Ticket,
};
use super::{Phase, Upload};

/// What may be left of a creation that was not answered.
pub(super) fn empty(words: &str) -> String {
    format!("the service may hold an empty upload: {words}")
}

/// Whether a creation that failed so may have left a session. Without an answer nobody knows that, nor its name, and what a
/// gateway or somebody else answers says nothing about what the service behind it did. Who says how long to wait has not
/// begun.
const fn may_have_created(failure: Failure) -> bool {
    matches!(
        failure,
        Failure::NoAnswer | Failure::Silence | Failure::Server | Failure::Busy { after: None } | Failure::Nonsense
    )
}

impl<K: Clone> Upload<K> {
    pub(super) fn errand_mut(&mut self) -> Option<&mut Errand> {
        match &mut self.phase {
            Phase::Opening(errand) | Phase::Orphan(errand) => Some(errand),
            Phase::Inspecting(inspecting) => Some(&mut inspecting.errand),
            Phase::Restarting(restarting) => Some(&mut restarting.errand),
            Phase::Closing(closing) => Some(&mut closing.errand),
            Phase::Clearing(clearing) => Some(&mut clearing.errand),
            Phase::Idle(_) | Phase::Sending { .. } | Phase::Failed(_) | Phase::Over => None,
        }
    }

    pub(super) fn errand(&self) -> Option<&Errand> {
        match &self.phase {
            Phase::Opening(errand) | Phase::Orphan(errand) => Some(errand),
            Phase::Inspecting(inspecting) => Some(&inspecting.errand),
            Phase::Restarting(restarting) => Some(&restarting.errand),
            Phase::Closing(closing) => Some(&closing.errand),
            Phase::Clearing(clearing) => Some(&clearing.errand),
            Phase::Idle(_) | Phase::Sending { .. } | Phase::Failed(_) | Phase::Over => None,
        }
    }

    /// Whether the phase's errand may go out as far as this upload is concerned. What was asked to end is not held
    /// up by a pause, and removing waits for what is in flight: a part that arrives afterwards would stay.
    pub(super) fn errand_waits(&self) -> bool {
        match &self.phase {
            Phase::Clearing(_) | Phase::Restarting(_) if !self.recalled.is_empty() => true,
            Phase::Clearing(_) => false,
            Phase::Orphan(_) => true,
            _ => self.paused,
        }
    }

    /// Sends the phase's errand out, if it is due.
    pub(super) fn turn_errand(&mut self, now: Now, origins: &mut Origins) {
        let Some(errand) = self.errand() else { return };
        if errand.is_running || self.errand_waits() || !self.may_call(now, origins, errand.until) {
            return;
        }
        let (step, closing) = match &self.phase {
            Phase::Opening(_) => (Step::Open { parts: self.plan.parts(), part_size: self.plan.part_size() }, false),
            Phase::Inspecting(inspecting) => (inspecting.step(), false),
            Phase::Restarting(restarting) => (restarting.step(), false),
            Phase::Closing(closing) => closing.step(),
            Phase::Clearing(clearing) => (clearing.step(), false),
            Phase::Idle(_) | Phase::Orphan(_) | Phase::Sending { .. } | Phase::Failed(_) | Phase::Over => return,
        };
        if closing {
            self.outputs.push(Output::Save(Change::Closing));
            self.may_be_completed = true;
        }
        let task = self.task(Purpose::Errand(self.time_for(closing)));
        self.run(now.instant, origins, step, task);
        if let Some(errand) = self.errand_mut() {
            errand.is_running = true;
        }
    }

    /// The phase's errand has ended.
    pub(super) fn errand_ended(
        &mut self,
        now: Now,
        origins: &mut Origins,
        outcome: Result<Reply<K>, Failed>,
        outage: bool,
    ) {
        if let Some(errand) = self.errand_mut() {
            errand.is_running = false;
            if outcome.is_ok() {
                errand.lost_since = None;
            }
        }
        match std::mem::replace(&mut self.phase, Phase::Over) {
            Phase::Opening(mut errand) => match outcome {
                Ok(Reply::Opened { session, tickets, part_size, seat }) => {
                    self.seat = seat;
                    self.opened(now, origins, session, tickets, part_size);
                }
                Ok(_) => self.misunderstood(now, origins, "creating the upload"),
                Err(failed) => {
                    if may_have_created(failed.failure) {
                        self.nameless = Some(failed.words.clone());
                    }
                    let verdict = self.judge(now, &mut errand, &failed, outage, "creating the upload");
                    self.phase = Phase::Opening(errand);
                    if let Err(error) = verdict {
                        self.fail(now, origins, error);
                    }
                }
            },
            Phase::Inspecting(inspecting) => self.inspected(now, origins, inspecting, outcome, outage),
            Phase::Restarting(restarting) => self.restarting_ended(now, restarting, outcome, outage),
            Phase::Closing(closing) => self.closing_ended(now, origins, closing, outcome, outage),
            Phase::Orphan(_) => match outcome {
                Ok(Reply::Opened { session, seat, .. }) => {
                    self.seat = seat;
                    self.clear(now, session);
                }
                Err(failed) if may_have_created(failed.failure) => self.over(Some(empty(&failed.words))),
                Ok(_) | Err(_) => self.over(None),
            },
            Phase::Clearing(clearing) => self.clearing_ended(now, clearing, outcome, outage),
            phase @ (Phase::Idle(_) | Phase::Sending { .. } | Phase::Failed(_) | Phase::Over) => self.phase = phase,
        }
    }

    fn opened(
        &mut self,
        now: Now,
        origins: &mut Origins,
        session: K,
        tickets: Vec<(u32, Ticket<K>)>,
        part_size: Option<u64>,
    ) {
        if let Some(part_size) = part_size.filter(|size| EVERY_ROLE && *size != self.plan.part_size()) {
            let Limits { min_part_size: least, max_part_size: most, max_parts, .. } = self.rules.limits;
            let plan = Plan::with_part_size(self.plan.size(), part_size, &self.rules.limits);
            if plan.parts() > max_parts || !(least..=most).contains(&part_size) {
                let who = if self.rules.api.is_some() { "the service" } else { "your function `create`" };
                let words = format!(
                    "creating the upload: {who} gave a `partSize` of {part_size} bytes, which makes {} parts: {max_parts} at most are taken, of {least} to {most} bytes",
                    plan.parts(),
                );
                self.fail(now, origins, Error::new(ErrorCode::Protocol, words));
                // Nobody can make anything of it.
                return self.clear(now, session);
            }
            self.cut(plan);
        }
        (self.nameless, self.may_be_completed) = (None, false);
        let (part_size, seat) = (self.plan.part_size(), self.seat.clone());
        let change = Change::Opened { session: session.clone(), part_size, seat };
        self.outputs.push(Output::Save(change));
        self.phase = Phase::Sending { session };
        self.take_tickets(now, tickets);
        // An empty file may have no parts at all.
        self.close_if_whole();
    }

    pub(super) fn misunderstood(&mut self, now: Now, origins: &mut Origins, subject: &str) {
        let failed = Failed::new(Failure::Nonsense, "the answer was taken for another step's".into());
        self.fail_with(now, origins, &failed, subject, 1);
    }

    /// What follows from a failed errand: it has its next time, or there is none.
    pub(super) fn judge(
        &mut self,
        now: Now,
        errand: &mut Errand,
        failed: &Failed,
        outage: bool,
        subject: &str,
    ) -> Result<(), Error> {
        if !outage {
            errand.lost_since = None;
        }
        let asked = match &failed.failure {
            Failure::NoAnswer if outage => {
                errand.lost_since.get_or_insert(now.instant);
                errand.until = now.instant;
                return Ok(());
            }
            Failure::NoAnswer if !errand.cut => {
                errand.cut = true;
                errand.until = now.instant + self.config.retry.delay(1, None, &mut self.dice);
                return Ok(());
            }
            // A function of the app that does not settle will not do so the next time, and may have begun its work.
            Failure::Silence if self.rules.api.is_none() => {
                let mut error = Error::of(failed, subject, 1);
                error.code = ErrorCode::Callback;
                return Err(error);
            }
            Failure::NoAnswer | Failure::Silence | Failure::Server | Failure::Vague => None,
            Failure::Busy { after } if after.is_none_or(|after| after <= self.config.timeouts.outage) => *after,
            Failure::Refused if !errand.refused => {
                errand.refused = true;
                errand.until = now.instant;
                return Ok(());
            }
            _ => return Err(Error::of(failed, subject, errand.spent + 1)),
        };
        errand.spent += 1;
        if errand.spent > self.config.retry.limit {
            return Err(Error::of(failed, subject, errand.spent));
        }
        let delay = self.config.retry.delay(errand.spent, asked, &mut self.dice);
        errand.until = now.instant + delay;
        // What is tried again after the end, to remove what is stored, is nobody's business.
        if self.ended.is_none() {
            let error = Error::of(failed, subject, errand.spent);
            self.emit(Event::Retry { error, attempt: errand.spent, delay });
        }
        Ok(())
    }
}
