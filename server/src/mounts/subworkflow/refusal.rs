//! Errors: the service has one shape, the framework before it another.

use axum::Json;
use axum::extract::multipart::{MultipartError, MultipartRejection};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// An error of the service.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// The status.
    pub status: StatusCode,
    /// What is wrong.
    pub error: String,
}

impl Refusal {
    /// With this status and text.
    pub(crate) fn new(status: StatusCode, error: &str) -> Self {
        Self { status, error: error.to_owned() }
    }

    /// The request breaks a rule.
    pub(crate) fn bad(error: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error)
    }
}

/// No key, or one that is not known: the framework's answer.
pub(crate) fn unauthorized() -> Response {
    (StatusCode::UNAUTHORIZED, Json(json!({ "message": "the API key is missing or not known" }))).into_response()
}

impl From<MultipartRejection> for Refusal {
    fn from(rejection: MultipartRejection) -> Self {
        Self { status: rejection.status(), error: rejection.body_text() }
    }
}

impl From<MultipartError> for Refusal {
    fn from(error: MultipartError) -> Self {
        Self { status: error.status(), error: error.body_text() }
    }
}
