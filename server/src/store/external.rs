//! Any S3-compatible store elsewhere. Every operation is one presigned request, made here or handed to the browser; what
//! S3 cannot tell later (name, owner, outcome) is kept in one small JSON file per upload.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rusty_s3::actions::{
    AbortMultipartUpload, CompleteMultipartUpload, CreateMultipartUpload, GetObject, ListParts, UploadPart,
};
use rusty_s3::{Bucket, Credentials, S3Action as _, UrlStyle};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use url::Url;

use super::client::{Client, between};
use super::error::{StoreError, StoreResult};
use super::notes;
use super::record::{Claim, Description, FileRow, Object, Progress, Receipt, Terms, Upload};
use super::session::{bare, load, save};
use super::signer::{Signed, part_url};
use crate::chance;
use crate::moment::Moment;
use crate::options::ExternalOptions;

/// How long the server's own requests may take to arrive; they are sent at once.
const OWN_REQUESTS: Duration = Duration::from_secs(60);

/// A bucket somewhere else.
pub(crate) struct External {
    bucket: Bucket,
    credentials: Credentials,
    expiry: Duration,
    ledger: PathBuf,
    /// The upload ids by key, as the ledger has them.
    ids: Mutex<HashMap<String, String>>,
    /// Held while notes are changed.
    notes: Mutex<()>,
    client: Client,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    upload: Upload,
    object: Option<Object>,
}

impl External {
    /// Opens the ledger for this bucket below `data`.
    pub(crate) fn open(options: &ExternalOptions, data: &std::path::Path, expiry: Duration) -> StoreResult<Self> {
        let bucket =
            Bucket::new(options.endpoint.clone(), UrlStyle::Path, options.bucket.clone(), options.region.clone())
                .map_err(|error| StoreError::new("InvalidRequest", error.to_string()))?;
        let credentials = options.credentials.clone();
        let ledger = data.join("external");
        std::fs::create_dir_all(&ledger)?;
        let external = Self {
            bucket,
            credentials,
            expiry,
            ledger,
            ids: Mutex::default(),
            notes: Mutex::default(),
            client: Client::new(),
        };
        let known = external.entries()?.into_iter().map(|entry| (entry.upload.key, entry.upload.id)).collect();
        *external.ids.lock().unwrap_or_else(PoisonError::into_inner) = known;
        Ok(external)
    }

    /// Begins an upload there.
    pub(crate) async fn create(&self, description: Description, key: String) -> StoreResult<Upload> {
        let mut action = CreateMultipartUpload::new(&self.bucket, Some(&self.credentials), &key);
        action.headers_mut().insert("content-type", description.media_type.clone());
        let headers = vec![("content-type", description.media_type.clone())];
        let text = self.ask("POST", action.sign(OWN_REQUESTS), headers, String::new()).await?;
        let answer = CreateMultipartUpload::parse_response(&text).map_err(|error| unreadable(&error))?;
        let upload =
            Upload { id: answer.upload_id().to_owned(), key, bucket: self.bucket.name().to_owned(), description };
        save(&self.ledger, &record_name(&upload.id), &Entry { upload: upload.clone(), object: None })?;
        let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        ids.insert(upload.key.clone(), upload.id.clone());
        drop(ids);
        Ok(upload)
    }

    /// The upload of this id, if it was begun here.
    pub(crate) async fn find(&self, id: &str) -> StoreResult<Option<Upload>> {
        Ok(load::<Entry>(&self.ledger, &record_name(id)).ok().map(|entry| entry.upload))
    }

    /// The upload of this key, if it was begun here.
    pub(crate) fn find_key(&self, key: &str) -> Option<Upload> {
        let id = self.ids.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()?;
        Some(load::<Entry>(&self.ledger, &record_name(&id)).ok()?.upload)
    }

    /// Hands a part on.
    pub(crate) async fn put(&self, upload: &Upload, number: u16, body: Vec<u8>) -> StoreResult<Receipt> {
        let action = UploadPart::new(&self.bucket, Some(&self.credentials), &upload.key, number, &upload.id);
        let size = body.len() as u64;
        let answer = self.client.exchange("PUT", action.sign(OWN_REQUESTS), Vec::new(), body).await?;
        let etag = answer.etag.ok_or_else(|| unreadable(&"it has no ETag"))?;
        Ok(receipt(etag, size))
    }

    /// The stored parts, or the object once completed.
    pub(crate) async fn progress(&self, upload: &Upload) -> StoreResult<Progress> {
        match load::<Entry>(&self.ledger, &record_name(&upload.id))?.object {
            Some(object) => Ok(Progress::Completed(object)),
            None => self.list(upload).await.map(Progress::Open),
        }
    }

    /// Addresses to which these parts may be PUT for so long.
    pub(crate) fn part_urls(
        &self,
        upload: &Upload,
        parts: &[(u16, Option<Signed>)],
        expiry: Duration,
    ) -> Vec<(u16, Url)> {
        parts.iter().map(|part| part_url(&self.bucket, &self.credentials, upload, part, expiry)).collect()
    }

    /// The stored parts in order, all pages joined.
    pub(crate) async fn list(&self, upload: &Upload) -> StoreResult<Vec<(u16, Receipt)>> {
        let mut parts = Vec::new();
        let mut marker = None;
        loop {
            let mut action = ListParts::new(&self.bucket, Some(&self.credentials), &upload.key, &upload.id);
            if let Some(marker) = marker {
                action.set_part_number_marker(marker);
            }
            let text = self.ask("GET", action.sign(OWN_REQUESTS), Vec::new(), String::new()).await?;
            let page = ListParts::parse_response(&text).map_err(|error| unreadable(&error))?;
            parts.extend(page.parts.into_iter().map(|part| (part.number, receipt(part.etag, part.size))));
            // Pages go forward: of a store whose marker does not, there is no other one.
            if page.next_part_number_marker <= marker {
                return Ok(parts);
            }
            marker = page.next_part_number_marker;
        }
    }

    /// Completes there; repeating it answers from the ledger.
    pub(crate) async fn complete(&self, upload: &Upload, claims: Vec<Claim>, terms: Terms) -> StoreResult<Object> {
        let name = record_name(&upload.id);
        if let Some(object) = load::<Entry>(&self.ledger, &name)?.object {
            let said = object.parts.iter().map(|(number, receipt)| (*number, bare(&receipt.etag)));
            let repeats = said.eq(claims.iter().map(|claim| (claim.number, bare(&claim.etag))));
            return if repeats { Ok(object) } else { Err(StoreError::no_such_upload()) };
        }
        let stored = self.list(upload).await?;
        let last = claims.last().map(|claim| claim.number);
        let short = |(number, part): &&(u16, Receipt)| part.size < terms.floor && Some(*number) != last;
        let claimed = |(number, _): &&(u16, Receipt)| claims.iter().any(|claim| claim.number == *number);
        if let Some((number, _)) = stored.iter().filter(claimed).find(short) {
            return Err(StoreError::new("EntityTooSmall", format!("part {number} is smaller than {}", terms.floor)));
        }
        let body = if claims.is_empty() && terms.empty {
            // No S3 completes an upload without parts.
            let nothing = self.put(upload, 1, Vec::new()).await?;
            completion_body(&[Claim::bare(1, nothing.etag)])
        } else {
            completion_body(&claims)
        };
        let action = CompleteMultipartUpload::new(
            &self.bucket,
            Some(&self.credentials),
            &upload.key,
            &upload.id,
            std::iter::empty(),
        );
        let url = action.sign(OWN_REQUESTS);
        let text = self.ask("POST", url, Vec::new(), body).await?;
        let location =
            between(&text, "Location").map_or_else(|| self.bucket.object_url(&upload.key).to_string(), str::to_owned);
        let sizes: BTreeMap<u16, u64> = stored.into_iter().map(|(number, receipt)| (number, receipt.size)).collect();
        let parts: Vec<(u16, Receipt)> = claims
            .into_iter()
            .map(|claim| {
                let size = sizes.get(&claim.number).copied().unwrap_or(0);
                (claim.number, receipt(claim.etag, size))
            })
            .collect();
        let object = Object {
            location,
            etag: between(&text, "ETag").unwrap_or_default().replace("&quot;", "\""),
            size: parts.iter().map(|(_, receipt)| receipt.size).sum(),
            parts,
            checksum: None,
            completed_at: Moment::now(),
        };
        save(&self.ledger, &name, &Entry { upload: upload.clone(), object: Some(object.clone()) })?;
        Ok(object)
    }

    /// Gives the upload up there, and forgets it here.
    pub(crate) async fn abort(&self, upload: &Upload) -> StoreResult<()> {
        let action = AbortMultipartUpload::new(&self.bucket, Some(&self.credentials), &upload.key, &upload.id);
        self.ask("DELETE", action.sign(OWN_REQUESTS), Vec::new(), String::new()).await?;
        // A record left behind names an upload that the store no longer knows.
        let _ = std::fs::remove_file(self.ledger.join(record_name(&upload.id)));
        let _ = std::fs::remove_file(self.ledger.join(notes_name(&upload.id)));
        Ok(())
    }

    /// All uploads that were completed through this server, newest first.
    pub(crate) async fn files(&self) -> StoreResult<Vec<FileRow>> {
        let entries = self.completed()?;
        let mut rows: Vec<_> = entries.iter().map(|(upload, object)| super::row(upload, object, None)).collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.completed_at));
        Ok(rows)
    }

    /// A signed address of a completed object.
    pub(crate) async fn download(&self, id: &str) -> StoreResult<Option<Url>> {
        let Some((upload, _)) = self.completed()?.into_iter().find(|(upload, _)| upload.key == id) else {
            return Ok(None);
        };
        let mut action = GetObject::new(&self.bucket, Some(&self.credentials), &upload.key);
        let disposition = crate::files::disposition(&upload.description.name);
        action.query_mut().insert("response-content-disposition", disposition);
        Ok(Some(action.sign(self.expiry)))
    }

    /// Whether an upload was completed that is as wanted.
    pub(crate) fn any_completed(&self, wanted: impl Fn(&Upload) -> bool) -> StoreResult<bool> {
        Ok(self.completed()?.iter().any(|(upload, _)| wanted(upload)))
    }

    /// The uploads that are as wanted and neither completed nor given up.
    pub(crate) fn unfinished(&self, wanted: impl Fn(&Upload) -> bool) -> StoreResult<Vec<Upload>> {
        let open = self.entries()?.into_iter().filter(|entry| entry.object.is_none() && wanted(&entry.upload));
        Ok(open.map(|entry| entry.upload).collect())
    }

    /// Lets a service change what it remembers of an upload.
    pub(crate) fn note<T, R>(&self, upload: &Upload, change: impl FnOnce(&mut T) -> R) -> StoreResult<R>
    where
        T: Default + Serialize + DeserializeOwned,
    {
        let _alone = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        notes::change(&self.ledger, &notes_name(&upload.id), change)
    }

    fn completed(&self) -> StoreResult<Vec<(Upload, Object)>> {
        let entries = self.entries()?.into_iter();
        Ok(entries.filter_map(|entry| entry.object.map(|object| (entry.upload, object))).collect())
    }

    fn entries(&self) -> StoreResult<Vec<Entry>> {
        let mut found = Vec::new();
        for file in std::fs::read_dir(&self.ledger)? {
            // What cannot be read is no record, but a draft that a killed process left.
            found.extend(load::<Entry>(&self.ledger, &file?.file_name().to_string_lossy()));
        }
        Ok(found)
    }

    async fn ask(
        &self,
        method: &'static str,
        url: Url,
        headers: Vec<(&'static str, String)>,
        body: String,
    ) -> StoreResult<String> {
        Ok(self.client.exchange(method, url, headers, body.into_bytes()).await?.text)
    }
}

/// Upload ids of other stores may be long and hold anything; their digests make good file names.
fn record_name(id: &str) -> String {
    format!("{}.json", chance::to_hex(&Sha256::digest(id)))
}

/// Beside the record, and none: it has neither an upload nor an object.
fn notes_name(id: &str) -> String {
    format!("notes-{}", record_name(id))
}

/// Written here because the action's own body numbers the tags as they come, and parts may have gaps.
fn completion_body(claims: &[Claim]) -> String {
    let parts = claims.iter().map(|claim| {
        let etag = claim.etag.replace('&', "&amp;").replace('<', "&lt;");
        format!("<Part><ETag>{etag}</ETag><PartNumber>{}</PartNumber></Part>", claim.number)
    });
    format!("<CompleteMultipartUpload>{}</CompleteMultipartUpload>", parts.collect::<String>())
}

/// A part that is kept there.
fn receipt(etag: String, size: u64) -> Receipt {
    Receipt { etag, size, file: None, stored_at: Moment::now(), digests: BTreeMap::new() }
}

fn unreadable(error: &dyn std::fmt::Display) -> StoreError {
    StoreError::new("InternalError", format!("the external store's answer cannot be read: {error}"))
}
