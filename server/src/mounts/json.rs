//! Bodies in JSON, as every service asks for them.

use std::convert::Infallible;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;

/// A body that is to be JSON, as far as it came. What is wrong with it is the service's to say in its own words.
pub(crate) struct Sent(Result<Bytes, (StatusCode, String)>);

impl Sent {
    /// The bytes of a body that arrived whole and is called JSON; otherwise the status and what is wrong.
    pub(crate) fn bytes(self) -> Result<Bytes, (StatusCode, String)> {
        self.0
    }

    /// The body as a JSON object with these fields.
    pub(crate) fn object<T: DeserializeOwned>(self) -> Result<T, (StatusCode, String)> {
        let body = self.0?;
        // An array would do for serde, field after field.
        if !body.trim_ascii_start().starts_with(b"{") {
            return Err((StatusCode::BAD_REQUEST, "the body must be a JSON object".to_owned()));
        }
        let wrong =
            |error: &dyn std::fmt::Display| (StatusCode::BAD_REQUEST, format!("the body cannot be read: {error}"));
        let mut json = serde_json::Deserializer::from_slice(&body);
        let said = serde_path_to_error::deserialize(&mut json).map_err(|error| wrong(&error))?;
        json.end().map_err(|error| wrong(&error))?;
        Ok(said)
    }
}

impl<S: Send + Sync> FromRequest<S> for Sent {
    type Rejection = Infallible;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let said = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let named = said.starts_with("application/json");
        Ok(Self(match Bytes::from_request(request, state).await {
            Err(rejection) => Err((rejection.status(), rejection.body_text())),
            Ok(_) if !named => Err((StatusCode::BAD_REQUEST, "the body must be sent as application/json".to_owned())),
            Ok(body) => Ok(body),
        }))
    }
}
