//! A question that belongs to no upload: tried again as an upload's own requests are, but never for long.

use super::{Dice, Error, Failed, Failure, Retry};
use std::time::Duration;

/// How long a service may ask to be left alone before that is the answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A question, and how often it has failed.
#[derive(Clone, Debug)]
pub struct Enquiry {
    retry: Retry,
    dice: Dice,
    spent: u32,
    refused: bool,
}

impl Enquiry {
    /// How long one answer may take.
    pub const TIMEOUT: Duration = Duration::from_secs(60);

    /// A question that has not been asked yet.
    #[must_use]
    pub const fn new(retry: Retry, dice: Dice) -> Self {
        Self { retry, dice, spent: 0, refused: false }
    }

    /// It failed: how long to wait before it is asked again.
    ///
    /// # Errors
    /// There is no point in asking again.
    pub fn failed(&mut self, failed: &Failed, subject: &str) -> Result<Duration, Error> {
        let asked = match &failed.failure {
            Failure::NoAnswer | Failure::Silence | Failure::Server => None,
            Failure::Busy { after } if after.is_none_or(|after| after <= PATIENCE) => *after,
            // The next try has fresh headers.
            Failure::Refused if !self.refused => {
                self.refused = true;
                return Ok(Duration::ZERO);
            }
            _ => return Err(Error::of(failed, subject, self.spent + 1)),
        };
        self.spent += 1;
        if self.spent > self.retry.limit {
            return Err(Error::of(failed, subject, self.spent));
        }
        Ok(self.retry.delay(self.spent, asked, &mut self.dice))
    }
}

#[cfg(test)]
mod tests {
    use super::super::ErrorCode;
    use super::*;

    fn enquiry() -> Enquiry {
        Enquiry::new(Retry::default(), Dice::seeded(1))
    }

    fn failed(failure: Failure) -> Failed {
        Failed::new(failure, "it failed".into())
    }

    #[test]
    fn a_question_that_never_has_an_answer_is_given_up() {
        let mut enquiry = enquiry();
        let retried = std::iter::from_fn(|| enquiry.failed(&failed(Failure::NoAnswer), "asking").ok()).count();
        assert_eq!(retried, 5);
    }

    #[test]
    fn headers_are_asked_for_again_once() {
        let mut enquiry = enquiry();
        assert_eq!(enquiry.failed(&failed(Failure::Refused), "asking").unwrap(), Duration::ZERO);
        let error = enquiry.failed(&failed(Failure::Refused), "asking").unwrap_err();
        assert_eq!(error.code, ErrorCode::Unauthorized);
    }

    #[test]
    fn patience_that_is_asked_for_is_kept_unless_it_is_long() {
        let busy = |seconds| failed(Failure::Busy { after: Some(Duration::from_secs(seconds)) });
        assert!(enquiry().failed(&busy(7), "asking").unwrap() >= Duration::from_secs(7));
        assert_eq!(enquiry().failed(&busy(61), "asking").unwrap_err().code, ErrorCode::Server);
    }
}
