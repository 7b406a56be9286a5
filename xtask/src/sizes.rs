//! What the package costs a visitor.

use anyhow::Result;

use crate::child::Job;
use crate::{package, wasm};

/// Prints it. Node measures: it has the compressors that servers use, and the bundler that people use is there too.
pub(crate) fn print() -> Result<()> {
    Job::new("node").args([wasm::tools().join("sizes.mjs"), package::dir()]).run()
}
