//! A word in a text, found by looking at each place, and never by an index that could be wrong. The standard library's
//! search is quick in texts longer than any here, and costs every visitor four kilobytes with the words of its panics.

/// What stands before `word`, and behind it.
pub fn around<'a>(text: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    for (at, window) in text.as_bytes().windows(word.len().max(1)).enumerate() {
        if window == word.as_bytes() {
            return Some((text.get(..at)?, text.get(at + word.len()..)?));
        }
    }
    None
}

/// What stands before the first of these ASCII characters, or all of it.
pub(super) fn before<'a>(text: &'a str, ends: &[u8]) -> &'a str {
    for (at, byte) in text.as_bytes().iter().enumerate() {
        if is_of(ends, *byte) {
            return text.get(..at).unwrap_or(text);
        }
    }
    text
}

/// What stands before, between and behind the places where `word` is.
pub fn pieces<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = &'a str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest.take()?;
        let parted = around(text, word);
        rest = parted.map(|(_, behind)| behind);
        Some(parted.map_or(text, |(piece, _)| piece))
    })
}

/// The same text with one word in place of another.
pub(super) fn replaced(text: &str, word: &str, by: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, behind)) = around(rest, word) {
        out.push_str(before);
        out.push_str(by);
        rest = behind;
    }
    out + rest
}

/// Puts a word at the end of a row of them, with something between. The standard library's way is a kilobyte for each kind
/// of word.
pub fn append(row: &mut String, between: &str, word: &str) {
    if !row.is_empty() {
        row.push_str(between);
    }
    row.push_str(word);
}

/// Whether one of these ASCII characters is in a text.
#[must_use]
pub fn has_any(text: &str, chars: &[u8]) -> bool {
    before(text, chars).len() < text.len()
}

/// Whether a byte is one of a few. The standard library's search is quick in many, and weighs half a kilobyte.
pub(super) fn is_of(few: &[u8], byte: u8) -> bool {
    for one in few {
        if *one == byte {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_something_between_its_words_only() {
        let row = |words: &[&str]| {
            let mut row = String::new();
            words.iter().for_each(|word| append(&mut row, ", ", word));
            row
        };
        assert_eq!([row(&[]), row(&["a"]), row(&["a", "b", ""])], ["", "a", "a, b, "]);
    }

    #[test]
    fn the_first_word_is_found_wherever_it_is() {
        assert_eq!(around("a://b://c", "://"), Some(("a", "b://c")));
        assert_eq!(around("ö://ü", "://"), Some(("ö", "ü")));
        assert_eq!(around("://", "://"), Some(("", "")));
        assert_eq!(around("a:/", "://"), None);
        assert_eq!(around("", "://"), None);
        assert_eq!(around("any", ""), None);
    }

    #[test]
    fn pieces_are_all_that_is_not_between_them() {
        let parted = |text| pieces(text, ";").collect::<Vec<_>>();
        assert_eq!([parted("a;ö;"), parted(""), parted(";")], [vec!["a", "ö", ""], vec![""], vec!["", ""]]);
    }

    #[test]
    fn every_word_is_replaced_and_no_more() {
        assert_eq!(replaced("&lt;ä&lt;&lt", "&lt;", "<"), "<ä<&lt");
        assert_eq!(before("a/b?c", b"?#"), "a/b");
        assert_eq!(before("a/b", b"?#"), "a/b");
    }
}
