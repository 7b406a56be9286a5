//! The browsers that tests run in: those of the machine, else those of its distribution.

use std::env;
use std::path::PathBuf;

use anyhow::{Context, Result};
use rustix::process::geteuid;

use crate::child::Job;
use crate::workspace::{cargo, target_dir};

/// Where Ubuntu keeps what is not on the path of a bare shell.
const ELSEWHERE: [&str; 2] = ["/snap/bin", "/usr/lib/chromium-browser"];

/// The release of geckodriver, which Debian does not have.
const GECKODRIVER: &str = "0.37.1";

/// A browser and the program that drives it.
pub(crate) struct Browser {
    pub(crate) program: PathBuf,
    pub(crate) driver: PathBuf,
}

/// Chromium, or Chrome.
pub(crate) fn chromium() -> Result<Browser> {
    let programs = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let drivers = ["chromedriver", "chromium.chromedriver"];
    let found = || Some(Browser { program: find(&programs)?, driver: find(&drivers)? });
    // Debian's names, then Ubuntu's.
    let packages: [&[&str]; 2] = [&["chromium", "chromium-driver"], &["chromium-browser", "chromium-chromedriver"]];
    found()
        .or_else(|| packages.iter().find_map(|packages| install(packages).then(found)?))
        .context("install Chromium or Chrome, and the chromedriver of the same version, and run this again")
}

/// Firefox.
pub(crate) fn firefox() -> Result<Browser> {
    let found = || find(&["firefox", "firefox-esr"]);
    let program = found()
        .or_else(|| ["firefox-esr", "firefox"].iter().find_map(|package| install(&[package]).then(found)?))
        .context("install Firefox and run this again")?;
    Ok(Browser { program, driver: geckodriver()? })
}

fn geckodriver() -> Result<PathBuf> {
    let tools = target_dir()?.join("tools");
    let driver = tools.join("bin/geckodriver");
    if driver.is_file() {
        return Ok(driver);
    }
    if let Some(driver) = find(&["geckodriver"]) {
        return Ok(driver);
    }
    // Without optimisation: it compiles in half the time and is waiting for the browser anyway.
    cargo()
        .args(["install", "geckodriver", "--version", GECKODRIVER, "--locked", "--debug", "--root"])
        .args([tools])
        .run()
        .with_context(|| format!("install geckodriver {GECKODRIVER} and run this again"))?;
    Ok(driver)
}

fn find(names: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = env::split_paths(&path).chain(ELSEWHERE.map(PathBuf::from)).collect();
    names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name))).find(|program| program.is_file())
}

/// Installs packages of the distribution where that needs no question; whether it worked is seen by what is there then.
fn install(packages: &[&str]) -> bool {
    let Some(apt) = find(&["apt-get"]) else {
        return false;
    };
    let apt_get = |words: &[&str]| {
        let job = if geteuid().is_root() { Job::new(&apt) } else { Job::new("sudo").args(["-n"]).args([&apt]) };
        job.args(words).env("DEBIAN_FRONTEND", "noninteractive").run().is_ok()
    };
    apt_get(&["update"]) && apt_get(&[&["install", "-y", "--no-install-recommends"], packages].concat())
}
