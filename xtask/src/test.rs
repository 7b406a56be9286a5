//! Everything that is tested, headless: what is missing gets installed or named, and nothing is skipped in silence.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use clap::ValueEnum;
use serde_json::Value;

use crate::browsers::{self, Browser};
use crate::child::Job;
use crate::engine::{self, Engine, Scope};
use crate::report::{Report, count, needed};
use crate::server::{self, Server};
use crate::tally::Tally;
use crate::wasm::{self, TARGET};
use crate::workspace::{cargo, root};
use crate::{npm, package, python, sizes};

/// A selection of the tests.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Area {
    /// Formatting, lints, and the tests that need no browser.
    Native,
    /// The edge, in every engine.
    Browser,
    /// The tarball, as its users meet it.
    Package,
    /// The demo page and the faults, in real browsers against the real server.
    E2e,
    /// The vendors' own clients against the same server, and beside ours.
    Conformance,
}

/// The tests in scripts, each area's in a folder.
const SUITES: [(Area, &str, &str); 3] = [
    (Area::Package, "Package tests", "tests/package"),
    (Area::E2e, "End-to-end tests", "tests/e2e"),
    (Area::Conformance, "Conformance tests", "tests/conformance"),
];

/// What the tests outside Rust run against.
struct Stand {
    chromium: Browser,
    program: PathBuf,
    server: Server,
}

/// Runs the areas, or all of them where none is named. True if nothing has failed.
pub(crate) fn run(areas: &[Area]) -> bool {
    let wanted = |area| areas.is_empty() || areas.contains(&area);
    let mut report = Report::default();
    if wanted(Area::Native) {
        native(&mut report);
    }
    let suites: Vec<_> = SUITES.into_iter().filter(|(area, ..)| wanted(*area)).collect();
    if wanted(Area::Browser) || !suites.is_empty() {
        let stand = report.stage("Chromium and the reference server", |_| Stand::new());
        let everywhere = wanted(Area::Browser) || wanted(Area::E2e);
        let engines = if everywhere { engines(&mut report, stand.as_ref()) } else { None };
        if wanted(Area::Browser) {
            browser(&mut report, stand.as_ref(), engines.as_ref());
        }
        if !suites.is_empty() {
            let built = report.stage("The npm package", |_| package::build().and_then(|()| sizes::print()));
            for (area, name, folder) in suites {
                report.stage(name, |tally| {
                    needed(&built, "the package")?;
                    let stand = needed(&stand, "Chromium and the server")?;
                    let engines = match area {
                        Area::E2e => needed(&engines, "every browser")?.as_slice(),
                        _ => &[],
                    };
                    scripts(folder, stand, engines, tally)
                });
            }
        }
    }
    report.close()
}

fn native(report: &mut Report) {
    report.stage("Formatting", |_| cargo().args(["fmt", "--all", "--check"]).run());
    report.stage("Lints", |_| cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]).run());
    report.stage("Lints for wasm", |_| {
        wasm::ensure_target()?;
        let words = ["clippy", "--package", "upslice", "--target", TARGET];
        let selections: [&[&str]; 2] = [&["--all-targets"], &["--lib", "--no-default-features"]];
        selections.iter().try_for_each(|these| cargo().args(words).args(*these).args(["--", "-D", "warnings"]).run())
    });
    report.stage("Native tests", |tally| {
        // Apart from xtask: in one build they would agree on features, and the glue generator be compiled twice.
        let selections: [&[&str]; 2] = [&["--workspace", "--exclude", "xtask"], &["--package", "xtask"]];
        let runs = selections.map(|words| count(cargo().args(["test", "--no-fail-fast"]).args(words), tally));
        runs.into_iter().collect::<Result<()>>()
    });
}

/// Chromium, Firefox and WebKit, in this order.
fn engines(report: &mut Report, stand: Option<&Stand>) -> Option<[Engine; 3]> {
    let firefox = report.stage("Firefox", |_| browsers::firefox());
    let webkit = report.stage("WebKit", |_| browsers::webkit());
    let chromium = Engine::chromium(&stand?.chromium);
    Some([chromium, Engine::firefox(&firefox?), Engine::webkit(webkit?)])
}

fn browser(report: &mut Report, stand: Option<&Stand>, engines: Option<&[Engine; 3]>) {
    let dir = report.stage("Compiling the browser tests", |_| {
        wasm::ensure_target()?;
        engine::compiled(&needed(&stand, "the reference server")?.server.origin).args(["--no-run"]).run()?;
        tempfile::tempdir().context("cannot make a temporary directory")
    });
    let runs = [
        ("Browser tests in Chromium, window", 0, Scope::Window),
        ("Browser tests in Chromium, dedicated worker", 0, Scope::Worker),
        ("Browser tests in Firefox, window", 1, Scope::Window),
        ("Browser tests in WebKit, window", 2, Scope::Window),
    ];
    for (name, engine, scope) in runs {
        report.stage(name, |tally| {
            let dir = needed(&dir, "the compiled tests")?.path();
            let server = &needed(&stand, "the reference server")?.server;
            let tests = needed(&engines, "every browser")?[engine].tests(scope, &server.origin, dir)?;
            count(tests.within(Duration::from_secs(300)), tally)
        });
    }
}

/// The tests in a folder of scripts: Node runs them; npm brings what they need, and pip where something is asked of it.
fn scripts(folder: &str, stand: &Stand, engines: &[Engine], tally: &mut Tally) -> Result<()> {
    let dir = root().join(folder);
    npm::install(&dir)?;
    let mut runner = Job::new("node");
    if python::is_needed(&dir) {
        runner = runner.env("UPSLICE_PYTHON", python::environment(&dir)?);
    }
    let engines = Value::from_iter(engines.iter().map(Engine::described));
    let runner = runner
        .args([wasm::tools().join("tests.mjs")])
        .args(test_files(&dir)?)
        .dir(&dir)
        .env("UPSLICE_ROOT", root())
        .env("UPSLICE_PKG", package::dir())
        .env("UPSLICE_CHROMIUM", &stand.chromium.program)
        .env("UPSLICE_ENGINES", engines.to_string())
        .env("UPSLICE_SERVER_BIN", &stand.program)
        .env("UPSLICE_SERVER", &stand.server.origin)
        .within(Duration::from_secs(1200));
    count(runner, tally)
}

/// Those that take minutes begin first: one that began last would run alone.
const LONGEST: [&str; 4] = ["service-faults.test.mjs", "services.test.mjs", "kills.test.mjs", "journal.test.mjs"];

/// By name, since Node 20 takes no patterns.
fn test_files(dir: &Path) -> Result<Vec<OsString>> {
    let entries = fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))?;
    let mut names: Vec<OsString> = entries.flatten().map(|entry| entry.file_name()).collect();
    names.retain(|name| name.to_string_lossy().ends_with(".test.mjs"));
    names.sort_by_key(|name| {
        let place = LONGEST.iter().position(|long| name == long);
        (place.unwrap_or(LONGEST.len()), name.clone())
    });
    Ok(names)
}

impl Stand {
    fn new() -> Result<Self> {
        let chromium = browsers::chromium()?;
        let program = server::build()?;
        let server = Server::start(&program)?;
        Ok(Self { chromium, program, server })
    }
}
