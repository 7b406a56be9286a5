//! Object storage behind signed URLs.

use super::super::store::UNSIGNED;
use super::super::words::{Ask, Urls};
use super::Spoken;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::time::{Duration, UNIX_EPOCH};
use upslice::core::PartRange;
use upslice::protocol::{Body, Json, Request};

const HOST: &str = "https://store.example/k?";

/// The request for a part, to a URL that was signed for it. `custom` sends in other shapes than the others.
pub(crate) fn hear(request: &Request, part: &PartRange) -> Ask {
    assert!(request.url.starts_with(HOST), "{request:?}");
    assert!(!matches!(request.body, Body::Empty | Body::Json(_)), "no bytes: {request:?}");
    let promised = request.headers.iter().find(|(name, _)| name == CHECKSUM);
    let right = base64(&super::super::store::digest(part.start, part.size()));
    assert!(promised.is_none_or(|(_, value)| *value == right), "a digest of other bytes: {request:?}");
    Ask::Put {
        serial: Some(query(&request.url, "serial").unwrap().parse().unwrap()),
        session: plain(query(&request.url, "uploadId").unwrap()),
        number: query(&request.url, "partNumber").unwrap().parse().unwrap(),
        start: part.start,
        size: part.size(),
        digest: promised.map(|_| super::super::store::digest(part.start, part.size())),
        signed: query(&request.url, "X-Amz-SignedHeaders").is_some_and(|names| plain(names).contains(CHECKSUM)),
    }
}

/// The header that checksums go in here.
pub(super) const CHECKSUM: &str = "x-amz-checksum-crc32c";

/// A digest, as headers and functions have it.
pub(crate) fn base64(hex: &str) -> String {
    let bytes =
        hex.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap());
    STANDARD.encode(bytes.collect::<Vec<_>>())
}

/// Whether a checksum is that of a part.
pub(super) fn is_of(checksum: &Json, part: &PartRange) -> bool {
    checksum.text("value") == Some(&base64(&super::super::store::digest(part.start, part.size())))
}

/// The URLs, by part, signed with a header.
pub(super) fn urls(session: &str, urls: &Urls, header: Option<&str>) -> Vec<(u32, String)> {
    let headers = header.map(|header| format!("%3B{header}")).unwrap_or_default();
    let life = urls.lifetime.map(|life| format!("&X-Amz-Expires={life}")).unwrap_or_default();
    let (session, date) = (escaped(session), amz_date(urls.signed_at));
    let url = |(number, serial): &(u32, usize)| {
        let of = format!("uploadId={session}&partNumber={number}&serial={serial}");
        (
            *number,
            format!("{HOST}{of}{life}&X-Amz-Date={date}&X-Amz-SignedHeaders=host{headers}&X-Amz-Signature=secret"),
        )
    };
    urls.serials.iter().map(url).collect()
}

pub(crate) fn refuse(status: u16, code: &str) -> Spoken {
    let (code, message) = if code == UNSIGNED { ("AccessDenied", UNSIGNED) } else { (code, "No.") };
    let text = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>");
    Spoken::text(status, &text)
}

/// Every byte escaped: what must be read back cannot be compared as it is.
pub(super) fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

pub(super) fn plain(escaped: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = escaped.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let hex: String = rest.by_ref().take(2).map(char::from).collect();
            bytes.push(u8::from_str_radix(&hex, 16).unwrap());
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).unwrap()
}

pub(super) fn query<'a>(url: &'a str, name: &str) -> Option<&'a str> {
    let (_, query) = url.split_once('?')?;
    query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// `19700101T000001Z`
fn amz_date(millis: u64) -> String {
    let (day, clock) = moment(millis);
    format!("{}T{}Z", day.replace('-', ""), clock.replace(':', ""))
}

/// `1970-01-01T00:00:01Z`
pub(super) fn json_date(millis: u64) -> String {
    let (day, clock) = moment(millis);
    format!("{day}T{clock}Z")
}

/// `1970-01-01` and `00:00:01`
fn moment(millis: u64) -> (String, String) {
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let date = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_millis(millis));
    let month = MONTHS.find(&date[8..11]).unwrap() / 3 + 1;
    (format!("{}-{month:02}-{}", &date[12..16], &date[5..7]), date[17..25].to_owned())
}
