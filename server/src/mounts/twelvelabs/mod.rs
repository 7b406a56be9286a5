//! TwelveLabs' multipart uploads: the service says how the file is cut and signs addresses of the storage, the client
//! reports what it has stored, and the last report completes. The object's key is the asset's id.

mod body;
mod refusal;
mod session;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Path, RawQuery};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::map_response;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use self::body::{Chunk, Create, More, Page};
use self::refusal::Refusal;
use self::session::{Reported, Session};
use super::Mount;
use super::guard::{Visit, api_key, guarded};
use super::json::Sent;
use crate::chance;
use crate::edge::call::{Call, Step, segments};
use crate::moment::Moment;
use crate::services::{JSON_LIMIT, Services};
use crate::store::error::StoreError;
use crate::store::record::{Claim, Object, Progress, Receipt, Terms};
use crate::store::session::bare;

/// The mount `/twelvelabs/v1.3`.
pub(crate) struct TwelveLabs;

const NAME: &str = "twelvelabs";

/// How many chunks the first answer signs; the SDKs ask for the others ten by ten.
const FIRST: u16 = 10;
/// How long an address holds.
const URL_EXPIRY: Duration = Duration::from_secs(3600);
/// A header for the chunks' requests. What it is for is nowhere said and the SDKs leave it out, so nothing asks for it.
const UPLOAD_HEADER: &str = "x-upload-token";
/// What a completion may be: the cut is the service's own.
const TERMS: Terms = Terms { floor: 0, empty: false };

impl Mount for TwelveLabs {
    fn name(&self) -> &'static str {
        NAME
    }

    fn prefix(&self) -> &'static str {
        "/twelvelabs/v1.3"
    }

    fn call(&self, method: &Method, rest: &str, _query: &str) -> Call {
        let segments = segments(rest);
        let segments: Vec<_> = segments.iter().map(String::as_str).collect();
        let step = match (method.as_str(), &segments[..]) {
            ("POST", ["assets", "multipart-uploads"]) => Some(Step::Create),
            ("GET", ["assets", "multipart-uploads"]) => Some(Step::List),
            ("POST", ["assets", "multipart-uploads", _]) => Some(Step::Report),
            ("POST", ["assets", "multipart-uploads", _, "presigned-urls"]) => Some(Step::Sign),
            ("GET", ["assets", "multipart-uploads", _] | ["assets", _]) => Some(Step::Status),
            _ => None,
        };
        Call { service: Some(NAME.to_owned()), step, parts: Vec::new() }
    }

    fn look(&self, call: &Call, head: &[u8]) -> Option<Call> {
        match call.step {
            Some(step @ (Step::Sign | Step::Report)) => Some(Call { parts: body::glance(step, head)?, ..call.clone() }),
            _ => Some(call.clone()),
        }
    }

    fn router(&self, services: Arc<Services>) -> Router {
        let path = |rest: &str| format!("/twelvelabs/v1.3/assets{rest}");
        let router = Router::new()
            .route(&path("/multipart-uploads"), post(create).get(list))
            .route(&path("/multipart-uploads/{id}"), post(report).get(status))
            .route(&path("/multipart-uploads/{id}/presigned-urls"), post(sign))
            .route(&path("/{id}"), get(asset))
            .fallback(async || Refusal::not_exist("The endpoint does not exist."))
            .method_not_allowed_fallback(async || Refusal::method_not_allowed());
        guarded(router, &services, api_key, || Refusal::unauthorized().into_response())
            .layer(DefaultBodyLimit::max(JSON_LIMIT))
            .layer(map_response(versioned))
            .with_state(services)
    }
}

async fn versioned(mut response: Response) -> Response {
    response.headers_mut().insert("x-api-version", HeaderValue::from_static("1.3"));
    response
}

async fn create(visit: Visit, sent: Sent) -> Result<(StatusCode, Json<Value>), Refusal> {
    let said = Create::read(sent)?;
    let description = session::describe(said, visit.services.options.min_part_size, visit.owner);
    let upload = visit.services.store.create_under(session::new_asset_id(), description).await?;
    let session = Session::of(upload).ok_or_else(StoreError::no_such_upload)?;
    let mut answer = session.cut();
    answer["asset_id"] = session.upload.key.clone().into();
    let first: Vec<_> = (1..=session.chunks().min(FIRST)).collect();
    answer["upload_urls"] = signed(&visit, &session, &first).await?.rows;
    answer["upload_headers"] = json!({ UPLOAD_HEADER: chance::hex(8) });
    Ok((StatusCode::CREATED, Json(answer)))
}

async fn sign(visit: Visit, Path(id): Path<String>, sent: Sent) -> Result<Json<Value>, Refusal> {
    let said = More::read(sent)?;
    let session = find(&visit, &id).await?;
    let last = session.chunks();
    let start = u16::try_from(said.start).ok().filter(|start| *start <= last);
    let start = start.ok_or_else(|| Refusal::invalid("start", &format!("there are {last} chunks")))?;
    if let Progress::Completed(_) = visit.services.store.progress(&session.upload).await? {
        return Err(Refusal::body(StatusCode::BAD_REQUEST, "The upload session is completed."));
    }
    if session.expired() {
        return Err(Refusal::expired());
    }
    let numbers: Vec<_> = (start..=last).take(said.count.into()).collect();
    let signed = signed(&visit, &session, &numbers).await?;
    Ok(Json(json!({
        "upload_id": id,
        "start_index": start,
        "count": numbers.len(),
        "upload_urls": signed.rows,
        "generated_at": signed.at,
        "expires_at": signed.until,
    })))
}

async fn report(visit: Visit, Path(id): Path<String>, sent: Sent) -> Result<Json<Value>, Refusal> {
    let chunks = Chunk::read(sent)?;
    let session = find(&visit, &id).await?;
    let numbers = chunks.iter().map(|chunk| numbered(&session, chunk)).collect::<Result<Vec<_>, _>>()?;
    let store = &visit.services.store;
    let reported = store.note(&session.upload, |reported: &mut Reported| reported.clone()).await?;
    if let Progress::Open(parts) = store.progress(&session.upload).await? {
        if session.expired() {
            return Err(Refusal::expired());
        }
        for (chunk, number) in chunks.iter().zip(&numbers).filter(|(_, number)| !reported.contains_key(number)) {
            proven(&session, chunk, *number, &parts)?;
        }
    }
    let batch = chunks.len();
    let note = move |reported: &mut Reported| {
        let before = reported.len();
        let now = Moment::this_second();
        for number in numbers {
            reported.entry(number).or_insert(now);
        }
        (reported.len() - before, reported.len())
    };
    let (processed, total) = store.note(&session.upload, note).await?;
    let mut answer = json!({
        "asset_id": session.upload.key,
        "processed_chunks": processed,
        "duplicate_chunks": batch - processed,
        "total_completed": total,
    });
    if total == usize::from(session.chunks()) {
        answer["url"] = complete(&visit, &session).await?.location.into();
    }
    Ok(Json(answer))
}

async fn status(visit: Visit, Path(id): Path<String>, RawQuery(query): RawQuery) -> Result<Json<Value>, Refusal> {
    let page = Page::read(&query.unwrap_or_default())?;
    let session = find(&visit, &id).await?;
    let store = &visit.services.store;
    let completed = matches!(store.progress(&session.upload).await?, Progress::Completed(_));
    let reported = store.note(&session.upload, |reported: &mut Reported| reported.clone()).await?;
    Ok(Json(session.progress(completed, &reported, page)))
}

async fn list(visit: Visit, RawQuery(query): RawQuery) -> Result<Json<Value>, Refusal> {
    let page = Page::read(&query.unwrap_or_default())?;
    let open = visit.services.store.unfinished(NAME, Some(visit.owner))?;
    let mut sessions: Vec<_> = open.into_iter().filter_map(Session::of).collect();
    // Newest first, and in one order for all pages.
    sessions.sort_by_key(|session| (std::cmp::Reverse(session.created_at()), session.upload.key.clone()));
    let (rows, page_info) = page.of(sessions);
    let data: Vec<_> = rows.iter().map(Session::summary).collect();
    Ok(Json(json!({ "data": data, "page_info": page_info })))
}

async fn asset(visit: Visit, Path(id): Path<String>) -> Result<Json<Value>, Refusal> {
    let session = session(&visit, &id).await.map_err(|_| Refusal::not_exist("The asset does not exist."))?;
    let completed = matches!(visit.services.store.progress(&session.upload).await?, Progress::Completed(_));
    Ok(Json(session.asset(completed)))
}

async fn find(visit: &Visit, id: &str) -> Result<Session, Refusal> {
    let asset = session::neighbour(id).ok_or_else(StoreError::no_such_upload)?;
    session(visit, &asset).await
}

async fn session(visit: &Visit, asset: &str) -> Result<Session, Refusal> {
    let upload = visit.services.store.find_key(NAME, asset, Some(visit.owner)).await?;
    Ok(Session::of(upload).ok_or_else(StoreError::no_such_upload)?)
}

struct Signed {
    rows: Value,
    at: Moment,
    until: Moment,
}

async fn signed(visit: &Visit, session: &Session, numbers: &[u16]) -> Result<Signed, Refusal> {
    let expiry = visit.services.options.url_expiry.unwrap_or(URL_EXPIRY);
    let urls = visit.services.store.sign(&session.upload, numbers, &visit.storage, expiry).await?;
    let at = Moment::this_second();
    let until = at.plus(expiry);
    let row =
        |(number, url): &(u16, url::Url)| json!({ "chunk_index": number, "url": url.as_str(), "expires_at": until });
    Ok(Signed { rows: urls.iter().map(row).collect(), at, until })
}

/// The number of a chunk that the file has, and whose size is said right.
fn numbered(session: &Session, chunk: &Chunk) -> Result<u16, Refusal> {
    let last = session.chunks();
    let number = u16::try_from(chunk.index).ok().filter(|number| *number <= last);
    let number = number.ok_or_else(|| Refusal::invalid("chunk_index", &format!("there are {last} chunks")))?;
    let size = session.size_of(number);
    if chunk.size != size {
        return Err(Refusal::invalid("chunk_size", &format!("chunk {number} has {size} bytes, not {}", chunk.size)));
    }
    Ok(number)
}

/// The chunk is stored as its proof says, whole.
fn proven(session: &Session, chunk: &Chunk, number: u16, parts: &[(u16, Receipt)]) -> Result<(), Refusal> {
    let stored = parts.iter().find(|(at, part)| *at == number && bare(&part.etag) == chunk.proof);
    let Some((_, part)) = stored else {
        return Err(Refusal::invalid("proof", &format!("chunk {number} was not uploaded with this ETag")));
    };
    whole(session, number, part)
}

fn whole(session: &Session, number: u16, part: &Receipt) -> Result<(), Refusal> {
    let size = session.size_of(number);
    if part.size != size {
        let rule = format!("{} bytes of chunk {number} were uploaded, not {size}", part.size);
        return Err(Refusal::invalid("chunk_size", &rule));
    }
    Ok(())
}

/// Completes with what is stored now: a chunk that was sent again after it was reported counts, if it is whole.
async fn complete(visit: &Visit, session: &Session) -> Result<Object, Refusal> {
    let store = &visit.services.store;
    let parts = match store.progress(&session.upload).await? {
        Progress::Completed(object) => return Ok(object),
        Progress::Open(parts) => parts,
    };
    for (number, part) in &parts {
        whole(session, *number, part)?;
    }
    let claims = parts.into_iter().map(|(number, part)| Claim::bare(number, part.etag)).collect();
    Ok(store.complete_on(TERMS, &session.upload, claims, &visit.storage).await?)
}
