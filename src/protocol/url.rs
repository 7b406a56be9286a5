//! The few things that are done to addresses. Those of the app have been resolved by the browser before.

use crate::core::Origin;

/// Where an address leads: scheme, host and port. `None` if it is not an absolute `http` or `https` one.
#[must_use]
pub fn origin(url: &str) -> Option<Origin> {
    let (scheme, rest) = url.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let port = match scheme.as_str() {
        "http" => ":80",
        "https" => ":443",
        _ => return None,
    };
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    let host = authority.rsplit('@').next().unwrap_or(authority).to_ascii_lowercase();
    let host = host.strip_suffix(port).unwrap_or(&host);
    (!host.is_empty()).then(|| Origin::new(&format!("{scheme}://{host}")))
}

/// An address as it may be shown: signatures live in queries, passwords before the `@`.
#[must_use]
pub fn shown(url: &str) -> String {
    let bare = &url[..url.find(['?', '#']).unwrap_or(url.len())];
    match bare.split_once("://").map(|(scheme, rest)| (scheme, rest.split_once('@'), rest)) {
        Some((scheme, Some((user, host)), _)) if !user.contains('/') => format!("{scheme}://{host}"),
        _ => bare.to_owned(),
    }
}

/// Words of somebody else's, with every address in them as it may be shown.
#[must_use]
pub fn scrubbed(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    let mut rest = words;
    while let Some(at) = rest.find("http://").into_iter().chain(rest.find("https://")).min() {
        let (before, from) = rest.split_at(at);
        let end = from.find(|c: char| c.is_whitespace() || "\"'<>`)".contains(c)).unwrap_or(from.len());
        out.push_str(before);
        out.push_str(&shown(&from[..end]));
        rest = &from[end..];
    }
    out.push_str(rest);
    out
}

/// The value of a name in an address's query, as it stands there.
pub(super) fn query_value<'a>(url: &'a str, name: &str) -> Option<&'a str> {
    let query = url.split_once('?')?.1.split('#').next()?;
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

/// Text as one segment of a path, or one value of a query: all but RFC 3986's unreserved characters escaped.
pub(super) fn escaped(text: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(byte.into());
        } else {
            out.push('%');
            out.push(HEX[usize::from(byte >> 4)].into());
            out.push(HEX[usize::from(byte & 15)].into());
        }
    }
    out
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
        assert_eq!(scrubbed("no address"), "no address");
    }

    #[test]
    fn what_is_escaped_cannot_leave_its_place() {
        assert_eq!(escaped("a/b?c&d=e f\u{e9}~"), "a%2Fb%3Fc%26d%3De%20f%C3%A9~");
    }

    #[test]
    fn query_values_are_found_by_name() {
        assert_eq!(query_value("https://b/k?a=1&X-Amz-Expires=300#z", "x-amz-expires"), Some("300"));
        assert_eq!(query_value("https://b/k", "a"), None);
    }
}
