//! Makes the same module of `src/encode/simd.rs` as the crate itself does.

#[expect(dead_code, reason = "a build script of its own has a main of its own")]
#[path = "../../build.rs"]
mod upslice;

fn main() {
    println!("cargo:rerun-if-changed=../../build.rs");
    upslice::simd("../../src/encode/simd.rs");
}
