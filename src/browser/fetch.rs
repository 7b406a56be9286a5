//! An exchange by fetch.

use super::exchange::{Outgoing, response};
use super::held::Stop;
use super::{sys, value};
use crate::core::Failed;
use crate::protocol::Response;
use gloo_net::http::{Headers, Method, Request, RequestBuilder};
use js_sys::Reflect;
use wasm_bindgen::prelude::*;
use web_sys::RequestRedirect;

/// Sends it, and waits for the whole answer.
pub(super) async fn send(outgoing: &Outgoing) -> Result<Response, Failed> {
    let stop = Stop::new().map_err(|error| outgoing.unsendable(&error))?;
    let request = build(outgoing, &stop).map_err(|error| outgoing.unsendable(&error))?;
    // Not gloo's own `send`, nor its answer: the page's fetch may give or throw anything, and what is taken for what it
    // is not ends the page.
    let given = sys::fetch(&request).map_err(|_| outgoing.unanswered())?;
    let answer = value::settled(&given).await.map_err(|_| outgoing.unanswered())?;
    let (status, headers) = head(&answer).ok_or_else(|| outgoing.no_answer())?;
    let given = answer.unchecked_ref::<sys::Answer>().text().map_err(|_| outgoing.broken_off())?;
    let text = value::settled(&given).await.map_err(|_| outgoing.broken_off())?;
    Ok(response(status, headers, text.as_string().ok_or_else(|| outgoing.no_answer())?))
}

/// The status and the headers of an answer, if it is one.
fn head(answer: &JsValue) -> Option<(u16, Vec<(String, String)>)> {
    let field = |name: &str| Reflect::get(answer, &name.into()).ok();
    // It is checked to be a status, or the zero of a redirect that is not followed.
    let status = field("status")?.as_f64().filter(|status| (0.0..1000.0).contains(status))? as u16;
    field("text")?.is_function().then_some(())?;
    let mut headers = Vec::new();
    let mut pair = |value: JsValue, name: JsValue| {
        if let (Some(name), Some(value)) = (name.as_string(), value.as_string()) {
            headers.push((name.to_ascii_lowercase(), value));
        }
    };
    field("headers")?.unchecked_ref::<sys::Pairs>().for_each(&mut pair).ok()?;
    Some((status, headers))
}

/// The method, without the code that reads any.
const fn method(name: &str) -> Method {
    match name.as_bytes() {
        b"POST" => Method::POST,
        b"PUT" => Method::PUT,
        b"PATCH" => Method::PATCH,
        b"DELETE" => Method::DELETE,
        _ => Method::GET,
    }
}

fn build(outgoing: &Outgoing, stop: &Stop) -> Result<web_sys::Request, JsValue> {
    let request = &outgoing.request;
    let redirect = if request.is_api { RequestRedirect::Manual } else { RequestRedirect::Follow };
    let builder = RequestBuilder::new(&request.url)
        .method(method(request.method))
        .headers(Headers::from_raw(outgoing.headers.clone()))
        .credentials(outgoing.credentials)
        .redirect(redirect)
        .abort_signal(Some(&stop.signal()));
    let built: Result<Request, _> = match outgoing.body.to_js() {
        Some(body) => builder.body(body),
        None => builder.build(),
    };
    built.map(web_sys::Request::from).map_err(|error| JsValue::from(error.to_string()))
}
