//! The envelope around every answer.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::store::error::StoreError;

/// An answer that went well.
pub(crate) struct Success {
    result: Value,
    messages: Vec<String>,
}

impl Success {
    /// With this result.
    pub(crate) fn new(result: Value) -> Self {
        Self { result, messages: Vec::new() }
    }

    /// With something for people to read.
    pub(crate) fn saying(mut self, message: &str) -> Self {
        self.messages.push(message.to_owned());
        self
    }
}

impl IntoResponse for Success {
    fn into_response(self) -> Response {
        let body = json!({
            "success": true,
            "errors": [],
            "messages": self.messages,
            "result": self.result,
            "resultInfo": null,
            "statusCode": 200,
        });
        Json(body).into_response()
    }
}

/// An error in Gjirafa's shape.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    error: String,
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

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self { status: error.status, error: format!("{} {}", error.code, error.message) }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({
            "success": false,
            "errors": [self.error],
            "messages": [],
            "result": null,
            "resultInfo": null,
            "statusCode": self.status.as_u16(),
        });
        (self.status, Json(body)).into_response()
    }
}
