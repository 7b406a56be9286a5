//! Endings: exactly one is told. What is stored after an abort is removed, and looked for again.

use super::super::errand::Errand;
use super::super::{
    Change, Error, ErrorCode, Event, Failed, Failure, Instant, Now, Origins, Output, Reply, State, Step,
};
use super::errands::empty;
use super::{Phase, Upload};
use std::rc::Rc;
use std::time::Duration;

/// A part that was on its way when the session was removed may have been stored after it: one looks again, so often.
const LOOKS: u32 = 3;

/// Removing is not worth waiting for longer than this, and deserves at least that, however short an outage is borne.
const PATIENCE: Duration = Duration::from_secs(60);
const LEAST: Duration = Duration::from_secs(10);

/// Nor is the answer to a creation that nobody needs any more, even if the app would wait for ever.
const ORPHANED: Duration = Duration::from_secs(120);

/// What cannot be removed.
const MAY_BE_COMPLETED: &str = "it was being completed before it was aborted: the object may be stored";

/// What else is true of a failure before a session that was given up is removed.
const GIVEN_UP: &str = "; the session that was given up before is still at the service, until you abort";

/// An upload that has ended and whose stored parts are being removed.
#[derive(Clone, Debug)]
pub(super) struct Clearing<K> {
    pub(super) session: K,
    pub(super) errand: Errand,
    looking: bool,
    looks: u32,
    pub(super) until: Instant,
}

impl<K: Clone> Clearing<K> {
    pub(super) fn step(&self) -> Step<K> {
        let session = self.session.clone();
        if self.looking {
            Step::Inspect { session, page: None, remembered: Rc::default() }
        } else {
            Step::Discard { session }
        }
    }
}

impl<K: Clone> Upload<K> {
    /// The one bad ending. What is stored stays, to be taken up again or removed.
    pub(super) fn fail(&mut self, now: Now, origins: &mut Origins, mut error: Error) {
        self.leave(origins);
        if matches!(self.phase, Phase::Restarting(_)) {
            // The next try does not know of it.
            error.message.push_str(GIVEN_UP);
        }
        self.phase = Phase::Failed(self.session().cloned());
        self.finish_telling(now, State::Failed);
        self.emit(Event::Failure(error));
    }

    pub(super) fn fail_with(&mut self, now: Now, origins: &mut Origins, failed: &Failed, subject: &str, attempts: u32) {
        self.fail(now, origins, Error::of(failed, subject, attempts));
    }

    /// Ends it because it was asked for, and removes what is stored.
    pub(super) fn abort(&mut self, now: Now, origins: &mut Origins) {
        if matches!(self.phase, Phase::Over | Phase::Orphan(_) | Phase::Clearing(_)) {
            // Over, or already on the way there: once is enough.
            return;
        }
        // Others may have found the origin out of reach a while ago, and there is little time to remove what is stored.
        origins.knock_now(now.instant);
        if self.ended.is_none() {
            self.finish_telling(now, State::Aborted);
            self.emit(Event::Failure(Error::new(ErrorCode::Aborted, "the upload was aborted".into())));
        }
        // Nor is the name known of what an earlier try may have created.
        self.nameless.take().into_iter().for_each(|words| self.note_left(&empty(&words)));
        match std::mem::replace(&mut self.phase, Phase::Over) {
            // Its answer is awaited: a session that nobody knows of would stay for ever.
            Phase::Opening(errand) if errand.is_running => {
                self.phase = Phase::Orphan(Errand { until: now.instant + ORPHANED, ..errand });
            }
            Phase::Idle(ledger) => match ledger.session().cloned() {
                Some((session, _)) => self.clear(now, session),
                None => self.over(None),
            },
            Phase::Sending { session } | Phase::Failed(Some(session)) => {
                self.leave(origins);
                self.clear(now, session);
            }
            Phase::Inspecting(inspecting) => {
                self.leave(origins);
                self.clear(now, inspecting.session);
            }
            Phase::Restarting(restarting) => {
                self.leave(origins);
                self.clear(now, restarting.session);
            }
            Phase::Closing(closing) => {
                self.leave(origins);
                self.clear(now, closing.session);
            }
            Phase::Opening(_) | Phase::Failed(None) | Phase::Over | Phase::Orphan(_) | Phase::Clearing(_) => {
                self.over(self.may_be_completed.then(|| MAY_BE_COMPLETED.into()));
            }
        }
    }

    /// Begins to remove a session.
    pub(super) fn clear(&mut self, now: Now, session: K) {
        self.outputs.push(Output::Save(Change::Closed));
        if !self.rules.discards {
            return self.over(Some("the service has no way to remove an unfinished upload".into()));
        }
        let until = now.instant + PATIENCE.min(self.config.timeouts.outage.max(LEAST));
        let errand = Errand::default();
        let clearing = Clearing { session, errand, looking: false, looks: 0, until };
        self.phase = Phase::Clearing(clearing.into());
    }

    /// A removal, or the look after it, has ended.
    pub(super) fn clearing_ended(
        &mut self,
        now: Now,
        mut clearing: Box<Clearing<K>>,
        outcome: Result<Reply<K>, Failed>,
        outage: bool,
    ) {
        let gone = match &outcome {
            Ok(reply) => matches!(reply, Reply::Unknown),
            Err(failed) => failed.failure == Failure::Gone,
        };
        match outcome {
            _ if gone && self.may_be_completed && clearing.looks == 0 => {
                return self.over(Some(MAY_BE_COMPLETED.into()));
            }
            _ if gone => return self.over(None),
            Ok(Reply::Discarded) if self.rules.inspects => {
                clearing.looking = true;
                clearing.looks += 1;
            }
            Ok(Reply::Discarded) => return self.over(None),
            Ok(Reply::Listed { .. }) if clearing.looks < LOOKS => clearing.looking = false,
            Ok(_) => return self.over(Some("the service still lists the upload after it was removed".into())),
            // A function that lists what was removed has nothing to list, and may well throw; nor does a backend in
            // production say more of it than that something went wrong.
            Err(failed) if matches!(failed.failure, Failure::Callback | Failure::Vague) && clearing.looking => {
                return self.over(None);
            }
            Err(failed) => {
                let verdict = self.judge(now, &mut clearing.errand, &failed, outage, "aborting the upload");
                if let Err(error) = verdict {
                    return self.over(Some(error.message.clone()));
                }
            }
        }
        self.phase = Phase::Clearing(clearing);
    }

    /// Removing has its time; then what could not be removed is told.
    pub(super) fn turn_ending(&mut self, now: Instant, origins: &mut Origins) {
        if self.gives_up_at().is_some_and(|at| at <= now) {
            let left = match self.phase {
                Phase::Orphan(_) => "the service may hold an empty upload: creating it was not answered in time",
                _ => "the service could not be reached to remove what is stored",
            };
            self.leave(origins);
            self.over(Some(left.into()));
        }
    }

    /// When removing has had its time.
    pub(super) fn gives_up_at(&self) -> Option<Instant> {
        match &self.phase {
            Phase::Clearing(clearing) => Some(clearing.until),
            Phase::Orphan(errand) => Some(errand.until),
            _ => None,
        }
    }

    pub(super) fn gives_up_at_mut(&mut self) -> Option<&mut Instant> {
        match &mut self.phase {
            Phase::Clearing(clearing) => Some(&mut clearing.until),
            Phase::Orphan(errand) => Some(&mut errand.until),
            _ => None,
        }
    }

    /// Nothing of it runs any more.
    pub(super) fn over(&mut self, left: Option<String>) {
        self.phase = Phase::Over;
        left.iter().for_each(|words| self.note_left(words));
        let left = self.left.take();
        self.emit(Event::Over { left });
    }

    /// Something may be left at the service, which is told in the end.
    pub(super) fn note_left(&mut self, words: &str) {
        match &mut self.left {
            Some(all) if all.ends_with(words) => {}
            Some(all) => {
                all.push_str("; ");
                all.push_str(words);
            }
            None => self.left = Some(words.to_owned()),
        }
    }
}
