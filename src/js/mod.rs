//! Converts. What the package's JavaScript calls, and what it is told: plain values, no Rust types. The classes that
//! users see live in the package, because they exist before this module is loaded.

mod destination;
mod discard;
mod enquiry;
mod error;
mod event;
mod instance;
mod options;
mod promise;
mod read;
mod worker;

pub use discard::discard;
pub use enquiry::enquire;
pub use instance::held;
pub use worker::transformed;

use crate::browser::driver::{Handle, Live};
use crate::browser::journal::{self, Journal};
use crate::browser::pool::Pool;
use crate::core::{ErrorCode, Input, Ledger, PlanError};
use crate::protocol::Json;
use js_sys::{Function, Promise};
use promise::promise;
use std::cell::RefCell;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// What was written down of an upload, understood.
#[wasm_bindgen]
pub struct Recalled(Ledger<Json>);

/// One upload's machine, as the package's `Upload` holds it. Every method takes `&self`: user code may call any of
/// them from within an event.
#[wasm_bindgen]
pub struct Machine(Handle);

#[wasm_bindgen]
impl Machine {
    /// Takes `file` and `options` in, and tells `listener(kind, detail)` what happens. Nothing does before `begin`.
    ///
    /// # Errors
    /// An option is wrong, or the file does not fit the service: the fields of an `UploadError`.
    #[wasm_bindgen(constructor)]
    pub fn new(file: &JsValue, options: &JsValue, listener: Function) -> Result<Self, JsValue> {
        Self::with(file, options, listener, None)
    }

    /// A new machine that goes on from what this one has stored.
    ///
    /// # Errors
    /// As for a new one.
    pub fn again(&self, file: &JsValue, options: &JsValue, listener: Function) -> Result<Self, JsValue> {
        Self::with(file, options, listener, Some(&self.0))
    }

    fn with(file: &JsValue, options: &JsValue, listener: Function, earlier: Option<&Handle>) -> Result<Self, JsValue> {
        let mut read = options::read(file, options).map_err(|refused| refused.to_js())?;
        let ledger = earlier.map(Handle::ledger).unwrap_or_default();
        if let Some(kept) = earlier.and_then(Handle::kept) {
            read.app.kept = kept;
        }
        let live = Live {
            adapter: read.adapter,
            file: read.file,
            source: read.source,
            app: read.app,
            listener: Box::new(move |live, event| event::tell(&listener, live, event)),
            ledger: RefCell::new(ledger),
            journal: RefCell::default(),
            pool: RefCell::default(),
            #[cfg(feature = "services")]
            encoding: Default::default(),
        };
        let handle = Handle::new(read.config, live);
        handle.map(Self).map_err(|refused| {
            let code = match refused {
                PlanError::Limit { .. } | PlanError::Empty => ErrorCode::Limit,
                PlanError::PartSize { .. } | PlanError::NotOurs => ErrorCode::Options,
            };
            error::to_js(&crate::core::Error::new(code, refused.to_string()), None)
        })
    }

    /// What the journal knows this upload by, beside the app's scope; `undefined` if it cannot be taken up.
    pub fn place(&self) -> Option<String> {
        let live = self.0.live()?;
        let place = live.adapter.place()?;
        let file = &live.file;
        Some(format!("{place}\n{}\n{}\n{}", file.name, file.kind, file.size))
    }

    /// What tells the file's bytes from another file's, read when `turn` has come; `undefined` if they cannot be read.
    pub fn identity(&self, turn: Promise) -> Promise {
        let live = self.0.live();
        promise(async move {
            JsFuture::from(turn).await?;
            let identity = match live {
                Some(live) => journal::identity(&live.source).await,
                None => None,
            };
            Ok(identity.map_or(JsValue::UNDEFINED, JsValue::from))
        })
    }

    /// What was written down, ready to be gone on from with `restore`; `undefined` if it makes no sense.
    ///
    /// # Errors
    /// A function of the app threw, or never settled: the fields of an `UploadError`.
    pub fn recall(&self, written: JsValue) -> Promise {
        let (live, patience) = (self.0.live(), self.0.patience());
        promise(async move {
            let Some(live) = live else { return Ok(JsValue::UNDEFINED) };
            match journal::recalled(live.adapter.as_ref(), &live.app, &written, patience).await {
                Ok(ledger) => Ok(ledger.map_or(JsValue::UNDEFINED, |ledger| Recalled(ledger).into())),
                Err(error) => Err(error::to_js(&error, live.app.thrown.borrow().clone())),
            }
        })
    }

    /// Goes on from what was recalled, if nothing has begun yet. Says whether that is so.
    pub fn restore(&self, recalled: Recalled) -> bool {
        self.0.restore(recalled.0)
    }

    /// Has every change written down from now on.
    pub fn keep(&self, journal: Journal) {
        if let Some(live) = self.0.live() {
            *live.journal.borrow_mut() = Some(journal);
        }
    }

    /// Has parts encoded and digested by workers from now on.
    pub fn employ(&self, pool: Pool) {
        if let Some(live) = self.0.live() {
            *live.pool.borrow_mut() = Some(pool);
        }
    }

    /// Begins.
    pub fn begin(&self) {
        self.0.tell(Input::Start);
    }

    /// Sends nothing more; keeps what is stored.
    pub fn pause(&self) {
        self.0.tell(Input::Pause);
    }

    /// Goes on.
    pub fn resume(&self) {
        self.0.tell(Input::Resume);
    }

    /// Ends it, and removes what is stored.
    pub fn abort(&self) {
        self.0.tell(Input::Abort);
    }

    /// Somebody looks at progress inside parts.
    pub fn watch(&self) {
        self.0.tell(Input::Watched(true));
    }

    /// How far it is; `undefined` when it is over.
    pub fn progress(&self) -> JsValue {
        self.0.progress().map_or(JsValue::UNDEFINED, |progress| event::progress(&progress))
    }

    /// Where it stands; `undefined` when it is over.
    pub fn state(&self) -> Option<String> {
        self.0.state().map(|state| state.word().to_owned())
    }
}
