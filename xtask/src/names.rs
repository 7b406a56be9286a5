//! The names that the module and its glue know each other's functions by.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// What wasm-opt has renamed, from what and to what.
pub(crate) struct Names {
    imports: Vec<(String, String)>,
    exports: Vec<(String, String)>,
}

impl Names {
    /// Reads what wasm-opt says of it.
    pub(crate) fn read(told: &str) -> Result<Self> {
        let told: Value = serde_json::from_str(told).context("wasm-opt does not say what it has renamed")?;
        let pairs = |kind: &str| -> Option<Vec<(String, String)>> {
            // The last two of each: an import's module comes first.
            let pair = |entry: &Value| match entry.as_array()?.as_slice() {
                [.., from, to] => Some((from.as_str()?.to_owned(), to.as_str()?.to_owned())),
                _ => None,
            };
            told[kind].as_array()?.iter().map(pair).collect()
        };
        let (imports, exports) = (pairs("imports"), pairs("exports"));
        Ok(Self {
            imports: imports.context("wasm-opt names no imports")?,
            exports: exports.context("wasm-opt names no exports")?,
        })
    }

    /// The same names in the glue. Its author's shape is checked: a name that is not found would be missed by a visitor.
    pub(crate) fn shorten(&self, glue: &str) -> Result<String> {
        let module = "\"./glue_bg.js\": import0";
        ensure!(glue.contains(module), "the glue's list of imports has changed");
        let mut short = glue.replace(module, "a: import0");
        for (from, to) in &self.imports {
            let (from, to) = (format!("\n            {from}: function("), format!("\n            {to}: function("));
            ensure!(short.matches(&from).count() == 1, "the glue has not one{from}");
            short = short.replace(&from, &to);
        }
        // Whole words only, and each of them once: a new name may be another one's old.
        let mut pieces = short.split("wasm.");
        let mut renamed = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let end = piece.find(|char: char| !(char.is_alphanumeric() || "_$".contains(char))).unwrap_or(piece.len());
            let (name, rest) = piece.split_at(end);
            let to = self.exports.iter().find(|(from, _)| from == name).map_or(name, |(_, to)| to);
            renamed.extend(["wasm.", to, rest]);
        }
        Ok(renamed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOLD: &str = r#"{"imports": [["./glue_bg.js", "__wbg_now_1f", "a"]], "exports": [["a", "b"], ["ab", "c"]]}"#;

    #[test]
    fn the_glue_says_the_short_names() {
        let glue =
            "wasm.a(wasm.ab);\n            __wbg_now_1f: function() { wasm.memory }\n\"./glue_bg.js\": import0\n";
        let expected = "wasm.b(wasm.c);\n            a: function() { wasm.memory }\na: import0\n";
        assert_eq!(Names::read(TOLD).expect("names").shorten(glue).expect("glue"), expected);
    }

    #[test]
    fn a_name_that_the_glue_has_not_is_told() {
        assert!(Names::read(TOLD).expect("names").shorten("\"./glue_bg.js\": import0").is_err());
        assert!(Names::read("a => b").is_err());
    }
}
