//! The storage origin: signatures, routes and XML by `s3s`; the multipart operations here, strict, over the disk.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput, CompleteMultipartUploadOutput,
    CompletedPart, CreateMultipartUploadInput, CreateMultipartUploadOutput, ETag, GetObjectInput, GetObjectOutput,
    HeadObjectInput, HeadObjectOutput, ListPartsInput, ListPartsOutput, Part, StreamingBlob, UploadPartInput,
    UploadPartOutput,
};
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{S3, S3Error, S3Request, S3Response, S3Result, s3_error};

use crate::edge::call::parameter;
use crate::services::StorageOrigin;
use crate::store::disk::Disk;
use crate::store::error::StoreError;
use crate::store::incoming::Promises;
use crate::store::record::{Claim, Description, Object, Receipt, Whole};
use crate::store::session::Session;
use crate::store::signer::Signer;
use crate::store::{MOST_PARTS, location, object, service_of};

/// The most that one part may hold.
const LARGEST_PART: i64 = 5 << 30;
/// S3 lists at most this many parts at once.
const PAGE: usize = 1000;

/// The service behind the storage origin.
pub(crate) fn service(disk: Arc<Disk>, signer: &Signer) -> S3Service {
    let mut builder = S3ServiceBuilder::new(Storage { disk });
    builder.set_auth(signer.auth());
    builder.build()
}

struct Storage {
    disk: Arc<Disk>,
}

impl Storage {
    fn session(&self, bucket: &str, key: &str, id: &str) -> S3Result<Arc<Session>> {
        let session = self.disk.session(id, key)?;
        if session.upload.bucket != bucket {
            return Err(StoreError::no_such_upload().into());
        }
        Ok(session)
    }

    fn object(&self, bucket: &str, key: &str) -> S3Result<(Arc<Session>, Object)> {
        let found = self.disk.completed(key).filter(|(session, _)| session.upload.bucket == bucket);
        found.ok_or_else(|| s3_error!(NoSuchKey, "The specified key does not exist."))
    }
}

#[async_trait::async_trait]
impl S3 for Storage {
    async fn create_multipart_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        let input = request.input;
        let service =
            service_of(&input.bucket).ok_or_else(|| s3_error!(NoSuchBucket, "The specified bucket does not exist."))?;
        let description = Description {
            service: service.to_owned(),
            name: input.key.clone(),
            media_type: input.content_type.unwrap_or_default(),
            metadata: input.metadata.unwrap_or_default().into_iter().collect(),
            owner: None,
        };
        let upload = self.disk.create(description, input.key).await?;
        Ok(S3Response::new(CreateMultipartUploadOutput {
            bucket: Some(upload.bucket),
            key: Some(upload.key),
            upload_id: Some(upload.id),
            ..Default::default()
        }))
    }

    async fn upload_part(&self, request: S3Request<UploadPartInput>) -> S3Result<S3Response<UploadPartOutput>> {
        let input = request.input;
        check_signed(request.uri.query().unwrap_or_default(), &request.headers)?;
        let session = self.session(&input.bucket, &input.key, &input.upload_id)?;
        let number = u16::try_from(input.part_number).ok().filter(|number| (1..=MOST_PARTS).contains(number));
        let number = number.ok_or_else(|| {
            s3_error!(InvalidArgument, "Part number must be an integer between 1 and 10000, inclusive")
        })?;
        let length = input.content_length.ok_or_else(|| s3_error!(MissingContentLength))?;
        if length > LARGEST_PART {
            return Err(s3_error!(EntityTooLarge, "Your proposed upload exceeds the maximum allowed size"));
        }
        let promises = promises(&input)?;
        let body = input.body.unwrap_or_else(|| StreamingBlob::from(s3s::Body::empty()));
        let receipt = self.disk.put(session, number, body, promises).await?;
        let digest = |algorithm: &str| receipt.digests.get(algorithm).cloned();
        Ok(S3Response::new(UploadPartOutput {
            e_tag: Some(etag(&receipt.etag)?),
            checksum_crc32: digest("crc32"),
            checksum_crc32c: digest("crc32c"),
            checksum_crc64nvme: digest("crc64nvme"),
            checksum_sha1: digest("sha1"),
            checksum_sha256: digest("sha256"),
            ..Default::default()
        }))
    }

    async fn list_parts(&self, request: S3Request<ListPartsInput>) -> S3Result<S3Response<ListPartsOutput>> {
        let input = request.input;
        let session = self.session(&input.bucket, &input.key, &input.upload_id)?;
        let marker = input.part_number_marker.unwrap_or(0);
        let most = usize::try_from(input.max_parts.unwrap_or(1000)).unwrap_or(PAGE).min(PAGE);
        let mut rest: Vec<_> = session.parts()?;
        rest.retain(|(number, _)| i32::from(*number) > marker);
        let truncated = rest.len() > most;
        rest.truncate(most);
        let last = rest.last().map(|(number, _)| i32::from(*number));
        let parts = rest.into_iter().map(|(number, receipt)| listed(number, receipt)).collect::<S3Result<_>>()?;
        Ok(S3Response::new(ListPartsOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(input.upload_id),
            part_number_marker: Some(marker),
            next_part_number_marker: last.filter(|_| truncated),
            max_parts: i32::try_from(most).ok(),
            is_truncated: Some(truncated),
            parts: Some(parts),
            ..Default::default()
        }))
    }

    async fn complete_multipart_upload(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let origin = request.extensions.get::<StorageOrigin>().cloned();
        let origin = origin.ok_or_else(|| s3_error!(InternalError, "the request came through no known origin"))?;
        let input = request.input;
        let session = self.session(&input.bucket, &input.key, &input.upload_id)?;
        let claimed = input.multipart_upload.and_then(|list| list.parts).unwrap_or_default();
        let claims = claimed.into_iter().map(claim).collect::<S3Result<Vec<_>>>()?;
        let location = location(&origin.0, &session.upload);
        let object = self.disk.complete(session, claims, location, self.disk.terms()).await?;
        let whole = |name: &str| {
            let whole = object.checksum.as_ref().filter(|whole| whole.algorithm == name);
            whole.map(|whole| whole.value.clone())
        };
        Ok(S3Response::new(CompleteMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            e_tag: Some(etag(&object.etag)?),
            location: Some(object.location),
            checksum_crc32: whole("crc32"),
            checksum_crc32c: whole("crc32c"),
            checksum_crc64nvme: whole("crc64nvme"),
            checksum_sha1: whole("sha1"),
            checksum_sha256: whole("sha256"),
            checksum_type: object.checksum.as_ref().map(|whole| type_of(whole).to_owned().into()),
            ..Default::default()
        }))
    }

    async fn abort_multipart_upload(
        &self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        let input = request.input;
        let session = self.session(&input.bucket, &input.key, &input.upload_id)?;
        self.disk.abort(session).await?;
        Ok(S3Response::new(AbortMultipartUploadOutput::default()))
    }

    async fn get_object(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        let (session, object) = self.object(&request.input.bucket, &request.input.key)?;
        let bytes = object::stream(session.folder(), &object)
            .ok_or_else(|| s3_error!(InvalidObjectState, "the bytes were discarded on arrival"))?;
        Ok(S3Response::new(GetObjectOutput {
            body: Some(StreamingBlob::wrap(Box::pin(bytes))),
            content_length: i64::try_from(object.size).ok(),
            content_type: Some(session.upload.description.media_type.clone()),
            e_tag: Some(etag(&object.etag)?),
            ..Default::default()
        }))
    }

    async fn head_object(&self, request: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        let (session, object) = self.object(&request.input.bucket, &request.input.key)?;
        Ok(S3Response::new(HeadObjectOutput {
            content_length: i64::try_from(object.size).ok(),
            content_type: Some(session.upload.description.media_type.clone()),
            e_tag: Some(etag(&object.etag)?),
            ..Default::default()
        }))
    }
}

/// Whether every header of Amazon's was signed, as S3 wants it of presigned URLs.
fn check_signed(query: &str, headers: &HeaderMap) -> S3Result<()> {
    let Some(signed) = parameter(query, "X-Amz-SignedHeaders") else { return Ok(()) };
    let is_signed = |name: &str| signed.split(';').any(|signed| signed.eq_ignore_ascii_case(name));
    let is_stray = |name: &&HeaderName| name.as_str().starts_with("x-amz-") && !is_signed(name.as_str());
    match headers.keys().find(is_stray) {
        Some(_) => Err(s3_error!(AccessDenied, "There were headers present in the request which were not signed")),
        None => Ok(()),
    }
}

/// The digests that the headers promise, each of the right length.
fn promises(input: &UploadPartInput) -> S3Result<Promises> {
    let fits = |text: &str, length: usize| STANDARD.decode(text).is_ok_and(|bytes| bytes.len() == length);
    let content_md5 = input.content_md5.clone();
    if content_md5.as_ref().is_some_and(|text| !fits(text, 16)) {
        return Err(s3_error!(InvalidDigest, "The Content-MD5 you specified is not valid."));
    }
    let mut checksums = BTreeMap::new();
    for (algorithm, length, value) in [
        ("crc32", 4, &input.checksum_crc32),
        ("crc32c", 4, &input.checksum_crc32c),
        ("crc64nvme", 8, &input.checksum_crc64nvme),
        ("sha1", 20, &input.checksum_sha1),
        ("sha256", 32, &input.checksum_sha256),
    ] {
        let Some(value) = value else { continue };
        if !fits(value, length) {
            return Err(s3_error!(InvalidRequest, "Value for x-amz-checksum-{algorithm} header is invalid."));
        }
        checksums.insert(algorithm.to_owned(), value.clone());
    }
    Ok(Promises { content_md5, checksums })
}

fn listed(number: u16, receipt: Receipt) -> S3Result<Part> {
    let mut digests = receipt.digests;
    Ok(Part {
        part_number: Some(i32::from(number)),
        e_tag: Some(etag(&receipt.etag)?),
        size: i64::try_from(receipt.size).ok(),
        last_modified: Some(receipt.stored_at.into()),
        checksum_crc32: digests.remove("crc32"),
        checksum_crc32c: digests.remove("crc32c"),
        checksum_crc64nvme: digests.remove("crc64nvme"),
        checksum_sha1: digests.remove("sha1"),
        checksum_sha256: digests.remove("sha256"),
    })
}

fn claim(part: CompletedPart) -> S3Result<Claim> {
    let number = part.part_number.and_then(|number| u16::try_from(number).ok());
    match (number, part.e_tag) {
        (Some(number), Some(etag)) => {
            let said = [
                ("crc32", part.checksum_crc32),
                ("crc32c", part.checksum_crc32c),
                ("crc64nvme", part.checksum_crc64nvme),
                ("sha1", part.checksum_sha1),
                ("sha256", part.checksum_sha256),
            ];
            let checksums = said.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
            Ok(Claim { number, etag: etag.into_value(), checksums: Some(checksums) })
        }
        _ => Err(s3_error!(MalformedXML, "every part needs a PartNumber and an ETag")),
    }
}

/// What S3 calls the ways of making a checksum of the whole.
pub(crate) const fn type_of(whole: &Whole) -> &'static str {
    if whole.is_full { "FULL_OBJECT" } else { "COMPOSITE" }
}

fn etag(quoted: &str) -> S3Result<ETag> {
    ETag::parse_http_header(quoted.as_bytes()).map_err(S3Error::internal_error)
}
