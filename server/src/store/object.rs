//! Reads completed objects: their parts stay the files they are, and are served and hashed as one.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures::{Stream, StreamExt as _, TryStreamExt as _};
use sha2::{Digest as _, Sha256};
use tokio_util::io::ReaderStream;

use super::record::Object;
use crate::chance;

/// The file that remembers the digest of the whole, beside the bytes.
pub(crate) const DIGEST: &str = "sha256";

const WINDOW: usize = 1 << 18;

/// The bytes of an object, part after part; none where they were discarded.
pub(crate) fn stream(
    folder: &Path,
    object: &Object,
) -> Option<impl Stream<Item = std::io::Result<Bytes>> + Send + use<>> {
    let files = files(folder, object)?;
    Some(
        futures::stream::iter(files)
            .then(|file| async move { tokio::fs::File::open(file).await })
            .map_ok(|file| ReaderStream::with_capacity(file, WINDOW))
            .try_flatten(),
    )
}

/// Hex SHA-256 of the whole, computed at the first question and remembered; none where the bytes were discarded.
pub(crate) fn sha256(folder: &Path, object: &Object) -> std::io::Result<Option<String>> {
    if let Ok(known) = fs::read_to_string(folder.join(DIGEST)) {
        return Ok(Some(known));
    }
    let Some(files) = files(folder, object) else { return Ok(None) };
    let mut hash = Sha256::new();
    let mut window = vec![0; WINDOW];
    for file in files {
        let mut file = File::open(file)?;
        loop {
            match file.read(&mut window)? {
                0 => break,
                read => hash.update(&window[..read]),
            }
        }
    }
    let digest = chance::to_hex(&hash.finalize());
    let draft = folder.join(format!("{DIGEST}.{}.tmp", chance::hex(4)));
    fs::write(&draft, &digest)?;
    fs::rename(draft, folder.join(DIGEST))?;
    Ok(Some(digest))
}

fn files(folder: &Path, object: &Object) -> Option<Vec<PathBuf>> {
    object.parts.iter().map(|(_, receipt)| receipt.file.as_ref().map(|name| folder.join(name))).collect()
}
