//! What the package costs a visitor.

use anyhow::Result;

use crate::child::Job;
use crate::{package, wasm};

/// Prints it, beside its budget in size-budget.json, which the tests check. Node measures: it has the compressors that
/// servers use, and the bundler that people use is there too.
pub(crate) fn print() -> Result<()> {
    measure().run()
}

/// Prints it, and makes it the budget.
pub(crate) fn accept() -> Result<()> {
    measure().args(["--accept"]).run()
}

fn measure() -> Job {
    Job::new("node").args([wasm::tools().join("sizes.mjs"), package::dir()])
}
