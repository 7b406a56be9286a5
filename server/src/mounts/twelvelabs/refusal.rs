//! Errors: flat, with a code that programs read.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::store::error::StoreError;

/// An error in TwelveLabs' shape.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Refusal {
    /// A parameter breaks a rule.
    pub(crate) fn invalid(parameter: &str, rule: &str) -> Self {
        Self::body(StatusCode::BAD_REQUEST, &format!("The {parameter} parameter is invalid: {rule}."))
    }

    /// A parameter is missing.
    pub(crate) fn not_provided(parameter: &str) -> Self {
        let message = format!("The {parameter} parameter is required but was not provided.");
        Self { status: StatusCode::BAD_REQUEST, code: "parameter_not_provided", message }
    }

    /// There is no such parameter.
    pub(crate) fn unknown(parameter: &str) -> Self {
        let message = format!("The {parameter} parameter is unknown.");
        Self { status: StatusCode::BAD_REQUEST, code: "parameter_unknown", message }
    }

    /// The request as a whole cannot be taken.
    pub(crate) fn body(status: StatusCode, message: &str) -> Self {
        Self { status, code: "parameter_invalid", message: message.to_owned() }
    }

    /// No key, or one that is not known.
    pub(crate) fn unauthorized() -> Self {
        let message = "The API key is missing or not known.".to_owned();
        Self { status: StatusCode::UNAUTHORIZED, code: "api_key_invalid", message }
    }

    /// Something that the request names does not exist.
    pub(crate) fn not_exist(message: &str) -> Self {
        Self { status: StatusCode::NOT_FOUND, code: "resource_not_exist", message: message.to_owned() }
    }

    /// The endpoint knows other methods.
    pub(crate) fn method_not_allowed() -> Self {
        Self { status: StatusCode::METHOD_NOT_ALLOWED, ..Self::not_exist("The endpoint has no such method.") }
    }

    /// The session is too old. The documentation names no error for it.
    pub(crate) fn expired() -> Self {
        Self::body(StatusCode::BAD_REQUEST, "The upload session has expired. Create a new upload session.")
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match &*error.code {
            "NoSuchUpload" => Self::not_exist("The upload session does not exist."),
            _ if error.status.is_client_error() => Self::body(error.status, &error.message),
            _ => Self { status: error.status, code: "internal_server_error", message: error.message },
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, Json(json!({ "code": self.code, "message": self.message }))).into_response()
    }
}
