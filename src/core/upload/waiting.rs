//! Parts that wait: for their time, or for any answer at all.

use super::super::instant::in_seconds;
use super::super::part::Standing;
use super::super::{Error, ErrorCode, Instant, Now, Origins};
use super::doubting::{doubted, gone_before};
use super::{Phase, Upload};

/// What else it may be where a digest goes along: a preflight that fails looks just like an outage.
const CHECKED: &str = ", or they do not allow the checksum's header";

impl<K: Clone> Upload<K> {
    pub(super) fn wait(&mut self, index: u32, until: Instant) {
        self.parts[index as usize].standing = Standing::Waiting;
        self.queues.waiting.insert(index, until);
    }

    /// Parts whose time has come, and those that have been without any answer for too long.
    pub(super) fn turn_parts(&mut self, now: Now, origins: &mut Origins) {
        while let Some(index) = self.queues.waiting.first(&|until| *until <= now.instant) {
            self.queues.waiting.remove(index);
            self.requeue(index);
        }
        let lost = self.lost_at(origins).is_some_and(|at| at <= now.instant);
        if lost && !self.paused && self.ended.is_none() {
            let is_checked = self.parts.iter().any(|part| part.digest.is_some());
            let mut error = Error::new(
                ErrorCode::Network,
                format!(
                    "no answer from {} for {}: the network or the server is down, or its responses carry no CORS headers for this page{}",
                    self.lost_origin(origins),
                    in_seconds(self.config.timeouts.outage),
                    if is_checked { CHECKED } else { "" }
                ),
            );
            error.part = self.queues.lost.keys().min();
            error = match &self.phase {
                Phase::Closing(closing) => closing.in_doubt(error),
                Phase::Inspecting(inspecting) if inspecting.was_closing => doubted(&gone_before(), error),
                _ => error,
            };
            self.fail(now, origins, error);
        }
    }

    fn lost_origin(&self, origins: &Origins) -> String {
        let part = self.queues.ready.first().and_then(|index| self.origin_of(index));
        let candidates = [part, self.home()];
        let out = candidates.into_iter().flatten().find(|origin| origins.get(origin).is_some_and(|link| link.is_out()));
        out.or(part).map_or_else(|| "the service".to_owned(), ToString::to_string)
    }
}
