//! Base64 of a stream of windows: the standard alphabet, padded at the end only
//! ([RFC 4648 §4](https://www.rfc-editor.org/rfc/rfc4648#section-4)).

use std::cell::Cell;

/// Encodes whole groups of three bytes; there is room for just what they become. [`groups`] is the one that runs
/// everywhere; where there is a faster one, it does the same.
pub type Groups = fn(&[u8], &mut [u8]);

/// An encoder that is fed windows of any length.
#[derive(Clone, Debug)]
pub struct Base64 {
    groups: Groups,
    /// Bytes that do not make a group of three yet.
    rest: [u8; 2],
    held: usize,
}

impl Base64 {
    /// An encoder that has seen nothing.
    #[must_use]
    pub const fn new(groups: Groups) -> Self {
        Self { groups, rest: [0; 2], held: 0 }
    }

    /// How many bytes `size` bytes become.
    #[must_use]
    pub const fn encoded_size(size: u64) -> u64 {
        size.div_ceil(3).saturating_mul(4)
    }

    /// Encodes one more window to the beginning of `out`, and says how far. There must be room for the window and two
    /// bytes that were kept of the ones before.
    pub fn push(&mut self, mut window: &[u8], out: &mut [u8]) -> usize {
        let mut end = 0;
        if self.held > 0 {
            let (head, tail) = window.split_at(window.len().min(3 - self.held));
            let mut group = [0; 3];
            group[..self.held].copy_from_slice(&self.rest[..self.held]);
            group[self.held..self.held + head.len()].copy_from_slice(head);
            window = tail;
            if self.held + head.len() < 3 {
                self.hold(&group[..self.held + head.len()]);
                return 0;
            }
            groups(&group, &mut out[..4]);
            end = 4;
        }
        let (whole, rest) = window.split_at(window.len() - window.len() % 3);
        let start = end;
        end += whole.len() / 3 * 4;
        (self.groups)(whole, &mut out[start..end]);
        self.hold(rest);
        end
    }

    /// What is left, with its padding.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        if self.held == 0 {
            return Vec::new();
        }
        let mut group = [0; 3];
        group[..self.held].copy_from_slice(&self.rest[..self.held]);
        let mut out = [0; 4];
        groups(&group, &mut out);
        out[self.held + 1..].fill(b'=');
        out.to_vec()
    }

    fn hold(&mut self, rest: &[u8]) {
        self.rest[..rest.len()].copy_from_slice(rest);
        self.held = rest.len();
    }
}

/// Encodes whole groups of three bytes, twelve bits at a time; there is room for just what they become.
pub fn groups(from: &[u8], to: &mut [u8]) {
    type Pairs = [[u8; 2]; 4096];
    thread_local! {
        /// Every two characters there are. Made when they are first needed, by each thread for itself: as a constant these
        /// eight kilobytes would be downloaded by everybody, and what makes them once for all weighs a kilobyte.
        static PAIRS: Cell<Option<&'static Pairs>> = const { Cell::new(None) };
    }
    let pairs = PAIRS.get().unwrap_or_else(|| {
        let made: &'static mut Pairs = Box::leak(Box::new([[0; 2]; 4096]));
        for (bits, pair) in made.iter_mut().enumerate() {
            *pair = [character(bits >> 6), character(bits & 63)];
        }
        PAIRS.set(Some(made));
        made
    });
    let ((from, _), (to, _)) = (from.as_chunks::<3>(), to.as_chunks_mut::<4>());
    for ([a, b, c], to) in from.iter().zip(to) {
        let bits = usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c);
        let ([first, second], [third, fourth]) = (pairs[bits >> 12], pairs[bits & 4095]);
        *to = [first, second, third, fourth];
    }
}

const CHARACTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The character of six bits.
fn character(bits: usize) -> u8 {
    CHARACTERS[bits]
}

/// The text of a few bytes, a digest's.
#[must_use]
pub fn encoded(bytes: &[u8]) -> String {
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let byte = |at: usize| usize::from(group.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let is_padding = at > group.len();
            text.push(if is_padding { '=' } else { character(bits >> (18 - 6 * at) & 63).into() });
        }
    }
    text
}

/// The few bytes that a text stands for; `None` if it is not base64, or more than one value is written so.
#[must_use]
pub fn decoded(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0);
    for digit in text.bytes().take_while(|byte| *byte != b'=') {
        bits = bits << 6 | CHARACTERS.iter().position(|known| *known == digit)? as u32;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
        }
    }
    // Whatever else may stand for the same bytes is not what anybody writes.
    (encoded(&bytes) == text).then_some(bytes)
}

// The crate that thinks numbers up is for native tests only.
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use ::base64::Engine;
    use ::base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    #[test]
    fn what_is_no_base64_is_no_bytes() {
        for wrong in ["4waSg", "4waSgw", "4waSgw==-2", "4waSgx==", "A", "====", "\u{1f980}", "4wa Sgw=="] {
            assert_eq!(decoded(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn a_few_bytes_are_encoded_and_decoded_as_another_does(bytes in prop::collection::vec(any::<u8>(), 0..70)) {
            let text = encoded(&bytes);
            prop_assert_eq!(&text, &STANDARD.encode(&bytes));
            prop_assert_eq!(decoded(&text), Some(bytes));
        }

        #[test]
        fn what_is_decoded_is_what_another_decodes(text in "[A-Da-d+/=]{0,9}") {
            prop_assert_eq!(decoded(&text), STANDARD.decode(&text).ok());
        }

        #[test]
        fn windows_cut_anywhere_are_encoded_as_the_whole(bytes in prop::collection::vec(any::<u8>(), 0..5_000), cuts in prop::collection::vec(0..700usize, 0..40)) {
            let (mut encoder, mut text, mut left) = (Base64::new(groups), Vec::new(), bytes.as_slice());
            let mut out = [0; 6_700];
            for cut in cuts {
                let (window, rest) = left.split_at(cut.min(left.len()));
                let end = encoder.push(window, &mut out);
                text.extend_from_slice(&out[..end]);
                left = rest;
            }
            let end = encoder.push(left, &mut out);
            text.extend_from_slice(&out[..end]);
            text.extend(encoder.finish());
            prop_assert_eq!(text.len() as u64, Base64::encoded_size(bytes.len() as u64));
            prop_assert_eq!(String::from_utf8(text).unwrap(), STANDARD.encode(&bytes));
        }
    }
}
