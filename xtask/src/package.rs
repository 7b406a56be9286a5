//! The npm package in `pkg/`: what people wrote in `pkg-template/`, and what the build makes.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::inline;
use crate::wasm::{self, Module, Services};
use crate::workspace::root;

/// What stands in the template for the version, of which Cargo.toml is the only source.
const VERSION: &str = "\"version\": \"0.0.0\"";

/// Where the package is assembled.
pub(crate) fn dir() -> PathBuf {
    root().join("pkg")
}

/// Builds both modules and assembles the package around it.
pub(crate) fn build() -> Result<()> {
    let all = wasm::build(Services::All)?;
    let s3 = wasm::build(Services::S3)?;
    let dir = dir();
    if dir.exists() {
        fs::remove_dir_all(&dir).with_context(|| format!("cannot clear {}", dir.display()))?;
    }
    fs::create_dir(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
    copy_template(&dir)?;
    for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
        fs::copy(root().join(licence), dir.join(licence)).with_context(|| format!("cannot copy {licence}"))?;
    }
    for (name, Module { wasm, glue }) in [("upslice", all), ("s3", s3)] {
        write(&dir, &format!("{name}-glue.js"), instances(&glue)?)?;
        write(&dir, &format!("{name}-inline.js"), inline::module(&wasm))?;
        write(&dir, &format!("{name}.wasm"), wasm)?;
    }
    Ok(())
}

fn copy_template(dir: &Path) -> Result<()> {
    let template = root().join("pkg-template");
    for entry in fs::read_dir(&template).context("cannot read pkg-template")? {
        let entry = entry.context("cannot read pkg-template")?;
        let name = entry.file_name();
        ensure!(entry.path().is_file(), "pkg-template/{} is not a file, but the package is flat", name.display());
        fs::copy(entry.path(), dir.join(&name)).with_context(|| format!("cannot copy {}", name.display()))?;
    }
    let manifest = fs::read_to_string(dir.join("package.json")).context("cannot read pkg-template/package.json")?;
    ensure!(manifest.contains(VERSION), "pkg-template/package.json must say {VERSION}, which the build replaces");
    let version = format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION"));
    write(dir, "package.json", manifest.replace(VERSION, &version))
}

/// Where the glue begins to find out what it is to load, and where that ends.
const LOADING: &str = "    async function __wbg_load(";
const LOADED: &str = "    return Object.assign(__wbg_init, { initSync }, exports);\n";

/// What stands there instead: the package loads its modules by itself, and has them compiled.
const INSTANCE: &str = "    return Object.assign(async (module) => {
        const instance = await WebAssembly.instantiate(module, __wbg_get_imports());
        return __wbg_finalize_init(instance, module);
    }, exports);
";

/// The glue as a function that makes glue: what it keeps beside an instance of the module (views of its memory, the
/// closures that the browser holds) is of that instance alone, and `WebAssembly` is whatever it is called with, so that
/// `instance.js` sees who goes in and out.
fn instances(glue: &str) -> Result<String> {
    let function = glue.strip_prefix("let wasm_bindgen = ").context("the glue is no longer one function")?;
    ensure!(function.starts_with("(function(exports) {"), "the glue's function has changed");
    let (begin, rest) = function.split_once(LOADING).context("the glue no longer loads as it did")?;
    let (_, end) = rest.split_once(LOADED).context("the glue no longer ends as it did")?;
    Ok(format!("export default (WebAssembly) => {begin}{INSTANCE}{end}"))
}

fn write(dir: &Path, name: &str, contents: impl AsRef<[u8]>) -> Result<()> {
    fs::write(dir.join(name), contents).with_context(|| format!("cannot write pkg/{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn glue_is_made_for_each_instance() {
        let glue = format!(
            "let wasm_bindgen = (function(exports) {{\n{LOADING}module) {{}}\n{LOADED}}})({{ __proto__: null }});\n"
        );
        let expected =
            format!("export default (WebAssembly) => (function(exports) {{\n{INSTANCE}}})({{ __proto__: null }});\n");
        assert_eq!(instances(&glue).expect("glue"), expected);
        for other in ["export class Machine {}", &glue.replace(LOADING, ""), &glue.replace(LOADED, "")] {
            assert!(instances(other).is_err());
        }
    }
}
