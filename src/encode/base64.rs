//! Base64 of a stream of windows: the standard alphabet, padded at the end only
//! ([RFC 4648 §4](https://www.rfc-editor.org/rfc/rfc4648#section-4)).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// An encoder that is fed windows of any length.
#[derive(Clone, Debug, Default)]
pub struct Base64 {
    /// Bytes that do not make a group of three yet.
    rest: [u8; 2],
    held: usize,
}

impl Base64 {
    /// An encoder that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many bytes `size` bytes become.
    #[must_use]
    pub const fn encoded_size(size: u64) -> u64 {
        size.div_ceil(3).saturating_mul(4)
    }

    /// Encodes one more window to the end of `out`.
    pub fn push(&mut self, mut window: &[u8], out: &mut Vec<u8>) {
        if self.held > 0 {
            let (head, tail) = window.split_at(window.len().min(3 - self.held));
            let mut group = [0; 3];
            group[..self.held].copy_from_slice(&self.rest[..self.held]);
            group[self.held..self.held + head.len()].copy_from_slice(head);
            window = tail;
            if self.held + head.len() < 3 {
                return self.hold(&group[..self.held + head.len()]);
            }
            append(&group, out);
        }
        let (groups, rest) = window.split_at(window.len() - window.len() % 3);
        append(groups, out);
        self.hold(rest);
    }

    /// Encodes what is left, with its padding.
    pub fn finish(self, out: &mut Vec<u8>) {
        append(&self.rest[..self.held], out);
    }

    fn hold(&mut self, rest: &[u8]) {
        self.rest[..rest.len()].copy_from_slice(rest);
        self.held = rest.len();
    }
}

fn append(bytes: &[u8], out: &mut Vec<u8>) {
    let from = out.len();
    out.resize(from + bytes.len().div_ceil(3) * 4, 0);
    // There is room for just that: the only error there could be is that there is not.
    let _ = STANDARD.encode_slice(bytes, &mut out[from..]);
}

// The crate that thinks numbers up is for native tests only.
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn windows_cut_anywhere_are_encoded_as_the_whole(bytes in prop::collection::vec(any::<u8>(), 0..5_000), cuts in prop::collection::vec(0..700usize, 0..40)) {
            let (mut encoder, mut out, mut left) = (Base64::new(), Vec::new(), bytes.as_slice());
            for cut in cuts {
                let (window, rest) = left.split_at(cut.min(left.len()));
                encoder.push(window, &mut out);
                left = rest;
            }
            encoder.push(left, &mut out);
            encoder.finish(&mut out);
            prop_assert_eq!(out.len() as u64, Base64::encoded_size(bytes.len() as u64));
            prop_assert_eq!(String::from_utf8(out).unwrap(), STANDARD.encode(&bytes));
        }
    }
}
