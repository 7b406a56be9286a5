//! Completing that may have taken effect: what tells whether it did, and what is said where nothing does.

use super::super::{Change, Error, ErrorCode, Failed, Failure, Now, Origins, Output, Rules};
use super::closing::{Ask, COMPLETING, Closing};
use super::{Phase, Upload};

impl<K: Clone> Upload<K> {
    /// Completing had begun when an earlier visit ended, and may have taken effect.
    pub(super) fn closing_again(&self, session: K) -> Box<Closing<K>> {
        let mut closing = self.closing(session, self.question().unwrap_or(Ask::Complete), None);
        closing.doubt = Some(gone_before());
        closing
    }

    /// It may have been completed, and there are not even the receipts to complete it again.
    pub(super) fn unproven_before(&mut self, now: Now, origins: &mut Origins) {
        self.outputs.push(Output::Save(Change::Closed));
        self.may_be_completed = true;
        self.fail(now, origins, unproven(&gone_before()));
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

    /// It may have been completed, and will not be known: the next try begins anew.
    pub(super) fn end_unproven(&mut self, now: Now, origins: &mut Origins, closing: Box<Closing<K>>) {
        self.outputs.push(Output::Save(Change::Closed));
        let error = closing.unproven().unwrap_or_else(|| unproven(&gone_before()));
        self.end_closing(now, origins, closing, error);
    }

    /// It ends badly, and what was asked of the service last is still known.
    pub(super) fn end_closing(&mut self, now: Now, origins: &mut Origins, closing: Box<Closing<K>>, error: Error) {
        self.phase = Phase::Closing(closing);
        self.fail(now, origins, error);
    }
}

fn gone_before() -> Failed {
    Failed::new(Failure::NoAnswer, "the page was gone before it was answered".into())
}

pub(super) fn unproven(failed: &Failed) -> Error {
    let words = format!(
        "{COMPLETING}: {}, and the service cannot say whether the object is whole: look for it before you upload again",
        failed.words
    );
    let mut error = Error::new(ErrorCode::Unproven, words);
    error.status = failed.status;
    error
}
