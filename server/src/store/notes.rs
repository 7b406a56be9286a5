//! What a service remembers of an upload beside its parts: one small record, read and written whole.

use std::fs;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::StoreResult;
use super::session::save;

/// Lets `change` at the record of this name, which begins empty, and keeps what came of it. Whoever calls this sees to
/// it that nobody else does meanwhile.
pub(crate) fn change<T, R>(folder: &Path, name: &str, change: impl FnOnce(&mut T) -> R) -> StoreResult<R>
where
    T: Default + Serialize + DeserializeOwned,
{
    let before = match fs::read(folder.join(name)) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(error.into()),
    };
    let mut notes = match &before {
        Some(text) => serde_json::from_slice(text)?,
        None => T::default(),
    };
    let result = change(&mut notes);
    // Many only read.
    if before != Some(serde_json::to_vec(&notes)?) {
        save(folder, name, &notes)?;
    }
    Ok(result)
}
