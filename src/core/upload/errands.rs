//! The steps that are not parts: open, inspect, close, discard. One at a time, each tried until it succeeds.

use super::super::errand::Errand;
use super::super::watch::Purpose;
use super::super::{Change, Error, ErrorCode, Event, Failed, Failure, Now, Origins, Output, Reply, Step, Ticket};
use super::{Phase, Upload};

impl<K: Clone> Upload<K> {
    pub(super) fn errand_mut(&mut self) -> Option<&mut Errand> {
        match &mut self.phase {
            Phase::Opening(errand) | Phase::Orphan(errand) | Phase::Inspecting { errand, .. } => Some(errand),
            Phase::Closing(closing) => Some(&mut closing.errand),
            Phase::Clearing(clearing) => Some(&mut clearing.errand),
            Phase::Idle(_) | Phase::Sending { .. } | Phase::Failed(_) | Phase::Over => None,
        }
    }

    pub(super) fn errand(&self) -> Option<&Errand> {
        match &self.phase {
            Phase::Opening(errand) | Phase::Orphan(errand) | Phase::Inspecting { errand, .. } => Some(errand),
            Phase::Closing(closing) => Some(&closing.errand),
            Phase::Clearing(clearing) => Some(&clearing.errand),
            Phase::Idle(_) | Phase::Sending { .. } | Phase::Failed(_) | Phase::Over => None,
        }
    }

    /// Whether the phase's errand may go out as far as this upload is concerned. What was asked to end is not held
    /// up by a pause, and removing waits for what is in flight: a part that arrives afterwards would stay.
    pub(super) fn errand_waits(&self) -> bool {
        match &self.phase {
            Phase::Clearing(_) => !self.recalled.is_empty(),
            Phase::Orphan(_) => true,
            _ => self.paused,
        }
    }

    /// Sends the phase's errand out, if it is due.
    pub(super) fn turn_errand(&mut self, now: Now, origins: &mut Origins) {
        let Some(errand) = self.errand() else { return };
        if errand.running.is_some() || self.errand_waits() || !self.may_call(now, origins, errand.until) {
            return;
        }
        let (step, closing) = match &self.phase {
            Phase::Opening(_) => (Step::Open { parts: self.plan.parts(), part_size: self.plan.part_size() }, false),
            Phase::Inspecting { session, .. } => (Step::Inspect { session: session.clone() }, false),
            Phase::Closing(closing) => closing.step(),
            Phase::Clearing(clearing) => (clearing.step(), false),
            Phase::Idle(_) | Phase::Orphan(_) | Phase::Sending { .. } | Phase::Failed(_) | Phase::Over => return,
        };
        let task = self.task(Purpose::Errand(self.time_for(closing)));
        let id = self.run(now.instant, origins, step, task);
        if let Some(errand) = self.errand_mut() {
            errand.running = Some(id);
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
            errand.running = None;
            if outcome.is_ok() {
                errand.lost_since = None;
            }
        }
        match std::mem::replace(&mut self.phase, Phase::Over) {
            Phase::Opening(errand) => match outcome {
                Ok(Reply::Opened { session, tickets }) => self.opened(now, session, tickets),
                Ok(_) => self.misunderstood(now, origins, "creating the upload"),
                Err(failed) => {
                    self.again_or_fail(now, origins, errand, &failed, outage, "creating the upload", Phase::Opening);
                }
            },
            Phase::Inspecting { session, errand } => {
                self.inspected(now, origins, session, errand, outcome, outage);
            }
            Phase::Closing(closing) => self.closing_ended(now, origins, closing, outcome, outage),
            Phase::Orphan(_) => match outcome {
                Ok(Reply::Opened { session, .. }) => self.clear(now, session, false),
                // Without an answer nobody knows whether there is a session, nor its name.
                Err(Failed { failure: Failure::NoAnswer | Failure::Silence, words, .. }) => {
                    self.over(Some(format!("the service may hold an empty upload: {words}")));
                }
                Ok(_) | Err(_) => self.over(None),
            },
            Phase::Clearing(clearing) => self.clearing_ended(now, clearing, outcome, outage),
            phase @ (Phase::Idle(_) | Phase::Sending { .. } | Phase::Failed(_) | Phase::Over) => self.phase = phase,
        }
    }

    fn opened(&mut self, now: Now, session: K, tickets: Vec<(u32, Ticket<K>)>) {
        let change = Change::Opened { session: session.clone(), part_size: self.plan.part_size() };
        self.outputs.push_back(Output::Save(change));
        self.phase = Phase::Sending { session };
        self.take_tickets(now, tickets);
        // An empty file may have no parts at all.
        self.close_if_whole();
    }

    /// The service has said what it holds of a session that is taken up, or that it holds none.
    fn inspected(
        &mut self,
        now: Now,
        origins: &mut Origins,
        session: K,
        errand: Errand,
        outcome: Result<Reply<K>, Failed>,
        outage: bool,
    ) {
        match outcome {
            // The server is the truth: a part that it does not list, or lists with another size, is sent again.
            Ok(Reply::Listed(stored)) => {
                for part in stored {
                    if part.index < self.plan.parts() && part.size == self.plan.part(part.index).size() {
                        self.adopt(part.index, part.receipt);
                    }
                }
                self.sample(now.instant);
                self.phase = Phase::Sending { session };
                self.close_if_whole();
            }
            Ok(Reply::Unknown) => {
                self.resumed = false;
                self.forget_parts();
                self.outputs.push_back(Output::Save(Change::Closed));
                self.emit(Event::Restarted);
                self.phase = Phase::Opening(Errand::default());
            }
            Ok(_) => self.misunderstood(now, origins, "listing the stored parts"),
            Err(failed) => {
                let inspecting = |errand| Phase::Inspecting { session, errand };
                self.again_or_fail(now, origins, errand, &failed, outage, "listing the stored parts", inspecting);
            }
        }
    }

    pub(super) fn misunderstood(&mut self, now: Now, origins: &mut Origins, subject: &str) {
        let failed = Failed::new(Failure::Nonsense, "the answer was taken for another step's".into());
        self.fail_with(now, origins, &failed, subject, 1);
    }

    /// Puts the phase back with its errand waiting for its next try, or ends the upload.
    // One argument over the lint's bound: what happened, to what, and what it goes back to.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn again_or_fail(
        &mut self,
        now: Now,
        origins: &mut Origins,
        mut errand: Errand,
        failed: &Failed,
        outage: bool,
        subject: &str,
        phase: impl FnOnce(Errand) -> Phase<K>,
    ) {
        let verdict = self.judge(now, &mut errand, failed, outage, subject);
        self.phase = phase(errand);
        if let Err(error) = verdict {
            self.fail(now, origins, error);
        }
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
            // A function of the app that does not settle will not do so the next time, and may have begun its work.
            Failure::Silence if self.rules.api.is_none() => {
                return Err(Error { code: ErrorCode::Callback, ..Error::of(failed, subject, 1) });
            }
            Failure::NoAnswer | Failure::Silence | Failure::Server => None,
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
