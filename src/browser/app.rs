//! What the app brought along: its functions, its headers. Anything may be thrown.

use super::value;
use crate::core::{Failed, Failure};
use crate::protocol::Json;
use js_sys::{Function, Object, Promise, Reflect};
use std::cell::RefCell;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
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
    Fixed(JsValue),
    /// Asked for before every request, so that a token can be renewed.
    Asked(Function),
}

/// Tells a function of the app that its answer is not wanted any more, when it is dropped.
struct Guard(AbortController);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl App {
    /// The headers for one request to the service's API.
    pub(super) async fn headers(&self) -> Result<Vec<(String, String)>, Failed> {
        let headers = match &self.headers {
            None => return Ok(Vec::new()),
            Some(Headers::Fixed(headers)) => headers.clone(),
            Some(Headers::Asked(function)) => {
                let given = function.call0(&JsValue::UNDEFINED);
                self.settled("headers", given).await?
            }
        };
        let pairs = value::to_json(&headers);
        let pairs = pairs.fields().ok_or_else(|| {
            let words = "your function `headers` gave something else than an object of names and values";
            Failed::new(Failure::Nonsense, words.into())
        })?;
        Ok(pairs.iter().filter_map(|(name, value)| Some((name.clone(), value.as_text()?.to_owned()))).collect())
    }

    /// Calls one of its functions, and waits for what it promised. `signal` fires when that is not wanted any more.
    pub(super) async fn call(&self, name: &'static str, argument: &Json) -> Result<Json, Failed> {
        let guard = AbortController::new().map(Guard);
        let argument = value::to_js(argument);
        if let Ok(guard) = &guard {
            // The argument is a plain object of our own: setting a field of it cannot fail.
            let _ = Reflect::set(&argument, &"signal".into(), &guard.0.signal());
        }
        let functions = self.functions.as_ref().map_or(JsValue::UNDEFINED, JsValue::from);
        let given = Reflect::get(&functions, &name.into())
            .and_then(JsCast::dyn_into::<Function>)
            .and_then(|function| function.call1(&functions, &argument));
        self.settled(name, given).await.map(|given| value::to_json(&given))
    }

    /// Waits for what a function gave, a promise or not.
    async fn settled(&self, name: &str, given: Result<JsValue, JsValue>) -> Result<JsValue, Failed> {
        let settled = match given {
            Ok(given) => JsFuture::from(Promise::resolve(&given)).await,
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
