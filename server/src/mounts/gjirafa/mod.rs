//! Gjirafa VP's upload API: the client says how many parts, the service signs that many addresses of the storage. The
//! client is told the object's key as `requestKey`.

mod body;
mod envelope;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, Request};
use axum::http::header::AUTHORIZATION;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{post, put};
use serde_json::{Value, json};

use self::body::{Abort, Complete, Resume, Start};
use self::envelope::{Refusal, Success};
use super::Mount;
use super::guard::{self, Visit, guarded};
use super::json::Sent;
use crate::edge::call::{Call, Step, segments};
use crate::services::{JSON_LIMIT, Services};
use crate::store::error::{StoreError, StoreResult};
use crate::store::record::{Claim, Description, Progress, Upload};
use crate::store::session::bare;

/// The mount `/gjirafa/api`.
pub(crate) struct Gjirafa;

const NAME: &str = "gjirafa";

// What a session remembers beside the file's name and type.
const PROJECT: &str = "projectId";
const PARTS: &str = "partsNumber";
const HASH: &str = "fileHash";

impl Mount for Gjirafa {
    fn name(&self) -> &'static str {
        NAME
    }

    fn prefix(&self) -> &'static str {
        "/gjirafa/api"
    }

    fn call(&self, method: &Method, rest: &str, _query: &str) -> Call {
        let segments = segments(rest);
        let segments: Vec<_> = segments.iter().map(String::as_str).collect();
        let step = match (method.as_str(), &segments[..]) {
            ("POST", ["projects", _, "uploads", "multipart"]) => Some(Step::Create),
            ("PUT", ["projects", _, "uploads", "multipart-complete"]) => Some(Step::Complete),
            ("PUT", ["projects", _, "uploads", "multipart-abort"]) => Some(Step::Abort),
            ("POST", ["projects", _, "uploads", "multipart-resume"]) => Some(Step::Sign),
            _ => None,
        };
        Call { service: Some(NAME.to_owned()), step, parts: Vec::new() }
    }

    fn router(&self, services: Arc<Services>) -> Router {
        let path = |last: &str| format!("/gjirafa/api/projects/{{project}}/uploads/{last}");
        let router = Router::new()
            .route(&path("multipart"), post(start))
            .route(&path("multipart-complete"), put(complete))
            .route(&path("multipart-abort"), put(abort))
            .route(&path("multipart-resume"), post(resume))
            .fallback(async || Refusal::new(StatusCode::NOT_FOUND, "no such endpoint"))
            .method_not_allowed_fallback(async || Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "method not allowed"));
        guarded(router, &services, shown, refusal).layer(DefaultBodyLimit::max(JSON_LIMIT)).with_state(services)
    }
}

/// The key, which the documentation shows without the word before it.
fn shown(request: &Request) -> Option<Vec<u8>> {
    let sent = request.headers().get(AUTHORIZATION)?;
    guard::bearer(request).or_else(|| Some(sent.as_bytes().to_vec()))
}

fn refusal() -> Response {
    Refusal::new(StatusCode::UNAUTHORIZED, "the API key is missing or not known").into_response()
}

async fn start(visit: Visit, Path(project): Path<String>, sent: Sent) -> Result<Success, Refusal> {
    let said = Start::read(sent)?;
    let mut metadata = BTreeMap::from([
        (PROJECT.to_owned(), project.clone()),
        (PARTS.to_owned(), said.parts.to_string()),
        ("contentLength".to_owned(), said.content_length.unwrap_or_default()),
    ]);
    if let Some(hash) = said.hash {
        let twin = |upload: &Upload| {
            let known = &upload.description.metadata;
            upload.description.service == NAME
                && known.get(PROJECT) == Some(&project)
                && known.get(HASH).is_some_and(|known| *known == hash)
        };
        if visit.services.store.any_completed(twin)? {
            return Err(Refusal::bad("A file with the same fileHash has been uploaded to this project already."));
        }
        metadata.insert(HASH.to_owned(), hash);
    }
    let description = Description {
        service: NAME.to_owned(),
        name: said.name,
        media_type: said.media_type,
        metadata,
        owner: Some(visit.owner.to_owned()),
    };
    let upload = visit.services.store.create(description).await?;
    let numbers: Vec<_> = (1..=said.parts).collect();
    Ok(Success::new(signed(&visit, &upload, &numbers, said.expiry).await?))
}

async fn resume(visit: Visit, Path(project): Path<String>, sent: Sent) -> Result<Success, Refusal> {
    let said = Resume::read(sent)?;
    let upload = find(&visit, &project, &said.key).await?;
    let stored = visit.services.store.list(&upload).await?;
    let stored: HashSet<_> = stored.into_iter().map(|(number, _)| number).collect();
    let numbers: Vec<_> = (1..=parts_of(&upload)).filter(|number| !stored.contains(number)).collect();
    Ok(Success::new(signed(&visit, &upload, &numbers, said.expiry).await?))
}

async fn complete(visit: Visit, Path(project): Path<String>, sent: Sent) -> Result<Success, Refusal> {
    let said = Complete::read(sent)?;
    let upload = find(&visit, &project, &said.key).await?;
    let stored = match visit.services.store.progress(&upload).await? {
        Progress::Open(parts) => parts,
        Progress::Completed(object) => object.parts,
    };
    let stored: HashMap<_, _> =
        stored.into_iter().map(|(number, part)| (number, bare(&part.etag).to_owned())).collect();
    let holds = |claim: &Claim| stored.get(&claim.number).is_some_and(|etag| etag == bare(&claim.etag));
    let (valid, invalid): (Vec<_>, Vec<_>) = said.claims.into_iter().partition(holds);
    if valid.is_empty() {
        return Err(Refusal::bad("none of the listed parts was uploaded with this eTag"));
    }
    let found: HashSet<_> = valid.iter().map(|claim| claim.number).collect();
    let missing = listed((1..=parts_of(&upload)).filter(|number| !found.contains(number)));
    let whole = missing.is_empty() && invalid.is_empty();
    if !said.partial && !whole {
        let invalid = listed(invalid.iter().map(|claim| claim.number));
        return Err(Refusal::bad(&format!("parts are missing ({missing}) or not as uploaded ({invalid})")));
    }
    visit.services.store.complete(&upload, valid, &visit.storage).await?;
    let mut success = Success::new(Value::Bool(true));
    if !missing.is_empty() {
        success = success.saying(&format!("completed without these parts: {missing}"));
    }
    Ok(success)
}

async fn abort(visit: Visit, Path(project): Path<String>, sent: Sent) -> Result<Success, Refusal> {
    let said = Abort::read(sent)?;
    let upload = find(&visit, &project, &said.key).await?;
    visit.services.store.abort(&upload).await?;
    Ok(Success::new(Value::Bool(true)))
}

async fn find(visit: &Visit, project: &str, key: &str) -> StoreResult<Upload> {
    let upload = visit.services.store.find_key(NAME, key, Some(visit.owner)).await?;
    let known = upload.description.metadata.get(PROJECT);
    if known.is_some_and(|known| known == project) { Ok(upload) } else { Err(StoreError::no_such_upload()) }
}

async fn signed(visit: &Visit, upload: &Upload, numbers: &[u16], expiry: Duration) -> StoreResult<Value> {
    let urls = visit.services.store.sign(upload, numbers, &visit.storage, expiry).await?;
    let rows = urls.iter().map(|(number, url)| json!({ "partNumber": number, "presignedUrl": url.as_str() }));
    let rows: Vec<_> = rows.collect();
    Ok(json!({ "uploadId": upload.id, "requestKey": upload.key, "presignedUrl": rows }))
}

/// How many parts the client said there would be.
fn parts_of(upload: &Upload) -> u16 {
    let known = upload.description.metadata.get(PARTS).and_then(|parts| parts.parse().ok());
    // The number was written by `start`.
    known.unwrap_or_default()
}

fn listed(numbers: impl Iterator<Item = u16>) -> String {
    numbers.map(|number| number.to_string()).collect::<Vec<_>>().join(", ")
}
