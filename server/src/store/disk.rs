//! The embedded store: sessions and objects on local disk.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use futures::Stream;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::{StoreError, StoreResult};
use super::folder;
use super::incoming::{self, Promises};
use super::object;
use super::record::{Claim, Description, FileRow, Object, Receipt, Terms, Upload};
use super::session::Session;
use crate::chance;

/// What the embedded store enforces and whether it keeps anything.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    /// The least size of every part but the last, by S3's own rules.
    pub floor: u64,
    /// Bodies are counted and discarded.
    pub sink: bool,
}

/// Sessions and objects below one folder.
pub(crate) struct Disk {
    uploads: PathBuf,
    trash: PathBuf,
    rules: Rules,
    sessions: RwLock<HashMap<String, Arc<Session>>>,
}

impl Disk {
    /// Opens `data`, which an earlier process may have left at any moment.
    pub(crate) fn open(data: &Path, rules: Rules) -> StoreResult<Self> {
        let (uploads, trash) = (data.join(folder::UPLOADS), data.join(folder::TRASH));
        // What was given up but not yet removed.
        let _ = fs::remove_dir_all(&trash);
        fs::create_dir_all(&uploads)?;
        fs::create_dir_all(&trash)?;
        let mut sessions = HashMap::new();
        for entry in fs::read_dir(&uploads)? {
            let folder = entry?.path();
            if !Session::was_created(&folder) {
                // It was being created when the process ended: nobody was told its id.
                fs::remove_dir_all(folder)?;
                continue;
            }
            match Session::restore(folder.clone()) {
                Ok(session) => drop(sessions.insert(session.upload.id.clone(), Arc::new(session))),
                // One that a full disk or a power cut has spoilt must not keep the others from being served.
                Err(error) => eprintln!("upslice-server: {} is left alone: {}", folder.display(), error.message),
            }
        }
        Ok(Self { uploads, trash, rules, sessions: RwLock::new(sessions) })
    }

    /// Begins a session under a random id.
    pub(crate) async fn create(self: &Arc<Self>, description: Description, key: String) -> StoreResult<Upload> {
        let bucket = super::bucket_of(&description.service);
        let upload = Upload { id: chance::hex(16), key, bucket, description };
        let disk = Arc::clone(self);
        blocking(move || {
            let session = Session::create(upload.clone(), &disk.uploads)?;
            let mut sessions = disk.sessions.write().unwrap_or_else(PoisonError::into_inner);
            sessions.insert(upload.id.clone(), Arc::new(session));
            Ok(upload)
        })
        .await
    }

    /// The session of this id, open or completed.
    pub(crate) fn find(&self, id: &str) -> Option<Arc<Session>> {
        self.sessions.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// The session of this id, if the key is its own.
    pub(crate) fn session(&self, id: &str, key: &str) -> StoreResult<Arc<Session>> {
        self.find(id).filter(|session| session.upload.key == key).ok_or_else(StoreError::no_such_upload)
    }

    /// The session, open or completed, whose upload is the wanted one.
    pub(crate) fn search(&self, wanted: impl Fn(&Upload) -> bool) -> Option<Arc<Session>> {
        let sessions = self.sessions.read().unwrap_or_else(PoisonError::into_inner);
        sessions.values().find(|session| wanted(&session.upload)).cloned()
    }

    /// Whether an upload was completed that is as wanted.
    pub(crate) fn any_completed(&self, wanted: impl Fn(&Upload) -> bool) -> bool {
        let sessions = self.sessions.read().unwrap_or_else(PoisonError::into_inner);
        sessions.values().any(|session| wanted(&session.upload) && session.object().is_some())
    }

    /// The uploads that are as wanted and neither completed nor given up.
    pub(crate) fn unfinished(&self, wanted: impl Fn(&Upload) -> bool) -> Vec<Upload> {
        let sessions = self.sessions.read().unwrap_or_else(PoisonError::into_inner);
        let open = sessions.values().filter(|session| wanted(&session.upload) && session.object().is_none());
        open.map(|session| session.upload.clone()).collect()
    }

    /// What S3 asks of a completion.
    pub(crate) fn terms(&self) -> Terms {
        Terms { floor: self.rules.floor, empty: false }
    }

    /// The session that was last completed under this key.
    pub(crate) fn completed(&self, key: &str) -> Option<(Arc<Session>, Object)> {
        let sessions = self.sessions.read().unwrap_or_else(PoisonError::into_inner);
        let under_key = sessions.values().filter(|session| session.upload.key == key);
        let completed = under_key.filter_map(|session| session.object().map(|object| (Arc::clone(session), object)));
        completed.max_by_key(|(_, object)| object.completed_at)
    }

    /// Takes a part.
    pub(crate) async fn put<S, E>(
        &self,
        session: Arc<Session>,
        number: u16,
        body: S,
        promises: Promises,
    ) -> StoreResult<Receipt>
    where
        S: Stream<Item = Result<Bytes, E>> + Unpin + Send,
        E: std::fmt::Display,
    {
        session.check_open()?;
        let folder = (!self.rules.sink).then(|| session.folder());
        let arrived = incoming::take(body, folder, number, promises).await?;
        blocking(move || session.accept(number, arrived)).await
    }

    /// Completes a session, or repeats the answer to the same completion.
    pub(crate) async fn complete(
        &self,
        session: Arc<Session>,
        claims: Vec<Claim>,
        location: String,
        terms: Terms,
    ) -> StoreResult<Object> {
        blocking(move || session.complete(&claims, location, terms)).await
    }

    /// Lets a service change what it remembers of an upload.
    pub(crate) async fn note<T, R>(
        &self,
        session: Arc<Session>,
        change: impl FnOnce(&mut T) -> R + Send + 'static,
    ) -> StoreResult<R>
    where
        T: Default + Serialize + DeserializeOwned,
        R: Send + 'static,
    {
        blocking(move || session.note(change)).await
    }

    /// Gives a session up.
    pub(crate) async fn abort(self: &Arc<Self>, session: Arc<Session>) -> StoreResult<()> {
        let disk = Arc::clone(self);
        blocking(move || {
            session.abort(&disk.trash)?;
            disk.sessions.write().unwrap_or_else(PoisonError::into_inner).remove(&session.upload.id);
            Ok(())
        })
        .await
    }

    /// All finished files, newest first; computes the digests that nobody has asked for yet.
    pub(crate) async fn files(&self) -> StoreResult<Vec<FileRow>> {
        let sessions: Vec<_> = self.sessions.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        blocking(move || {
            let mut rows = Vec::new();
            for session in sessions {
                let Some(object) = session.object() else { continue };
                match object::sha256(session.folder(), &object) {
                    Ok(sha256) => rows.push(super::row(&session.upload, &object, sha256)),
                    Err(error) => eprintln!("upslice-server: {} cannot be read: {error}", session.folder().display()),
                }
            }
            rows.sort_by_key(|row| std::cmp::Reverse(row.completed_at));
            Ok(rows)
        })
        .await
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> StoreResult<T> + Send + 'static) -> StoreResult<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| StoreError::new("InternalError", error.to_string()))?
}
