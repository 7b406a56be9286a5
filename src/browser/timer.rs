//! One timer that can be set again, and stops when it is dropped.

use super::held::Held;
use super::sys::{clear_timeout, set_timeout};
use std::cell::RefCell;
use std::time::Duration;
use wasm_bindgen::prelude::*;

/// Browsers keep delays in 31 bits; a longer one would fire at once.
const LONGEST: f64 = 1_073_741_824.0;

/// A timer with one callback.
pub(super) struct Timer {
    callback: Closure<dyn FnMut()>,
    running: RefCell<Option<Held<JsValue>>>,
}

impl Timer {
    /// A timer that is not set.
    pub(super) fn new(callback: impl FnMut() + 'static) -> Self {
        Self { callback: Closure::new(callback), running: RefCell::new(None) }
    }

    /// Sets it, whatever it was set to. Firing early, at the longest delay, is harmless.
    pub(super) fn set(&self, delay: Duration) {
        self.clear();
        // A page that has no timers is woken by what happens only.
        let timer = set_timeout(self.callback.as_ref().unchecked_ref(), (delay.as_secs_f64() * 1000.0).min(LONGEST));
        // The page's own may have called us, and have had it set: that is the later word.
        let is_set = self.running.borrow().is_some();
        match (is_set, timer) {
            (true, Ok(timer)) => drop(clear_timeout(&timer)),
            (false, Ok(timer)) => drop(self.running.replace(Some(Held::new(timer)))),
            (_, Err(_)) => {}
        }
    }

    /// Stops it.
    pub(super) fn clear(&self) {
        if let Some(timer) = self.running.take() {
            let _ = clear_timeout(&timer);
        }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.clear();
    }
}
