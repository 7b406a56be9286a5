//! Removing what an earlier visit left, without its file.

use super::destination;
use super::error;
use super::promise::promise;
use super::read::wrong;
use crate::browser::driver::{Handle, Live};
use crate::browser::journal;
use crate::browser::source::Source;
use crate::core::{Config, Event, Input};
use crate::protocol::File;
use js_sys::Promise;
use std::cell::RefCell;
use std::time::Duration;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// Has the service of `to` remove what was `written` down of an upload. What could not be removed is told in words.
///
/// # Errors
/// `to` is no destination, or its `recall` threw or never settled: the fields of an `UploadError`.
#[wasm_bindgen]
pub fn discard(to: JsValue, written: JsValue) -> Promise {
    promise(async move { discarded(&to, &written).await.map(JsValue::from) })
}

async fn discarded(to: &JsValue, written: &JsValue) -> Result<Option<String>, JsValue> {
    let (adapter, app) = destination::read_alone(to).map_err(|refused| refused.to_js())?;
    let config = Config::default();
    let patience = config.timeouts.function.unwrap_or(Duration::MAX);
    let ledger = journal::recalled(adapter.as_ref(), &app, written, patience).await;
    let ledger = ledger.map_err(|error| error::to_js(&error, app.thrown.borrow().clone()))?;
    let Some(ledger) = ledger else {
        return Ok(Some("what was written down of it makes no sense".into()));
    };
    let Ok(Some(source)) = web_sys::Blob::new().map(|blob| Source::new(&blob)) else { return Ok(None) };
    let mut resolve = None;
    let over = Promise::new(&mut |done, _| resolve = Some(done));
    let listener = move |_: &Live, event| {
        if let (Event::Over { left }, Some(resolve)) = (event, &resolve) {
            // The promise's own function does not throw.
            let _ = resolve.call1(&JsValue::UNDEFINED, &left.map_or(JsValue::UNDEFINED, JsValue::from));
        }
    };
    let live = Live {
        adapter,
        file: File { name: "blob".into(), kind: String::new(), size: 0, metadata: Vec::new() },
        source,
        app,
        listener: Box::new(listener),
        ledger: RefCell::new(ledger),
        journal: RefCell::default(),
        pool: RefCell::default(),
        #[cfg(feature = "services")]
        encoding: Default::default(),
    };
    let handle = Handle::new(config, live);
    let handle = handle.map_err(|error| wrong("to", &error.to_string()).to_js())?;
    handle.tell(Input::Abort);
    // It is never rejected.
    let left = JsFuture::from(over).await.unwrap_or_default();
    Ok(left.as_string())
}
