//! Completing, and finding out what became of it when the answer is lost. Asked for, never guessed.
//!
//! ```text
//!           ┌──────── parts are listed: still open ────────┐
//!           ▼                                              │
//! ──▶ Complete ──answer lost──▶ Verify ──nothing there──▶ List
//!           ▲                      │                       │
//!           │                      └──whole──▶ Over        │
//!           └── the session is unknown: a store answers ───┘
//!               the same completion twice, or it is unproven
//! ```

use super::super::errand::Errand;
use super::super::part::Standing;
use super::super::{Change, Error, ErrorCode, Event, Failed, Failure, Now, Origins, Output, Reply, State, Step};
use super::{Phase, Receipts, Upload};

/// What is asked of the service next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ask {
    Complete,
    Verify,
    List,
}

/// An upload whose parts are all stored.
#[derive(Clone, Debug)]
pub(super) struct Closing<K> {
    pub(super) session: K,
    pub(super) receipts: Receipts<K>,
    pub(super) errand: Errand,
    ask: Ask,
    /// The last completion whose outcome is unknown. It may have taken effect.
    doubt: Option<Failed>,
    /// How many there have been.
    doubts: u32,
}

impl<K: Clone> Closing<K> {
    /// The step to run, and whether it is the completion itself.
    pub(super) fn step(&self) -> (Step<K>, bool) {
        let session = self.session.clone();
        match self.ask {
            Ask::Complete => (Step::Close { session, receipts: self.receipts.clone() }, true),
            Ask::Verify => (Step::Verify { session }, false),
            Ask::List => (Step::Inspect { session }, false),
        }
    }

    /// What to say if nobody can be asked any more.
    pub(super) fn unproven(&self) -> Option<Error> {
        self.doubt.as_ref().map(unproven)
    }

    /// Whether a completion may have taken effect.
    pub(super) const fn may_be_done(&self) -> bool {
        self.doubt.is_some() || (self.errand.running.is_some() && matches!(self.ask, Ask::Complete))
    }
}

impl<K: Clone> Upload<K> {
    /// The last receipt is in hand: completes.
    pub(super) fn close_if_whole(&mut self) {
        let Phase::Sending { session } = &self.phase else { return };
        if self.stored < self.plan.parts() {
            return;
        }
        let session = session.clone();
        let receipts = self.parts.iter().zip(0..).filter_map(|(part, index)| match &part.standing {
            Standing::Stored(receipt) => Some((self.plan.part(index), receipt.clone())),
            _ => None,
        });
        let receipts = receipts.collect();
        let errand = Errand::default();
        self.phase = Phase::Closing(Closing { session, receipts, errand, ask: Ask::Complete, doubt: None, doubts: 0 });
    }

    /// The completion, or the question after it, has ended.
    pub(super) fn closing_ended(
        &mut self,
        now: Now,
        origins: &mut Origins,
        mut closing: Closing<K>,
        outcome: Result<Reply<K>, Failed>,
        outage: bool,
    ) {
        match (closing.ask, outcome) {
            (Ask::Complete, Ok(Reply::Closed(answer))) => return self.succeed(now, closing, answer),
            (Ask::Verify, Ok(Reply::Whole { size, closing: answer })) if size == self.plan.size() => {
                return self.succeed(now, closing, answer);
            }
            (Ask::Verify, Ok(Reply::Whole { size, .. })) => {
                let whole = self.plan.size();
                let words = format!("the finished object has {size} bytes, the file {whole}: it is not what was read");
                return self.end_closing(now, origins, closing, Error::new(ErrorCode::Checksum, words));
            }
            (Ask::Verify, Ok(Reply::Absent)) => {
                if let Some(thrown) = closing.doubt.take_if(|doubt| doubt.failure == Failure::Callback) {
                    let error = Error::of(&thrown, "completing the upload", closing.doubts);
                    return self.end_closing(now, origins, closing, error);
                }
                closing.ask = if self.rules.inspects { Ask::List } else { Ask::Complete };
            }
            (Ask::List, Ok(Reply::Listed(_) | Reply::Unknown)) => closing.ask = Ask::Complete,
            (_, Ok(_)) => {
                self.phase = Phase::Closing(closing);
                return self.misunderstood(now, origins, "completing the upload");
            }
            (Ask::Complete, Err(failed)) => return self.completion_failed(now, origins, closing, failed, outage),
            (Ask::Verify | Ask::List, Err(failed)) => {
                let verdict = self.judge(now, &mut closing.errand, &failed, outage, "verifying the object");
                if let Err(error) = verdict {
                    return self.end_closing(now, origins, closing, error);
                }
            }
        }
        self.phase = Phase::Closing(closing);
    }

    fn completion_failed(
        &mut self,
        now: Now,
        origins: &mut Origins,
        mut closing: Closing<K>,
        failed: Failed,
        outage: bool,
    ) {
        let unknown = match failed.failure {
            Failure::NoAnswer | Failure::Silence => true,
            // A function of the app that threw may have lost the store's answer.
            Failure::Callback => self.rules.verifies,
            // A gateway's answer says nothing about what the store behind it did.
            Failure::Server | Failure::Busy { .. } => {
                closing.doubt = Some(failed.clone());
                false
            }
            Failure::Gone if closing.doubt.is_some() => {
                let error = unproven(closing.doubt.as_ref().unwrap_or(&failed));
                return self.end_closing(now, origins, closing, error);
            }
            _ => false,
        };
        if !unknown {
            let verdict = self.judge(now, &mut closing.errand, &failed, outage, "completing the upload");
            return match verdict {
                Ok(()) => self.phase = Phase::Closing(closing),
                Err(error) => self.end_closing(now, origins, closing, error),
            };
        }
        closing.doubts += 1;
        closing.doubt = Some(failed.clone());
        let too_often = closing.doubts > self.config.retry.limit;
        match (self.rules.verifies, self.rules.inspects) {
            _ if too_often => return self.end_closing(now, origins, closing, unproven(&failed)),
            (true, _) => closing.ask = Ask::Verify,
            (false, true) => closing.ask = Ask::List,
            (false, false) => return self.end_closing(now, origins, closing, unproven(&failed)),
        }
        // That the origin did not answer is still to be waited out before it is asked.
        if failed.failure != Failure::Callback && self.rules.api.is_some() {
            let verdict = self.judge(now, &mut closing.errand, &failed, outage, "completing the upload");
            if let Err(error) = verdict {
                return self.end_closing(now, origins, closing, error);
            }
        }
        self.phase = Phase::Closing(closing);
    }

    fn end_closing(&mut self, now: Now, origins: &mut Origins, closing: Closing<K>, error: Error) {
        self.phase = Phase::Closing(closing);
        self.fail(now, origins, error);
    }

    fn succeed(&mut self, now: Now, closing: Closing<K>, answer: K) {
        self.outputs.push_back(Output::Save(Change::Closed));
        self.phase = Phase::Over;
        self.finish_telling(now, State::Completed);
        self.emit(Event::Success {
            session: closing.session,
            receipts: closing.receipts,
            closing: answer,
            resumed: self.resumed,
        });
        self.emit(Event::Over { left: None });
    }
}

fn unproven(failed: &Failed) -> Error {
    let words = &failed.words;
    Error {
        status: failed.status,
        ..Error::new(
            ErrorCode::Unproven,
            format!(
                "completing the upload: {words}, and the service cannot say whether the object is whole: look for it before you upload again"
            ),
        )
    }
}
