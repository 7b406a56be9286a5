//! The calls of a multipart upload.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, RawQuery};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderName};
use axum::http::{HeaderMap, StatusCode};
use axum::{Extension, Json};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::notes::Notes;
use super::refusal::Refusal;
use super::{NAME, base, digest, encoded};
use crate::chance;
use crate::edge::call::parameter;
use crate::mounts::guard::Visit;
use crate::mounts::json::Sent;
use crate::store::MOST_PARTS;
use crate::store::error::StoreError;
use crate::store::record::{Claim, Description, Progress, Receipt, Terms, Upload};
use crate::store::session::bare;

/// The least and the most that a part may hold, the last part's least excepted.
const SMALLEST: u64 = 5 << 20;
const LARGEST: u64 = 5 << 30;
/// The most that a blob may hold.
const LARGEST_BLOB: u64 = 50_000_000_000;
/// The longest data handle.
const LONGEST: usize = 600;

// What a session remembers beside the handle and the media type.
const CATALOG: &str = "catalog";
const LAYER: &str = "layer";

/// Completions take turns, so that of two uploads under one handle only one becomes the blob.
#[derive(Debug, Clone, Default)]
pub(crate) struct Turn(Arc<Mutex<()>>);

/// Catalog, layer, data handle.
type Blob = (String, String, String);
/// The same and an upload's token.
type Multipart = (String, String, String, String);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SaidStart {
    content_type: String,
    #[serde(default)]
    content_encoding: Encoding,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Encoding {
    Gzip,
    #[default]
    Identity,
}

#[derive(Deserialize)]
struct SaidComplete {
    parts: Vec<SaidPart>,
}

#[derive(Deserialize)]
struct SaidPart {
    etag: String,
    number: u16,
}

/// Begins an upload, under a handle that no blob has yet.
pub(crate) async fn start(visit: Visit, Path(blob): Path<Blob>, sent: Sent) -> Result<Json<Value>, Refusal> {
    let (catalog, layer, handle) = &blob;
    let known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-';
    if handle.len() > LONGEST || !handle.bytes().all(known) {
        return Err(Refusal::bad(&format!("a data handle is up to {LONGEST} letters, digits, dots and hyphens")));
    }
    let said: SaidStart = read(sent)?;
    if !said.content_type.contains('/') {
        return Err(Refusal::bad("contentType must be a media type"));
    }
    if taken(&visit, &blob)? {
        return Err(Refusal::conflict());
    }
    let encoding = match said.content_encoding {
        Encoding::Gzip => "gzip",
        Encoding::Identity => "identity",
    };
    let metadata = [(CATALOG, &**catalog), (LAYER, layer), ("contentEncoding", encoding)];
    let description = Description {
        service: NAME.to_owned(),
        name: handle.clone(),
        media_type: said.content_type,
        metadata: metadata.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        owner: Some(visit.owner.to_owned()),
    };
    let upload = visit.services.store.create_under(chance::hex(20), description).await?;
    let blob = format!("{}/layers/{}/data/{handle}", base(&visit, catalog), encoded(layer));
    let href = format!("{blob}/multiparts/{}", upload.key);
    Ok(Json(json!({ "links": {
        "uploadPart": { "href": format!("{href}/parts"), "method": "POST" },
        "complete": { "href": href, "method": "PUT" },
        "status": { "href": href, "method": "GET" },
        "delete": { "href": href, "method": "DELETE" },
    } })))
}

/// Takes a part. What was sent under its number before is replaced.
pub(crate) async fn part(
    visit: Visit,
    Path(multipart): Path<Multipart>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<[(HeaderName, String); 1], Refusal> {
    let upload = find(&visit, multipart).await?;
    let number = parameter(&query.unwrap_or_default(), "partNumber").and_then(|number| number.parse().ok());
    let number = number.filter(|number| (1..=MOST_PARTS).contains(number));
    let number =
        number.ok_or_else(|| Refusal::bad(&format!("partNumber must be a number between 1 and {MOST_PARTS}")))?;
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let media_type = &upload.description.media_type;
    if !text(CONTENT_TYPE).is_some_and(|said| said.eq_ignore_ascii_case(media_type)) {
        return Err(Refusal::bad(&format!("Content-Type must be {media_type}, as it was when the upload was started")));
    }
    let length = text(CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
    let length = length.ok_or_else(|| {
        Refusal::new(StatusCode::LENGTH_REQUIRED, "Content-Length is missing", "Send the part with its length.")
    })?;
    if length > LARGEST {
        let cause = format!("a part holds at most {LARGEST} bytes");
        return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, &cause, "Send smaller parts."));
    }
    let promises = digest::promised(&headers)?;
    let receipt = visit.services.store.put(&upload, number, body.into_data_stream(), promises).await?;
    Ok([(ETAG, opaque(&receipt))])
}

/// Makes the parts a blob.
pub(crate) async fn complete(
    visit: Visit,
    Path(multipart): Path<Multipart>,
    Extension(turn): Extension<Turn>,
    sent: Sent,
) -> Result<StatusCode, Refusal> {
    let mut parts = read::<SaidComplete>(sent)?.parts;
    let (catalog, layer, handle, _) = multipart.clone();
    let upload = find(&visit, multipart).await?;
    let store = &visit.services.store;
    let _turn = turn.0.lock().await;
    // Clients list the parts in the order in which they arrived.
    parts.sort_by_key(|part| part.number);
    if parts.is_empty() || !parts.iter().map(|part| usize::from(part.number)).eq(1..=parts.len()) {
        return Err(Refusal::publication("the parts must be numbered from 1 without a gap"));
    }
    let (stored, open) = match store.progress(&upload).await? {
        Progress::Open(stored) => (stored, true),
        Progress::Completed(object) => (object.parts, false),
    };
    let stored: HashMap<_, _> = stored.into_iter().collect();
    let mut size = 0;
    let claims = parts.into_iter().map(|SaidPart { etag, number }| {
        let part = stored.get(&number).filter(|part| opaque(part) == etag);
        let part = part.ok_or_else(|| Refusal::publication(&format!("part {number} has not this etag")))?;
        size += part.size;
        Ok(Claim::bare(number, part.etag.clone()))
    });
    let claims = claims.collect::<Result<Vec<_>, Refusal>>()?;
    if size > LARGEST_BLOB {
        return Err(Refusal::publication(&format!("a blob holds at most {LARGEST_BLOB} bytes")));
    }
    if open {
        if taken(&visit, &(catalog, layer, handle))? {
            return Err(Refusal::conflict());
        }
        let numbers: Vec<_> = claims.iter().map(|claim| claim.number).collect();
        let burnt = move |notes: &mut Notes| numbers.into_iter().find(|number| notes.is_burnt(*number));
        if let Some(number) = store.note(&upload, burnt).await?
            && !visit.services.options.here_lenient
        {
            return Err(Refusal::publication(&format!("part {number} was retried after a failed attempt")));
        }
    }
    let terms = Terms { floor: SMALLEST.min(visit.services.options.min_part_size), empty: false };
    store.complete_on(terms, &upload, claims, &visit.storage).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// There is no status before the completion, and after it one that has to be waited for: once.
pub(crate) async fn status(visit: Visit, Path(multipart): Path<Multipart>) -> Result<Json<Value>, Refusal> {
    let upload = find(&visit, multipart).await?;
    let store = &visit.services.store;
    if let Progress::Open(_) = store.progress(&upload).await? {
        return Err(Refusal::not_found("the upload has no status before it is completed"));
    }
    let first = store.note(&upload, Notes::ask).await?;
    Ok(Json(json!({ "status": if first { "processing" } else { "completed" } })))
}

/// Gives an upload up that is not completed.
pub(crate) async fn cancel(visit: Visit, Path(multipart): Path<Multipart>) -> Result<StatusCode, Refusal> {
    let upload = find(&visit, multipart).await?;
    visit.services.store.abort(&upload).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn read<T: serde::de::DeserializeOwned>(sent: Sent) -> Result<T, Refusal> {
    sent.object().map_err(|(status, cause)| Refusal::new(status, &cause, "Send the request again as documented."))
}

async fn find(visit: &Visit, (catalog, layer, handle, token): Multipart) -> Result<Upload, Refusal> {
    let upload = visit.services.store.find_key(NAME, &token, Some(visit.owner)).await?;
    if !is_of(&upload, &(catalog, layer, handle)) {
        return Err(StoreError::no_such_upload().into());
    }
    Ok(upload)
}

/// A handle is taken by the first upload that is completed under it.
fn taken(visit: &Visit, blob: &Blob) -> Result<bool, Refusal> {
    Ok(visit.services.store.any_completed(|upload| upload.description.service == NAME && is_of(upload, blob))?)
}

fn is_of(upload: &Upload, (catalog, layer, handle): &Blob) -> bool {
    let said = &upload.description;
    said.metadata.get(CATALOG) == Some(catalog) && said.metadata.get(LAYER) == Some(layer) && said.name == *handle
}

/// The ETag as this service's clients see it: nothing to be understood, and no quotes.
fn opaque(receipt: &Receipt) -> String {
    URL_SAFE_NO_PAD.encode(bare(&receipt.etag))
}
