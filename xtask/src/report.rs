//! The stages of a test run: a heading each, and a summary whose last line counts the tests.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::child::Job;
use crate::tally::Tally;

/// What has been run so far.
#[derive(Default)]
pub(crate) struct Report {
    stages: Vec<Stage>,
}

struct Stage {
    name: &'static str,
    tally: Tally,
    failed: bool,
    took: Duration,
}

impl Report {
    /// Runs a stage under its heading; one that fails is shown at once and does not keep the next ones from running.
    pub(crate) fn stage<T>(&mut self, name: &'static str, work: impl FnOnce(&mut Tally) -> Result<T>) -> Option<T> {
        println!("\n==> {name}");
        let began = Instant::now();
        let mut tally = Tally::default();
        let result = work(&mut tally).inspect_err(|error| println!("{name}: {error:#}"));
        // A stage can fail without a failed test, when nothing compiles: the count must show it all the same.
        tally.failed += u64::from(result.is_err() && tally.failed == 0);
        self.stages.push(Stage { name, tally, failed: tally.failed > 0, took: began.elapsed() });
        result.ok()
    }

    /// Prints the summary; the very last line is the sum. True if nothing has failed.
    pub(crate) fn close(self) -> bool {
        println!("\n==> Summary");
        for Stage { name, tally, failed, took } in &self.stages {
            let ending = if *failed { "FAILED" } else { "ok" };
            let counts = if *tally == Tally::default() { String::new() } else { tally.to_string() };
            println!("{ending:<8}{name:<48}{:>5} s   {counts}", took.as_secs());
        }
        let sum = self.stages.iter().map(|stage| stage.tally).fold(Tally::default(), Tally::and);
        if sum.skipped > 0 {
            println!("\n{} skipped", sum.skipped);
        }
        println!("\n{} passed, {} failed", sum.passed, sum.failed);
        sum.failed == 0
    }
}

/// Runs a test runner and counts; no test at all is a failure, too.
pub(crate) fn count(runner: Job, tally: &mut Tally) -> Result<()> {
    let outcome = runner.watch()?;
    let counted = Tally::of(&outcome.output);
    *tally = tally.and(counted);
    if !outcome.success {
        bail!("not everything passed");
    }
    if counted.passed == 0 {
        bail!("no test has run");
    }
    Ok(())
}

/// What an earlier stage should have left.
pub(crate) fn needed<'a, T>(thing: &'a Option<T>, name: &str) -> Result<&'a T> {
    thing.as_ref().with_context(|| format!("needs {name}, which an earlier stage could not provide"))
}
