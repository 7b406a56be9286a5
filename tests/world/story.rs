//! The story of a life, for one that did not end well: it is lived again, and told.

use std::cell::RefCell;
use std::collections::VecDeque;

/// The last so many things that happened are worth reading.
const ENOUGH: usize = 200;

thread_local! {
    static LINES: RefCell<Option<VecDeque<String>>> = const { RefCell::new(None) };
}

pub(crate) struct Story;

impl Story {
    /// Begins one. Without that, nothing is told.
    pub(crate) fn begin() {
        LINES.with(|lines| *lines.borrow_mut() = Some(VecDeque::new()));
    }

    /// One more thing that happened.
    pub(crate) fn add(line: impl FnOnce() -> String) {
        LINES.with(|lines| {
            if let Some(lines) = &mut *lines.borrow_mut() {
                lines.push_back(line());
                if lines.len() > ENOUGH {
                    lines.pop_front();
                }
            }
        });
    }

    /// Ends it, and says what it was.
    pub(crate) fn end() -> String {
        LINES.with(|lines| Vec::from(lines.take().unwrap_or_default()).join("\n"))
    }
}
