//! What other uploaders send, taken and forgotten, so that the benchmark has them beside us on the same line: tus with
//! its concatenation, a PUT for each chunk, and the calls of Uploadcare's client. Nothing is checked or kept.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::DefaultBodyLimit;
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch, post, put};
use axum::{Extension, Json, Router};
use futures::TryStreamExt as _;
use serde_json::{Value, json};

use super::Mount;
use crate::chance;
use crate::edge::call::{Call, Step, segments};
use crate::services::{ApiOrigin, JSON_LIMIT, Services};

/// The mount `/peers`.
pub(crate) struct Peers;

const NAME: &str = "peers";
const PREFIX: &str = "/peers";

impl Mount for Peers {
    fn name(&self) -> &'static str {
        NAME
    }

    fn prefix(&self) -> &'static str {
        PREFIX
    }

    fn is_store(&self) -> bool {
        true
    }

    fn call(&self, method: &Method, rest: &str, _query: &str) -> Call {
        let segments = segments(rest);
        let segments: Vec<_> = segments.iter().map(String::as_str).collect();
        let step = match (method.as_str(), &segments[..]) {
            ("POST", ["tus"] | ["uploadcare", "multipart", "start"]) => Some(Step::Create),
            ("PATCH", ["tus", _]) | ("PUT", ["chunks", _]) => Some(Step::Part),
            ("POST", ["uploadcare", "multipart", "complete"]) => Some(Step::Complete),
            ("GET", ["uploadcare", "info"]) => Some(Step::Status),
            _ => None,
        };
        Call { service: Some(NAME.to_owned()), step, parts: Vec::new() }
    }

    fn router(&self, _services: Arc<Services>) -> Router {
        Router::new()
            .route("/peers/tus", post(tus_create))
            .route("/peers/tus/{id}", patch(tus_append))
            .route("/peers/chunks/{id}", put(chunk))
            .route("/peers/uploadcare/multipart/start/", post(uploadcare_start))
            .route("/peers/uploadcare/multipart/complete/", post(uploadcare_file))
            .route("/peers/uploadcare/info/", get(uploadcare_file))
            .fallback(async || StatusCode::NOT_FOUND)
            .layer(DefaultBodyLimit::max(JSON_LIMIT))
    }
}

/// Reads a body to its end; how many bytes it had.
async fn forget(body: Body) -> Result<u64, StatusCode> {
    let bytes = body.into_data_stream().try_fold(0, async |sum, chunk| Ok(sum + chunk.len() as u64)).await;
    bytes.map_err(|_| StatusCode::BAD_REQUEST)
}

const TUS: (&str, &str) = ("tus-resumable", "1.0.0");

/// A new upload, a partial one, or one that is put together from those.
async fn tus_create() -> Response {
    let location = format!("{PREFIX}/tus/{}", chance::hex(8));
    (StatusCode::CREATED, [TUS, (LOCATION.as_str(), &*location)]).into_response()
}

async fn tus_append(headers: HeaderMap, body: Body) -> Result<Response, StatusCode> {
    let offset = headers.get("upload-offset").and_then(|offset| offset.to_str().ok()?.parse::<u64>().ok());
    let offset = offset.ok_or(StatusCode::BAD_REQUEST)? + forget(body).await?;
    Ok((StatusCode::NO_CONTENT, [TUS, ("upload-offset", &*offset.to_string())]).into_response())
}

async fn chunk(body: Body) -> Result<StatusCode, StatusCode> {
    forget(body).await?;
    Ok(StatusCode::OK)
}

/// As many addresses as the size that the form names takes parts of the size that it names.
async fn uploadcare_start(Extension(origin): Extension<ApiOrigin>, form: String) -> Result<Json<Value>, StatusCode> {
    let field = |name: &str| {
        let (_, rest) = form.split_once(&format!("name=\"{name}\"\r\n\r\n"))?;
        rest.split_once("\r\n")?.0.parse::<u64>().ok().filter(|number| *number > 0)
    };
    let (size, part) = field("size").zip(field("part_size")).ok_or(StatusCode::BAD_REQUEST)?;
    let count = size.div_ceil(part);
    if count > 10_000 {
        return Err(StatusCode::BAD_REQUEST);
    }
    let address = |_| origin.0.join(&format!("{PREFIX}/chunks/{}", chance::hex(8))).map(String::from);
    let parts = (0..count).map(address).collect::<Result<Vec<_>, _>>();
    let parts = parts.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(Json(json!({ "uuid": chance::hex(16), "parts": parts })))
}

async fn uploadcare_file() -> Json<Value> {
    Json(json!({ "uuid": chance::hex(16), "is_ready": true, "original_filename": "file", "filename": "file" }))
}
