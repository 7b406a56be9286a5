//! The browsers that tests run in: those of the machine, else those of its distribution.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::child::{Background, Job};
use crate::distribution::{find, install};
use crate::workspace::{cargo, target_dir};

/// The release of geckodriver, which Debian does not have.
const GECKODRIVER: &str = "0.37.1";

/// A browser and the program that drives it.
pub(crate) struct Browser {
    pub(crate) program: PathBuf,
    pub(crate) driver: PathBuf,
}

/// WebKitGTK: its driver knows where its browser is, which has no way to run without a screen.
pub(crate) struct WebKit {
    pub(crate) driver: PathBuf,
    pub(crate) screen: Screen,
}

/// A screen that nobody sees; dropping it ends it.
pub(crate) struct Screen {
    _process: Background,
    /// What programs call it, e.g. `:99`.
    pub(crate) name: String,
}

/// Chromium, or Chrome.
pub(crate) fn chromium() -> Result<Browser> {
    let programs = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let drivers = ["chromedriver", "chromium.chromedriver"];
    let found = || Some(Browser { program: find(&programs)?, driver: find(&drivers)? }).filter(|it| runs(&it.program));
    // Debian's names, then Ubuntu's.
    let packages: [&[&str]; 2] = [&["chromium", "chromium-driver"], &["chromium-browser", "chromium-chromedriver"]];
    found()
        .or_else(|| packages.iter().find_map(|packages| install(packages).then(found)?))
        .context("install Chromium or Chrome, and the chromedriver of the same version, and run this again (Ubuntu has Chromium as a snap only)")
}

/// Firefox.
pub(crate) fn firefox() -> Result<Browser> {
    let found = || find(&["firefox", "firefox-esr"]).filter(|program| runs(program));
    let program = found()
        .or_else(|| ["firefox-esr", "firefox"].iter().find_map(|package| install(&[package]).then(found)?))
        .context("install Firefox and run this again (Ubuntu has it as a snap only)")?;
    Ok(Browser { program, driver: geckodriver()? })
}

/// WebKitGTK, what Safari is on Linux as far as that goes.
pub(crate) fn webkit() -> Result<WebKit> {
    let found = || Some((find(&["WebKitWebDriver"])?, find(&["Xvfb"])?));
    let (driver, server) = found()
        .or_else(|| install(&["webkit2gtk-driver", "xvfb"]).then(found)?)
        .context("install WebKitGTK's WebKitWebDriver (webkit2gtk-driver) and Xvfb (xvfb), and run this again")?;
    Ok(WebKit { driver, screen: Screen::new(server)? })
}

/// Ubuntu's packages of browsers are scripts, which do nothing where the snap is missing.
fn runs(program: &Path) -> bool {
    Job::new(program).args(["--version"]).read().is_ok()
}

impl Screen {
    fn new(server: PathBuf) -> Result<Self> {
        // It looks for a free number itself, and says which.
        let words = ["-displayfd", "1", "-nolisten", "tcp", "-screen", "0", "1280x1024x24"];
        let (process, output) = Job::new(server).args(words).start()?;
        let mut number = String::new();
        BufReader::new(output).read_line(&mut number).context("Xvfb has not said which screen it is")?;
        let number: u16 = number.trim().parse().context("Xvfb has not said which screen it is")?;
        Ok(Self { _process: process, name: format!(":{number}") })
    }
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
