//! subworkflow.ai's upload sessions: everything as forms, parts as files in them. The client is told the object's key as
//! the session's `key`, from which the ids of job and data set are made.

mod form;
mod refusal;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::multipart::MultipartRejection;
use axum::extract::{DefaultBodyLimit, Multipart, Path, Request};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures::StreamExt as _;
use serde_json::{Value, json};

use self::form::{Append, End, Form, Start};
use self::refusal::Refusal;
use super::Mount;
use super::guard::{self, Visit, guarded};
use crate::chance;
use crate::edge::call::{Call, Step, parameter, segments};
use crate::services::{JSON_LIMIT, Services};
use crate::store::error::{StoreError, StoreResult};
use crate::store::incoming::Promises;
use crate::store::record::{Description, Object, Progress, Terms, Upload};

/// The mount `/subworkflow/v1`.
pub(crate) struct Subworkflow;

const NAME: &str = "subworkflow";

/// The least and the most that a part may hold, the last part's least excepted.
const SMALLEST: u64 = 5_000_000;
const LARGEST: usize = 100_000_000;
/// A part and the form around it.
const BODY_LIMIT: usize = LARGEST + (1 << 20);

const KEY: &str = "tmp_";
const JOB: &str = "dsj_";
const DATASET: &str = "ds_";

const TYPE: &str = "jobType";

impl Mount for Subworkflow {
    fn name(&self) -> &'static str {
        NAME
    }

    fn prefix(&self) -> &'static str {
        "/subworkflow/v1"
    }

    fn call(&self, method: &Method, rest: &str, _query: &str) -> Call {
        let segments = segments(rest);
        let segments: Vec<_> = segments.iter().map(String::as_str).collect();
        let step = match (method.as_str(), &segments[..]) {
            ("POST", ["upload-session" | "upload_session", step]) => match *step {
                "start" => Some(Step::Create),
                "append" => Some(Step::Part),
                "end" => Some(Step::Complete),
                "abort" => Some(Step::Abort),
                _ => None,
            },
            ("GET", ["jobs", _]) => Some(Step::Status),
            _ => None,
        };
        Call { service: Some(NAME.to_owned()), step, parts: Vec::new() }
    }

    fn look(&self, call: &Call, head: &[u8]) -> Option<Call> {
        if call.step != Some(Step::Part) {
            return Some(call.clone());
        }
        let number = form::glance(head)?;
        Some(Call { parts: number.parse().into_iter().collect(), ..call.clone() })
    }

    fn router(&self, services: Arc<Services>) -> Router {
        let mut router = Router::new().route("/subworkflow/v1/jobs/{id}", get(job));
        // The documentation writes it one way, the SDK the other.
        for sessions in ["upload-session", "upload_session"] {
            let path = |step: &str| format!("/subworkflow/v1/{sessions}/{step}");
            router = router
                .route(&path("start"), post(start))
                .route(&path("append"), post(append).layer(DefaultBodyLimit::max(BODY_LIMIT)))
                .route(&path("end"), post(end))
                .route(&path("abort"), post(abort));
        }
        let router = router
            .fallback(async || Refusal::new(StatusCode::NOT_FOUND, "no such endpoint"))
            .method_not_allowed_fallback(async || Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "method not allowed"));
        let router = guarded(router, &services, shown, refusal::unauthorized);
        router.layer(DefaultBodyLimit::max(JSON_LIMIT)).with_state(services)
    }
}

/// The key, which the SDK sends in a header and pages may send in the query.
fn shown(request: &Request) -> Option<Vec<u8>> {
    let query = request.uri().query().unwrap_or_default();
    guard::api_key(request).or_else(|| parameter(query, "api-key").map(String::into_bytes))
}

type Received = Result<Multipart, MultipartRejection>;

async fn start(visit: Visit, body: Received) -> Result<Json<Value>, Refusal> {
    let said = Start::read(&Form::read(body).await?)?;
    let mut metadata = vec![(TYPE, said.job_type)];
    metadata.extend(said.expiry.map(|days| ("expiresInDays", days.to_string())));
    let description = Description {
        service: NAME.to_owned(),
        name: said.name,
        media_type: said.media_type,
        metadata: metadata.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        owner: Some(visit.owner.to_owned()),
    };
    let key = format!("{KEY}{}", chance::hex(8));
    let upload = visit.services.store.create_under(key, description).await?;
    Ok(Json(json!({ "success": true, "data": { "key": upload.key } })))
}

async fn append(visit: Visit, body: Received) -> Result<Json<Value>, Refusal> {
    let mut form = body?;
    let said = Append::read(&mut form).await?;
    let upload = find(&visit, &said.key).await?;
    let file = form::next(&mut form, "file").await?;
    let over = AtomicBool::new(false);
    let mut size = 0;
    let bytes = file.map(|chunk| {
        let chunk = chunk.map_err(|error| error.body_text())?;
        size += chunk.len();
        if size > LARGEST {
            over.store(true, Ordering::Relaxed);
            return Err("too large".to_owned());
        }
        Ok(chunk)
    });
    let stored = visit.services.store.put(&upload, said.number, bytes, Promises::default()).await;
    if over.into_inner() {
        return Err(Refusal::bad(&format!("a part holds at most {LARGEST} bytes")));
    }
    let etag = stored?.etag;
    Ok(Json(json!({ "success": true, "data": { "etag": etag.trim_matches('"'), "partNumber": said.number } })))
}

async fn end(visit: Visit, body: Received) -> Result<Json<Value>, Refusal> {
    let said = End::read(&Form::read(body).await?)?;
    let upload = find(&visit, &said.key).await?;
    let terms = Terms { floor: SMALLEST.min(visit.services.options.min_part_size), empty: false };
    let object = visit.services.store.complete_on(terms, &upload, said.claims, &visit.storage).await?;
    Ok(Json(described(&upload, &object, false)))
}

async fn abort(visit: Visit, body: Received) -> Result<Json<Value>, Refusal> {
    let form = Form::read(body).await?;
    let upload = find(&visit, form.text("key")?).await?;
    visit.services.store.abort(&upload).await?;
    Ok(Json(json!({ "success": true })))
}

async fn job(visit: Visit, Path(id): Path<String>) -> Result<Json<Value>, Refusal> {
    let unknown = || Refusal::new(StatusCode::NOT_FOUND, "no such job");
    let suffix = id.strip_prefix(JOB).ok_or_else(unknown)?;
    let upload = find(&visit, &format!("{KEY}{suffix}")).await.map_err(|_| unknown())?;
    match visit.services.store.progress(&upload).await? {
        Progress::Completed(object) => Ok(Json(described(&upload, &object, true))),
        Progress::Open(_) => Err(unknown()),
    }
}

async fn find(visit: &Visit, key: &str) -> StoreResult<Upload> {
    visit.services.store.find_key(NAME, key, Some(visit.owner)).await
}

/// The job of a completed upload: not yet begun when the upload ends, and over whenever it is asked for later. Nothing
/// is extracted or vectorized here.
fn described(upload: &Upload, object: &Object, over: bool) -> Value {
    let suffix = upload.key.strip_prefix(KEY).unwrap_or_default();
    let kind = upload.description.metadata.get(TYPE).map(String::as_str).unwrap_or_default();
    let created = object.completed_at.epoch_ms().trunc() as u64;
    let worked = if over { created } else { 0 };
    let job = json!({
        "id": format!("{JOB}{suffix}"),
        "datasetId": format!("{DATASET}{suffix}"),
        "type": format!("datasets/{kind}"),
        "status": if over { "SUCCESS" } else { "NOT_STARTED" },
        "statusText": "",
        "startedAt": worked,
        "finishedAt": worked,
        "canceledAt": 0,
        "createdAt": created,
        "updatedAt": created,
    });
    json!({ "success": true, "total": 1, "data": job })
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match &*error.code {
            "NoSuchUpload" => Self::new(StatusCode::NOT_FOUND, "no such upload session"),
            _ => Self::new(error.status, &error.message),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, Json(json!({ "success": false, "error": self.error }))).into_response()
    }
}
