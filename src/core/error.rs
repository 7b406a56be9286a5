//! How an exchange fails, and how an upload does.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

/// How one exchange failed. Each variant says what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No answer that could be read: the network, a reset, or an answer without CORS headers. Tried again. It
    /// spends an attempt only if the origin answered something else meanwhile, and not the first time, which may be an
    /// outage's beginning; else it is an outage and waited out.
    NoAnswer,
    /// Silence that outlasted its limit. Tried again; spends an attempt.
    Silence,
    /// The server asks for patience (429, 503). Tried again, not before `after`; spends an attempt and slows the
    /// whole origin down.
    Busy {
        /// What `Retry-After` said.
        after: Option<Duration>,
    },
    /// The server failed (another 5xx, 408). Tried again; spends an attempt.
    Server,
    /// The service says no more than that something went wrong. Tried again as after trouble; where it goes on, an upload
    /// that is taken up may be forgotten there, and begins anew; one whose completion may have taken effect is completed once
    /// more first, and is unproven if that says no more either.
    Vague,
    /// Not allowed (401, 403). What goes to a signed URL is tried with a fresh one, twice; what goes to the service's
    /// API with fresh headers, once.
    Refused,
    /// The service does not know the session (404). Final, unless an earlier answer to completing was lost, or the session was
    /// taken up: then it begins anew.
    Gone,
    /// What arrived is not what was sent: a digest differs, or what is stored when it is completed. A part is tried again,
    /// which spends an attempt; a completion is final, unless numbers are used once and another session may be tried.
    Corrupt,
    /// The server understood and said no (another 4xx). Final, but for a session that was taken up and that no other answer
    /// could say is forgotten: then it begins anew.
    Rejected,
    /// The service was asked what became of the upload, and says that it has failed there. Final, and there is nothing left
    /// to go on with.
    Failed,
    /// An answer that makes no sense. Final.
    Nonsense,
    /// The service takes parts, and not the digest that went with this one. All go without it from then on, with fresh URLs;
    /// spends nothing.
    DigestRefused,
    /// The service cannot do this many at once. Asked one by one from then on; spends nothing.
    OneByOne,
    /// A function of the app threw. Final; but what became of a completion that threw is asked first, where it can be.
    Callback,
    /// The file cannot be read, or is not the one that was chosen. Final.
    FileChanged,
}

/// A failed exchange. What is said of it is behind a pointer, because everything that asks or answers hands it on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed(Box<FailedInner>);

/// How an exchange failed, and in words that need no context but the part's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedInner {
    /// What follows from it.
    pub failure: Failure,
    /// The HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// What was attempted, where, and what came back, without secrets or a URL's query:
    /// `PUT https://store.example/key answered 403 (AccessDenied: Request has expired)`.
    pub words: String,
}

impl Failed {
    /// A failure without an HTTP answer.
    #[must_use]
    pub fn new(failure: Failure, words: String) -> Self {
        Self(Box::new(FailedInner { failure, status: None, words }))
    }

    /// A failure by an answer of that status. Zero is none.
    #[must_use]
    pub fn answered(failure: Failure, status: u16, words: String) -> Self {
        Self(Box::new(FailedInner { failure, status: Some(status).filter(|status| *status > 0), words }))
    }

    /// The same, of which something else follows.
    #[must_use]
    pub fn but(mut self, failure: Failure) -> Self {
        self.failure = failure;
        self
    }

    /// The same in other words.
    #[must_use]
    pub fn saying(mut self, words: String) -> Self {
        self.words = words;
        self
    }
}

impl Deref for Failed {
    type Target = FailedInner;

    fn deref(&self) -> &FailedInner {
        &self.0
    }
}

impl DerefMut for Failed {
    fn deref_mut(&mut self) -> &mut FailedInner {
        &mut self.0
    }
}

/// What kind of end it was: the `code` of the package's `UploadError`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorCode {
    /// `abort()`, or the signal.
    Aborted,
    /// An option is wrong.
    Options,
    /// The file cannot fit the service's rules.
    Limit,
    /// No answer.
    Network,
    /// Silence that outlasted the retries.
    Timeout,
    /// 401 or 403 that fresh headers or a fresh URL did not mend.
    Unauthorized,
    /// Another 4xx.
    Rejected,
    /// 5xx or 429 that outlasted the retries.
    Server,
    /// What is stored is not what was read.
    Checksum,
    /// The last answer was lost and the service cannot say whether the object is whole.
    Unproven,
    /// The file cannot be read any more, or changed.
    FileChanged,
    /// An answer that makes no sense.
    Protocol,
    /// A function of the app threw or never settled.
    Callback,
}

impl ErrorCode {
    /// The word the package uses.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Aborted => "aborted",
            Self::Options => "options",
            Self::Limit => "limit",
            Self::Network => "network",
            Self::Timeout => "timeout",
            Self::Unauthorized => "unauthorized",
            Self::Rejected => "rejected",
            Self::Server => "server",
            Self::Checksum => "checksum",
            Self::Unproven => "unproven",
            Self::FileChanged => "file-changed",
            Self::Protocol => "protocol",
            Self::Callback => "callback",
        }
    }

    /// Whether trying later, with the same options, may work.
    #[must_use]
    pub const fn retryable(self) -> bool {
        matches!(self, Self::Network | Self::Timeout | Self::Server | Self::Unproven | Self::Callback)
    }
}

/// Why an upload failed. What there is to say is behind a pointer, as that of a failed exchange is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Box<ErrorInner>);

/// What there is to say of a failed upload. The message alone is a bug report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorInner {
    /// For programs.
    pub code: ErrorCode,
    /// For people: what was attempted, on what, how often, what came back, and the way out.
    pub message: String,
    /// The HTTP status that ended it.
    pub status: Option<u16>,
    /// The part that could not be sent, counted from zero.
    pub part: Option<u32>,
    /// How often it was attempted.
    pub attempts: Option<u32>,
}

impl Error {
    /// An error about no part in particular.
    #[must_use]
    pub fn new(code: ErrorCode, message: String) -> Self {
        Self(Box::new(ErrorInner { code, message, status: None, part: None, attempts: None }))
    }

    /// What `failed` means when nothing is left to try.
    #[must_use]
    pub fn of(failed: &Failed, subject: &str, attempts: u32) -> Self {
        let code = match failed.failure {
            Failure::NoAnswer => ErrorCode::Network,
            Failure::Silence => ErrorCode::Timeout,
            Failure::Busy { .. } | Failure::Server | Failure::Vague => ErrorCode::Server,
            Failure::Corrupt => ErrorCode::Checksum,
            Failure::Refused => ErrorCode::Unauthorized,
            Failure::Gone | Failure::Rejected | Failure::Failed | Failure::DigestRefused => ErrorCode::Rejected,
            Failure::Nonsense | Failure::OneByOne => ErrorCode::Protocol,
            Failure::Callback => ErrorCode::Callback,
            Failure::FileChanged => ErrorCode::FileChanged,
        };
        let times = if attempts > 1 { format!(" (attempt {attempts})") } else { String::new() };
        let mut error = Self::new(code, format!("{subject}: {}{times}", failed.words));
        (error.status, error.attempts) = (failed.status, Some(attempts));
        error
    }
}

impl Deref for Error {
    type Target = ErrorInner;

    fn deref(&self) -> &ErrorInner {
        &self.0
    }
}

impl DerefMut for Error {
    fn deref_mut(&mut self) -> &mut ErrorInner {
        &mut self.0
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
