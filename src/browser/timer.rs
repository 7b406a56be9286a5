//! One timer that can be set again, and stops when it is dropped. And waiting, for a while or no longer than that.

use super::held::Held;
use super::sys::{clear_timeout, set_timeout};
#[cfg(feature = "services")]
use futures_util::future::{Either, select};
use std::cell::RefCell;
#[cfg(feature = "services")]
use std::pin::pin;
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

/// A timer that is cleared when nobody waits for it any more: under Node it would keep the program alive.
#[cfg(feature = "services")]
struct Armed(Option<Held<JsValue>>);

#[cfg(feature = "services")]
impl Drop for Armed {
    fn drop(&mut self) {
        self.0.iter().for_each(|timer| drop(clear_timeout(timer)));
    }
}

/// Waits so long, or as long as a browser can.
#[cfg(feature = "services")]
pub(super) async fn sleep(wait: Duration) {
    let mut armed = Armed(None);
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        armed.0 = set_timeout(&resolve, (wait.as_secs_f64() * 1000.0).min(LONGEST)).ok().map(Held::new);
        // A page whose timers throw waits for nothing.
        if armed.0.is_none() {
            let _ = resolve.call0(&JsValue::UNDEFINED);
        }
    });
    // It is never rejected.
    let _ = wasm_bindgen_futures::JsFuture::from(promise).await;
}

/// A page that has slept wakes when one of these waits is over, and waits the others out.
#[cfg(feature = "services")]
const TURNS: u32 = 3;

/// What a future gives; `None` if that takes longer.
#[cfg(feature = "services")]
pub(super) async fn within<T>(limit: Duration, future: impl Future<Output = T>) -> Option<T> {
    let late = async {
        for _ in 0..TURNS {
            sleep(limit / TURNS).await;
        }
    };
    match select(pin!(future), pin!(late)).await {
        Either::Left((given, _)) => Some(given),
        Either::Right(_) => None,
    }
}
