//! The few things that are done to addresses. Those of the app have been resolved by the browser before.

use super::text::{around, before, has_any, is_of, pieces};
use crate::core::Origin;

/// What ends the host of an address. [Browsers](https://url.spec.whatwg.org/#host-state) take a backslash for a slash:
/// what stands behind one is no host.
const END: &[u8] = b"/\\?#";

/// Where an address leads: scheme, host and port. `None` if it is not an absolute `http` or `https` one.
#[must_use]
pub fn origin(url: &str) -> Option<Origin> {
    let (scheme, rest) = around(url, "://")?;
    let scheme = scheme.to_ascii_lowercase();
    let port = match scheme.as_str() {
        "http" => ":80",
        "https" => ":443",
        _ => return None,
    };
    let authority = before(rest, END);
    let host = pieces(authority, "@").last().unwrap_or(authority).to_ascii_lowercase();
    let host = host.strip_suffix(port).unwrap_or(&host);
    (!host.is_empty()).then(|| Origin::new(&format!("{scheme}://{host}")))
}

/// An address as it may be shown: signatures live in queries, passwords before the `@`.
#[must_use]
pub fn shown(url: &str) -> String {
    let bare = before(url, b"?#");
    match around(bare, "://").map(|(scheme, rest)| (scheme, around(rest, "@"), rest)) {
        Some((scheme, Some((user, host)), _)) if !has_any(user, b"/") => format!("{scheme}://{host}"),
        _ => bare.to_owned(),
    }
}

/// Words of somebody else's, with every address in them as it may be shown.
#[must_use]
pub fn scrubbed(words: &str) -> String {
    let is_end = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '`' | ')');
    let word = |word: &str| match address(word) {
        Some((ahead, url)) => format!("{ahead}{}", shown(url)),
        // A path has a query, too, and an object's name may be all of it: many a server says what it cannot do with both.
        None => match around(word, "?") {
            Some((path, query)) if !path.is_empty() && has_any(query, b"=") => path.to_owned(),
            _ => word.to_owned(),
        },
    };
    let (mut out, mut bare) = (String::with_capacity(words.len()), String::new());
    for char in words.chars() {
        if is_end(char) {
            out += &word(&bare);
            out.push(char);
            bare.clear();
        } else {
            bare.push(char);
        }
    }
    out + &word(&bare)
}

/// The first address in a word, and what stands ahead of it.
fn address(word: &str) -> Option<(&str, &str)> {
    let ahead = |scheme| around(word, scheme).map_or(word, |(ahead, _)| ahead);
    let (plain, secure) = (ahead("http://"), ahead("https://"));
    let ahead = if plain.len() < secure.len() { plain } else { secure };
    word.strip_prefix(ahead).filter(|url| !url.is_empty()).map(|url| (ahead, url))
}

/// An address, relative to another one or whole. What a service says of its own address is a whole one, or a path.
pub(super) fn resolved(base: &str, href: &str) -> Option<String> {
    if origin(href).is_some() {
        return Some(href.to_owned());
    }
    let (scheme, _) = around(base, "://")?;
    let root = format!("{}", origin(base)?);
    let url = match href {
        // A scheme of its own, and one that leads nowhere. A colon behind the first segment is none.
        _ if has_any(before(href, END), b":") => return None,
        _ if href.starts_with("//") => format!("{scheme}:{href}"),
        _ if href.starts_with('/') => format!("{root}{href}"),
        _ => {
            let bare = before(base, b"?#");
            let folder = bare.rsplit_once('/').map(|(folder, _)| folder);
            let folder = folder.filter(|folder| folder.len() > scheme.len() + 2).unwrap_or(bare);
            format!("{folder}/{href}")
        }
    };
    origin(&url).map(|_| url)
}

/// One more value in an address's query.
pub(super) fn with_value(url: &str, name: &str, value: &str) -> String {
    let (url, fragment) = url.split_once('#').map_or((url, String::new()), |(url, rest)| (url, format!("#{rest}")));
    let mark = if has_any(url, b"?") { '&' } else { '?' };
    format!("{url}{mark}{name}={}{fragment}", escaped(value))
}

/// The value of a name in an address's query, as it stands there.
pub(super) fn query_value<'a>(url: &'a str, name: &str) -> Option<&'a str> {
    let (_, query) = around(url, "?")?;
    for pair in pieces(before(query, b"#"), "&") {
        match around(pair, "=") {
            Some((key, value)) if key.eq_ignore_ascii_case(name) => return Some(value),
            _ => {}
        }
    }
    None
}

/// Text as one segment of a path, or one value of a query: all but RFC 3986's unreserved characters escaped.
pub(super) fn escaped(text: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || is_of(b"-._~", byte) {
            out.push(byte.into());
        } else {
            out.push('%');
            out.push(HEX[usize::from(byte >> 4)].into());
            out.push(HEX[usize::from(byte & 15)].into());
        }
    }
    out
}

/// Whether text would lead elsewhere as a segment of a path. Browsers take it for a way through the path, escaped or not, so
/// that no address can say it.
#[must_use]
pub fn leads_elsewhere(segment: &str) -> bool {
    matches!(segment, "." | "..")
}

/// What [`escaped`] was given. What cannot have come from there stays as it is.
pub(super) fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, behind @ ..] = rest {
        let code = behind.get(..2).filter(|code| *first == b'%' && code.iter().all(u8::is_ascii_hexdigit));
        let byte = code.and_then(|code| u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &behind[2..] } else { behind };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_compared_without_default_ports_and_names() {
        for (url, expected) in [
            ("https://a.example/x?y=https://b", Some("https://a.example")),
            ("HTTPS://u:p@A.example:443", Some("https://a.example")),
            ("http://127.0.0.1:8081/k", Some("http://127.0.0.1:8081")),
            ("http://[::1]:80/k", Some("http://[::1]")),
            ("/relative", None),
            ("ftp://a.example", None),
            ("https://", None),
            ("https://a.example\\@b.example/x", Some("https://a.example")),
        ] {
            assert_eq!(origin(url).map(|origin| origin.to_string()).as_deref(), expected, "{url}");
        }
    }

    #[test]
    fn nothing_secret_is_shown() {
        assert_eq!(shown("https://b.example/k?X-Amz-Signature=secret#f"), "https://b.example/k");
        assert_eq!(shown("https://user:secret@b.example/k"), "https://b.example/k");
        assert_eq!(shown("https://b.example/a@b"), "https://b.example/a@b");
    }

    #[test]
    fn words_of_others_are_shown_without_their_queries() {
        assert_eq!(
            scrubbed("GET \"https://a/k?sig=1\" and http://b/?x#y failed"),
            "GET \"https://a/k\" and http://b/ failed"
        );
        assert_eq!(scrubbed("Cannot PUT /k?sig=1 or (//b/k?sig=1) twice"), "Cannot PUT /k or (//b/k) twice");
        assert_eq!(scrubbed("no object `k?a=1&sig=2`, nor HTTPS://B/k?sig=1"), "no object `k`, nor HTTPS://B/k");
        for words in ["no address", "", " this and/or that? ", "a/b?\u{e9}", "x=\"?y=z\""] {
            assert_eq!(scrubbed(words), words);
        }
    }

    #[test]
    fn what_is_escaped_cannot_leave_its_place() {
        assert_eq!(escaped("a/b?c&d=e f\u{e9}~"), "a%2Fb%3Fc%26d%3De%20f%C3%A9~");
        assert!(leads_elsewhere(".") && leads_elsewhere(".."));
        // A dot that is escaped already is escaped once more.
        assert_eq!(escaped("%2e"), "%252e");
        assert_eq!(unescaped("a%2Fb%3Fc%26d%3De%20f%C3%A9~"), "a/b?c&d=e f\u{e9}~");
        assert_eq!(unescaped("100%, %4x %+1 %ff"), "100%, %4x %+1 %ff");
    }

    #[test]
    fn addresses_of_a_service_are_relative_to_its_own() {
        let base = "https://a.example/blob/v1/catalogs/hrn";
        for (href, expected) in [
            ("https://b.example/x?y#z", Some("https://b.example/x?y#z")),
            ("//b.example/x", Some("https://b.example/x")),
            ("/blob/x", Some("https://a.example/blob/x")),
            ("x", Some("https://a.example/blob/v1/catalogs/x")),
            ("/x?y=https://b.example", Some("https://a.example/x?y=https://b.example")),
            ("x?y=https://b.example", Some("https://a.example/blob/v1/catalogs/x?y=https://b.example")),
            ("ftp://b.example/x", None),
            ("javascript:x", None),
            ("///b.example/x", None),
        ] {
            assert_eq!(resolved(base, href).as_deref(), expected, "{href}");
        }
        assert_eq!(resolved("https://a.example", "x").as_deref(), Some("https://a.example/x"));
    }

    #[test]
    fn values_are_added_to_a_query() {
        assert_eq!(with_value("https://b/k", "a", "1 2"), "https://b/k?a=1%202");
        assert_eq!(with_value("https://b/k?a=1#f", "b", "2"), "https://b/k?a=1&b=2#f");
    }

    #[test]
    fn query_values_are_found_by_name() {
        assert_eq!(query_value("https://b/k?a=1&X-Amz-Expires=300#z", "x-amz-expires"), Some("300"));
        assert_eq!(query_value("https://b/k", "a"), None);
    }
}
