//! Converts. What the package's JavaScript calls, and what it is told: plain values, no Rust types. The classes that
//! users see live in the package, because they exist before this module is loaded.

mod destination;
mod error;
mod event;
mod options;
mod read;

use crate::browser::driver::{Handle, Live};
use crate::core::{ErrorCode, Input, Ledger, PlanError};
use crate::protocol::Json;
use js_sys::Function;
use std::cell::RefCell;
use wasm_bindgen::prelude::*;

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
        Self::with(file, options, listener, Ledger::default())
    }

    /// A new machine that goes on from what this one has stored.
    ///
    /// # Errors
    /// As for a new one.
    pub fn again(&self, file: &JsValue, options: &JsValue, listener: Function) -> Result<Self, JsValue> {
        Self::with(file, options, listener, self.0.ledger())
    }

    fn with(file: &JsValue, options: &JsValue, listener: Function, ledger: Ledger<Json>) -> Result<Self, JsValue> {
        let read = options::read(file, options).map_err(|refused| error::to_js(&refused.0, refused.1))?;
        let live = Live {
            adapter: read.adapter,
            file: read.file,
            source: read.source,
            app: read.app,
            listener: Box::new(move |live, event| event::tell(&listener, live, event)),
            ledger: RefCell::new(ledger),
        };
        let handle = Handle::new(read.config, live);
        handle.map(Self).map_err(|refused| {
            let code = match refused {
                PlanError::Limit { .. } => ErrorCode::Limit,
                PlanError::PartSize { .. } => ErrorCode::Options,
            };
            error::to_js(&crate::core::Error::new(code, refused.to_string()), None)
        })
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
