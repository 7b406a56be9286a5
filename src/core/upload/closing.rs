//! Completing, and finding out what became of it when the answer is lost. Asked for, never guessed.
//!
//! ```text
//!           ┌──────── parts are listed: still open ────────┐
//!           ▼                                              │
//! ──▶ Complete ──answer lost──▶ Verify ──nothing there──▶ List
//!      │    ▲                      │                       │
//!      │    │                      └──whole──▶ Over        │
//!      │    └── it is unknown, or cannot be listed: a ─────┘
//!      │        store answers the same completion twice, or it is unproven
//!      │
//!      ├─ or lost, where the service works on it ─▶ Watch ──done──▶ Over
//!      │                                            │   ▲
//!      │                                            └───┘ working
//!      └─ or it does not fit what is stored, and numbers are used once: another session
//! ```

use super::super::errand::Errand;
use super::super::{Change, Error, ErrorCode, Event, Failed, Failure, Now, Origins, Output, Reply, State, Step};
use super::doubting::unproven;
use super::watching::Watching;
use super::{Phase, Receipts, Upload};
use std::rc::Rc;

/// What is attempted, as errors say it.
pub(super) const COMPLETING: &str = "completing the upload";
pub(super) const VERIFYING: &str = "verifying the object";

/// What is asked of the service next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    Complete,
    Verify,
    List,
    Watch,
}

/// An upload whose parts are all stored.
#[derive(Clone, Debug)]
pub(super) struct Closing<K> {
    pub(super) session: K,
    pub(super) receipts: Receipts<K>,
    /// Whether the service does not know the session, or would not say whether it does: completing again is all that is
    /// left to ask.
    pub(super) is_unknown: bool,
    pub(super) errand: Errand,
    pub(super) ask: Ask,
    /// The last completion whose outcome is unknown. It may have taken effect.
    pub(super) doubt: Option<Failed>,
    /// How many there have been.
    pub(super) doubts: u32,
    /// Whether the completion was answered with a good word.
    pub(super) accepted: bool,
    /// What a completion, or the report that takes its place, was refused with after one whose outcome is unknown: perhaps
    /// because that one was good.
    pub(super) refused: Option<Failed>,
    /// How long the service has been asked whether it is done.
    pub(super) watching: Option<Watching>,
}

impl<K: Clone> Closing<K> {
    /// The step to run, and whether it is the completion itself.
    pub(super) fn step(&self) -> (Step<K>, bool) {
        let session = self.session.clone();
        match self.ask {
            Ask::Complete => (Step::Close { session, receipts: self.receipts.clone() }, true),
            Ask::Verify => (Step::Verify { session }, false),
            Ask::List => (Step::Inspect { session, page: None, remembered: Rc::default() }, false),
            Ask::Watch => (Step::Watch { session }, false),
        }
    }
}

impl<K: Clone> Upload<K> {
    /// The last receipt is in hand: completes.
    pub(super) fn close_if_whole(&mut self) {
        let Phase::Sending { session } = &self.phase else { return };
        let is_told = self.queues.unsettled.is_empty() && !self.settling.is_running;
        if self.stored < self.plan.parts() || !is_told {
            return;
        }
        let session = session.clone();
        // One that is taken up may have been completed before it was let go.
        let ask =
            if self.rules.watches() && (self.resumed || !self.rules.completes()) { Ask::Watch } else { Ask::Complete };
        self.phase = Phase::Closing(self.closing(session, ask, None));
    }

    /// What follows when every part is stored.
    pub(super) fn closing(&mut self, session: K, ask: Ask, refused: Option<Failed>) -> Box<Closing<K>> {
        // Else it is when the completion goes out.
        self.may_be_completed |= !self.rules.completes();
        Box::new(Closing {
            session,
            receipts: self.receipts(),
            is_unknown: false,
            errand: Errand::default(),
            ask,
            doubt: None,
            doubts: 0,
            accepted: !self.rules.completes(),
            refused,
            watching: None,
        })
    }

    /// The completion, or the question after it, has ended.
    pub(super) fn closing_ended(
        &mut self,
        now: Now,
        origins: &mut Origins,
        mut closing: Box<Closing<K>>,
        outcome: Result<Reply<K>, Failed>,
        outage: bool,
    ) {
        match (closing.ask, outcome) {
            (Ask::Complete, Ok(Reply::Closed(_))) if self.rules.watches() => {
                closing.accepted = true;
                closing.ask = Ask::Watch;
            }
            (Ask::Complete, Ok(Reply::Closed(answer))) => return self.succeed(now, *closing, answer),
            (Ask::Verify, Ok(Reply::Whole { size, closing: answer })) if size == self.plan.size() => {
                return self.succeed(now, *closing, answer);
            }
            (Ask::Verify, Ok(Reply::Whole { size, .. })) => {
                let whole = self.plan.size();
                // It would say so at every visit to come.
                self.outputs.push(Output::Save(Change::Closed));
                let words = format!("the finished object has {size} bytes, the file {whole}: it is not what was read");
                return self.end_closing(now, origins, closing, Error::new(ErrorCode::Checksum, words));
            }
            (_, Ok(reply @ (Reply::Absent | Reply::Listed { .. } | Reply::Unknown)))
                if closing.doubt.as_ref().is_some_and(|doubt| doubt.failure == Failure::Callback) =>
            {
                let is_open = !matches!(reply, Reply::Unknown);
                if is_open && self.resend_doubted(&closing.session) {
                    return;
                }
                if let Some(thrown) = closing.doubt.take() {
                    let error = Error::of(&thrown, COMPLETING, closing.doubts);
                    return self.end_closing(now, origins, closing, error);
                }
            }
            (Ask::Watch, Ok(reply)) if self.rules.watches() => return self.watched(now, origins, closing, reply),
            (Ask::Verify, Ok(Reply::Absent)) => {
                if let Some(refused) = closing.refused.take() {
                    return self.completion_refused(now, origins, closing, &refused);
                }
                closing.ask = if self.rules.inspects { Ask::List } else { Ask::Complete };
            }
            (Ask::List, Ok(Reply::Listed { .. })) => closing.ask = Ask::Complete,
            (Ask::List, Ok(Reply::Unknown)) => closing.lists_nothing(),
            (_, Ok(_)) => {
                self.phase = Phase::Closing(closing);
                return self.misunderstood(now, origins, COMPLETING);
            }
            // It took effect, and what came of it is not what was sent.
            (Ask::Complete, Err(failed))
                if failed.failure == Failure::Corrupt && failed.status.is_none_or(|status| status < 300) =>
            {
                self.outputs.push(Output::Save(Change::Closed));
                return self.end_closing(now, origins, closing, Error::of(&failed, COMPLETING, 1));
            }
            (Ask::Complete, Err(failed)) => return self.completion_failed(now, origins, closing, failed, outage),
            // A session that is forgotten has no more to tell.
            (_, Err(failed))
                if failed.failure == Failure::Gone && closing.doubt.is_some()
                    || failed.failure == Failure::Callback && closing.is_unknown =>
            {
                return self.end_unproven(now, origins, closing, Error::of(&failed, VERIFYING, 1));
            }
            // It was not completed, and is not there any more.
            (_, Err(failed)) if failed.failure == Failure::Gone && !closing.accepted => {
                return self.completion_refused(now, origins, closing, &failed);
            }
            (_, Err(failed)) => return self.question_failed(now, origins, closing, &failed, outage),
        }
        self.phase = Phase::Closing(closing);
    }

    fn completion_failed(
        &mut self,
        now: Now,
        origins: &mut Origins,
        mut closing: Box<Closing<K>>,
        failed: Failed,
        outage: bool,
    ) {
        // Of a session that is known to be open a refusal says that the parts are at fault.
        let is_open = closing.doubt.is_none() || self.question() == Some(Ask::List) && !closing.is_unknown;
        if is_open
            && matches!(failed.failure, Failure::Rejected | Failure::Corrupt)
            && self.resend_doubted(&closing.session)
        {
            return;
        }
        let unknown = match failed.failure {
            Failure::NoAnswer | Failure::Silence => true,
            // What is thrown is final, and what took effect before may throw just so.
            Failure::Callback if closing.is_unknown || (closing.doubt.is_some() && self.question().is_none()) => {
                return self.end_unproven(now, origins, closing, Error::of(&failed, COMPLETING, 1));
            }
            // A function of the app that threw may have lost the store's answer.
            Failure::Callback => self.rules.verifies || self.is_in_doubt() && self.question().is_some(),
            // A gateway's answer says nothing about what the store behind it did.
            Failure::Server | Failure::Busy { .. } | Failure::Vague => {
                closing.doubt.get_or_insert_with(|| failed.clone());
                false
            }
            Failure::Gone | Failure::Rejected | Failure::Corrupt
                if closing.doubt.is_some() && (self.rules.watches() || self.rules.verifies) =>
            {
                closing.refused = Some(failed);
                closing.ask = if self.rules.watches() { Ask::Watch } else { Ask::Verify };
                self.phase = Phase::Closing(closing);
                return;
            }
            // What was good the first time would be refused just so, and the session has no more to tell.
            Failure::Gone | Failure::Rejected | Failure::Corrupt if closing.doubt.is_some() => {
                return self.end_unproven(now, origins, closing, Error::of(&failed, COMPLETING, 1));
            }
            Failure::Gone | Failure::Rejected | Failure::Corrupt => {
                return self.completion_refused(now, origins, closing, &failed);
            }
            _ => false,
        };
        if !unknown {
            let verdict = self.judge(now, &mut closing.errand, &failed, outage, COMPLETING);
            return match verdict {
                Ok(()) => self.phase = Phase::Closing(closing),
                Err(error) => {
                    let is_over = closing.is_unknown && failed.failure == Failure::Vague;
                    if closing.doubt.is_none() && matches!(failed.failure, Failure::Refused | Failure::FileChanged) {
                        self.not_completed();
                    } else if is_over {
                        self.outputs.push(Output::Save(Change::Refused));
                    }
                    let error = if closing.has_lost_one() { closing.in_doubt(error) } else { error };
                    self.end_closing(now, origins, closing, error);
                }
            };
        }
        closing.doubts += 1;
        closing.doubt = Some(failed.clone());
        let too_often = closing.doubts > self.config.retry.limit;
        match self.question().filter(|_| !too_often) {
            Some(ask) => closing.ask = ask,
            None => return self.end_closing(now, origins, closing, unproven(&failed, None)),
        }
        // That the origin did not answer is still to be waited out before it is asked.
        if failed.failure != Failure::Callback && self.rules.api.is_some() {
            let verdict = self.judge(now, &mut closing.errand, &failed, outage, COMPLETING);
            if let Err(error) = verdict {
                let error = closing.in_doubt(error);
                return self.end_closing(now, origins, closing, error);
            }
        }
        self.phase = Phase::Closing(closing);
    }

    pub(super) fn succeed(&mut self, now: Now, closing: Closing<K>, answer: K) {
        self.outputs.push(Output::Save(Change::Closed));
        self.finish_telling(now, State::Completed);
        self.emit(Event::Success {
            session: closing.session,
            receipts: closing.receipts,
            closing: answer,
            resumed: self.resumed,
        });
        self.over(None);
    }
}
