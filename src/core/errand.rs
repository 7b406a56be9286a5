//! A step that is not a part: one at a time, tried until it succeeds or there is no point.

use super::Instant;

/// What a step has been through.
#[derive(Clone, Debug, Default)]
pub(super) struct Errand {
    /// Attempts that failed and counted.
    pub(super) spent: u32,
    /// Whether one had no answer and did not count, since it could have been the first that an outage cut.
    pub(super) cut: bool,
    /// Not before then.
    pub(super) until: Instant,
    /// Whether it has been refused once already: the next try had fresh headers.
    pub(super) refused: bool,
    /// Since when it has had no answer at all, without that counting as attempts.
    pub(super) lost_since: Option<Instant>,
    /// Whether a task carries it out.
    pub(super) is_running: bool,
}
