//! Base64 of a stream of windows: the standard alphabet, padded at the end only
//! ([RFC 4648 §4](https://www.rfc-editor.org/rfc/rfc4648#section-4)).

use std::sync::OnceLock;

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
    // Every two characters there are. Made when they are first needed: as a constant these eight kilobytes would be
    // downloaded by everybody.
    static PAIRS: OnceLock<Box<[[u8; 2]; 4096]>> = OnceLock::new();
    let pairs = PAIRS.get_or_init(|| {
        let mut pairs = Box::new([[0; 2]; 4096]);
        for (bits, pair) in pairs.iter_mut().enumerate() {
            *pair = [character(bits >> 6), character(bits & 63)];
        }
        pairs
    });
    let ((from, _), (to, _)) = (from.as_chunks::<3>(), to.as_chunks_mut::<4>());
    for ([a, b, c], to) in from.iter().zip(to) {
        let bits = usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c);
        let ([first, second], [third, fourth]) = (pairs[bits >> 12], pairs[bits & 4095]);
        *to = [first, second, third, fourth];
    }
}

/// The character of six bits.
fn character(bits: usize) -> u8 {
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[bits]
}

// The crate that thinks numbers up is for native tests only.
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use ::base64::Engine;
    use ::base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    proptest! {
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
