//! Packages from npm, by lock file and without their scripts.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::child::Job;

/// The oldest Node that has what the tests use.
const NODE: u32 = 20;

/// Installs the packages that the lock file in `dir` names, unless exactly these are there.
pub(crate) fn install(dir: &Path) -> Result<()> {
    check_node()?;
    let lock = fs::read(dir.join("package-lock.json"))
        .with_context(|| format!("cannot read {}", dir.join("package-lock.json").display()))?;
    // A copy of the lock file among the packages says what they were installed from, and is gone when they are.
    let stamp = dir.join("node_modules/.installed-from.json");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    Job::new("npm").args(["ci", "--ignore-scripts", "--no-fund", "--no-audit"]).dir(dir).run()?;
    fs::write(&stamp, lock).with_context(|| format!("cannot write {}", stamp.display()))
}

fn check_node() -> Result<()> {
    let sentence =
        format!("install Node.js {NODE} or newer with npm (nodejs.org, or your distribution) and run this again");
    let version = Job::new("node").args(["--version"]).read().with_context(|| sentence.clone())?;
    let major = version.trim().trim_start_matches('v').split('.').next().and_then(|major| major.parse().ok());
    if major.is_none_or(|major: u32| major < NODE) {
        bail!("node is {}: {sentence}", version.trim());
    }
    Ok(())
}
