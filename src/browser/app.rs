//! What the app brought along: its functions, its headers. Anything may be thrown.

use super::{sys, value};
use crate::core::{Failed, Failure};
use crate::protocol::Json;
use js_sys::{Function, Object, Reflect};
use std::cell::RefCell;
use wasm_bindgen::prelude::*;
use web_sys::{AbortController, RequestCredentials};

/// What the app brought along for one upload.
pub(crate) struct App {
    /// The object whose functions stand for a backend, if there is one.
    pub(crate) functions: Option<Object>,
    pub(crate) headers: Option<Headers>,
    pub(crate) credentials: RequestCredentials,
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
    controller: AbortController,
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
        let mut pair = |value: JsValue, name: JsValue| pairs.extend(name.as_string().zip(value.as_string()));
        headers.unchecked_ref::<sys::Pairs>().for_each(&mut pair).map_err(|_| None)?;
        return Ok(pairs);
    }
    if !given.is_object() || js_sys::Array::is_array(given) {
        return Err(None);
    }
    for name in sys::keys(given).map_err(|_| None)? {
        let value = Reflect::get(given, &name).map_err(|_| name.as_string())?;
        if !value.is_undefined() {
            pairs.push(name.as_string().zip(value.as_string()).ok_or_else(|| name.as_string())?);
        }
    }
    Ok(pairs)
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
    pub(super) async fn call(&self, name: &'static str, argument: &Json) -> Result<Json, Failed> {
        let mut guard = AbortController::new().map(|controller| Guard { controller, settled: false });
        let argument = value::to_js(argument);
        if let Ok(guard) = &guard {
            // The argument is a plain object of our own: setting a field of it cannot fail.
            let _ = Reflect::set(&argument, &"signal".into(), &guard.controller.signal());
        }
        let functions = self.functions.as_ref().map_or(JsValue::UNDEFINED, JsValue::from);
        let given = Reflect::get(&functions, &name.into())
            .and_then(JsCast::dyn_into::<Function>)
            .and_then(|function| function.call1(&functions, &argument));
        let settled = self.settled(name, given).await;
        if let Ok(guard) = &mut guard {
            guard.settled = true;
        }
        settled.map(|given| value::to_json(&given))
    }

    /// Waits for what a function gave, a promise or not.
    async fn settled(&self, name: &str, given: Result<JsValue, JsValue>) -> Result<JsValue, Failed> {
        let settled = match given {
            Ok(given) => value::settled(&given).await,
            Err(thrown) => Err(thrown),
        };
        settled.map_err(|thrown| {
            let words = format!("your function `{name}` threw: {}", value::words_of(&thrown));
            let retry = Reflect::get(&thrown, &"retry".into()).is_ok_and(|retry| retry.is_truthy());
            *self.thrown.borrow_mut() = Some(thrown);
            Failed::new(if retry { Failure::Server } else { Failure::Callback }, words)
        })
    }
}
