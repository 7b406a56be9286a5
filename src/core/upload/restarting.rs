//! Beginning anew: the session is given up, and all parts go into another one. A part's number may not be used again after
//! an attempt that failed, or a session that was taken up turned out to be of no use.

use super::super::errand::Errand;
use super::super::watch::Task;
use super::super::{Change, Error, Event, Failed, Failure, Instant, Now, Numbers, Origins, Output, Reply, Step};
use super::closing::{COMPLETING, Closing};
use super::settling::REPORTING;
use super::{Phase, Upload};
use std::time::Duration;

/// Sessions that are given up before it is believed that the next one would fare no better.
const MOST: u32 = 3;

/// Removing a session that nobody needs is tried so often; a new one does not depend on it.
const TRIES: u32 = 2;

/// Why a session that was taken up is given up.
pub(super) const FORGOTTEN: &str = "the service has forgotten the upload that was taken up";

/// What is attempted, as errors say it.
const REMOVING: &str = "removing a session that was given up";

/// A session that is given up.
#[derive(Clone, Debug)]
pub(super) struct Restarting<K> {
    pub(super) session: K,
    pub(super) errand: Errand,
    /// The next session is not created before then.
    until: Instant,
}

impl<K: Clone> Restarting<K> {
    pub(super) fn step(&self) -> Step<K> {
        Step::Discard { session: self.session.clone() }
    }
}

impl<K: Clone> Upload<K> {
    /// A part failed in a way that is worth another attempt, and its number is spent. Says whether that is dealt with.
    pub(super) fn start_over(
        &mut self,
        now: Now,
        origins: &mut Origins,
        task: &Task,
        index: u32,
        failed: &Failed,
    ) -> bool {
        let asked = match &failed.failure {
            Failure::Busy { after } if after.is_some_and(|after| after > self.config.timeouts.outage) => return false,
            Failure::Busy { after } => *after,
            Failure::Silence => {
                self.silences += 1;
                None
            }
            Failure::NoAnswer | Failure::Server | Failure::Corrupt | Failure::DigestRefused => None,
            // A token may have died: the next session's parts have fresh headers.
            Failure::Refused if !self.refused => {
                self.refused = true;
                None
            }
            _ => return false,
        };
        if let (Failure::Busy { .. }, Some(origin)) = (&failed.failure, &task.origin) {
            // Else the next session would be asked for patience just as this one.
            origins.link(origin).slow_down(now.instant, task.began, asked.unwrap_or_default());
        }
        let error = self.part_error(index, failed);
        self.begin_anew(now, origins, &error, "its number may not be used again", asked)
    }

    /// Gives the session up because of an error, if one more may be given up; `why` says what that has to do with it. One
    /// that was taken up may, even if nothing is to be tried again: it was not tried before. Says whether it is.
    pub(super) fn begin_anew(
        &mut self,
        now: Now,
        origins: &mut Origins,
        error: &Error,
        why: &str,
        asked: Option<Duration>,
    ) -> bool {
        let Some(session) = self.session().cloned() else { return false };
        if self.restarts >= MOST.min(self.config.retry.limit.max(u32::from(self.resumed))) {
            return false;
        }
        self.restarts += 1;
        let delay = self.config.retry.delay(self.restarts, asked, &mut self.dice);
        let why = format!("{}; {why}, so all parts go into a new session", error.message);
        // That what was taken up is of no use is no attempt of this visit's.
        if !self.resumed {
            self.emit(Event::Retry { error: error.clone(), attempt: self.restarts, delay });
        }
        self.leave(origins);
        self.phase = self.give_up(now.instant + delay, session, why);
        true
    }

    /// Whether a failure says that the service has forgotten a session that was taken up. One that cannot say so when it is
    /// asked what is stored may say no to whatever else is asked of it.
    pub(super) fn is_forgotten(&self, failure: Failure) -> bool {
        self.resumed && (failure == Failure::Gone || failure == Failure::Rejected && !self.rules.inspects)
    }

    /// A completion was refused, and none before it was good: another session may fare better, whatever it was that made
    /// one useless that was taken up, or where the browser itself may have used a number twice.
    pub(super) fn completion_refused(
        &mut self,
        now: Now,
        origins: &mut Origins,
        closing: Box<Closing<K>>,
        failed: &Failed,
    ) {
        if failed.failure != Failure::Gone && self.resend_doubted(&closing.session) {
            return;
        }
        let subject = if self.rules.completes() { COMPLETING } else { REPORTING };
        let error = Error::of(failed, subject, closing.errand.spent.max(closing.doubts) + 1);
        let why = match failed.failure {
            Failure::Corrupt if self.rules.numbers() == Numbers::Once => "what is stored is not what was acknowledged",
            Failure::Gone | Failure::Rejected if self.resumed || self.reckoned => {
                "the upload that was taken up cannot be completed"
            }
            _ => "",
        };
        self.phase = Phase::Closing(closing);
        self.not_completed();
        if why.is_empty() || !self.begin_anew(now, origins, &error, why, None) {
            self.fail(now, origins, error);
        }
    }

    /// Goes on in a session that is taken up. Which of its numbers have been tried is not known: where none may be used
    /// twice, it is given up unless every part is stored.
    pub(super) fn go_on(&mut self, now: Instant, session: K) -> Phase<K> {
        if self.rules.numbers() == Numbers::Reusable || self.stored == self.plan.parts() {
            return Phase::Sending { session };
        }
        let why =
            "a part's number may not be used twice, and which have been is not known: all parts go into a new session";
        self.give_up(now, session, why.into())
    }

    /// Gives a session up for one that is created not before `until`.
    pub(super) fn give_up(&mut self, until: Instant, session: K, why: String) -> Phase<K> {
        self.forget_session(why);
        if self.rules.discards {
            Phase::Restarting(Restarting { session, errand: Errand::default(), until }.into())
        } else {
            self.note_left("the service has no way to remove an upload that was given up");
            Phase::Opening(Errand { until, ..Errand::default() })
        }
    }

    /// Nothing of a session counts any more, and the app is told why.
    pub(super) fn forget_session(&mut self, why: String) {
        self.outputs.push(Output::Save(Change::Closed));
        self.forget_stored(why);
    }

    /// No part is stored any more, and the app is told why.
    pub(super) fn forget_stored(&mut self, why: String) {
        self.resumed = false;
        self.forget_parts();
        self.meter.forget();
        self.sending_since = None;
        self.emit(Event::Restarted(why));
    }

    /// The session that was given up is removed, or cannot be.
    pub(super) fn restarting_ended(
        &mut self,
        now: Now,
        mut restarting: Box<Restarting<K>>,
        outcome: Result<Reply<K>, Failed>,
        outage: bool,
    ) {
        // Without another try, that this one failed is nobody's business.
        if let Err(failed) = &outcome
            && failed.failure != Failure::Gone
        {
            if (outage || restarting.errand.spent + 1 < TRIES)
                && self.judge(now, &mut restarting.errand, failed, outage, REMOVING).is_ok()
            {
                self.phase = Phase::Restarting(restarting);
                return;
            }
            self.note_left(&format!("{REMOVING}: {}", failed.words));
        }
        self.phase = Phase::Opening(Errand { until: restarting.until, ..Errand::default() });
    }
}
