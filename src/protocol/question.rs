//! Questions that belong to no upload, and what services say to them.

use super::Json;

/// What a service can be asked beside an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Which sessions it holds unfinished.
    Incomplete {
        /// Which page, counted from one.
        page: u64,
    },
    /// What it knows of one session.
    Status {
        /// The session's name, as the result of an upload gives it.
        upload_id: String,
        /// Which page, counted from one.
        page: u64,
    },
}

impl Question {
    /// The name of the function of the package that asks it.
    #[must_use]
    pub const fn role(&self) -> &'static str {
        match self {
            Self::Incomplete { .. } => "incomplete",
            Self::Status { .. } => "status",
        }
    }
}

/// One page of what a service says to a question, in the package's shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// Sessions, or the stored parts of one.
    pub items: Vec<Json>,
    /// Where a session stands: `active`, `processing`, `completed`, `failed` or `expired`.
    pub state: Option<&'static str>,
    /// The answer, parsed.
    pub response: Json,
    /// If there may be another page, what the entries of this one are called: a page on which all are known is the last.
    pub more: Option<Json>,
}
