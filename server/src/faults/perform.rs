//! Carries out what the book says, on the body and on the socket.

use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use s3s::{S3Error, S3ErrorCode};

use super::book::Amnesty;
use super::rule::Fault;
use crate::edge::body::Metered;
use crate::net::accept::Cut;
use crate::net::control::{Control, End};

/// How much of a body is read before an answer that does not want it.
pub(crate) const BOUND: u64 = 64 << 20;
/// How many bytes a truncated answer promises beyond those it sends.
const MISSING: u64 = 64;

/// Carries out an act that stands in the place of the service. An inner error gives the body back: the service is
/// to answer.
pub(crate) async fn instead(
    act: Option<&Fault>,
    mut body: Metered,
    control: &Control,
    amnesty: &Amnesty,
) -> Result<Result<Response<Body>, Metered>, Cut> {
    match act {
        Some(Fault::Status { status, headers, body: text, .. }) => {
            body.skip(BOUND).await;
            let mut response = Response::new(Body::from(text.clone()));
            // Rules are checked when they are put.
            *response.status_mut() = StatusCode::from_u16(*status).unwrap_or_default();
            for (name, value) in headers {
                if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse::<HeaderValue>()) {
                    response.headers_mut().insert(name, value);
                }
            }
            Ok(Ok(response))
        }
        Some(Fault::Expire {}) => {
            body.skip(BOUND).await;
            let error = S3Error::with_message(S3ErrorCode::AccessDenied, "Request has expired");
            error.to_http_response().map(|response| Ok(response.map(Body::new))).map_err(|_| Cut)
        }
        Some(Fault::Reset { after_bytes }) => {
            body.skip(*after_bytes).await;
            control.end(End::Reset);
            Err(Cut)
        }
        Some(Fault::Stall { after_bytes, answer }) => {
            if *answer {
                body.skip(u64::MAX).await;
            } else {
                body.skip(*after_bytes).await;
                control.freeze();
            }
            tokio::select! {
                () = control.closed() => {}
                () = amnesty.granted() => {}
            }
            control.end(End::Reset);
            Err(Cut)
        }
        _ => Ok(Err(body)),
    }
}

/// Waits before a request takes effect. The body is taken meanwhile: only then is a client that leaves noticed, and the
/// exchange dropped.
pub(crate) async fn delay(pause: Duration, body: Metered, amnesty: &Amnesty) -> Body {
    let body = body.ahead(BOUND).await;
    tokio::select! {
        () = tokio::time::sleep(pause) => {}
        () = amnesty.granted() => {}
    }
    body
}

/// A body as it arrives where something on the way damages it.
pub(crate) fn damaged(act: Option<&Fault>, body: Body) -> Body {
    if !matches!(act, Some(Fault::Flip {})) {
        return body;
    }
    let mut is_whole = true;
    Body::from_stream(body.into_data_stream().map(move |bytes| {
        bytes.map(|bytes| match bytes.split_first() {
            Some((first, rest)) if std::mem::take(&mut is_whole) => [&[first ^ 1], rest].concat().into(),
            _ => bytes,
        })
    }))
}

/// Breaks an answer that the service has given already.
pub(crate) fn after(act: Option<&Fault>, response: Response<Body>, control: &Control) -> Result<Response<Body>, Cut> {
    match act {
        Some(Fault::Lost {}) => {
            control.end(End::Close);
            Err(Cut)
        }
        Some(Fault::Truncate {}) => Ok(truncated(response)),
        _ => Ok(response),
    }
}

/// An answer that will not arrive whole. An extension of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Broken;

/// Promises more than it sends, then fails, which closes the connection.
fn truncated(response: Response<Body>) -> Response<Body> {
    let (mut head, body) = response.into_parts();
    let sent = http_body::Body::size_hint(&body).exact().unwrap_or(0);
    head.headers.remove(TRANSFER_ENCODING);
    head.headers.insert(CONTENT_LENGTH, HeaderValue::from(sent + MISSING));
    head.extensions.insert(Broken);
    let breaks = stream::once(async {
        // Lets what was written so far leave before the connection goes.
        tokio::time::sleep(Duration::from_millis(20)).await;
        Err::<Bytes, _>(axum::Error::new(Cut))
    });
    Response::from_parts(head, Body::from_stream(body.into_data_stream().chain(breaks)))
}
