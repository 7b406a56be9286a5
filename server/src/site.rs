//! The demo page and the built package, as static files.

use axum::Router;
use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use tower_http::services::ServeDir;

use crate::options::Options;
use crate::services::StorageOrigin;

/// `/` and `/pkg/`.
pub(crate) fn router(options: &Options) -> Router {
    Router::new()
        .nest_service("/pkg", ServeDir::new(&options.pkg))
        .fallback_service(ServeDir::new(&options.www))
        .layer(from_fn(protect))
}

/// The page may run its module, and speak with its own origin and the storage; nothing else.
async fn protect(request: Request, next: Next) -> Response {
    let storage = request.extensions().get::<StorageOrigin>().map(|origin| origin.0.origin().ascii_serialization());
    let mut response = next.run(request).await;
    set(response.headers_mut(), &storage.unwrap_or_default());
    response
}

fn set(headers: &mut HeaderMap, storage: &str) {
    let policy = format!(
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' {storage}; style-src 'self'; img-src 'self' data:"
    );
    // An origin as a URL parser writes it is always a header value.
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Whoever builds the package anew wants to see it at the next reload.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
}
