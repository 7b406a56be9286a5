//! The reference server as a program beside us.

use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::child::{Background, Job, each_line};
use crate::package;
use crate::workspace::{cargo, root, target_dir};

/// A server that runs for tests, with data of its own; dropping it ends it.
pub(crate) struct Server {
    // Ended before its data is removed: fields are dropped in this order.
    _process: Background,
    _data: TempDir,
    /// Its API origin, e.g. `http://127.0.0.1:40123`.
    pub(crate) origin: String,
}

/// Compiles the server for speed and returns the program.
pub(crate) fn build() -> Result<PathBuf> {
    cargo().args(["build", "--release", "--package", "upslice-server"]).run()?;
    Ok(target_dir()?.join("release/upslice-server"))
}

/// The pages and the package it serves.
pub(crate) fn content() -> [PathBuf; 4] {
    ["--www".into(), root().join("www"), "--pkg".into(), package::dir()]
}

impl Server {
    /// Starts it on free ports and waits until it listens.
    pub(crate) fn start(program: &Path) -> Result<Self> {
        let data = tempfile::tempdir().context("cannot make a temporary directory")?;
        // Small parts let a test have many of them without many bytes.
        let flags = ["--port", "0", "--storage-port", "0", "--min-part-size", "1024", "--data"];
        let (mut process, output) =
            Job::new(program).args(content()).args(flags).args([data.path()]).dir(root()).start()?;
        let (sender, receiver) = mpsc::channel();
        // Reads to the end, or the server would block on a full pipe.
        thread::spawn(move || {
            each_line(output, |line| {
                let line = String::from_utf8_lossy(line);
                if let Some((_, address)) = line.split_once("listening on ") {
                    // Only the first one is asked for.
                    let _ = sender.send(address.split_whitespace().next().unwrap_or_default().to_owned());
                }
            });
        });
        match receiver.recv_timeout(Duration::from_secs(30)) {
            Ok(origin) => Ok(Self { _process: process, _data: data, origin }),
            Err(_) => match process.ended() {
                Some(status) => {
                    bail!("the reference server ended with {status} before it listened")
                }
                None => bail!("the reference server has not said `listening on` within 30 s"),
            },
        }
    }
}
