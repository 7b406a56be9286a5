//! The little XML that S3 speaks to a client.

use super::text::{around, replaced};

/// The text of the first element of that name, entities read.
pub(super) fn element(xml: &str, name: &str) -> Option<String> {
    // The ampersand last: what it makes is text.
    const ENTITIES: [(&str, &str); 5] =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    let (_, behind) = around(xml, &format!("<{name}>"))?;
    let (text, _) = around(behind, &format!("</{name}>"))?;
    Some(ENTITIES.iter().fold(text.to_owned(), |text, (entity, char)| replaced(&text, entity, char)))
}

/// What an S3 error says: its code and its message.
pub(super) fn error(xml: &str) -> Option<(String, String)> {
    let (_, error) = around(xml, "<Error>")?;
    Some((element(error, "Code")?, element(error, "Message").unwrap_or_default()))
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
