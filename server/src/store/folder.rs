//! The data folder: one server's at a time, and nobody else's files.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;

/// Sessions that go on.
pub(crate) const UPLOADS: &str = "uploads";
/// Sessions that were given up, until their bytes are removed.
pub(crate) const TRASH: &str = "trash";

/// Takes the folder for this process, until the file is dropped.
///
/// What is below its two folders is swept at every start, so that whatever else lies there would be lost: a folder of a
/// person's own is refused.
pub(crate) fn claim(data: &Path) -> io::Result<File> {
    fs::create_dir_all(data)?;
    let lock = File::options().create(true).truncate(false).write(true).open(data.join("lock"))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(refused(data, "another server uses it"));
        }
        Err(TryLockError::Error(error)) => return Err(error),
    }
    for folder in [UPLOADS, TRASH] {
        let entries = match fs::read_dir(data.join(folder)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        for entry in entries {
            let name = entry?.file_name();
            if !name.to_str().is_some_and(is_session) {
                return Err(refused(data, &format!("{folder}/{} is not this server's", name.display())));
            }
        }
    }
    Ok(lock)
}

/// Whether a name is one that this server gives a session: sixteen bytes in hexadecimal.
fn is_session(name: &str) -> bool {
    name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn refused(data: &Path, why: &str) -> io::Error {
    io::Error::other(format!("cannot keep uploads in {}: {why}; give --data a folder of its own", data.display()))
}
