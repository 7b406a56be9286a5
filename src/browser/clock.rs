//! What time it is.

use super::sys::performance_now;
use crate::core::{Instant, Now, Wall};

/// Both clocks, read together.
// Both are positive and below 2^53.
pub(super) fn now() -> Now {
    Now { instant: Instant::from_millis(performance_now() as u64), wall: Wall::from_millis(js_sys::Date::now() as u64) }
}
