//! Veza's Open Authorization API: parts as base64 in JSON, all through one endpoint. The client is told the object's key
//! as `upload_id`.

mod body;
mod refusal;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use self::body::Operation;
use self::refusal::Refusal;
use super::Mount;
use super::guard::{Visit, bearer, guarded};
use super::json::Sent;
use crate::chance;
use crate::edge::call::{Call, Step};
use crate::services::Services;
use crate::store::error::StoreError;
use crate::store::incoming::Promises;
use crate::store::record::{Claim, Description, Progress, Terms, Upload};

/// The mount of Veza's API.
pub(crate) struct Veza {
    prefix: &'static str,
}

const NAME: &str = "veza";

/// The SDK's largest part, 100,000,000 bytes, is 133,333,336 in base64; the rest is JSON around it.
const BODY_LIMIT: usize = 140_000_000;

/// What a completion may be: parts of any size, or none.
const TERMS: Terms = Terms { floor: 0, empty: true };

impl Veza {
    /// Beside the other services.
    pub(crate) const OWN: Self = Self { prefix: "/veza/api/v1" };
    /// Where `oaaclient` looks for it on every host.
    pub(crate) const ROOT: Self = Self { prefix: "/api/v1" };
}

impl Mount for Veza {
    fn name(&self) -> &'static str {
        NAME
    }

    fn prefix(&self) -> &'static str {
        self.prefix
    }

    fn call(&self, _method: &Method, _rest: &str, _query: &str) -> Call {
        // Which step a request is, only its body says.
        Call { service: Some(NAME.to_owned()), ..Call::default() }
    }

    fn look(&self, call: &Call, head: &[u8]) -> Option<Call> {
        let seen = body::glance(head)?;
        let (step, part) = match &*seen.operation {
            "start" => (Some(Step::Create), None),
            "upload" => (Some(Step::Part), Some(seen.sequence_number?)),
            "complete" => (Some(Step::Complete), None),
            _ => (None, None),
        };
        let parts = part.and_then(|part| u16::try_from(part).ok()).into_iter().collect();
        Some(Call { step, parts, ..call.clone() })
    }

    fn router(&self, services: Arc<Services>) -> Router {
        let path = |rest: &str| format!("{}/providers/custom{rest}", self.prefix);
        let router = Router::new()
            .route(&path(""), get(providers))
            .route(&path("/templates"), get(templates))
            .route(&path("/{provider}/datasources"), get(data_sources))
            .route(&path("/{provider}/datasources/{source}"), post(parts))
            .fallback(async || Refusal::not_found("no such endpoint"))
            .method_not_allowed_fallback(async || Refusal::method_not_allowed());
        guarded(router, &services, bearer, refusal).layer(DefaultBodyLimit::max(BODY_LIMIT)).with_state(services)
    }
}

fn refusal() -> Response {
    Refusal::unauthenticated().into_response()
}

async fn templates() -> Json<Value> {
    Json(json!({ "values": [], "has_more": false }))
}

#[derive(Deserialize)]
struct Filter {
    filter: Option<String>,
}

/// Whatever provider the SDK asks for by name exists: this server keeps what is pushed, not the graph around it.
async fn providers(Query(query): Query<Filter>) -> Json<Value> {
    Json(found(&query, |id, name| json!({ "id": id, "name": name, "state": "ENABLED" })))
}

/// The same for data sources; what was pushed has been processed already.
async fn data_sources(Query(query): Query<Filter>) -> Json<Value> {
    Json(found(&query, |id, name| json!({ "id": id, "name": name, "status": "SUCCESS" })))
}

fn found(query: &Filter, row: impl Fn(&str, &str) -> Value) -> Value {
    let filter = query.filter.as_deref().unwrap_or_default();
    let name = filter.strip_prefix("name eq \"").and_then(|rest| rest.strip_suffix('"'));
    // A digest, so that the same name has the same id, and no name is ever part of a path.
    let row = name.map(|name| row(&chance::to_hex(&Sha256::digest(name)[..16]), name));
    json!({ "values": row.into_iter().collect::<Vec<_>>(), "has_more": false })
}

async fn parts(
    visit: Visit,
    Path((provider, source)): Path<(String, String)>,
    sent: Sent,
) -> Result<Json<Value>, Refusal> {
    let Some(source) = source.strip_suffix(":parts") else { return Err(Refusal::not_found("no such endpoint")) };
    let body = sent.bytes().map_err(|(status, message)| Refusal::body(status, &message))?;
    // Base64 of a hundred megabytes keeps a thread busy for a while.
    let operation = tokio::task::spawn_blocking(move || Operation::parse(&body)).await;
    let operation = operation.map_err(|error| Refusal::internal(&error.to_string()))??;
    let place = Place { visit, provider, source: source.to_owned() };
    match operation {
        Operation::Start => place.start().await,
        Operation::Upload { upload_id, number, data } => place.upload(&upload_id, number, data).await,
        Operation::Complete { upload_id, count } => place.complete(&upload_id, count).await,
    }
}

/// The data source that a request is about, and who asks.
struct Place {
    visit: Visit,
    provider: String,
    source: String,
}

impl Place {
    async fn start(&self) -> Result<Json<Value>, Refusal> {
        let metadata = [("provider", &self.provider), ("dataSource", &self.source)];
        let description = Description {
            service: NAME.to_owned(),
            name: self.source.clone(),
            media_type: "application/json".to_owned(),
            metadata: metadata.map(|(key, value)| (key.to_owned(), value.clone())).into(),
            owner: Some(self.visit.owner.to_owned()),
        };
        let upload = self.visit.services.store.create(description).await?;
        Ok(Json(json!({ "status": "success", "upload_id": upload.key })))
    }

    async fn upload(&self, id: &str, number: u16, data: Vec<u8>) -> Result<Json<Value>, Refusal> {
        let upload = self.find(id).await?;
        let body = futures::stream::iter([Ok::<_, std::convert::Infallible>(Bytes::from(data))]);
        self.visit.services.store.put(&upload, number, body, Promises::default()).await?;
        Ok(Json(json!({ "status": "success" })))
    }

    async fn complete(&self, id: &str, count: u16) -> Result<Json<Value>, Refusal> {
        let upload = self.find(id).await?;
        let store = &self.visit.services.store;
        let claims = match store.progress(&upload).await? {
            Progress::Completed(object) => {
                counted(object.parts.iter().map(|(number, _)| *number), count)?;
                None
            }
            Progress::Open(parts) => {
                counted(parts.iter().map(|(number, _)| *number), count)?;
                Some(parts.into_iter().map(|(number, part)| Claim::bare(number, part.etag)).collect())
            }
        };
        if let Some(claims) = claims {
            store.complete_on(TERMS, &upload, claims, &self.visit.storage).await?;
        }
        Ok(Json(json!({ "status": "success", "warnings": [] })))
    }

    async fn find(&self, id: &str) -> Result<Upload, Refusal> {
        let upload = self.visit.services.store.find_key(NAME, id, Some(self.visit.owner)).await?;
        let said = &upload.description.metadata;
        if said.get("provider") != Some(&self.provider) || said.get("dataSource") != Some(&self.source) {
            return Err(StoreError::no_such_upload().into());
        }
        Ok(upload)
    }
}

/// The parts must be the numbers from 1 to `count`.
fn counted(stored: impl Iterator<Item = u16>, count: u16) -> Result<(), Refusal> {
    let stored: Vec<_> = stored.collect();
    if stored.iter().copied().eq(1..=count) {
        return Ok(());
    }
    let missing: Vec<_> =
        (1..=count).filter(|number| !stored.contains(number)).map(|number| number.to_string()).collect();
    let description = if missing.is_empty() {
        format!("{} parts were uploaded, more than {count}", stored.len())
    } else {
        format!("parts were not uploaded: {}", missing.join(", "))
    };
    Err(Refusal::field("sequence_count", &description))
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error.status {
            StatusCode::NOT_FOUND => Self::not_found("the upload_id is not known"),
            status if status.is_client_error() => Self::body(status, &error.message),
            _ => Self::internal(&error.message),
        }
    }
}
