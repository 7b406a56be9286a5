//! `/_/`: what tests and people at the keyboard use. Pages of other origins have no business here: no CORS, a checked
//! `Host`, and on writes a checked `Origin`. Where other machines can connect, the key is needed as well: only a browser
//! says truly which host it asks.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use axum::{Json, Router};
use serde_json::json;

use crate::edge::exchange::Edge;
use crate::faults::rule;
use crate::services::{JSON_LIMIT, Services};

/// The door through which a request came. An extension of every request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Door {
    /// The address that was bound.
    pub host: IpAddr,
    /// The real port.
    pub port: u16,
    /// Over TLS.
    pub tls: bool,
}

#[derive(Clone)]
struct Desk {
    edge: Arc<Edge>,
    names: Arc<[&'static str]>,
}

/// All routes below `/_/`; `names` are the services that rules may speak of.
pub(crate) fn router(services: Arc<Services>, edge: Arc<Edge>, names: Arc<[&'static str]>) -> Router {
    Router::new()
        .route("/_/requests", get(requests).delete(forget_requests))
        .route("/_/faults", get(faults).put(put_faults).delete(end_faults))
        .with_state(Desk { edge, names })
        .merge(crate::files::router(Arc::clone(&services)))
        .route("/_/{*rest}", any(async || refuse(StatusCode::NOT_FOUND, "no such endpoint")))
        .layer(DefaultBodyLimit::max(JSON_LIMIT))
        .layer(from_fn_with_state(services, guard))
}

async fn requests(State(desk): State<Desk>) -> Response {
    Json(desk.edge.log.all()).into_response()
}

async fn forget_requests(State(desk): State<Desk>) -> StatusCode {
    desk.edge.log.clear();
    StatusCode::NO_CONTENT
}

/// What has come of the rules: a test whose fault never happened has shown nothing.
async fn faults(State(desk): State<Desk>) -> Response {
    let rules: Vec<_> = desk.edge.faults.fired().into_iter().map(|fired| json!({ "fired": fired })).collect();
    Json(json!({ "rules": rules })).into_response()
}

async fn put_faults(State(desk): State<Desk>, body: Result<Bytes, BytesRejection>) -> Result<StatusCode, Response> {
    let body = body.map_err(|rejection| refuse(rejection.status(), &rejection.body_text()))?;
    let rules = rule::parse(&body, &desk.names).map_err(|error| refuse(StatusCode::BAD_REQUEST, &error))?;
    desk.edge.faults.replace(rules);
    Ok(StatusCode::NO_CONTENT)
}

async fn end_faults(State(desk): State<Desk>) -> StatusCode {
    desk.edge.faults.clear();
    StatusCode::NO_CONTENT
}

async fn guard(State(services): State<Arc<Services>>, request: Request, next: Next) -> Response {
    let Some(door) = request.extensions().get::<Door>().copied() else {
        return refuse(StatusCode::FORBIDDEN, "the request came through no known door");
    };
    if let Err(reason) = admit(door, request.method(), request.headers()) {
        return refuse(StatusCode::FORBIDDEN, reason);
    }
    if !door.host.is_loopback() && !matches!(services.keys.identify(request.headers()), Ok(Some(_))) {
        return refuse(StatusCode::UNAUTHORIZED, "beyond loopback this needs the key that was printed at the start");
    }
    next.run(request).await
}

/// A name that somebody else's DNS points here is refused, and so is a page of another origin that wants to write.
fn admit(door: Door, method: &Method, headers: &HeaderMap) -> Result<(), &'static str> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text(HOST).unwrap_or_default();
    let bound = match door.host {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    };
    let standard = if door.tls { 443 } else { 80 };
    let known = ["localhost", "127.0.0.1", "[::1]", &bound]
        .iter()
        .any(|name| host == format!("{name}:{}", door.port) || (door.port == standard && host == *name));
    if !known {
        return Err("the Host header must name this server by a loopback name and its port");
    }
    let scheme = if door.tls { "https" } else { "http" };
    let reads = matches!(*method, Method::GET | Method::HEAD);
    match headers.get(ORIGIN) {
        Some(origin) if !reads && origin.as_bytes() != format!("{scheme}://{host}").as_bytes() => {
            Err("the Origin header must be this server's own origin")
        }
        _ => Ok(()),
    }
}

/// An error below `/_/`.
pub(crate) fn refuse(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "error": message }))).into_response()
}
