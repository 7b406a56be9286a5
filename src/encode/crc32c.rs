//! CRC-32C, Castagnoli's polynomial ([RFC 3720 §12.1](https://www.rfc-editor.org/rfc/rfc3720#section-12.1)), eight bytes
//! at a time: what a service compares a part with.

/// The polynomial, its bits in reverse.
const POLYNOMIAL: u32 = 0x82F6_3B78;

/// What a byte adds, by how many bytes follow it in a group of eight. Made when it is needed: as a constant these eight
/// kilobytes would be downloaded by everybody, and they do not compress.
type Tables = [[u32; 256]; 8];

/// A checksum that is fed windows of any length.
#[derive(Clone, Debug)]
pub struct Crc32c {
    tables: Box<Tables>,
    state: u32,
}

impl Default for Crc32c {
    fn default() -> Self {
        Self::new()
    }
}

impl Crc32c {
    /// A checksum that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self { tables: tables(), state: !0 }
    }

    /// Takes one more window in.
    pub fn push(&mut self, window: &[u8]) {
        let mut groups = window.chunks_exact(8);
        for group in &mut groups {
            let [a, b, c, d] = self.state.to_le_bytes();
            let first = [group[0] ^ a, group[1] ^ b, group[2] ^ c, group[3] ^ d];
            let bytes = first.iter().chain(&group[4..]);
            self.state =
                bytes.zip(self.tables.iter().rev()).fold(0, |sum, (byte, table)| sum ^ table[usize::from(*byte)]);
        }
        for byte in groups.remainder() {
            let [low, ..] = self.state.to_le_bytes();
            self.state = self.tables[0][usize::from(low ^ byte)] ^ (self.state >> 8);
        }
    }

    /// The checksum, the most significant byte first, as services write it.
    #[must_use]
    pub fn finish(self) -> [u8; 4] {
        (!self.state).to_be_bytes()
    }
}

fn tables() -> Box<Tables> {
    let mut tables = Box::new([[0; 256]; 8]);
    for (byte, sum) in (0u32..).zip(&mut tables[0]) {
        *sum = (0..8).fold(byte, |sum, _| if sum & 1 == 1 { (sum >> 1) ^ POLYNOMIAL } else { sum >> 1 });
    }
    for later in 1..8 {
        for byte in 0..256 {
            let sum = tables[later - 1][byte];
            let [low, ..] = sum.to_le_bytes();
            tables[later][byte] = tables[0][usize::from(low)] ^ (sum >> 8);
        }
    }
    tables
}

// The crate that thinks numbers up is for native tests only.
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_check_values_of_the_standard() {
        for (bytes, sum) in [(&b""[..], 0), (b"123456789", 0xE306_9283), (&[0; 32], 0x8A91_36AA)] {
            let mut crc = Crc32c::new();
            crc.push(bytes);
            assert_eq!(u32::from_be_bytes(crc.finish()), sum);
        }
    }

    proptest! {
        #[test]
        fn windows_cut_anywhere_sum_up_to_the_whole(bytes in prop::collection::vec(any::<u8>(), 0..5_000), cuts in prop::collection::vec(0..700usize, 0..40)) {
            let (mut crc, mut left) = (Crc32c::new(), bytes.as_slice());
            for cut in cuts {
                let (window, rest) = left.split_at(cut.min(left.len()));
                crc.push(window);
                left = rest;
            }
            crc.push(left);
            let expected = crc::Crc::<u32>::new(&crc::CRC_32_ISCSI).checksum(&bytes);
            prop_assert_eq!(u32::from_be_bytes(crc.finish()), expected);
        }
    }
}
