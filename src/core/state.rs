//! Where an upload stands, in the words of the package.

/// Where an upload stands: the `state` of the package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Waiting for its turn.
    Queued,
    /// The session is being created or taken up.
    Creating,
    /// Parts are on their way.
    Uploading,
    /// Paused.
    Paused,
    /// The origin is out of reach.
    Offline,
    /// Being completed.
    Completing,
    /// Done.
    Completed,
    /// Over, without success.
    Failed,
    /// Over, because it was asked for.
    Aborted,
}

impl State {
    /// The word the package uses.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Creating => "creating",
            Self::Uploading => "uploading",
            Self::Paused => "paused",
            Self::Offline => "offline",
            Self::Completing => "completing",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Aborted => "aborted",
        }
    }
}
