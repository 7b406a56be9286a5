//! What a store answers when it refuses, in S3's own words whichever service asked.

use axum::http::StatusCode;
use s3s::{S3Error, S3ErrorCode};

/// A refusal by the object store: S3's code, its status, and a sentence for the developer.
#[derive(Debug, Clone)]
pub struct StoreError {
    /// S3's name for the situation, such as `NoSuchUpload`.
    pub code: String,
    /// What happened, for people.
    pub message: String,
    /// The HTTP status that S3 answers with.
    pub status: StatusCode,
}

/// The result of everything a store does.
pub(crate) type StoreResult<T> = Result<T, StoreError>;

impl StoreError {
    /// A refusal whose status is the one S3 documents for the code; 500 for codes that S3 does not know.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        let status = S3ErrorCode::from_bytes(code.as_bytes())
            .and_then(|known| known.status_code())
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { code: code.to_owned(), message: message.into(), status }
    }

    /// The session is unknown, or was completed or aborted.
    pub fn no_such_upload() -> Self {
        Self::new(
            "NoSuchUpload",
            "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
        )
    }
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        Self::new("InternalError", format!("the disk refused: {error}"))
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::new("InternalError", format!("a record on disk cannot be read: {error}"))
    }
}

impl From<StoreError> for S3Error {
    fn from(error: StoreError) -> Self {
        let code = S3ErrorCode::from_bytes(error.code.as_bytes()).unwrap_or(S3ErrorCode::InternalError);
        let mut answer = Self::with_message(code, error.message);
        answer.set_status_code(error.status);
        answer
    }
}
