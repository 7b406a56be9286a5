//! One HTTP exchange, whichever of the two carries it. Dropping its future ends it.

use super::body::Carried;
use super::{clock, fetch, value, xhr};
use crate::core::{Carrier, Failed, Failure};
use crate::protocol::{Body, Credentials, Request, Response};
use wasm_bindgen::prelude::*;
use web_sys::{Headers, RequestCredentials};

/// Whoever is told how many bytes of a body have left.
pub(super) type OnSent = Box<dyn FnMut(u64)>;

/// A request on its way out: what the adapter asked for, with what only the page has.
pub(super) struct Outgoing {
    pub(super) request: Request,
    pub(super) headers: Headers,
    pub(super) body: Carried,
    pub(super) credentials: RequestCredentials,
}

impl Outgoing {
    /// The app's headers are added for the service's API, and nowhere else.
    pub(super) fn new(
        request: Request,
        apps: &[(String, String)],
        body: Carried,
        credentials: RequestCredentials,
    ) -> Result<Self, Failed> {
        let headers = Headers::new().map_err(|error| unsendable(&request, &error))?;
        if matches!(request.body, Body::Json(_) | Body::Base64Json { .. }) {
            headers.set("content-type", "application/json").map_err(|error| unsendable(&request, &error))?;
        }
        let apps = if request.is_api { apps } else { &[] };
        for (name, value) in request.headers.iter().chain(apps) {
            // The platform's own words may show the value, and values are secrets.
            let words = || format!("the header `{name}`, or its value, is nothing that HTTP can carry");
            headers.set(name, value).map_err(|_| unsendable(&request, &words().into()))?;
        }
        let credentials = match request.credentials {
            Some(Credentials::Omit) => RequestCredentials::Omit,
            Some(Credentials::Include) => RequestCredentials::Include,
            None if request.is_api => credentials,
            Some(Credentials::SameOrigin) | None => RequestCredentials::SameOrigin,
        };
        Ok(Self { request, headers, body, credentials })
    }

    /// `PUT https://store.example/key`
    fn asked(&self) -> String {
        format!("{} {}", self.request.method, crate::protocol::shown(&self.request.url))
    }

    pub(super) fn unanswered(&self) -> Failed {
        let words = format!(
            "{} had no answer that this page may read: the network, the server, or missing CORS headers",
            self.asked()
        );
        Failed::new(Failure::NoAnswer, words)
    }

    /// The page's own `fetch` gave something else.
    pub(super) fn no_answer(&self) -> Failed {
        let words = format!("{}: this page's own `fetch` gave something that is no answer", self.asked());
        Failed::new(Failure::Nonsense, words)
    }

    pub(super) fn broken_off(&self) -> Failed {
        Failed::new(Failure::NoAnswer, format!("the answer to {} broke off", self.asked()))
    }

    pub(super) fn unsendable(&self, error: &JsValue) -> Failed {
        unsendable(&self.request, error)
    }
}

fn unsendable(request: &Request, error: &JsValue) -> Failed {
    let words = format!(
        "{} {} cannot be sent: {}",
        request.method,
        crate::protocol::shown(&request.url),
        value::words_of(error)
    );
    Failed::new(Failure::Nonsense, words)
}

/// Sends it, and waits for the whole answer.
pub(super) async fn exchange(outgoing: &Outgoing, carrier: Carrier, on_sent: OnSent) -> Result<Response, Failed> {
    match carrier {
        Carrier::Fetch => fetch::send(outgoing).await,
        // XMLHttpRequest cannot leave the page's own cookies at home.
        Carrier::Xhr if outgoing.credentials == RequestCredentials::Omit => fetch::send(outgoing).await,
        Carrier::Xhr => xhr::send(outgoing, on_sent).await,
    }
}

/// An answer in the adapters' shape.
pub(super) fn response(status: u16, headers: Vec<(String, String)>, text: String) -> Response {
    let json = match text.trim_ascii_start().as_bytes() {
        [b'{' | b'[', ..] => value::parse(&text),
        _ => None,
    };
    Response { status, headers, text, json, at: clock::now().wall }
}
