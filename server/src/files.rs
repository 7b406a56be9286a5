//! `/_/files`: what is stored.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{
    CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router, routing::get};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::control::refuse;
use crate::services::Services;
use crate::store::Opened;
use crate::store::error::StoreError;

/// The routes of stored files.
pub(crate) fn router(services: Arc<Services>) -> Router {
    Router::new().route("/_/files", get(list)).route("/_/files/{id}", get(download)).with_state(services)
}

async fn list(State(services): State<Arc<Services>>) -> Result<Response, Response> {
    let rows = services.store.files().await.map_err(failed)?;
    Ok(Json(rows).into_response())
}

/// Whatever somebody uploaded leaves as a download that no page of this origin can be tricked into running.
async fn download(State(services): State<Arc<Services>>, Path(id): Path<String>) -> Result<Response, Response> {
    let opened = services.store.open(&id).await.map_err(failed)?;
    let (head, bytes) = match opened {
        Some(Opened::Here(head, bytes)) => (head, bytes),
        Some(Opened::Elsewhere(url)) => return Ok((StatusCode::FOUND, [(LOCATION, url.to_string())]).into_response()),
        Some(Opened::Discarded) => {
            return Err(refuse(StatusCode::GONE, "the bytes were discarded on arrival (--sink)"));
        }
        None => return Err(refuse(StatusCode::NOT_FOUND, "no such file")),
    };
    let mut response = Body::from_stream(bytes).into_response();
    let headers = response.headers_mut();
    let media_type = HeaderValue::from_str(&head.media_type).ok().filter(|value| !value.is_empty());
    headers.insert(CONTENT_TYPE, media_type.unwrap_or(HeaderValue::from_static("application/octet-stream")));
    headers.insert(CONTENT_LENGTH, head.size.into());
    // The disposition is ASCII by construction.
    if let Ok(disposition) = HeaderValue::from_str(&disposition(&head.name)) {
        headers.insert(CONTENT_DISPOSITION, disposition);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox"));
    Ok(response)
}

/// What RFC 8187 lets stand unescaped.
const ATTRIBUTE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// `attachment` with the name twice, as RFC 6266 advises: plain for old readers, encoded for all others.
pub(crate) fn disposition(name: &str) -> String {
    let plain = |letter: char| match letter {
        '"' | '\\' | '/' | '%' => '_',
        ' '..='~' => letter,
        _ => '_',
    };
    let fallback: String = name.chars().map(plain).collect();
    format!("attachment; filename=\"{fallback}\"; filename*=UTF-8''{}", utf8_percent_encode(name, ATTRIBUTE))
}

fn failed(error: StoreError) -> Response {
    refuse(error.status, &error.message)
}
