//! Asking a service that works on what it was given, until it is done.

use super::super::errand::Errand;
use super::super::instant::in_seconds;
use super::super::{Error, ErrorCode, Instant, Now, Origins, Reply};
use super::closing::{Ask, COMPLETING, Closing};
use super::{Phase, Upload};
use std::time::Duration;

/// It is asked so soon, and then ever more rarely.
const SOON: Duration = Duration::from_millis(500);
const RARELY: Duration = Duration::from_secs(5);

/// A page in the background may be woken once a minute: so often the service is asked at least before it is given up.
const ASKS: u32 = 10;

/// What passes between two answers counts for no more than this: the page may have been paused, or have slept.
const MOST: Duration = Duration::from_secs(60);

/// Waiting for a service that works on what it was given.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watching {
    waited: Duration,
    answered: Instant,
    wait: Duration,
    asks: u32,
}

impl<K: Clone> Upload<K> {
    /// The service has said how far it is.
    pub(super) fn watched(&mut self, now: Now, origins: &mut Origins, mut closing: Box<Closing<K>>, reply: Reply<K>) {
        let is_idle = match reply {
            Reply::Closed(answer) => return self.succeed(now, *closing, answer),
            Reply::Absent => !closing.accepted,
            // Where there is no completion, a service that works still waits for reports.
            Reply::Working => !self.rules.completes() && closing.refused.is_some(),
            _ => {
                self.phase = Phase::Closing(closing);
                return self.misunderstood(now, origins, COMPLETING);
            }
        };
        match closing.refused.take_if(|_| is_idle) {
            Some(refused) => return self.completion_refused(now, origins, closing, &refused),
            None if is_idle => closing.ask = Ask::Complete,
            None => {
                if let Some(error) = self.wait_on(now.instant, &mut closing) {
                    return self.end_closing(now, origins, closing, error);
                }
            }
        }
        self.phase = Phase::Closing(closing);
    }

    /// Has the service asked again after a while. Says what to tell if that has been done for long enough.
    fn wait_on(&self, now: Instant, closing: &mut Closing<K>) -> Option<Error> {
        let first = Watching { waited: Duration::ZERO, answered: now, wait: SOON, asks: 0 };
        let Watching { waited, answered, wait, asks } = closing.watching.unwrap_or(first);
        let waited = waited + now.since(answered).min(MOST);
        if let Some(limit) = self.time_for(true).filter(|limit| waited >= *limit && asks >= ASKS) {
            let words = format!(
                "{COMPLETING}: the service has every part, and has not been done with them for {}: ask it later",
                in_seconds(limit)
            );
            return Some(Error::new(ErrorCode::Timeout, words));
        }
        closing.errand = Errand { until: now + wait, ..Errand::default() };
        let wait = (wait * 2).min(RARELY);
        closing.watching = Some(Watching { waited, answered: now, wait, asks: asks + 1 });
        None
    }
}
