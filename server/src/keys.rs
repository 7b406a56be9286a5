//! Who asks. One key for all services; each sends it in its own way.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use sha2::{Digest as _, Sha256};

use crate::chance;

/// The key that this server takes.
pub(crate) struct Keys {
    digest: [u8; 32],
}

/// The name under which the key's sessions are kept.
const NAME: &str = "demo";

/// A key was sent and it is not the one.
#[derive(Debug)]
pub(crate) struct Refused;

impl Keys {
    /// `demo-key` on loopback; elsewhere a random one, which is returned to be shown once.
    pub(crate) fn new(loopback: bool) -> (Self, Option<String>) {
        let shown = (!loopback).then(|| chance::hex(16));
        let digest = Sha256::digest(shown.as_deref().unwrap_or("demo-key")).into();
        (Self { digest }, shown)
    }

    /// The name of this key, none if it is not the one.
    pub(crate) fn name(&self, key: &[u8]) -> Option<&'static str> {
        // Digests are compared, so that the time it takes tells nothing of the key.
        (<[u8; 32]>::from(Sha256::digest(key)) == self.digest).then_some(NAME)
    }

    /// The name of the key sent as `Authorization: Bearer …` or `x-api-key`, none if none was sent.
    pub(crate) fn identify(&self, headers: &HeaderMap) -> Result<Option<&'static str>, Refused> {
        let bearer = headers.get(AUTHORIZATION).map(|value| value.as_bytes());
        let bearer = bearer.map(|value| value.strip_prefix(b"Bearer ").unwrap_or_default());
        let plain = headers.get("x-api-key").map(|value| value.as_bytes());
        let mut sent = bearer.into_iter().chain(plain).peekable();
        if sent.peek().is_none() {
            return Ok(None);
        }
        if sent.all(|key| self.name(key).is_some()) { Ok(Some(NAME)) } else { Err(Refused) }
    }
}
