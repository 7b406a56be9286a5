//! What the app brought along: its functions, its headers. Anything may be thrown.

use super::held::Held;
#[cfg(feature = "services")]
use super::timer::within;
use super::{sys, value};
use crate::core::{Failed, Failure};
use crate::protocol::{self, Answer, Argument, Json, SERVICES};
use js_sys::{Array, Function, Object, Reflect};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;
use wasm_bindgen::prelude::*;
use web_sys::{AbortController, RequestCredentials};

/// What the app brought along for one upload.
pub(crate) struct App {
    /// The object whose functions stand for a backend, if there is one.
    pub(crate) functions: Option<Object>,
    pub(crate) headers: Option<Headers>,
    pub(crate) credentials: RequestCredentials,
    /// What its functions gave that only it understands. One that goes on from an earlier upload shares that one's.
    pub(crate) kept: Rc<RefCell<Vec<JsValue>>>,
    /// What one of its functions threw last: the `cause` of the error that ends the upload.
    pub(crate) thrown: RefCell<Option<JsValue>>,
}

/// Headers for the service's API.
pub(crate) enum Headers {
    /// Always the same.
    Fixed(Vec<(String, String)>),
    /// Asked for before every request, so that a token can be renewed.
    Asked(Function),
}

/// Tells a function of the app that its answer is not wanted any more, when it is dropped before that came.
struct Guard {
    controller: Held<AbortController>,
    settled: bool,
}

impl Drop for Guard {
    fn drop(&mut self) {
        if !self.settled {
            self.controller.abort();
        }
    }
}

/// Names and values, as an object or as the platform's own headers. What is `undefined` is left out.
///
/// # Errors
/// The name whose value is no text; `None` if it is all something else.
pub(crate) fn header_pairs(given: &JsValue) -> Result<Vec<(String, String)>, Option<String>> {
    let mut pairs = Vec::new();
    if let Some(headers) = given.dyn_ref::<web_sys::Headers>() {
        let mut pair = |value: JsValue, name: JsValue| {
            if let (Some(name), Some(value)) = (name.as_string(), value.as_string()) {
                pairs.push((name, value));
            }
        };
        headers.unchecked_ref::<sys::Pairs>().for_each(&mut pair).map_err(|_| None)?;
        return Ok(pairs);
    }
    if !given.is_object() || js_sys::Array::is_array(given) {
        return Err(None);
    }
    for name in sys::keys(given).map_err(|_| None)? {
        let value = Reflect::get(given, &name).map_err(|_| name.as_string())?;
        if !value.is_undefined() {
            match (name.as_string(), value.as_string()) {
                (Some(name), Some(value)) => pairs.push((name, value)),
                (name, _) => return Err(name),
            }
        }
    }
    Ok(pairs)
}

/// The same, with the platform's own headers in it as names and values: as data they would say nothing.
fn with_headers(value: Json, given: &JsValue) -> Json {
    let headers = Reflect::get(given, &"headers".into()).ok().filter(JsCast::has_type::<web_sys::Headers>);
    match (value, headers.and_then(|headers| header_pairs(&headers).ok())) {
        (value @ Json::Map(_), Some(pairs)) => {
            let mut headers = Json::object([]);
            for (name, text) in &pairs {
                headers = headers.and(Some((name, text.as_str().into())));
            }
            value.and(Some(("headers", headers)))
        }
        (value, _) => value,
    }
}

/// What is said of a function of the app that threw.
pub(crate) fn threw(name: &str, thrown: &JsValue) -> String {
    format!("your function `{name}` threw: {}", value::words_of(thrown))
}

impl App {
    /// The headers for one request to the service's API.
    pub(super) async fn headers(&self) -> Result<Vec<(String, String)>, Failed> {
        let headers = match &self.headers {
            None => return Ok(Vec::new()),
            Some(Headers::Fixed(headers)) => return Ok(headers.clone()),
            Some(Headers::Asked(function)) => {
                let given = function.call0(&JsValue::UNDEFINED);
                self.settled("headers", given).await?
            }
        };
        header_pairs(&headers).map_err(|name| {
            let words = match name {
                Some(name) => format!("your function `headers` gave a value for `{name}` that is no text"),
                None => "your function `headers` gave something else than an object of names and values".into(),
            };
            Failed::new(Failure::Nonsense, words)
        })
    }

    /// Calls one of its functions, and waits for what it promised. `signal` fires when that is not wanted any more.
    pub(super) async fn call(&self, called: &protocol::Function) -> Result<Answer, Failed> {
        let mut guard =
            AbortController::new().map(|controller| Guard { controller: Held::new(controller), settled: false });
        let signal = guard.as_ref().map_or(JsValue::UNDEFINED, |guard| guard.controller.signal().into());
        let given = self.call_sync(called.name, &called.arguments, &signal);
        let settled = self.settled(called.name, given).await;
        if let Ok(guard) = &mut guard {
            guard.settled = true;
        }
        let given = settled?;
        let value = called
            .keeps
            .filter(|_| SERVICES)
            .and_then(|field| self.keep(&given, field))
            .unwrap_or_else(|| value::to_json(&given));
        Ok(Answer::Value { of: called.name, value: with_headers(value, &given) })
    }

    /// Whether there is such a function.
    pub(super) fn has(&self, name: &str) -> bool {
        let function = self.functions.as_ref().and_then(|functions| Reflect::get(functions, &name.into()).ok());
        function.is_some_and(|function| function.is_function())
    }

    /// What one of its functions gives, a promise or not.
    pub(super) fn call_sync(&self, name: &str, arguments: &[Argument], signal: &JsValue) -> Result<JsValue, JsValue> {
        let functions = self.functions.as_ref().map_or(JsValue::UNDEFINED, JsValue::from);
        let arguments = self.arguments(arguments, signal);
        let function = Reflect::get(&functions, &name.into())?.dyn_into::<Function>()?;
        function.apply(&functions, &arguments)
    }

    /// Has the app make what only it understands out of what it had remembered; the number it is kept under.
    #[cfg(feature = "services")]
    pub(super) async fn recall(&self, remembered: &Json, patience: Duration) -> Result<u32, Failed> {
        let given = self.call_sync("recall", &[Argument::Data(remembered.clone())], &JsValue::UNDEFINED);
        let late = || Failed::new(Failure::Callback, "your function `recall` did not settle in time".into());
        let theirs = within(patience, self.settled("recall", given)).await.unwrap_or_else(|| Err(late()))?;
        let mut kept = self.kept.borrow_mut();
        kept.push(theirs);
        Ok(u32::try_from(kept.len() - 1).unwrap_or(u32::MAX))
    }

    /// Of S3 the app remembers nothing by itself; what would wait for it is no code where there is nothing else.
    #[cfg(not(feature = "services"))]
    pub(super) async fn recall(&self, _: &Json, _: Duration) -> Result<u32, Failed> {
        Ok(u32::MAX)
    }

    fn arguments(&self, arguments: &[Argument], signal: &JsValue) -> Array {
        let list = Array::new();
        for argument in arguments {
            list.push(&self.argument(argument, signal));
        }
        list
    }

    fn argument(&self, argument: &Argument, signal: &JsValue) -> JsValue {
        match argument {
            Argument::Data(json) => value::to_js(json),
            Argument::Signalled(json) => {
                let object = value::to_js(json);
                // A plain object of our own: setting a field of it cannot fail.
                let _ = Reflect::set(&object, &"signal".into(), signal);
                object
            }
            Argument::Signal => signal.clone(),
            Argument::Kept(at) => {
                let at = usize::try_from(*at).unwrap_or(usize::MAX);
                self.kept.borrow().get(at).cloned().unwrap_or_default()
            }
        }
    }

    /// Keeps one field of what a function gave as it is; the rest is plain data, with the number in that field's place.
    fn keep(&self, given: &JsValue, field: &str) -> Option<Json> {
        let theirs = Reflect::get(given, &field.into()).ok().filter(|theirs| !theirs.is_undefined())?;
        let rest = Object::new();
        for name in sys::keys(given).ok()?.iter().filter(|name| *name != field) {
            Reflect::set(&rest, &name, &Reflect::get(given, &name).ok()?).ok()?;
        }
        // It calls whatever `toJSON` there is: code of the app.
        let mut fields = value::to_json(&rest).fields().unwrap_or_default().to_vec();
        let mut kept = self.kept.borrow_mut();
        let number = u32::try_from(kept.len()).ok()?;
        kept.push(theirs);
        fields.push((field.to_owned(), number.into()));
        Some(Json::Map(fields))
    }

    /// Waits for what a function gave, a promise or not.
    async fn settled(&self, name: &str, given: Result<JsValue, JsValue>) -> Result<JsValue, Failed> {
        let settled = match given {
            Ok(given) => value::settled(&given).await,
            Err(thrown) => Err(thrown),
        };
        settled.map_err(|thrown| {
            let words = threw(name, &thrown);
            let retry = Reflect::get(&thrown, &"retry".into()).is_ok_and(|retry| retry.is_truthy());
            *self.thrown.borrow_mut() = Some(thrown);
            Failed::new(if retry { Failure::Server } else { Failure::Callback }, words)
        })
    }
}
