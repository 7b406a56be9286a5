//! Programs of the machine, and the packages of its distribution that bring them.

use std::env;
use std::path::PathBuf;

use rustix::process::geteuid;

use crate::child::Job;

/// Where Ubuntu keeps what is not on the path of a bare shell.
const ELSEWHERE: [&str; 2] = ["/snap/bin", "/usr/lib/chromium-browser"];

/// The first of these programs that the machine has.
pub(crate) fn find(names: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = env::split_paths(&path).chain(ELSEWHERE.map(PathBuf::from)).collect();
    names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name))).find(|program| program.is_file())
}

/// Installs packages of the distribution where that needs no question; whether it worked is seen by what is there then.
pub(crate) fn install(packages: &[&str]) -> bool {
    let Some(apt) = find(&["apt-get"]) else {
        return false;
    };
    let apt_get = |words: &[&str]| {
        let job = if geteuid().is_root() { Job::new(&apt) } else { Job::new("sudo").args(["-n"]).args([&apt]) };
        job.args(words).env("DEBIAN_FRONTEND", "noninteractive").run().is_ok()
    };
    apt_get(&["update"]) && apt_get(&[&["install", "-y", "--no-install-recommends"], packages].concat())
}
