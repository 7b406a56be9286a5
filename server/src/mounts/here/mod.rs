//! HERE's Blob Service v1, and the API lookup that leads to it. An upload's token is the object's key, and the data handle
//! the file's name.

mod blob;
mod digest;
mod notes;
mod refusal;

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Path, Request};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use futures::future::BoxFuture;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use self::notes::Notes;
use self::refusal::Refusal;
use super::Mount;
use super::guard::{Visit, bearer, guarded};
use crate::edge::call::{Call, Step, parameter, segments};
use crate::services::{JSON_LIMIT, Services};

/// The mount `/here`.
pub(crate) struct Here;

const NAME: &str = "here";

/// Which segment below the prefix is an upload's token.
const TOKEN: usize = 9;

#[async_trait::async_trait]
impl Mount for Here {
    fn name(&self) -> &'static str {
        NAME
    }

    fn prefix(&self) -> &'static str {
        "/here"
    }

    fn call(&self, method: &Method, rest: &str, query: &str) -> Call {
        let segments = segments(rest);
        let segments: Vec<_> = segments.iter().map(String::as_str).collect();
        let ["blobstore", "v1", "catalogs", _, "layers", _, "data", _, "multiparts", below @ ..] = &segments[..] else {
            return Call { service: Some(NAME.to_owned()), ..Call::default() };
        };
        let (step, part) = match (method.as_str(), below) {
            ("POST", []) => (Some(Step::Create), None),
            ("POST", [_, "parts"]) => (Some(Step::Part), parameter(query, "partNumber")),
            ("PUT", [_]) => (Some(Step::Complete), None),
            ("GET", [_]) => (Some(Step::Status), None),
            ("DELETE", [_]) => (Some(Step::Abort), None),
            _ => (None, None),
        };
        let parts = part.and_then(|part| part.parse().ok()).into_iter().collect();
        Call { service: Some(NAME.to_owned()), step, parts }
    }

    /// A number must not be used again after an attempt that failed. Requests that do not show the owner's key are
    /// no attempts: a stranger cannot spoil an upload.
    async fn attempt(
        &self,
        services: &Arc<Services>,
        call: &Call,
        headers: &HeaderMap,
        rest: &str,
    ) -> Option<BoxFuture<'static, ()>> {
        let (Some(Step::Part), [number]) = (call.step, &call.parts[..]) else { return None };
        let (number, segments) = (*number, segments(rest));
        let owner = services.keys.identify(headers).ok()?;
        let upload = services.store.find_key(NAME, segments.get(TOKEN)?, owner).await.ok()?;
        // Where nothing can be noted, nothing can be stored either, and the part says so.
        let attempt = services.store.note(&upload, move |notes: &mut Notes| notes.begin(number)).await.ok()?;
        let services = Arc::clone(services);
        Some(Box::pin(async move {
            let note = move |notes: &mut Notes| notes.ended_well(number, attempt);
            // An attempt that cannot be noted as good counts as failed, which is the safe side.
            let _ = services.store.note(&upload, note).await;
        }))
    }

    fn router(&self, services: Arc<Services>) -> Router {
        let uploads = "/here/blobstore/v1/catalogs/{hrn}/layers/{layer}/data/{handle}/multiparts";
        let upload = format!("{uploads}/{{token}}");
        let router = Router::new()
            .route("/here/lookup/v1/resources/{hrn}/apis", get(apis))
            .route(uploads, post(blob::start))
            .route(&upload, get(blob::status).put(blob::complete).delete(blob::cancel))
            .route(&format!("{upload}/parts"), post(blob::part))
            .layer(Extension(blob::Turn::default()))
            .layer(from_fn(billed))
            .fallback(async || Refusal::not_found("there is no such endpoint"))
            .method_not_allowed_fallback(async || {
                let cause = "the endpoint has no such method";
                Refusal::new(StatusCode::METHOD_NOT_ALLOWED, cause, "Use the method of the link.")
            });
        guarded(router, &services, bearer, || Refusal::unauthorized().into_response())
            .layer(DefaultBodyLimit::max(JSON_LIMIT))
            .with_state(services)
    }
}

/// Every call may say who is to be billed; nobody is, but the tag must be one. Whatever else a query says, such as which
/// SDK it is from, is left alone.
async fn billed(request: Request, next: Next) -> Response {
    let tag = parameter(request.uri().query().unwrap_or_default(), "billingTag");
    let fine = |tag: String| (4..=16).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if tag.is_none_or(fine) {
        next.run(request).await
    } else {
        Refusal::bad("billingTag must be 4 to 16 letters and digits").into_response()
    }
}

async fn apis(visit: Visit, Path(hrn): Path<String>) -> Json<Value> {
    Json(json!([{ "api": "blob", "version": "v1", "baseURL": base(&visit, &hrn), "parameters": {} }]))
}

/// Where a catalog's blobs are.
fn base(visit: &Visit, hrn: &str) -> String {
    format!("{}here/blobstore/v1/catalogs/{}", visit.api, encoded(hrn))
}

/// What stands in a path for itself; HRNs are full of colons.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':');

fn encoded(segment: &str) -> String {
    utf8_percent_encode(segment, SEGMENT).to_string()
}
