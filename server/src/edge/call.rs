//! What a request is in the words of rules and log.

use axum::http::Method;
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};

use crate::store::service_of;

/// The role of an exchange in an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Step {
    /// Begins a session.
    Create,
    /// Signs addresses of parts.
    Sign,
    /// Carries a part's bytes.
    Part,
    /// Reports parts as stored.
    Report,
    /// Completes a session.
    Complete,
    /// Asks how far the service is.
    Status,
    /// Lists stored parts.
    List,
    /// Gives a session up.
    Abort,
}

/// A request as a service understands it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Call {
    /// The mount's name.
    pub service: Option<String>,
    /// Its role; none where the service has no such request.
    pub step: Option<Step>,
    /// The numbers of the parts it is about.
    pub parts: Vec<u16>,
}

/// What a request is by the first bytes of its body, for services that say so only there; `None` asks for more of them.
pub(crate) type Look<'a> = &'a (dyn Fn(&[u8]) -> Option<Call> + Send + Sync);

/// A request to the storage origin. The bucket tells whose it is.
pub(crate) fn storage_call(method: &Method, path: &str, query: &str) -> Call {
    let bucket = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    let part = parameter(query, "partNumber").and_then(|number| number.parse().ok());
    let upload = parameter(query, "uploadId").is_some();
    let step = match *method {
        Method::PUT if upload => Some(Step::Part),
        Method::POST if upload => Some(Step::Complete),
        Method::POST if query.split('&').any(|pair| pair == "uploads" || pair == "uploads=") => Some(Step::Create),
        Method::GET if upload => Some(Step::List),
        Method::DELETE if upload => Some(Step::Abort),
        _ => None,
    };
    Call { service: service_of(bucket).map(str::to_owned), step, parts: part.into_iter().collect() }
}

/// The decoded value of a query parameter.
pub(crate) fn parameter(query: &str, name: &str) -> Option<String> {
    url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// The decoded segments of a path below a mount.
pub(crate) fn segments(rest: &str) -> Vec<String> {
    let segments = rest.split('/').filter(|segment| !segment.is_empty());
    segments.map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned()).collect()
}
