//! Takes the bytes of one part: to a temporary file, through MD5 and the digests that the client promised.

use std::collections::BTreeMap;
use std::fs::{File, remove_file};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use md5::{Digest as _, Md5};
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Sha1, Sha256};
use s3s::dto::Checksum;

use super::error::{StoreError, StoreResult};
use super::record::Receipt;
use crate::chance;
use crate::moment::Moment;

/// How much is gathered before a blocking thread hashes and writes it, while the next batch arrives.
const BATCH: usize = 1 << 20;

/// What the client said the bytes would be.
#[derive(Debug, Clone, Default)]
pub(crate) struct Promises {
    /// The `Content-MD5` header, base64.
    pub content_md5: Option<String>,
    /// `x-amz-checksum-*` headers by algorithm (`crc32`, `crc32c`, `crc64nvme`, `sha1`, `sha256`), base64.
    pub checksums: BTreeMap<String, String>,
}

impl Promises {
    /// Holds bytes that were read whole against what was said of them.
    pub(crate) fn hold(&self, bytes: &[u8]) -> StoreResult<()> {
        let mut digester = Digester::new(self);
        digester.update(bytes);
        digester.found().against(self).map(drop)
    }
}

/// A part whose bytes have arrived and are true, but which no session counts yet. Dropped, it leaves nothing behind.
pub(crate) struct Arrived {
    /// What the session will remember.
    pub receipt: Receipt,
    file: Option<Temporary>,
}

impl Arrived {
    /// Keeps the bytes: from now on somebody else removes them.
    pub(crate) fn keep(mut self) -> Receipt {
        if let Some(file) = self.file.take() {
            file.keep();
        }
        self.receipt
    }
}

/// Reads `body` to its end into a new file of `folder`, or nowhere without one.
pub(crate) async fn take<S, E>(
    mut body: S,
    folder: Option<&Path>,
    number: u16,
    promises: Promises,
) -> StoreResult<Arrived>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin + Send,
    E: std::fmt::Display,
{
    let mut writer = Writer::new(folder, number, &promises)?;
    let (mut batch, mut ended) = gather(&mut body).await?;
    loop {
        let write = writer.write_off_thread(batch);
        if ended {
            return write.await?.finish(&promises);
        }
        let (written, gathered) = tokio::join!(write, gather(&mut body));
        writer = written?;
        (batch, ended) = gathered?;
    }
}

async fn gather<S, E>(body: &mut S) -> StoreResult<(Vec<Bytes>, bool)>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin + Send,
    E: std::fmt::Display,
{
    let mut batch = Vec::new();
    let mut size = 0;
    while size < BATCH {
        match body.next().await {
            Some(Ok(bytes)) => {
                size += bytes.len();
                batch.push(bytes);
            }
            Some(Err(error)) => return Err(broke_off(&error)),
            None => return Ok((batch, true)),
        }
    }
    Ok((batch, false))
}

/// The client did not send all it said.
pub(crate) fn broke_off(error: &impl std::fmt::Display) -> StoreError {
    StoreError::new("IncompleteBody", format!("the body broke off: {error}"))
}

struct Writer {
    file: Option<(File, Temporary)>,
    size: u64,
    digester: Digester,
}

impl Writer {
    fn new(folder: Option<&Path>, number: u16, promises: &Promises) -> StoreResult<Self> {
        let file = match folder {
            None => None,
            Some(folder) => {
                let name = format!("{number}-{}.bin", chance::hex(8));
                let path = folder.join(&name);
                // A folder that is gone means that the session was aborted a moment ago.
                let file = File::create_new(&path).map_err(|error| match error.kind() {
                    std::io::ErrorKind::NotFound => StoreError::no_such_upload(),
                    _ => error.into(),
                })?;
                Some((file, Temporary { path, name, kept: false }))
            }
        };
        Ok(Self { file, size: 0, digester: Digester::new(promises) })
    }

    async fn write_off_thread(mut self, batch: Vec<Bytes>) -> StoreResult<Self> {
        if self.file.is_none() {
            // Counting costs less than changing threads.
            self.write(&batch)?;
            return Ok(self);
        }
        let task = tokio::task::spawn_blocking(move || self.write(&batch).map(|()| self));
        task.await.map_err(|error| StoreError::new("InternalError", error.to_string()))?
    }

    fn write(&mut self, batch: &[Bytes]) -> StoreResult<()> {
        for bytes in batch {
            self.size += bytes.len() as u64;
            let Some((file, _)) = &mut self.file else { continue };
            file.write_all(bytes)?;
            self.digester.update(bytes);
        }
        Ok(())
    }

    fn finish(self, promises: &Promises) -> StoreResult<Arrived> {
        let found = self.digester.found();
        let file = self.file.map(|(_, temporary)| temporary);
        let etag = format!("\"{}\"", chance::to_hex(&found.md5));
        // What is discarded was not hashed, so there is nothing to hold the promises against: they are believed.
        let digests = if file.is_some() { found.against(promises)? } else { promises.checksums.clone() };
        let name = file.as_ref().map(|file| file.name.clone());
        let receipt = Receipt { etag, size: self.size, file: name, stored_at: Moment::now(), digests };
        Ok(Arrived { receipt, file })
    }
}

/// MD5, and the digests that were promised.
struct Digester {
    md5: Md5,
    checksums: ChecksumHasher,
}

/// What the bytes really are.
struct Found {
    md5: [u8; 16],
    checksums: Checksum,
}

impl Digester {
    fn new(promises: &Promises) -> Self {
        let wants = |algorithm: &str| promises.checksums.contains_key(algorithm);
        let checksums = ChecksumHasher {
            crc32: wants("crc32").then(Crc32::new),
            crc32c: wants("crc32c").then(Crc32c::new),
            crc64nvme: wants("crc64nvme").then(Crc64Nvme::new),
            sha1: wants("sha1").then(Sha1::new),
            sha256: wants("sha256").then(Sha256::new),
        };
        Self { md5: Md5::new(), checksums }
    }

    fn update(&mut self, bytes: &[u8]) {
        self.md5.update(bytes);
        self.checksums.update(bytes);
    }

    fn found(self) -> Found {
        Found { md5: self.md5.finalize().into(), checksums: self.checksums.finalize() }
    }
}

impl Found {
    /// The promised digests, if the promises are true.
    fn against(self, promises: &Promises) -> StoreResult<BTreeMap<String, String>> {
        let wrong = |name: &str, what: &str| {
            let message = format!("The {name} you specified did not match {what}.");
            StoreError::new("BadDigest", message)
        };
        if promises.content_md5.as_ref().is_some_and(|promised| *promised != STANDARD.encode(self.md5)) {
            return Err(wrong("Content-MD5", "what we received"));
        }
        let found = self.checksums;
        let mut digests = BTreeMap::new();
        for (algorithm, value) in [
            ("crc32", found.checksum_crc32),
            ("crc32c", found.checksum_crc32c),
            ("crc64nvme", found.checksum_crc64nvme),
            ("sha1", found.checksum_sha1),
            ("sha256", found.checksum_sha256),
        ] {
            let (Some(value), Some(promised)) = (value, promises.checksums.get(algorithm)) else { continue };
            if value != *promised {
                return Err(wrong(&algorithm.to_uppercase(), "the calculated checksum"));
            }
            digests.insert(algorithm.to_owned(), value);
        }
        Ok(digests)
    }
}

/// A file that removes itself unless it is kept: a request may end anywhere.
struct Temporary {
    path: PathBuf,
    name: String,
    kept: bool,
}

impl Temporary {
    fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.kept {
            // Whatever cannot be removed now is removed at the next start.
            let _ = remove_file(&self.path);
        }
    }
}
