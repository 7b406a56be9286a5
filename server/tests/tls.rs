//! The same mounts over TLS, by HTTP/2 and by HTTP/1.1.

mod common;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use common::World;
use http_body_util::BodyExt as _;
use hyper::client::conn::{http1, http2};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::Value;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};

#[test]
fn an_upload_runs_over_http2() {
    let world = World::with(|options| options.tls_port = Some(0));
    let (api, storage) = world.at.tls.unwrap();
    world.block_on(async {
        let create = Request::post(format!("https://{api}/s3/multipart"))
            .header("content-type", "application/json")
            .body(Body::from(r#"{"filename":"a","type":""}"#));
        let created = json(over_http2(api, create.unwrap()).await).await;
        let (id, key) = (created["uploadId"].as_str().unwrap(), created["key"].as_str().unwrap());
        let sign = Request::get(format!("https://{api}/s3/multipart/{id}/1?key={key}")).body(Body::empty());
        let url = json(over_http2(api, sign.unwrap()).await).await["url"].as_str().unwrap().to_owned();
        assert!(url.starts_with(&format!("https://{storage}/")), "{url}");
        let put = || Request::put(&url).body(Body::from(vec![7; 1 << 20])).unwrap();
        let stored = over_http2(storage, put()).await;
        assert_eq!(stored.status(), 200);
        assert!(stored.headers().contains_key("etag"));
        let again = over_http1(storage, put()).await;
        assert_eq!(again.status(), 200);
        let files = Request::get(format!("https://{api}/_/files")).body(Body::empty()).unwrap();
        assert_eq!(over_http2(api, files).await.status(), 200);
    });
}

#[test]
fn a_reset_takes_the_whole_http2_connection() {
    let world = World::with(|options| options.tls_port = Some(0));
    let (api, _) = world.at.tls.unwrap();
    world.faults(serde_json::json!([{ "service": "s3", "step": "list", "fault": { "kind": "reset" } }]));
    world.block_on(async {
        let stream = connect(api, b"h2").await;
        let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        let connection = tokio::spawn(connection);
        let list = Request::get(format!("https://{api}/s3/multipart/x?key=y")).body(Body::empty()).unwrap();
        assert!(sender.send_request(list).await.is_err());
        assert!(connection.await.unwrap().is_err());
    });
}

async fn over_http2(at: SocketAddr, request: Request<Body>) -> Response<hyper::body::Incoming> {
    let io = TokioIo::new(connect(at, b"h2").await);
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    sender.send_request(request).await.unwrap()
}

async fn over_http1(at: SocketAddr, mut request: Request<Body>) -> Response<hyper::body::Incoming> {
    let io = TokioIo::new(connect(at, b"http/1.1").await);
    let (mut sender, connection) = http1::handshake(io).await.unwrap();
    tokio::spawn(connection);
    let host = at.to_string().parse().unwrap();
    request.headers_mut().insert("host", host);
    *request.uri_mut() = request.uri().path_and_query().unwrap().as_str().parse().unwrap();
    sender.send_request(request).await.unwrap()
}

async fn json(response: Response<hyper::body::Incoming>) -> Value {
    assert_eq!(response.status(), 200);
    serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap()
}

async fn connect(at: SocketAddr, protocol: &[u8]) -> TlsStream<tokio::net::TcpStream> {
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody))
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let socket = tokio::net::TcpStream::connect(at).await.unwrap();
    let stream = TlsConnector::from(Arc::new(config)).connect(at.ip().into(), socket).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(protocol));
    stream
}

/// A throw-away certificate has nobody to vouch for it.
#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}
