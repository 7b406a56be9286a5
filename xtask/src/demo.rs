//! The demo page, served by the reference server.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Context, Result};

use crate::{package, server};

/// Builds everything and becomes the server: what ends us ends it, and what it says is what the user reads.
pub(crate) fn run(args: Vec<OsString>) -> Result<()> {
    package::build()?;
    let program = server::build()?;
    let error = Command::new(program).args(server::content()).args(args).exec();
    Err(error).context("cannot start the reference server")
}
