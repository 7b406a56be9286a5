//! Where things are, and how cargo is called.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::child::Job;

/// The checkout.
pub(crate) fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    // The crate lies one folder below the root.
    here.parent().unwrap_or(here)
}

/// A cargo command in the checkout. From nothing, on two cores, the largest build takes some minutes.
pub(crate) fn cargo() -> Job {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    Job::new(program).dir(root()).within(Duration::from_secs(1800))
}

/// Where cargo puts what it builds, whatever the environment and the configuration say about it.
pub(crate) fn target_dir() -> Result<PathBuf> {
    let metadata = cargo().args(["metadata", "--no-deps", "--format-version", "1"]).read()?;
    let metadata: serde_json::Value = serde_json::from_str(&metadata).context("cannot read cargo's metadata")?;
    let dir = metadata["target_directory"].as_str().context("cargo's metadata names no target directory")?;
    Ok(dir.into())
}
