//! An exchange by fetch.

use super::exchange::{Outgoing, response};
use super::sys;
use crate::core::Failed;
use crate::protocol::Response;
use gloo_net::http::{Headers, Method, Request, RequestBuilder};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, RequestRedirect};

/// Ends a request when it is dropped: once answered, that changes nothing.
struct Guard(AbortController);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Sends it, and waits for the whole answer.
pub(super) async fn send(outgoing: &Outgoing) -> Result<Response, Failed> {
    let guard = Guard(AbortController::new().map_err(|error| outgoing.unsendable(&error))?);
    let request = build(outgoing, &guard).map_err(|error| outgoing.unsendable(&error))?;
    // Not gloo's own `send`: the page's fetch may reject with anything, which that takes for a bug and panics.
    let promise = sys::fetch(&request).map_err(|_| outgoing.unanswered())?;
    let answer = JsFuture::from(promise).await.map_err(|_| outgoing.unanswered())?;
    let answer = gloo_net::http::Response::from(answer.unchecked_into::<web_sys::Response>());
    let headers = answer.headers().entries().collect();
    // A redirect that is not followed has no status and no body.
    let text = answer.text().await.map_err(|_| outgoing.broken_off())?;
    Ok(response(answer.status(), headers, text))
}

/// The method, without the code that reads any.
const fn method(name: &str) -> Method {
    match name.as_bytes() {
        b"POST" => Method::POST,
        b"PUT" => Method::PUT,
        b"DELETE" => Method::DELETE,
        _ => Method::GET,
    }
}

fn build(outgoing: &Outgoing, guard: &Guard) -> Result<web_sys::Request, JsValue> {
    let request = &outgoing.request;
    let redirect = if request.is_api { RequestRedirect::Manual } else { RequestRedirect::Follow };
    let builder = RequestBuilder::new(&request.url)
        .method(method(request.method))
        .headers(Headers::from_raw(outgoing.headers.clone()))
        .credentials(outgoing.credentials)
        .redirect(redirect)
        .abort_signal(Some(&guard.0.signal()));
    let built: Result<Request, _> = match outgoing.body() {
        Some(body) => builder.body(body),
        None => builder.build(),
    };
    built.map(web_sys::Request::from).map_err(|error| JsValue::from(error.to_string()))
}
