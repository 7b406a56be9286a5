//! Bodies in JSON, as every service asks for them.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};

/// The bytes of a body that arrived whole and is called JSON; otherwise the status and what is wrong.
pub(crate) fn body(headers: &HeaderMap, body: Result<Bytes, BytesRejection>) -> Result<Bytes, (StatusCode, String)> {
    let body = body.map_err(|rejection| (rejection.status(), rejection.body_text()))?;
    let said = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !said.starts_with("application/json") {
        return Err((StatusCode::BAD_REQUEST, "the body must be sent as application/json".to_owned()));
    }
    Ok(body)
}
