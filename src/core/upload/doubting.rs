//! Completing that may have taken effect: what tells whether it did, and what is said where nothing does.

use super::super::errand::Errand;
use super::super::{Change, Error, ErrorCode, Failed, Failure, Now, Origins, Output, Rules};
use super::closing::{Ask, COMPLETING, Closing, VERIFYING};
use super::{Phase, Upload};

impl<K> Closing<K> {
    /// The service does not know the session, or would not list it: what a completion says is all that may still tell.
    pub(super) fn lists_nothing(&mut self) {
        self.is_unknown = true;
        if self.ask == Ask::List {
            (self.ask, self.errand) = (Ask::Complete, Errand::default());
        }
    }

    /// Whether a completion had no answer at all, and no other one has cleared that up.
    pub(super) fn has_lost_one(&self) -> bool {
        self.doubt.as_ref().is_some_and(|doubt| matches!(doubt.failure, Failure::NoAnswer | Failure::Silence))
    }

    /// What to say of an end that leaves it open whether a completion took effect, if one may have.
    pub(super) fn in_doubt(&self, error: Error) -> Error {
        match &self.doubt {
            Some(doubt) => doubted(doubt, error),
            None => error,
        }
    }
}

impl<K: Clone> Upload<K> {
    /// Completing had begun when an earlier visit ended, and may have taken effect.
    pub(super) fn closing_again(&mut self, session: K) -> Box<Closing<K>> {
        let mut closing = self.closing(session, self.question().unwrap_or(Ask::Complete), None);
        closing.doubt = Some(gone_before());
        closing
    }

    /// It may have been completed, and there are not even the receipts to complete it again.
    pub(super) fn unproven_before(&mut self, now: Now, origins: &mut Origins) {
        self.outputs.push(Output::Save(Change::Closed));
        self.fail(now, origins, unproven(&gone_before(), None));
    }

    /// Completing was refused, or never heard of.
    pub(super) fn not_completed(&mut self) {
        self.outputs.push(Output::Save(Change::Refused));
        self.may_be_completed = false;
    }

    /// What tells whether a completion took effect, if anything does.
    pub(super) const fn question(&self) -> Option<Ask> {
        match &self.rules {
            Rules { verifies: true, .. } => Some(Ask::Verify),
            rules if rules.watches() => Some(Ask::Watch),
            Rules { inspects: true, .. } => Some(Ask::List),
            _ => None,
        }
    }

    /// The question what became of a completion was not answered.
    pub(super) fn question_failed(
        &mut self,
        now: Now,
        origins: &mut Origins,
        mut closing: Box<Closing<K>>,
        failed: &Failed,
        outage: bool,
    ) {
        if let Err(error) = self.judge(now, &mut closing.errand, failed, outage, VERIFYING) {
            match (closing.ask, failed.failure) {
                (Ask::List, Failure::Vague | Failure::Rejected) if closing.doubt.is_some() => closing.lists_nothing(),
                // It would say so at every visit to come.
                (_, Failure::Failed | Failure::Corrupt | Failure::Gone) => {
                    self.outputs.push(Output::Save(Change::Closed));
                    return self.end_closing(now, origins, closing, error);
                }
                (_, Failure::Rejected) if closing.doubt.is_some() => {
                    return self.end_unproven(now, origins, closing, error);
                }
                // Whoever asks later may be told.
                _ => {
                    let error = closing.in_doubt(error);
                    return self.end_closing(now, origins, closing, error);
                }
            }
        }
        self.phase = Phase::Closing(closing);
    }

    /// It may have been completed, and will not be known: the next try begins anew.
    pub(super) fn end_unproven(&mut self, now: Now, origins: &mut Origins, closing: Box<Closing<K>>, said: Error) {
        self.outputs.push(Output::Save(Change::Closed));
        let error = unproven(closing.doubt.as_ref().unwrap_or(&gone_before()), Some(said));
        self.end_closing(now, origins, closing, error);
    }

    /// It ends badly, and what was asked of the service last is still known.
    pub(super) fn end_closing(&mut self, now: Now, origins: &mut Origins, closing: Box<Closing<K>>, error: Error) {
        self.phase = Phase::Closing(closing);
        self.fail(now, origins, error);
    }
}

pub(super) fn gone_before() -> Failed {
    Failed::new(Failure::NoAnswer, "the page was gone before it was answered".into())
}

/// What to say of an end after a completion that may have taken effect. What is known to be wrong, with the object or in the
/// page itself, is told as that.
pub(super) fn doubted(doubt: &Failed, error: Error) -> Error {
    match error.code {
        ErrorCode::Callback | ErrorCode::FileChanged | ErrorCode::Checksum => error,
        _ => unproven(doubt, Some(error)),
    }
}

/// What was lost, and what was said to the question what became of it.
pub(super) fn unproven(failed: &Failed, asked: Option<Error>) -> Error {
    let (said, status) = match &asked {
        Some(error) => (format!(" ({})", error.message), error.status),
        None => (String::new(), failed.status),
    };
    let words = format!(
        "{COMPLETING}: {}, and the service cannot say whether the object is whole{said}: check whether it is stored before you upload again",
        failed.words
    );
    let mut error = Error::new(ErrorCode::Unproven, words);
    error.status = status;
    error
}
