//! The little XML that S3 speaks to a client.

/// The text of the first element of that name, entities read.
pub(super) fn element(xml: &str, name: &str) -> Option<String> {
    let open = xml.find(&format!("<{name}>"))? + name.len() + 2;
    let text = &xml[open..open + xml[open..].find(&format!("</{name}>"))?];
    let plain = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'");
    Some(plain.replace("&amp;", "&"))
}

/// What an S3 error says: its code and its message.
pub(super) fn error(xml: &str) -> Option<(String, String)> {
    let at = xml.find("<Error>")?;
    let code = element(&xml[at..], "Code")?;
    Some((code, element(&xml[at..], "Message").unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_read_and_nothing_else_is() {
        let xml =
            "<?xml version=\"1.0\"?>\n<Error><Code>AccessDenied</Code><Message>a &lt;b&gt; &amp;lt;</Message></Error>";
        assert_eq!(error(xml), Some(("AccessDenied".into(), "a <b> &lt;".into())));
        assert_eq!(error("<Error><Code>Cut"), None);
        assert_eq!(error("<html>"), None);
    }
}
