//! An exchange by XMLHttpRequest, which alone tells how far a body has got.

use super::app::header_pairs;
use super::body::Carried;
use super::exchange::{OnSent, Outgoing, response};
use super::held::Held;
use super::sys::performance_now;
use crate::core::Failed;
use crate::protocol::{Response, around, pieces};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{ProgressEvent, RequestCredentials, XmlHttpRequest};

/// One engine tells of every 8 KiB; twenty times a second is enough for a bar and for the watchdog.
const GRAIN: f64 = 50.0;

/// A request that ends when it is dropped, with the closures that listen to it.
struct Guard {
    xhr: Held<XmlHttpRequest>,
    _progress: Closure<dyn FnMut(ProgressEvent)>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Ok(upload) = self.xhr.upload() {
            upload.set_onprogress(None);
        }
        // Once answered, this changes nothing. Before, it is told to the promise's functions: they stay, because only a
        // promise that is settled lets go of those who wait for it.
        let _ = self.xhr.abort();
    }
}

/// Sends it, and waits for the whole answer.
pub(super) async fn send(outgoing: &Outgoing, mut on_sent: OnSent) -> Result<Response, Failed> {
    let failed = |error: JsValue| outgoing.unsendable(&error);
    let xhr = XmlHttpRequest::new().map_err(failed)?;
    let mut told = 0.0;
    // A count of bytes.
    let progress = Closure::<dyn FnMut(ProgressEvent)>::new(move |event: ProgressEvent| {
        let now = performance_now();
        let is_last = event.length_computable() && event.loaded() >= event.total();
        if is_last || now - told >= GRAIN {
            told = now;
            on_sent(event.loaded() as u64);
        }
    });
    xhr.upload().map_err(failed)?.set_onprogress(Some(progress.as_ref().unchecked_ref()));
    xhr.open_with_async(outgoing.request.method, &outgoing.request.url, true).map_err(failed)?;
    xhr.set_with_credentials(outgoing.credentials == RequestCredentials::Include);
    // Without them the request would be another one.
    for (name, value) in &header_pairs(&outgoing.headers).map_err(|_| failed("its headers cannot be read".into()))? {
        xhr.set_request_header(name, value).map_err(failed)?;
    }
    // The promise's functions are kept by the request's own handlers, and let go with them.
    let ended = js_sys::Promise::new(&mut |resolve, reject| {
        xhr.set_onload(Some(&resolve));
        xhr.set_onerror(Some(&reject));
        xhr.set_onabort(Some(&reject));
        xhr.set_ontimeout(Some(&reject));
    });
    let guard = Guard { xhr: Held::new(xhr), _progress: progress };
    let xhr = &guard.xhr;
    match &outgoing.body {
        Carried::Nothing => xhr.send(),
        Carried::Text(text) => xhr.send_with_opt_str(Some(text)),
        Carried::Bytes(blob) => xhr.send_with_opt_blob(Some(blob)),
        Carried::Form(form) => xhr.send_with_opt_form_data(Some(form)),
    }
    .map_err(failed)?;
    JsFuture::from(ended).await.map_err(|_| outgoing.unanswered())?;
    let headers = xhr.get_all_response_headers().unwrap_or_default();
    let text = xhr.response_text().ok().flatten().unwrap_or_default();
    Ok(response(xhr.status().unwrap_or_default(), headers_of(&headers), text))
}

/// The headers as the platform lists them: a line each, names in lower case.
fn headers_of(lines: &str) -> Vec<(String, String)> {
    let mut headers = Vec::new();
    for line in pieces(lines, "\r\n") {
        if let Some((name, value)) = around(line, ":") {
            headers.push((name.to_ascii_lowercase(), value.trim_ascii().to_owned()));
        }
    }
    headers
}
