//! What lets pages of other origins speak with the services and the storage. `/_/` gets none of it.

use axum::body::Body;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};

/// What an origin allows and exposes.
pub(crate) struct Policy {
    methods: &'static str,
    exposed: &'static [&'static str],
}

/// The API origin's mounts.
pub(crate) const API: Policy = Policy {
    methods: "GET, POST, PUT, PATCH, DELETE, HEAD",
    exposed: &["ETag", "Retry-After", "Location", "Upload-Offset"],
};

/// The storage origin.
pub(crate) const STORAGE: Policy = Policy {
    methods: "GET, PUT, HEAD",
    exposed: &[
        "ETag",
        "Retry-After",
        "x-amz-checksum-crc32",
        "x-amz-checksum-crc32c",
        "x-amz-checksum-crc64nvme",
        "x-amz-checksum-sha1",
        "x-amz-checksum-sha256",
    ],
};

impl Policy {
    /// The answer to a preflight: whatever is asked for is allowed, but for the `forbidden` headers.
    pub(crate) fn preflight(&self, asked: &HeaderMap, forbidden: &[String]) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        let headers = response.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(self.methods));
        if let Some(wanted) = asked.get(ACCESS_CONTROL_REQUEST_HEADERS).and_then(|wanted| wanted.to_str().ok()) {
            let names = wanted.split(',').filter(|name| !forbidden.contains(&name.trim().to_lowercase()));
            // A part of what was a value is one too.
            if let Ok(allowed) = HeaderValue::from_str(&names.collect::<Vec<_>>().join(",")) {
                headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, allowed);
            }
        }
        headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
        headers.insert(VARY, HeaderValue::from_static("Access-Control-Request-Headers"));
        response
    }

    /// Opens an answer to every origin, but for the `hidden` headers.
    pub(crate) fn open(&self, headers: &mut HeaderMap, hidden: &[String]) {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        let shown = self.exposed.iter().filter(|name| !hidden.contains(&name.to_lowercase()));
        let shown = shown.copied().collect::<Vec<_>>().join(", ");
        // The names are constants of this file, so the value is one too.
        if let Ok(shown) = HeaderValue::from_str(&shown) {
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, shown);
        }
    }
}
