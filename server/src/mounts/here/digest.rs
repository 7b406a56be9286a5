//! The header `X-HERE-Digest`: an algorithm, a colon, a digest in hex.

use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::refusal::Refusal;
use crate::store::incoming::Promises;

const HEADER: &str = "x-here-digest";

/// What the header promises of the body; nothing without one.
pub(crate) fn promised(headers: &HeaderMap) -> Result<Promises, Refusal> {
    let mut promises = Promises::default();
    let Some(said) = headers.get(HEADER) else { return Ok(promises) };
    let (algorithm, hex) = said.to_str().ok().and_then(|said| said.split_once(':')).unwrap_or_default();
    let (length, name) = match algorithm {
        "CRC-32C" => (4, Some("crc32c")),
        "MD5" => (16, None),
        "SHA1" => (20, Some("sha1")),
        "SHA256" => (32, Some("sha256")),
        _ => return Err(Refusal::bad("X-HERE-Digest must begin with CRC-32C:, MD5:, SHA1: or SHA256:")),
    };
    let digest = bytes(hex).filter(|bytes| bytes.len() == length);
    let digest = digest.ok_or_else(|| {
        let digits = length * 2;
        Refusal::bad(&format!("X-HERE-Digest must hold {digits} digits of lower-case hex for {algorithm}"))
    })?;
    let digest = STANDARD.encode(digest);
    match name {
        Some(name) => drop(promises.checksums.insert(name.to_owned(), digest)),
        None => promises.content_md5 = Some(digest),
    }
    Ok(promises)
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    };
    hex.as_bytes().chunks(2).map(pair).collect()
}
