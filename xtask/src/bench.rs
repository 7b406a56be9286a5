//! How fast it is, beside what else could be used: Node drives a real browser, and writes down what it has measured.

use std::num::NonZeroU32;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::child::Job;
use crate::workspace::root;
use crate::{browsers, npm, package, server, wasm};

/// What is measured, and how often.
#[derive(Args)]
pub(crate) struct Plan {
    /// Only these files of bench/scenarios, like `disk` or `throttled`; all of them where none is named.
    scenarios: Vec<String>,
    /// How often each contestant is measured, instead of as often as the scenario wants.
    #[arg(long)]
    runs: Option<NonZeroU32>,
}

/// Builds everything for speed and measures.
pub(crate) fn run(plan: &Plan) -> Result<()> {
    let dir = root().join("bench");
    // Before minutes of building, not after them.
    for name in &plan.scenarios {
        let is_there = dir.join("scenarios").join(name).with_extension("mjs").is_file();
        ensure!(is_there, "there is no scenario `{name}` in bench/scenarios");
    }
    npm::install(&dir)?;
    let chromium = browsers::chromium()?;
    package::build()?;
    let program = server::build()?;
    let kernels = wasm::kernels()?;
    let runs = plan.runs.map(|runs| format!("--runs={runs}"));
    Job::new("node")
        .args([dir.join("run.mjs")])
        .args(&plan.scenarios)
        .args(runs)
        .env("UPSLICE_CHROMIUM", chromium.program)
        .env("UPSLICE_CHROMEDRIVER", chromium.driver)
        .env("UPSLICE_PKG", package::dir())
        .env("UPSLICE_KERNELS", kernels)
        .env("UPSLICE_SERVER_BIN", program)
        // Every upload has a limit of its own; this one is for all of them together.
        .within(Duration::from_secs(2 * 3600))
        .run()
        .context("the benchmark needs Node.js 20 or newer, and a machine on which every upload ends well")
}
