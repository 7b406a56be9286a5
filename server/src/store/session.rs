//! One multipart session: its lock, its parts, and the rules of completing it. Everything here may touch the disk and
//! belongs on a blocking thread.
//!
//! The folder of a session holds `upload.json`, per part a file of bytes and a receipt `N.json`, and once completed
//! `object.json`; `notes.json` is the service's own. Each JSON file appears by a rename, so that a killed process leaves either the old state or the new
//! one; bytes that no receipt names are swept at the next start.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use md5::{Digest as _, Md5};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::checksum;
use super::error::{StoreError, StoreResult};
use super::incoming::Arrived;
use super::notes;
use super::record::{Claim, Object, Progress, Receipt, Terms, Upload};
use crate::chance;
use crate::moment::Moment;

const UPLOAD: &str = "upload.json";
const OBJECT: &str = "object.json";
const NOTES: &str = "notes.json";

/// A session, open or over.
pub(crate) struct Session {
    /// Who and what.
    pub upload: Upload,
    folder: PathBuf,
    state: Mutex<State>,
}

enum State {
    Open(BTreeMap<u16, Receipt>),
    Completed(Object),
    Aborted,
}

impl Session {
    /// A new session with a folder of its own below `root`.
    pub(crate) fn create(upload: Upload, root: &Path) -> StoreResult<Self> {
        let folder = root.join(&upload.id);
        fs::create_dir(&folder)?;
        save(&folder, UPLOAD, &upload)?;
        Ok(Self { upload, folder, state: Mutex::new(State::Open(BTreeMap::new())) })
    }

    /// The folder holds a session that somebody may know of.
    pub(crate) fn was_created(folder: &Path) -> bool {
        folder.join(UPLOAD).exists()
    }

    /// A session as an earlier process left it, swept of what no record names.
    pub(crate) fn restore(folder: PathBuf) -> StoreResult<Self> {
        let upload = load(&folder, UPLOAD)?;
        let state = if folder.join(OBJECT).exists() {
            State::Completed(load(&folder, OBJECT)?)
        } else {
            State::Open(read_receipts(&folder)?)
        };
        sweep(&folder, &state)?;
        Ok(Self { upload, folder, state: Mutex::new(state) })
    }

    /// Where the bytes lie.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The session takes parts; otherwise it is unknown to the outside.
    pub(crate) fn check_open(&self) -> StoreResult<()> {
        match *self.lock() {
            State::Open(_) => Ok(()),
            State::Completed(_) | State::Aborted => Err(StoreError::no_such_upload()),
        }
    }

    /// Counts a part whose bytes have arrived; a part sent again replaces the earlier one.
    pub(crate) fn accept(&self, number: u16, arrived: Arrived) -> StoreResult<Receipt> {
        let mut state = self.lock();
        let State::Open(parts) = &mut *state else { return Err(StoreError::no_such_upload()) };
        save(&self.folder, &format!("{number}.json"), &arrived.receipt)?;
        let receipt = arrived.keep();
        if let Some(earlier) = parts.insert(number, receipt.clone()) {
            self.remove_bytes(&earlier);
        }
        Ok(receipt)
    }

    /// The stored parts in order.
    pub(crate) fn parts(&self) -> StoreResult<Vec<(u16, Receipt)>> {
        match self.progress()? {
            Progress::Open(parts) => Ok(parts),
            Progress::Completed(_) => Err(StoreError::no_such_upload()),
        }
    }

    /// The stored parts, or the object once completed.
    pub(crate) fn progress(&self) -> StoreResult<Progress> {
        match &*self.lock() {
            State::Open(parts) => Ok(Progress::Open(parts.iter().map(|(at, part)| (*at, part.clone())).collect())),
            State::Completed(object) => Ok(Progress::Completed(object.clone())),
            State::Aborted => Err(StoreError::no_such_upload()),
        }
    }

    /// Checks every rule, then completes. The same claims on a completed session get the same answer.
    pub(crate) fn complete(&self, claims: &[Claim], location: String, terms: Terms) -> StoreResult<Object> {
        let mut state = self.lock();
        let parts = match &*state {
            State::Open(parts) => select(parts, claims, terms)?,
            State::Completed(object) if repeats(object, claims) => return Ok(object.clone()),
            State::Completed(_) | State::Aborted => return Err(StoreError::no_such_upload()),
        };
        let object = Object {
            location,
            etag: object_etag(&parts),
            size: parts.iter().map(|(_, receipt)| receipt.size).sum(),
            checksum: checksum::whole(&parts),
            parts,
            completed_at: Moment::now(),
        };
        save(&self.folder, OBJECT, &object)?;
        *state = State::Completed(object.clone());
        // The object stands; bytes that nobody claimed and that cannot be removed now go at the next start.
        let _ = sweep(&self.folder, &state);
        Ok(object)
    }

    /// The object, once completed.
    pub(crate) fn object(&self) -> Option<Object> {
        match &*self.lock() {
            State::Completed(object) => Some(object.clone()),
            State::Open(_) | State::Aborted => None,
        }
    }

    /// Lets the service change what it remembers of this upload, open or completed.
    pub(crate) fn note<T, R>(&self, change: impl FnOnce(&mut T) -> R) -> StoreResult<R>
    where
        T: Default + Serialize + DeserializeOwned,
    {
        let state = self.lock();
        if matches!(*state, State::Aborted) {
            return Err(StoreError::no_such_upload());
        }
        notes::change(&self.folder, NOTES, change)
    }

    /// Gives the session up and removes its bytes; `trash` is on the same disk, so that it is gone at once.
    pub(crate) fn abort(&self, trash: &Path) -> StoreResult<()> {
        let mut state = self.lock();
        let State::Open(_) = *state else { return Err(StoreError::no_such_upload()) };
        let grave = trash.join(&self.upload.id);
        fs::rename(&self.folder, &grave)?;
        *state = State::Aborted;
        drop(state);
        // What cannot be removed now is removed at the next start.
        let _ = fs::remove_dir_all(grave);
        Ok(())
    }

    fn remove_bytes(&self, receipt: &Receipt) {
        if let Some(file) = &receipt.file {
            // Bytes left behind cost space, not truth; the next start sweeps them.
            let _ = fs::remove_file(self.folder.join(file));
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change is one assignment after its file was renamed, so a panic leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Removes every file that no record names.
fn sweep(folder: &Path, state: &State) -> StoreResult<()> {
    let mut named: HashSet<String> = [UPLOAD, OBJECT, NOTES, super::object::DIGEST].map(str::to_owned).into();
    match state {
        State::Open(parts) => {
            named.extend(parts.keys().map(|number| format!("{number}.json")));
            named.extend(parts.values().filter_map(|receipt| receipt.file.clone()));
        }
        State::Completed(object) => named.extend(object.parts.iter().filter_map(|(_, part)| part.file.clone())),
        State::Aborted => return Ok(()),
    }
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !named.contains(&*entry.file_name().to_string_lossy()) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// The claimed parts, if S3's rules allow them: ascending numbers, known parts with their ETags, none but the last
/// below the floor.
fn select(parts: &BTreeMap<u16, Receipt>, claims: &[Claim], terms: Terms) -> StoreResult<Vec<(u16, Receipt)>> {
    if claims.is_empty() {
        if terms.empty {
            return Ok(Vec::new());
        }
        return Err(StoreError::new("MalformedXML", "You must specify at least one part."));
    }
    if claims.windows(2).any(|pair| pair[0].number >= pair[1].number) {
        let message = "The list of parts was not in ascending order. Parts must be ordered by part number.";
        return Err(StoreError::new("InvalidPartOrder", message));
    }
    let mut selected = Vec::with_capacity(claims.len());
    for claim in claims {
        let stored = parts.get(&claim.number).filter(|receipt| bare(&receipt.etag) == bare(&claim.etag));
        let Some(receipt) = stored else {
            let message = format!(
                "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag. (part {})",
                claim.number
            );
            return Err(StoreError::new("InvalidPart", message));
        };
        checksum::check(claim, receipt)?;
        selected.push((claim.number, receipt.clone()));
    }
    let floor = terms.floor;
    let all_but_last = &selected[..selected.len() - 1];
    if let Some((number, receipt)) = all_but_last.iter().find(|(_, receipt)| receipt.size < floor) {
        let message = format!(
            "Your proposed upload is smaller than the minimum allowed size. (part {number}: {} bytes, at least {floor})",
            receipt.size
        );
        return Err(StoreError::new("EntityTooSmall", message));
    }
    Ok(selected)
}

fn repeats(object: &Object, claims: &[Claim]) -> bool {
    let claimed = claims.iter().map(|claim| (claim.number, bare(&claim.etag)));
    object.parts.iter().map(|(number, receipt)| (*number, bare(&receipt.etag))).eq(claimed)
}

/// ETags are compared without their quotes, which clients drop and add freely.
pub(crate) fn bare(etag: &str) -> &str {
    etag.trim_matches('"')
}

fn object_etag(parts: &[(u16, Receipt)]) -> String {
    let mut md5 = Md5::new();
    for (_, receipt) in parts {
        let hex = bare(&receipt.etag);
        let digits = (0..hex.len() / 2).filter_map(|at| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).ok());
        md5.update(digits.collect::<Vec<u8>>());
    }
    format!("\"{}-{}\"", chance::to_hex(&md5.finalize()), parts.len())
}

fn read_receipts(folder: &Path) -> StoreResult<BTreeMap<u16, Receipt>> {
    let mut parts = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if let Some(number) = name.strip_suffix(".json").and_then(|stem| stem.parse().ok()) {
            parts.insert(number, load(folder, &name)?);
        }
    }
    Ok(parts)
}

/// Writes a record so that it is either there or not.
pub(crate) fn save(folder: &Path, name: &str, record: &impl Serialize) -> StoreResult<()> {
    let draft = folder.join(format!("{name}.{}.tmp", chance::hex(4)));
    fs::write(&draft, serde_json::to_vec(record)?)?;
    Ok(fs::rename(draft, folder.join(name))?)
}

/// Reads a record.
pub(crate) fn load<T: DeserializeOwned>(folder: &Path, name: &str) -> StoreResult<T> {
    Ok(serde_json::from_slice(&fs::read(folder.join(name))?)?)
}
