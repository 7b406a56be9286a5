//! Makes a module of `src/encode/simd.rs` alone, for `src/browser/simd.rs` to load where the engine has vectors.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

fn main() {
    simd("src/encode/simd.rs");
}

/// Compiles `source`, seen from the package's folder, into the `simd.wasm` of the build's own folder.
pub(crate) fn simd(source: &str) {
    println!("cargo:rerun-if-changed={source}");
    let target = variable("TARGET");
    if !target.starts_with("wasm32") {
        return;
    }
    let out = PathBuf::from(variable("OUT_DIR"));
    let path = Path::new(&variable("CARGO_MANIFEST_DIR")).join(source);
    let root = out.join("simd.rs");
    let text = format!(
        "#![no_std]\n#[path = {path:?}]\nmod simd;\n\
         #[panic_handler]\nfn never(_: &core::panic::PanicInfo<'_>) -> ! {{ loop {{}} }}\n"
    );
    fs::write(&root, text).expect("the build's own folder can be written to");
    let module = out.join("simd.wasm");
    let status = Command::new(variable("RUSTC"))
        .args(["--crate-type=cdylib", "--edition=2024", "--target", &target, "-o"])
        .args([&module, &root])
        // The memory is the other module's: nothing may be put there, no stack either.
        .args(["-Ctarget-feature=+simd128", "-Clink-arg=--import-memory", "-Clink-arg=-zstack-size=0"])
        .args(["-Copt-level=3", "-Cpanic=abort", "-Cstrip=symbols"])
        .status()
        .expect("rustc can be run");
    assert!(status.success(), "rustc cannot compile {source}");
    let sections = sections(&fs::read(&module).expect("rustc has written a module"));
    assert!(!sections.contains(&DATA), "{source} has data, which would overwrite the other module's");
}

/// The number of a module's section of data.
const DATA: u8 = 11;

/// The numbers of a module's sections.
fn sections(module: &[u8]) -> Vec<u8> {
    let (mut found, mut at) = (Vec::new(), 8);
    while at < module.len() {
        found.push(module[at]);
        at += 1;
        // How long it is: seven bits in each byte, the lowest first.
        let (mut size, mut shift) = (0, 0);
        loop {
            let byte = module[at];
            (size, at) = (size | usize::from(byte & 0x7F) << shift, at + 1);
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
        }
        at += size;
    }
    found
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("cargo sets {name}"))
}
