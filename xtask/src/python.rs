//! Packages from PyPI, by pinned names and hashes and without running a build of theirs, in an environment of our own.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::child::Job;
use crate::distribution;
use crate::workspace::target_dir;

const LIST: &str = "requirements.txt";

/// Whether the folder asks for packages from PyPI.
pub(crate) fn is_needed(dir: &Path) -> bool {
    dir.join(LIST).is_file()
}

/// The packages that `requirements.txt` in `dir` names, unless exactly these are there: a Python that has them.
pub(crate) fn environment(dir: &Path) -> Result<PathBuf> {
    let path = dir.join(LIST);
    let requirements = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let home = target_dir()?.join("tools/python");
    let python = home.join("bin/python");
    // A copy of the list among the packages says what they were installed from, and is gone when they are.
    let stamp = home.join("installed-from.txt");
    let installed = fs::read(&stamp).is_ok_and(|installed| installed == requirements);
    // The system's Python, which this one leans on, may have been replaced by another release.
    if installed && Job::new(&python).args(["-c", "import pip"]).read().is_ok() {
        return Ok(python);
    }
    make(&home)?;
    let words = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"];
    Job::new(&python).args(words).args(["--only-binary", ":all:", "-r"]).args([path]).run()?;
    fs::write(&stamp, requirements).with_context(|| format!("cannot write {}", stamp.display()))?;
    Ok(python)
}

/// An empty environment, instead of what may be there.
fn make(home: &Path) -> Result<()> {
    let made = || Job::new("python3").args(["-m", "venv", "--clear"]).args([home]).run();
    made()
        .or_else(|error| if distribution::install(&["python3", "python3-venv"]) { made() } else { Err(error) })
        .context("install Python 3.10 or newer with venv (Debian and Ubuntu: python3-venv) and run this again")
}
