//! The wasm inside a module of JavaScript: the one delivery that every bundler, dev server and runtime understands.

use std::cmp::Reverse;

/// Reads what [`module`] writes.
const READER: &str = include_str!("inline.js");

/// Characters that say which row of the rare bytes the next one is in.
const ROWS: usize = 2;

/// What stands in a string of any kind, in a page and in any encoding, as it is.
fn alphabet() -> Vec<u8> {
    (b' '..=b'~').filter(|char| !b"\"'`\\$<".contains(char)).collect()
}

/// A module of JavaScript whose `bytes()` are `wasm`.
pub(crate) fn module(wasm: &[u8]) -> String {
    let alphabet = alphabet();
    let frequent = frequent(wasm, alphabet.len() - ROWS);
    READER
        .replace("ALPHABET", &String::from_utf8_lossy(&alphabet))
        .replace("FREQUENT", &format!("{frequent:?}"))
        .replace("LENGTH", &wasm.len().to_string())
        .replace("TEXT", &text(wasm, &alphabet, &frequent))
}

/// The byte for each character but the rows', the most frequent first.
fn frequent(wasm: &[u8], characters: usize) -> Vec<u8> {
    let mut counts = [0_usize; 256];
    wasm.iter().for_each(|byte| counts[usize::from(*byte)] += 1);
    let mut bytes: Vec<u8> = (0..=255).collect();
    bytes.sort_by_key(|byte| Reverse(counts[usize::from(*byte)]));
    bytes.truncate(characters);
    bytes
}

fn text(wasm: &[u8], alphabet: &[u8], frequent: &[u8]) -> String {
    let rare: Vec<u8> = (0..=255).filter(|byte| !frequent.contains(byte)).collect();
    let (characters, rows) = alphabet.split_at(frequent.len());
    let mut written: [String; 256] = std::array::from_fn(|_| String::new());
    for (byte, char) in frequent.iter().zip(characters) {
        written[usize::from(*byte)].push(char::from(*char));
    }
    for (place, byte) in rare.iter().enumerate() {
        let (row, column) = (place / frequent.len(), place % frequent.len());
        written[usize::from(*byte)].extend([char::from(rows[row]), char::from(characters[column])]);
    }
    wasm.iter().map(|byte| written[usize::from(*byte)].as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_written_in_its_own_way_and_in_plain_characters() {
        let every: Vec<u8> = (0..=255).collect();
        let (alphabet, characters) = (alphabet(), alphabet().len() - ROWS);
        let frequent = frequent(&every, characters);
        let ways: std::collections::HashSet<String> =
            every.iter().map(|byte| text(&[*byte], &alphabet, &frequent)).collect();
        assert_eq!(ways.len(), 256);
        assert!(ways.iter().all(|way| way.bytes().all(|char| alphabet.contains(&char))));
        assert_eq!(ways.iter().filter(|way| way.len() == 1).count(), characters);
    }

    #[test]
    fn the_most_frequent_byte_is_the_first_character() {
        let module = module(&[7, 0, 7, 7]);
        assert!(module.contains("const text = \" !  \";"), "{module}");
    }
}
