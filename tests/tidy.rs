//! What the compiler does not hold: arrows of dependency, the length of files, words that must not stay.
#![cfg(not(target_arch = "wasm32"))]

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Every source below a folder, by its path from the root.
fn sources(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    files(&root().join(folder), &mut found);
    found.sort();
    assert!(!found.is_empty(), "{folder} has no sources");
    let source = |path: PathBuf| {
        let name = path.strip_prefix(root()).unwrap().display().to_string();
        (name, fs::read_to_string(&path).unwrap())
    };
    found.into_iter().map(source).collect()
}

/// Lines of code, by number: no comments, nothing of the tests inside.
fn code(source: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = source
        .lines()
        .take_while(|line| !["#[cfg(test)]", "#[cfg(all(test"].iter().any(|gate| line.trim().starts_with(gate)));
    lines.enumerate().map(|(at, line)| (at + 1, line.split("//").next().unwrap_or_default()))
}

/// Whether a path or a crate is named in a line, as a word of its own.
fn names(line: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let (before, after) = (&line[..at], &line[at + word.len()..]);
        !before.ends_with(is_part) && !after.starts_with(is_part)
    })
}

fn assert_never_named(folder: &str, words: &[&str]) {
    for (name, source) in sources(folder) {
        for (at, line) in code(&source) {
            for word in words {
                assert!(!names(line, word), "{name}:{at} names `{word}`: {}", line.trim());
            }
        }
    }
}

const WEB: [&str; 7] = [
    "web_sys",
    "js_sys",
    "wasm_bindgen",
    "wasm_bindgen_futures",
    "gloo_net",
    "serde_wasm_bindgen",
    "console_error_panic_hook",
];

#[test]
fn the_core_sees_no_service_and_no_browser() {
    assert_never_named("src/core", &["crate::protocol", "crate::browser", "crate::js", "crate::encode", "serde"]);
    assert_never_named("src/core", &WEB);
    // A clock, dice or bytes of its own.
    assert_never_named("src/core", &["std::time::Instant", "SystemTime", "std::io", "std::fs", "std::net", "HashMap"]);
}

#[test]
fn encoders_see_bytes_and_nothing_else() {
    assert_never_named("src/encode", &["crate::core", "crate::protocol", "crate::browser", "crate::js", "serde"]);
    assert_never_named("src/encode", &WEB);
}

#[test]
fn protocols_see_no_bytes_and_no_browser() {
    assert_never_named(
        "src/protocol",
        &["crate::browser", "crate::js", "crate::encode", "SystemTime", "std::time::Instant"],
    );
    assert_never_named("src/protocol", &WEB);
}

#[test]
fn the_browser_edge_sees_no_surface() {
    assert_never_named("src/browser", &["crate::js"]);
}

#[test]
fn files_are_short_enough_to_be_read() {
    for (name, source) in sources("src") {
        let lines = source.lines().count();
        assert!(lines <= 300, "{name} has {lines} lines: split it, it has more than one reason");
    }
}

#[test]
fn nothing_is_left_to_be_done() {
    let words = ["TODO", "FIXME", "XXX", "todo!", "unimplemented!", "dbg!"];
    for (name, source) in ["src", "tests"].into_iter().flat_map(sources_of_ours) {
        for (at, line) in source.lines().enumerate().filter(|_| name != "tests/tidy.rs") {
            for word in words {
                assert!(!line.contains(word), "{name}:{} says {word}", at + 1);
            }
        }
    }
}

/// Without what package managers have put there.
fn sources_of_ours(folder: &str) -> Vec<(String, String)> {
    sources(folder).into_iter().filter(|(name, _)| !name.contains("node_modules")).collect()
}

#[test]
fn nothing_is_unwrapped_outside_tests() {
    for (name, source) in sources("src") {
        for (at, line) in code(&source) {
            assert!(!line.contains(".unwrap()"), "{name}:{at} unwraps: {}", line.trim());
        }
    }
}

#[test]
fn every_file_says_what_it_is() {
    for (name, source) in sources("src") {
        assert!(source.starts_with("//!"), "{name} does not begin with what it is");
    }
}

/// The crate and the tool that makes its glue are of one release, or nothing loads.
#[test]
fn the_bridge_and_its_tool_are_of_one_release() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let version = |name: &str| {
        let line = manifest.lines().find(|line| line.starts_with(&format!("{name} = "))).unwrap();
        line.split('"')
            .find(|text| text.starts_with('=') && text.len() > 1)
            .unwrap_or_else(|| panic!("{line}"))
            .to_owned()
    };
    assert_eq!(version("wasm-bindgen"), version("wasm-bindgen-cli"));
}

/// The native build must fail on one stray import.
#[test]
fn web_crates_are_dependencies_of_wasm_only() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let package = manifest.split("\n[package]").nth(1).unwrap();
    let native = package.split("\n[dependencies]").nth(1).unwrap().split("\n[").next().unwrap();
    for word in WEB {
        let name = word.replace('_', "-");
        assert!(!native.contains(&name), "{name} is a dependency of every target");
    }
}

#[test]
fn the_rules_can_be_broken() {
    assert!(names("use crate::protocol::Json;", "crate::protocol"));
    assert!(names("let x = web_sys::window();", "web_sys"));
    assert!(!names("use crate::protocols;", "crate::protocol"));
    assert_eq!(code("a // web_sys\n#[cfg(test)]\nb.unwrap()").collect::<Vec<_>>(), [(1, "a ")]);
}
