//! From Rust to the module and its glue, as small and as fast as they get.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use wasm_bindgen_cli::wasm_bindgen;

use crate::child::Job;
use crate::names::Names;
use crate::npm;
use crate::order;
use crate::workspace::{cargo, root, target_dir};

/// The target's name.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// What rustc takes for granted of every browser: the stripped module no longer says so itself.
const FEATURES: [&str; 6] =
    ["bulk-memory", "multivalue", "mutable-globals", "nontrapping-float-to-int", "reference-types", "sign-ext"];

/// A section of its own, named `s3` and empty, by which `pkg-template/modules.js` knows whose glue a module needs.
const S3_ALONE: [u8; 5] = [0, 3, 2, b's', b'3'];

/// What a module has inside.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Services {
    /// All of them.
    All,
    /// S3 alone, which most uploads need and which is a quarter less.
    S3,
}

/// The module and the JavaScript that it is called through.
pub(crate) struct Module {
    pub(crate) wasm: Vec<u8>,
    pub(crate) glue: String,
}

/// Compiles the crate and makes a module that visitors download.
pub(crate) fn build(services: Services) -> Result<Module> {
    ensure_target()?;
    npm::install(&tools())?;
    let dir = tempfile::tempdir().context("cannot make a temporary directory")?;
    let compiled = compile(services)?;
    generate_glue(&compiled, dir.path())?;
    let optimised = dir.path().join("upslice.wasm");
    let names = optimise(&dir.path().join("glue_bg.wasm"), &optimised)?;
    let glue = fs::read_to_string(dir.path().join("glue.js")).context("wasm-bindgen has written no glue")?;
    let mut wasm = fs::read(&optimised).context("wasm-opt has written no module")?;
    if services == Services::S3 {
        wasm.extend(S3_ALONE);
    }
    Ok(Module { wasm, glue: names.shorten(&glue)? })
}

/// Where the tools from npm are installed.
pub(crate) fn tools() -> PathBuf {
    root().join("xtask/tools")
}

/// Installs the standard library for wasm where it is missing.
pub(crate) fn ensure_target() -> Result<()> {
    let libraries = Job::new("rustc").args(["--print", "target-libdir", "--target", TARGET]).dir(root()).read()?;
    if Path::new(libraries.trim()).is_dir() {
        return Ok(());
    }
    Job::new("rustup").args(["target", "add", TARGET]).dir(root()).run().with_context(|| {
        format!("install Rust's standard library for {TARGET}, e.g. with `rustup target add {TARGET}`")
    })
}

fn compile(services: Services) -> Result<PathBuf> {
    let flags = format!("target.{TARGET}.rustflags={:?}", remapped_paths()?);
    let words = ["build", "--package", "upslice", "--lib", "--profile", "wasm", "--target", TARGET, "--config", &flags];
    let features: &[&str] = match services {
        Services::All => &[],
        Services::S3 => &["--no-default-features"],
    };
    cargo().args(words).args(features).run()?;
    Ok(target_dir()?.join(TARGET).join("wasm/upslice.wasm"))
}

/// Compiles what the benchmark measures by itself: the encoders and digests of the crate, with the vectors that it loads
/// apart. The module's path.
pub(crate) fn kernels() -> Result<PathBuf> {
    ensure_target()?;
    let flags = format!("target.{TARGET}.rustflags=[\"-Ctarget-feature=+simd128\"]");
    let words = ["build", "--package", "upslice-kernels", "--profile", "wasm", "--target", TARGET, "--config"];
    cargo().args(words).args([flags]).run()?;
    Ok(target_dir()?.join(TARGET).join("wasm/upslice_kernels.wasm"))
}

/// Panics name source files: without the folders of the machine that built them, the module is the same everywhere.
fn remapped_paths() -> Result<Vec<String>> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".cargo")));
    let registries = home.map(|home| home.join("registry/src")).and_then(|sources| fs::read_dir(sources).ok());
    let folders = registries.into_iter().flatten().flatten().map(|entry| (entry.path(), "crates"));
    let folders = folders.chain([(root().to_owned(), "upslice")]);
    Ok(folders.map(|(path, name)| format!("--remap-path-prefix={}={name}", path.display())).collect())
}

/// Target "no-modules", because it is one function: see `package::instances`. Without a default path, no bundler ever sees
/// an address in it that it would have to understand.
fn generate_glue(compiled: &Path, dir: &Path) -> Result<()> {
    let flags = [
        "wasm-bindgen",
        "--target=no-modules",
        "--omit-default-module-path",
        "--no-typescript",
        "--remove-name-section",
        "--remove-producers-section",
        "--out-name=glue",
        "--out-dir",
    ];
    let args = flags.map(OsString::from).into_iter().chain([dir.into(), compiled.into()]);
    wasm_bindgen::run_cli_with_args(args).context("wasm-bindgen cannot read the compiled crate")
}

/// From npm rather than from the distribution: Debian's wasm-opt 108 breaks tables of references without a word.
///
/// -O1, because the compiler has done the rest: -O3 and -Oz make fewer bytes of which a server's compression makes more
/// (`docs/size.md`), and so do segments of data that are cut where they have zeros. Ahead of it, what is hardly more than a
/// call, or is called once and small, is put where it is called: then it also sees that what asks for a constant need not ask.
/// Then the functions are put in the order of [`crate::order`], and what the module imports and exports is renamed:
/// wasm-bindgen's names end in digits of a hash, which nothing compresses.
fn optimise(module: &Path, optimised: &Path) -> Result<Names> {
    let small = [
        "--inlining-optimizing",
        "--always-inline-max-function-size=5",
        "--flexible-inline-max-function-size=0",
        "--one-caller-inline-max-function-size=15",
    ];
    let unused = ["--rse", "--dae-optimizing", "-O1", "--skip-pass=memory-packing", "--strip-target-features"];
    wasm_opt(module, optimised, &[&small[..], &unused].concat())?;
    let named = module.with_extension("named.wasm");
    let read = fs::read(optimised).context("wasm-opt has written no module")?;
    fs::write(&named, order::named(&read)?).context("cannot write a module")?;
    let renamed = ["--reorder-functions-by-name", "--strip-debug", "--minify-imports-and-exports-and-modules"];
    Names::read(&wasm_opt(&named, optimised, &renamed)?)
}

/// What it says.
fn wasm_opt(module: &Path, optimised: &Path, passes: &[&str]) -> Result<String> {
    let program = tools().join("node_modules/binaryen/bin/wasm-opt");
    let features = FEATURES.iter().map(|feature| format!("--enable-{feature}"));
    Job::new("node").args([program.as_path(), module, "-o".as_ref(), optimised]).args(passes).args(features).read()
}
