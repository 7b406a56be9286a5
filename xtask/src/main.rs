//! The only door: what people and CI run is `cargo xtask <word>`, and it brings along what it needs.

mod bench;
mod browsers;
mod child;
mod demo;
mod distribution;
mod engine;
mod inline;
mod names;
mod npm;
mod order;
mod package;
mod python;
mod report;
mod server;
mod sizes;
mod strays;
mod tally;
mod test;
mod wasm;
mod workspace;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use wasm_bindgen_cli::wasm_bindgen_test_runner;

/// Builds, shows, tests and measures upslice.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    word: Word,
}

#[derive(Subcommand)]
enum Word {
    /// Builds the npm package in pkg/ and prints what it costs a visitor.
    Build {
        /// Makes what it costs now the budget (size-budget.json), which the tests check.
        #[arg(long)]
        accept_size: bool,
    },
    /// Builds everything in release mode and serves the demo page until it is stopped.
    Demo {
        /// Handed to the server, e.g. `-- --port 9000 --storage-port 9001 --data DIR`.
        #[arg(last = true)]
        server: Vec<OsString>,
    },
    /// Runs every test, headless; installs what it needs, or says what to install.
    Test {
        /// Only these.
        areas: Vec<test::Area>,
    },
    /// Measures the package in release mode beside what else could be used, and writes bench/RESULTS.md.
    Bench(bench::Plan),
    /// Runs wasm tests in a browser; cargo calls it, see .cargo/config.toml.
    #[command(hide = true, disable_help_flag = true)]
    TestRunner {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
}

fn main() -> ExitCode {
    strays::adopt();
    strays::end_on_signal();
    match run(Cli::parse().word) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(word: Word) -> Result<ExitCode> {
    match word {
        Word::Build { accept_size } => {
            package::build()?;
            if accept_size { sizes::accept()? } else { sizes::print()? }
        }
        Word::Demo { server } => demo::run(server)?,
        Word::Test { areas } => {
            let passed = test::run(&areas);
            strays::end_all();
            return Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        Word::Bench(plan) => bench::run(&plan)?,
        Word::TestRunner { args } => {
            let program = OsString::from("test-runner");
            wasm_bindgen_test_runner::run_cli_with_args(std::iter::once(program).chain(args))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
