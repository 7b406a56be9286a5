//! The only door: what people and CI run is `cargo xtask <word>`, and it brings along what it needs.

mod child;
mod demo;
mod npm;
mod package;
mod server;
mod sizes;
mod strays;
mod wasm;
mod workspace;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use wasm_bindgen_cli::wasm_bindgen_test_runner;

/// Builds, shows and tests upslice.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    word: Word,
}

#[derive(Subcommand)]
enum Word {
    /// Builds the npm package in pkg/ and prints what it costs a visitor.
    Build,
    /// Builds everything in release mode and serves the demo page until it is stopped.
    Demo {
        /// Handed to the server, e.g. `-- --port 9000 --storage-port 9001 --data DIR`.
        #[arg(last = true)]
        server: Vec<OsString>,
    },
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
        Word::Build => {
            package::build()?;
            sizes::print()?;
        }
        Word::Demo { server } => demo::run(server)?,
        Word::TestRunner { args } => {
            let program = OsString::from("test-runner");
            wasm_bindgen_test_runner::run_cli_with_args(std::iter::once(program).chain(args))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
