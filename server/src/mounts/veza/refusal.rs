//! Errors in the platform's shape.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::chance;
use crate::moment::Moment;

/// An error in Veza's shape.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
    details: Value,
}

impl Refusal {
    fn new(status: StatusCode, code: &'static str, message: &str) -> Self {
        Self { status, code, message: message.to_owned(), details: json!([]) }
    }

    /// No key, or one that is not known.
    pub(crate) fn unauthenticated() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Unauthenticated", "the API key is missing or not known")
    }

    /// Something that the request names does not exist.
    pub(crate) fn not_found(message: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NotFound", message)
    }

    /// The endpoint knows other methods.
    pub(crate) fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "Unimplemented", "method not allowed")
    }

    /// The server's own failure.
    pub(crate) fn internal(message: &str) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal", message)
    }

    /// A field breaks a rule.
    pub(crate) fn field(field: &str, description: &str) -> Self {
        let violations = json!([{ "field": field, "description": description }]);
        let details = json!([
            { "@type": "type.googleapis.com/google.rpc.BadRequest", "field_violations": violations },
            {
                "@type": "type.googleapis.com/errorstatus.v1.UserFacingErrorInfo",
                "reason": "INVALID_ARGUMENTS",
                "metadata": {},
                "message": description,
                "resolution": "Send the request again with the field as documented.",
            },
        ]);
        Self { details, ..Self::new(StatusCode::BAD_REQUEST, "InvalidArgument", "Invalid Arguments") }
    }

    /// The body as a whole cannot be taken.
    pub(crate) fn body(status: StatusCode, description: &str) -> Self {
        Self { status, ..Self::field("body", description) }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({
            "code": self.code,
            "message": self.message,
            "request_id": chance::hex(16),
            "timestamp": Moment::now(),
            "details": self.details,
        });
        (self.status, Json(body)).into_response()
    }
}
