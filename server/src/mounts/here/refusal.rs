//! Errors in the platform's shape.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::chance;
use crate::store::error::StoreError;

/// An error in HERE's shape.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    cause: String,
    action: &'static str,
}

impl Refusal {
    /// With this status, what happened and what to do.
    pub(crate) fn new(status: StatusCode, cause: &str, action: &'static str) -> Self {
        Self { status, cause: cause.to_owned(), action }
    }

    /// The request breaks a rule.
    pub(crate) fn bad(cause: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, cause, "Send the request again as documented.")
    }

    /// No token, or one that is not known.
    pub(crate) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "the token is missing or not known", "Send a valid bearer token.")
    }

    /// Something that the request names does not exist.
    pub(crate) fn not_found(cause: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, cause, "Use the links as they were given when the upload was started.")
    }

    /// Another blob has the handle.
    pub(crate) fn conflict() -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "the data handle is in use already",
            "Start an upload under another data handle.",
        )
    }

    /// The blob cannot be made of these parts.
    pub(crate) fn publication(cause: &str) -> Self {
        let action = "Cancel this upload and start another.";
        Self::new(StatusCode::BAD_REQUEST, &format!("publication failed: {cause}"), action)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match &*error.code {
            "NoSuchUpload" => Self::not_found("the multipart upload is unknown, or is over"),
            _ if error.status.is_client_error() => Self { status: error.status, ..Self::bad(&error.message) },
            _ => Self::new(error.status, &error.message, "Try again later."),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({
            "title": self.status.canonical_reason().unwrap_or("Error"),
            "status": self.status.as_u16(),
            "code": format!("E{}", self.status.as_u16()),
            "cause": self.cause,
            "action": self.action,
            "correlationId": chance::uuid(),
        });
        (self.status, Json(body)).into_response()
    }
}
