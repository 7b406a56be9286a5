//! The accept loop: one hyper connection per socket, so that a fault can reach the socket below its own request only.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::control::{Control, shrink};
use super::wire::Wire;

/// The connection ends without an answer.
#[derive(Debug)]
pub(crate) struct Cut;

impl std::fmt::Display for Cut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection was cut")
    }
}

impl std::error::Error for Cut {}

/// Large enough that no benchmark waits for a window update.
const STREAM_WINDOW: u32 = 16 << 20;
const CONNECTION_WINDOW: u32 = 128 << 20;
/// How long a connection may lie idle. Browsers keep theirs for minutes, and a body sent into a closing connection is lost.
const IDLE: Duration = Duration::from_secs(600);
/// How long requests under way may take to end once the server was asked to.
const FAREWELL: Duration = Duration::from_secs(2);

/// What stands behind a listener.
pub(crate) trait Behind: Clone + Send + 'static {
    /// Answers one request, or cuts the connection.
    fn answer(
        self,
        request: Request<Incoming>,
        control: Arc<Control>,
    ) -> impl Future<Output = Result<Response<Body>, Cut>> + Send + 'static;

    /// The slowest rate that new connections must expect, in bytes per second.
    fn rate(&self) -> Option<u64>;
}

/// Accepts until `stop` says so, then lets requests under way end for a moment.
pub(crate) async fn run(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    behind: impl Behind,
    mut stop: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    loop {
        let socket = tokio::select! {
            () = told(&mut stop) => break,
            accepted = listener.accept() => match accepted {
                Ok((socket, _)) => socket,
                // Out of descriptors, or the peer was gone already: neither is cured by trying harder.
                Err(_) => {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                    continue;
                }
            },
            Some(_) = connections.join_next() => continue,
        };
        // Small answers must not wait for the acknowledgement of the last one.
        let _ = socket.set_nodelay(true);
        if let Some(speed) = behind.rate() {
            shrink(&socket, speed);
        }
        let wire = Wire::new(socket);
        connections.spawn(converse(wire, tls.clone(), behind.clone(), stop.clone()));
    }
    drop(listener);
    let all = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(FAREWELL, all).await.is_err() {
        connections.shutdown().await;
    }
}

async fn converse(wire: Wire, tls: Option<TlsAcceptor>, behind: impl Behind, stop: watch::Receiver<bool>) {
    let control = wire.control();
    let Some(tls) = tls else { return http1(wire, control, behind, stop).await };
    let Ok(stream) = tls.accept(wire).await else { return };
    match stream.get_ref().1.alpn_protocol() {
        Some(b"h2") => http2(stream, control, behind, stop).await,
        _ => http1(stream, control, behind, stop).await,
    }
}

async fn http1<IO>(io: IO, control: Arc<Control>, behind: impl Behind, mut stop: watch::Receiver<bool>)
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request| behind.clone().answer(request, Arc::clone(&control)));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE)
        .serve_connection(TokioIo::new(io), service);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        // Errors here are the client's or a fault's; both are seen elsewhere.
        _ = connection.as_mut() => return,
        () = told(&mut stop) => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

async fn http2<IO>(io: IO, control: Arc<Control>, behind: impl Behind, mut stop: watch::Receiver<bool>)
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request| behind.clone().answer(request, Arc::clone(&control)));
    let connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_frame_size(1 << 20)
        .serve_connection(TokioIo::new(io), service);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => return,
        () = told(&mut stop) => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

/// Comes back when the server is asked to stop, or is gone.
async fn told(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}
