//! S3 through a signing backend: the endpoints of Uppy's Companion, at `/s3/multipart`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Mount;
use super::json::Sent;
use crate::edge::call::{Call, Step, parameter, segments};
use crate::services::{JSON_LIMIT, Services, StorageOrigin, URL_EXPIRY};
use crate::storage::type_of;
use crate::store::MOST_PARTS;
use crate::store::error::StoreError;
use crate::store::record::{Claim, Description, Upload};
use crate::store::signer::Signed;

/// The mount `/s3/multipart`.
pub(crate) struct Companion;

const NAME: &str = "s3";

impl Mount for Companion {
    fn name(&self) -> &'static str {
        NAME
    }

    fn prefix(&self) -> &'static str {
        "/s3/multipart"
    }

    fn call(&self, method: &Method, rest: &str, query: &str) -> Call {
        let segments = segments(rest);
        let segments: Vec<_> = segments.iter().map(String::as_str).collect();
        let (step, parts) = match (method.as_str(), &segments[..]) {
            ("POST", []) => (Some(Step::Create), Vec::new()),
            ("GET", [_]) => (Some(Step::List), Vec::new()),
            ("GET", [_, "batch"]) => {
                let numbers = parameter(query, "partNumbers").unwrap_or_default();
                (Some(Step::Sign), numbers.split(',').filter_map(|number| number.parse().ok()).collect())
            }
            ("GET", [_, number]) => (Some(Step::Sign), number.parse().into_iter().collect()),
            ("POST", [_, "complete"]) => (Some(Step::Complete), Vec::new()),
            ("DELETE", [_]) => (Some(Step::Abort), Vec::new()),
            _ => (None, Vec::new()),
        };
        Call { service: Some(NAME.to_owned()), step, parts }
    }

    fn router(&self, services: Arc<Services>) -> Router {
        Router::new()
            .route("/s3/multipart", post(create))
            .route("/s3/multipart/", post(create))
            .route("/s3/multipart/{upload}", get(list).delete(abort))
            .route("/s3/multipart/{upload}/batch", get(sign_many))
            .route("/s3/multipart/{upload}/complete", post(complete))
            .route("/s3/multipart/{upload}/{part}", get(sign_one))
            .fallback(async || refuse(StatusCode::NOT_FOUND, "no such endpoint"))
            .method_not_allowed_fallback(async || refuse(StatusCode::METHOD_NOT_ALLOWED, "method not allowed"))
            .layer(DefaultBodyLimit::max(JSON_LIMIT))
            .with_state(services)
    }
}

async fn create(State(services): State<Arc<Services>>, headers: HeaderMap, sent: Sent) -> Result<Json<Value>, Refusal> {
    let owner = owner(&services, &headers)?;
    let body = read_json(sent)?;
    let name = body.get("filename").and_then(Value::as_str).filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| bad("filename must be a non-empty string"))?.to_owned();
    let media_type = body.get("type").and_then(Value::as_str);
    let media_type = media_type.ok_or_else(|| bad("content type must be a string"))?.to_owned();
    let metadata = read_metadata(body.get("metadata"))?;
    let description = Description { service: NAME.to_owned(), name, media_type, metadata, owner };
    let upload = services.store.create(description).await?;
    Ok(Json(json!({ "key": upload.key, "uploadId": upload.id, "bucket": upload.bucket })))
}

async fn sign_one(
    State(services): State<Arc<Services>>,
    Path((id, part)): Path<(String, String)>,
    Query(query): Query<BTreeMap<String, String>>,
    Extension(origin): Extension<StorageOrigin>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    let number = read_number(&part)?;
    let upload = find(&services, &headers, &id, &query).await?;
    let expiry = services.options.url_expiry.unwrap_or(URL_EXPIRY);
    let signed = read_signed(query.get("checksums"), &[number])?;
    let urls = services.store.sign_with(&upload, &signed, &origin.0, expiry).await?;
    Ok(Json(json!({ "url": urls.first().map(|(_, url)| url.as_str()), "expires": expiry.as_secs() })))
}

async fn sign_many(
    State(services): State<Arc<Services>>,
    Path(id): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
    Extension(origin): Extension<StorageOrigin>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    let numbers = query.get("partNumbers").filter(|numbers| !numbers.is_empty());
    let numbers = numbers.ok_or_else(|| {
        bad("the part numbers must be a comma separated query parameter. For example: \"?partNumbers=4,6,7,21\"")
    })?;
    let numbers = numbers.split(',').map(read_number).collect::<Result<Vec<_>, _>>()?;
    let upload = find(&services, &headers, &id, &query).await?;
    let expiry = services.options.url_expiry.unwrap_or(URL_EXPIRY);
    let signed = read_signed(query.get("checksums"), &numbers)?;
    let urls = services.store.sign_with(&upload, &signed, &origin.0, expiry).await?;
    let urls: Map<String, Value> =
        urls.into_iter().map(|(number, url)| (number.to_string(), url.to_string().into())).collect();
    Ok(Json(json!({ "presignedUrls": urls })))
}

async fn list(
    State(services): State<Arc<Services>>,
    Path(id): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    let upload = find(&services, &headers, &id, &query).await?;
    let parts = services.store.list(&upload).await?;
    let rows = parts.iter().map(|(number, receipt)| {
        let mut row = json!({ "PartNumber": number, "ETag": receipt.etag, "Size": receipt.size });
        receipt.digests.iter().for_each(|(name, value)| row[field(name)] = value.as_str().into());
        row
    });
    Ok(Json(rows.collect()))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Row {
    part_number: u16,
    #[serde(rename = "ETag")]
    etag: String,
    #[serde(rename = "ChecksumCRC32C")]
    crc32c: Option<String>,
    #[serde(rename = "ChecksumCRC64NVME")]
    crc64nvme: Option<String>,
    #[serde(rename = "ChecksumSHA1")]
    sha1: Option<String>,
    #[serde(rename = "ChecksumSHA256")]
    sha256: Option<String>,
}

impl Row {
    fn claim(self) -> Claim {
        let said =
            [("crc32c", self.crc32c), ("crc64nvme", self.crc64nvme), ("sha1", self.sha1), ("sha256", self.sha256)];
        let checksums = said.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
        Claim { number: self.part_number, etag: self.etag, checksums: Some(checksums) }
    }
}

async fn complete(
    State(services): State<Arc<Services>>,
    Path(id): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
    Extension(origin): Extension<StorageOrigin>,
    headers: HeaderMap,
    sent: Sent,
) -> Result<Json<Value>, Refusal> {
    let upload = find(&services, &headers, &id, &query).await?;
    let body = read_json(sent)?;
    let rows = body.get("parts").and_then(|parts| Vec::<Row>::deserialize(parts).ok());
    let rows = rows.filter(|rows| rows.iter().all(|row| (1..=MOST_PARTS).contains(&row.part_number)));
    let rows = rows.ok_or_else(|| bad("`parts` must be an array of {ETag, PartNumber} objects."))?;
    let claims = rows.into_iter().map(Row::claim).collect();
    let object = services.store.complete(&upload, claims, &origin.0).await?;
    let mut answer = json!({ "location": object.location, "bucket": upload.bucket });
    if let Some(whole) = object.checksum {
        answer["ChecksumType"] = type_of(&whole).into();
        answer[field(&whole.algorithm)] = whole.value.into();
    }
    Ok(Json(answer))
}

async fn abort(
    State(services): State<Arc<Services>>,
    Path(id): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    let upload = find(&services, &headers, &id, &query).await?;
    services.store.abort(&upload).await?;
    Ok(Json(json!({})))
}

/// What S3 calls a checksum.
fn field(algorithm: &str) -> String {
    format!("Checksum{}", algorithm.to_uppercase())
}

/// The checksums that parts are to be signed with, in their order: `crc32c:…,crc32c:…`. Companion knows none: this is for
/// functions that have their parts signed here.
fn read_signed(said: Option<&String>, numbers: &[u16]) -> Result<Vec<(u16, Option<Signed>)>, Refusal> {
    let Some(said) = said else { return Ok(numbers.iter().map(|number| (*number, None)).collect()) };
    let header = |said: &str| match said.split_once(':')? {
        ("md5", value) => Some(("content-md5".to_owned(), value.to_owned())),
        (algorithm @ ("crc32c" | "crc64nvme" | "sha1" | "sha256"), value) => {
            Some((format!("x-amz-checksum-{algorithm}"), value.to_owned()))
        }
        _ => None,
    };
    let headers: Option<Vec<_>> = said.split(',').map(header).collect();
    match headers {
        Some(headers) if headers.len() == numbers.len() => {
            Ok(numbers.iter().copied().zip(headers.into_iter().map(Some)).collect())
        }
        _ => Err(bad(
            "checksums must name an algorithm and a value for each part. For example: \"?checksums=crc32c:yZRlqg==\"",
        )),
    }
}

/// The upload that a request is about. One of another key's does not exist.
async fn find(
    services: &Services,
    headers: &HeaderMap,
    id: &str,
    query: &BTreeMap<String, String>,
) -> Result<Upload, Refusal> {
    let owner = owner(services, headers)?;
    let key = query.get("key").filter(|key| !key.is_empty());
    let key =
        key.ok_or_else(|| bad("the object key must be passed as a query parameter. For example: \"?key=abc.jpg\""))?;
    Ok(services.store.find(NAME, id, key, owner.as_deref()).await?)
}

fn owner(services: &Services, headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let name = services.keys.identify(headers);
    let name = name.map_err(|_| Refusal(StatusCode::UNAUTHORIZED, "the key is not known to this server".to_owned()))?;
    Ok(name.map(str::to_owned))
}

fn read_number(text: &str) -> Result<u16, Refusal> {
    let number = text.parse().ok().filter(|number| (1..=MOST_PARTS).contains(number));
    number.ok_or_else(|| bad("the part number must be a number between 1 and 10000."))
}

fn read_json(sent: Sent) -> Result<Value, Refusal> {
    let body = sent.bytes().map_err(|(status, message)| Refusal(status, message))?;
    serde_json::from_slice(&body).map_err(|error| bad(&format!("the body is not JSON: {error}")))
}

fn read_metadata(said: Option<&Value>) -> Result<BTreeMap<String, String>, Refusal> {
    let said = match said {
        None | Some(Value::Null) => return Ok(BTreeMap::new()),
        Some(said) => said.as_object().ok_or_else(|| bad("metadata must be an object of strings"))?,
    };
    let read = |(key, value): (&String, &Value)| match value.as_str() {
        Some(value) if key.is_ascii() && value.is_ascii() => Ok((key.clone(), value.to_owned())),
        Some(_) => Err(bad(&format!("metadata must be ASCII, and `{key}` is not"))),
        None => Err(bad(&format!("metadata must be strings, and `{key}` is not"))),
    };
    said.iter().map(read).collect()
}

/// An error in Companion's shape.
struct Refusal(StatusCode, String);

fn bad(message: &str) -> Refusal {
    Refusal(StatusCode::BAD_REQUEST, message.to_owned())
}

fn refuse(status: StatusCode, message: &str) -> Response {
    Refusal(status, message.to_owned()).into_response()
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self(error.status, format!("{} {}", error.code, error.message))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": format!("s3: {}", self.1) }))).into_response()
    }
}
