//! Object storage: embedded on local disk, or any S3-compatible store elsewhere. Knows uploads, parts and objects; knows
//! neither HTTP nor any service's shapes.

mod checksum;
mod client;
pub(crate) mod disk;
pub(crate) mod error;
pub(crate) mod external;
pub(crate) mod folder;
pub(crate) mod incoming;
mod notes;
pub(crate) mod object;
pub(crate) mod record;
pub(crate) mod session;
pub(crate) mod signer;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::{Stream, TryStreamExt as _};
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use disk::Disk;
use error::{StoreError, StoreResult};
use external::External;
use incoming::Promises;
use record::{Claim, Description, FileRow, Object, Progress, Receipt, Terms, Upload};
use signer::{Signed, Signer};

use crate::chance;

/// The most parts of one upload, in every S3.
pub(crate) const MOST_PARTS: u16 = 10_000;

/// Where uploads go.
pub(crate) enum Store {
    /// Local disk behind the server's own storage origin.
    Embedded(Arc<Disk>, Signer),
    /// Somebody else's S3; this server only signs and relays.
    External(Arc<External>),
}

/// A finished file, opened.
pub(crate) enum Opened {
    /// The bytes are here.
    Here(FileHead, Pin<Box<dyn Stream<Item = std::io::Result<Bytes>> + Send>>),
    /// The bytes are behind this signed address.
    Elsewhere(Url),
    /// The bytes were discarded on arrival.
    Discarded,
}

/// What is said of a finished file before its bytes.
pub(crate) struct FileHead {
    /// The name the client said.
    pub name: String,
    /// The media type the client said.
    pub media_type: String,
    /// Bytes.
    pub size: u64,
}

impl Store {
    /// Begins an upload under a random key.
    pub(crate) async fn create(&self, description: Description) -> StoreResult<Upload> {
        self.create_under(chance::uuid(), description).await
    }

    /// Begins an upload under a key that the service made, random too.
    pub(crate) async fn create_under(&self, key: String, description: Description) -> StoreResult<Upload> {
        match self {
            Self::Embedded(disk, _) => disk.create(description, key).await,
            Self::External(external) => external.create(description, key).await,
        }
    }

    /// The upload of this id, if the service, the key and the owner are its own; otherwise it does not exist.
    pub(crate) async fn find(&self, service: &str, id: &str, key: &str, owner: Option<&str>) -> StoreResult<Upload> {
        let upload = match self {
            Self::Embedded(disk, _) => disk.find(id).map(|session| session.upload.clone()),
            Self::External(external) => external.find(id).await?,
        };
        upload.filter(|upload| belongs(upload, service, key, owner)).ok_or_else(StoreError::no_such_upload)
    }

    /// The upload of this key, for services that tell clients the key alone.
    pub(crate) async fn find_key(&self, service: &str, key: &str, owner: Option<&str>) -> StoreResult<Upload> {
        let upload = match self {
            Self::Embedded(disk, _) => {
                disk.search(|upload| belongs(upload, service, key, owner)).map(|session| session.upload.clone())
            }
            Self::External(external) => external.find_key(key).filter(|upload| belongs(upload, service, key, owner)),
        };
        upload.ok_or_else(StoreError::no_such_upload)
    }

    /// Whether an upload was completed that is as wanted.
    pub(crate) fn any_completed(&self, wanted: impl Fn(&Upload) -> bool) -> StoreResult<bool> {
        match self {
            Self::Embedded(disk, _) => Ok(disk.any_completed(wanted)),
            Self::External(external) => external.any_completed(wanted),
        }
    }

    /// The uploads of a service that this owner began and nobody ended.
    pub(crate) fn unfinished(&self, service: &str, owner: Option<&str>) -> StoreResult<Vec<Upload>> {
        let wanted = |upload: &Upload| belongs(upload, service, &upload.key, owner);
        match self {
            Self::Embedded(disk, _) => Ok(disk.unfinished(wanted)),
            Self::External(external) => external.unfinished(wanted),
        }
    }

    /// Lets a service change what it remembers of an upload, open or completed. It begins empty and survives the process.
    pub(crate) async fn note<T, R>(
        &self,
        upload: &Upload,
        change: impl FnOnce(&mut T) -> R + Send + 'static,
    ) -> StoreResult<R>
    where
        T: Default + Serialize + DeserializeOwned,
        R: Send + 'static,
    {
        match self {
            Self::Embedded(disk, _) => disk.note(disk.session(&upload.id, &upload.key)?, change).await,
            Self::External(external) => external.note(upload, change),
        }
    }

    /// Addresses to which these parts may be PUT for so long; `origin` is the storage origin that the client reaches.
    pub(crate) async fn sign(
        &self,
        upload: &Upload,
        parts: &[u16],
        origin: &Url,
        expiry: Duration,
    ) -> StoreResult<Vec<(u16, Url)>> {
        let parts: Vec<_> = parts.iter().map(|part| (*part, None)).collect();
        self.sign_with(upload, &parts, origin, expiry).await
    }

    /// The same, each with a header that must be sent just so.
    pub(crate) async fn sign_with(
        &self,
        upload: &Upload,
        parts: &[(u16, Option<Signed>)],
        origin: &Url,
        expiry: Duration,
    ) -> StoreResult<Vec<(u16, Url)>> {
        match self {
            Self::Embedded(disk, signer) => {
                disk.session(&upload.id, &upload.key)?.check_open()?;
                signer.part_urls(origin, upload, parts, expiry)
            }
            Self::External(external) => Ok(external.part_urls(upload, parts, expiry)),
        }
    }

    /// The stored parts in order, all pages joined.
    pub(crate) async fn list(&self, upload: &Upload) -> StoreResult<Vec<(u16, Receipt)>> {
        match self {
            Self::Embedded(disk, _) => disk.session(&upload.id, &upload.key)?.parts(),
            Self::External(external) => external.list(upload).await,
        }
    }

    /// Takes a part that came to the service itself, if it is what the client promised.
    pub(crate) async fn put<S, E>(
        &self,
        upload: &Upload,
        number: u16,
        body: S,
        promises: Promises,
    ) -> StoreResult<Receipt>
    where
        S: Stream<Item = Result<Bytes, E>> + Unpin + Send,
        E: std::fmt::Display,
    {
        match self {
            Self::Embedded(disk, _) => {
                let session = disk.session(&upload.id, &upload.key)?;
                disk.put(session, number, body, promises).await
            }
            Self::External(external) => {
                let body = body.try_fold(Vec::new(), async |mut whole, bytes| {
                    whole.extend_from_slice(&bytes);
                    Ok(whole)
                });
                let body = body.await.map_err(|error| incoming::broke_off(&error))?;
                promises.hold(&body)?;
                external.put(upload, number, body).await
            }
        }
    }

    /// The stored parts, or the object once completed.
    pub(crate) async fn progress(&self, upload: &Upload) -> StoreResult<Progress> {
        match self {
            Self::Embedded(disk, _) => disk.session(&upload.id, &upload.key)?.progress(),
            Self::External(external) => external.progress(upload).await,
        }
    }

    /// Completes an upload by S3's rules; repeating it answers the same.
    pub(crate) async fn complete(&self, upload: &Upload, claims: Vec<Claim>, origin: &Url) -> StoreResult<Object> {
        let terms = match self {
            Self::Embedded(disk, _) => disk.terms(),
            // The other store has rules of its own.
            Self::External(_) => Terms { floor: 0, empty: false },
        };
        self.complete_on(terms, upload, claims, origin).await
    }

    /// Completes an upload on the service's own terms.
    pub(crate) async fn complete_on(
        &self,
        terms: Terms,
        upload: &Upload,
        claims: Vec<Claim>,
        origin: &Url,
    ) -> StoreResult<Object> {
        match self {
            Self::Embedded(disk, _) => {
                let session = disk.session(&upload.id, &upload.key)?;
                disk.complete(session, claims, location(origin, upload), terms).await
            }
            Self::External(external) => external.complete(upload, claims, terms).await,
        }
    }

    /// Gives an upload up.
    pub(crate) async fn abort(&self, upload: &Upload) -> StoreResult<()> {
        match self {
            Self::Embedded(disk, _) => disk.abort(disk.session(&upload.id, &upload.key)?).await,
            Self::External(external) => external.abort(upload).await,
        }
    }

    /// All finished files, newest first.
    pub(crate) async fn files(&self) -> StoreResult<Vec<FileRow>> {
        match self {
            Self::Embedded(disk, _) => disk.files().await,
            Self::External(external) => external.files().await,
        }
    }

    /// Opens a finished file by its id.
    pub(crate) async fn open(&self, id: &str) -> StoreResult<Option<Opened>> {
        let disk = match self {
            Self::Embedded(disk, _) => disk,
            Self::External(external) => return Ok(external.download(id).await?.map(Opened::Elsewhere)),
        };
        let Some((session, object)) = disk.completed(id) else { return Ok(None) };
        let Some(bytes) = object::stream(session.folder(), &object) else { return Ok(Some(Opened::Discarded)) };
        let said = &session.upload.description;
        let head = FileHead { name: said.name.clone(), media_type: said.media_type.clone(), size: object.size };
        Ok(Some(Opened::Here(head, Box::pin(bytes))))
    }
}

const BUCKETS: &str = "upslice-";

/// The bucket of a service on the embedded storage origin.
pub(crate) fn bucket_of(service: &str) -> String {
    format!("{BUCKETS}{service}")
}

/// The service whose bucket this is.
pub(crate) fn service_of(bucket: &str) -> Option<&str> {
    bucket.strip_prefix(BUCKETS)
}

/// Where an object of the embedded store is.
pub(crate) fn location(origin: &Url, upload: &Upload) -> String {
    format!("{}/{}/{}", origin.as_str().trim_end_matches('/'), upload.bucket, upload.key)
}

fn belongs(upload: &Upload, service: &str, key: &str, owner: Option<&str>) -> bool {
    let said = &upload.description;
    upload.key == key && said.service == service && said.owner.as_deref() == owner
}

fn row(upload: &Upload, object: &Object, sha256: Option<String>) -> FileRow {
    FileRow {
        service: upload.description.service.clone(),
        id: upload.key.clone(),
        name: upload.description.name.clone(),
        size: object.size,
        sha256,
        media_type: upload.description.media_type.clone(),
        parts: object.parts.len(),
        completed_at: object.completed_at,
    }
}
