//! How many tests there were, read from the closing lines of the three runners: cargo's, the browser's, Node's.

use std::fmt;

/// What the runners counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    /// Ignored by cargo, skipped by Node: never in silence.
    pub(crate) skipped: u64,
}

impl Tally {
    /// Counts what a runner has written.
    pub(crate) fn of(output: &str) -> Self {
        output.lines().filter_map(|line| cargo(line).or_else(|| node(line))).fold(Self::default(), Self::and)
    }

    /// Both together.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            skipped: self.skipped + other.skipped,
        }
    }

    fn count(name: &str, number: u64) -> Option<Self> {
        match name {
            "passed" | "pass" => Some(Self { passed: number, ..Self::default() }),
            "failed" | "fail" | "cancelled" => Some(Self { failed: number, ..Self::default() }),
            "ignored" | "skipped" | "todo" => Some(Self { skipped: number, ..Self::default() }),
            _ => None,
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { passed, failed, skipped } = self;
        match skipped {
            0 => write!(f, "{passed} passed, {failed} failed"),
            _ => write!(f, "{passed} passed, {failed} failed, {skipped} skipped"),
        }
    }
}

/// `test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.01s`
fn cargo(line: &str) -> Option<Tally> {
    let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let counts = counts.split("; ").filter_map(|count| {
        let (number, name) = count.split_once(' ')?;
        Tally::count(name, number.parse().ok()?)
    });
    Some(counts.fold(Tally::default(), Tally::and))
}

/// `ℹ pass 12`, one line for each count.
fn node(line: &str) -> Option<Tally> {
    let (name, number) = line.strip_prefix("ℹ ")?.split_once(' ')?;
    Tally::count(name, number.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_and_the_browser_close_with_one_line_for_each_program() {
        let output = "running 2 tests\n\
            test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 4 filtered out; finished in 0.00s\n\
            test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 filtered out; finished in 0.14s\n";
        assert_eq!(Tally::of(output), Tally { passed: 5, failed: 1, skipped: 1 });
    }

    #[test]
    fn node_closes_with_one_line_for_each_count() {
        let output =
            "✔ packs (12ms)\nℹ tests 8\nℹ suites 0\nℹ pass 4\nℹ fail 1\nℹ cancelled 1\nℹ skipped 1\nℹ todo 1\n";
        assert_eq!(Tally::of(output), Tally { passed: 4, failed: 2, skipped: 2 });
    }

    #[test]
    fn what_a_test_prints_is_not_counted() {
        assert_eq!(Tally::of("5 passed; 1 failed\npass 3\nℹ pass a while\n"), Tally::default());
    }
}
