//! The door of a service that asks for a key, and what its endpoints are handed behind it.

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use url::Url;

use crate::services::{ApiOrigin, Services, StorageOrigin};

/// A request that was let in.
pub(crate) struct Visit {
    /// What every endpoint works with.
    pub services: Arc<Services>,
    /// The name of the key that asks.
    pub owner: &'static str,
    /// The API origin as this client reaches it.
    pub api: Url,
    /// The storage origin as this client reaches it.
    pub storage: Url,
}

/// An extension of every request that was let in.
#[derive(Debug, Clone, Copy)]
struct Owner(&'static str);

/// Lets in whoever shows the key where `shown` looks for it; all others get `refusal`, also where there is no endpoint.
pub(crate) fn guarded(
    router: Router<Arc<Services>>,
    services: &Arc<Services>,
    shown: fn(&Request) -> Option<Vec<u8>>,
    refusal: fn() -> Response,
) -> Router<Arc<Services>> {
    let services = Arc::clone(services);
    router.layer(from_fn(move |mut request: Request, next: Next| {
        let owner = shown(&request).and_then(|key| services.keys.name(&key));
        async move {
            let Some(owner) = owner else { return refusal() };
            request.extensions_mut().insert(Owner(owner));
            next.run(request).await
        }
    }))
}

/// What follows `Bearer` in the `Authorization` header.
pub(crate) fn bearer(request: &Request) -> Option<Vec<u8>> {
    let sent = request.headers().get(AUTHORIZATION)?;
    sent.as_bytes().strip_prefix(b"Bearer ").map(<[u8]>::to_vec)
}

/// The header `x-api-key`.
pub(crate) fn api_key(request: &Request) -> Option<Vec<u8>> {
    request.headers().get("x-api-key").map(|key| key.as_bytes().to_vec())
}

impl FromRequestParts<Arc<Services>> for Visit {
    type Rejection = (StatusCode, &'static str);

    async fn from_request_parts(parts: &mut Parts, services: &Arc<Services>) -> Result<Self, Self::Rejection> {
        let owner = parts.extensions.get::<Owner>().copied();
        let origins = (parts.extensions.get::<ApiOrigin>(), parts.extensions.get::<StorageOrigin>());
        // Every request comes through a door that knows its origins, and behind it through the guard.
        let (Some(Owner(owner)), (Some(ApiOrigin(api)), Some(StorageOrigin(storage)))) = (owner, origins) else {
            return Err((StatusCode::INTERNAL_SERVER_ERROR, "the request came past the guard"));
        };
        Ok(Self { services: Arc::clone(services), owner, api: api.clone(), storage: storage.clone() })
    }
}
