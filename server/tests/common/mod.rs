//! A server in this process, and a client that hides nothing: one request per connection, written as it goes out.

// Each test file is a crate of its own and uses its share of this.
#![allow(dead_code)]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use upslice_server::options::Options;
use upslice_server::server::{Addresses, Server};

/// How long anything may take that does not wait on purpose.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running server on a data directory of its own.
pub(crate) struct World {
    pub(crate) at: Addresses,
    pub(crate) data: PathBuf,
    options: Options,
    server: Option<Server>,
    runtime: tokio::runtime::Runtime,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    /// A server with options of its own; part sizes have no floor unless it is set.
    pub(crate) fn with(choose: impl FnOnce(&mut Options)) -> Self {
        let mut salt = [0; 8];
        getrandom::fill(&mut salt).unwrap();
        let data = std::env::temp_dir().join(format!("upslice-server-{:016x}", u64::from_ne_bytes(salt)));
        let mut options =
            Options { port: 0, storage_port: 0, data: data.clone(), min_part_size: 1, ..Options::default() };
        choose(&mut options);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let server = runtime.block_on(Server::start(options.clone())).unwrap();
        Self { at: server.addresses, data, options, server: Some(server), runtime }
    }

    /// Ends the server, in order, and starts another on the same data and ports.
    pub(crate) fn restart(&mut self) {
        let server = self.server.take().unwrap();
        self.runtime.block_on(server.stop());
        self.options.port = self.at.api.port();
        self.options.storage_port = self.at.storage.port();
        let server = self.runtime.block_on(Server::start(self.options.clone())).unwrap();
        self.at = server.addresses;
        self.server = Some(server);
    }

    /// The random key of a server that is not on loopback.
    pub(crate) fn key(&self) -> String {
        self.server.as_ref().unwrap().key.clone().unwrap()
    }

    pub(crate) fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// A request to the API origin.
    pub(crate) fn api(&self, method: &str, target: &str) -> Request {
        Request::new(self.at.api, method, target)
    }

    /// A request to a presigned URL.
    pub(crate) fn put(&self, url: &str, body: &[u8]) -> Request {
        let url = url::Url::parse(url).unwrap();
        let target = &url[url::Position::BeforePath..];
        Request::new(self.at.storage, "PUT", target).body(body)
    }

    pub(crate) fn create(&self) -> Upload<'_> {
        self.create_as(None)
    }

    pub(crate) fn create_as(&self, key: Option<&str>) -> Upload<'_> {
        let mut request = self.api("POST", "/s3/multipart").json(json!({ "filename": "a.bin", "type": "x/y" }));
        if let Some(key) = key {
            request = request.header("x-api-key", key);
        }
        let answer = request.send();
        assert_eq!(answer.status, 200, "{}", answer.text());
        let body = answer.json();
        let said = |name: &str| body[name].as_str().unwrap().to_owned();
        Upload { world: self, id: said("uploadId"), key: said("key") }
    }

    pub(crate) fn faults(&self, rules: Value) {
        let answer = self.api("PUT", "/_/faults").json(json!({ "rules": rules })).send();
        assert_eq!(answer.status, 204, "{}", answer.text());
    }

    pub(crate) fn requests(&self) -> Vec<Value> {
        self.api("GET", "/_/requests").send().json().as_array().unwrap().clone()
    }

    /// Waits until the log shows an exchange of this step that is over, and returns the last such.
    pub(crate) fn ended(&self, step: &str) -> Value {
        self.logged(step, |row| row["endMs"].is_number())
    }

    /// Waits until the log shows an exchange of this step that is as wanted, and returns the last such.
    pub(crate) fn logged(&self, step: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let begin = Instant::now();
        loop {
            let found = self.requests().into_iter().rfind(|row| row["step"] == step && wanted(row));
            if let Some(row) = found {
                return row;
            }
            assert!(begin.elapsed() < PATIENCE, "no such exchange: {step}");
            std::thread::yield_now();
        }
    }

    pub(crate) fn files(&self) -> Vec<Value> {
        self.api("GET", "/_/files").send().json().as_array().unwrap().clone()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        drop(self.server.take());
        let _ = std::fs::remove_dir_all(&self.data);
    }
}

/// A session of the Companion mount.
pub(crate) struct Upload<'a> {
    pub(crate) world: &'a World,
    pub(crate) id: String,
    pub(crate) key: String,
}

impl Upload<'_> {
    pub(crate) fn target(&self, below: &str) -> String {
        format!("/s3/multipart/{}{below}?key={}", self.id, self.key)
    }

    pub(crate) fn url(&self, part: u16) -> String {
        let answer = self.world.api("GET", &self.target(&format!("/{part}"))).send();
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["url"].as_str().unwrap().to_owned()
    }

    pub(crate) fn put(&self, part: u16, body: &[u8]) -> Request {
        self.world.put(&self.url(part), body)
    }

    /// Stores a part and returns its ETag.
    pub(crate) fn store(&self, part: u16, body: &[u8]) -> String {
        let answer = self.put(part, body).send();
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.header("etag").unwrap().to_owned()
    }

    pub(crate) fn complete(&self, parts: &[(u16, &str)]) -> Answer {
        let rows = parts.iter().map(|(number, etag)| json!({ "PartNumber": number, "ETag": etag }));
        let body = json!({ "parts": rows.collect::<Vec<_>>() });
        self.world.api("POST", &self.target("/complete")).json(body).send()
    }

    pub(crate) fn list(&self) -> Answer {
        self.world.api("GET", &self.target("")).send()
    }
}

/// A request, not sent yet.
pub(crate) struct Request {
    to: SocketAddr,
    head: String,
    host: String,
    body: Vec<u8>,
}

impl Request {
    pub(crate) fn new(to: SocketAddr, method: &str, target: &str) -> Self {
        Self { to, head: format!("{method} {target} HTTP/1.1\r\n"), host: to.to_string(), body: Vec::new() }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.head += &format!("{name}: {value}\r\n");
        self
    }

    pub(crate) fn host(mut self, host: &str) -> Self {
        self.host = host.to_owned();
        self
    }

    pub(crate) fn body(mut self, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self
    }

    pub(crate) fn json(self, body: Value) -> Self {
        self.header("content-type", "application/json").body(body.to_string().as_bytes())
    }

    /// Writes the head and the first `bytes` of the body, and leaves the rest to the caller.
    pub(crate) fn begin(&self, bytes: usize) -> TcpStream {
        let mut socket = TcpStream::connect(self.to).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let Self { head, host, body, .. } = self;
        let rest = format!("host: {host}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
        let whole = [head.as_bytes(), rest.as_bytes(), &body[..bytes]].concat();
        // A server that resets early is what some tests are about; reading tells.
        let _ = socket.write_all(&whole);
        socket
    }

    pub(crate) fn try_send(&self) -> std::io::Result<Answer> {
        Answer::read(self.begin(self.body.len()))
    }

    pub(crate) fn send(self) -> Answer {
        self.try_send().unwrap()
    }
}

/// An answer as far as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Reads until the other side closes. Silence before the first byte is an error.
    pub(crate) fn read(mut socket: TcpStream) -> std::io::Result<Self> {
        let mut bytes = Vec::new();
        socket.read_to_end(&mut bytes)?;
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let end = end.ok_or(std::io::Error::from(std::io::ErrorKind::UnexpectedEof))?;
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines.map(|line| line.split_once(": ").unwrap_or((line.trim_end_matches(':'), "")));
        let headers: Vec<_> = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
        let mut answer = Self { status, headers, body: bytes[end + 4..].to_vec() };
        if answer.header("transfer-encoding") == Some("chunked") {
            answer.body = dechunk(&answer.body);
        }
        Ok(answer)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {} {}", self.status, self.text()))
    }

    /// The status and S3's code from an XML error.
    pub(crate) fn s3_error(&self) -> (u16, String) {
        let text = self.text();
        let code = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
        (self.status, code.map_or_else(|| text.clone(), |(code, _)| code.to_owned()))
    }

    /// The status and the beginning of Companion's error, up to S3's code.
    pub(crate) fn companion_error(&self) -> (u16, String) {
        let error = self.json()["error"].as_str().unwrap().to_owned();
        (self.status, error.split(' ').take(2).collect::<Vec<_>>().join(" "))
    }
}

fn dechunk(mut bytes: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(end) = bytes.windows(2).position(|two| two == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&bytes[..end]).unwrap(), 16).unwrap();
        whole.extend(&bytes[end + 2..end + 2 + size]);
        bytes = &bytes[end + 4 + size..];
    }
    whole
}
