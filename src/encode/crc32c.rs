//! CRC-32C, Castagnoli's polynomial ([RFC 3720 §12.1](https://www.rfc-editor.org/rfc/rfc3720#section-12.1)): what a
//! service compares a part with.

use super::braid::Polynomial;

static CASTAGNOLI: Polynomial = Polynomial::new(0x82F6_3B78, 32);

/// A checksum that is fed windows of any length.
#[derive(Clone, Debug)]
pub struct Crc32c(u64);

impl Default for Crc32c {
    fn default() -> Self {
        Self::new()
    }
}

impl Crc32c {
    /// A checksum that has seen nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self(u32::MAX as u64)
    }

    /// Takes one more window in.
    pub fn update(&mut self, window: &[u8]) {
        self.0 = CASTAGNOLI.extended(self.0, window);
    }

    /// The checksum, the most significant byte first, as services write it.
    #[must_use]
    pub const fn finish(self) -> [u8; 4] {
        // The upper half of a sum of 32 bits is zero.
        (!(self.0 as u32)).to_be_bytes()
    }
}

/// The checksum of `a` and `b` as one, of the checksum of each and the size of `b`.
#[must_use]
pub fn combine(crc_a: u32, crc_b: u32, len_b: u64) -> u32 {
    // The upper half of a sum of 32 bits is zero.
    CASTAGNOLI.combined(crc_a.into(), crc_b.into(), len_b) as u32
}

// The crate that thinks numbers up is for native tests only.
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sum(bytes: &[u8]) -> u32 {
        let mut crc = Crc32c::new();
        crc.update(bytes);
        u32::from_be_bytes(crc.finish())
    }

    #[test]
    fn the_check_values_of_the_standard() {
        for (bytes, expected) in [(&b""[..], 0), (b"123456789", 0xE306_9283), (&[0; 32], 0x8A91_36AA)] {
            assert_eq!(sum(bytes), expected);
        }
    }

    #[test]
    fn a_part_that_is_huge_is_combined_as_many_small_ones_are() {
        // A terabyte at once, and in 1,024 steps of a gigabyte.
        let crc = sum(b"123456789");
        let mut stepped = crc;
        for _ in 0..1024 {
            stepped = combine(stepped, 0, 1 << 30);
        }
        assert_eq!(combine(crc, 0, 1 << 40), stepped);
        assert_ne!(stepped, crc);
        assert_eq!(combine(crc, 0, 0), crc);
    }

    proptest! {
        #[test]
        fn windows_cut_anywhere_sum_up_to_the_whole(bytes in prop::collection::vec(any::<u8>(), 0..5_000), cuts in prop::collection::vec(0..700usize, 0..40)) {
            let (mut crc, mut left) = (Crc32c::new(), bytes.as_slice());
            for cut in cuts {
                let (window, rest) = left.split_at(cut.min(left.len()));
                crc.update(window);
                left = rest;
            }
            crc.update(left);
            let expected = crc::Crc::<u32>::new(&crc::CRC_32_ISCSI).checksum(&bytes);
            prop_assert_eq!(u32::from_be_bytes(crc.finish()), expected);
        }

        #[test]
        fn parts_may_be_combined_in_any_order(a in prop::collection::vec(any::<u8>(), 0..900), b in prop::collection::vec(any::<u8>(), 0..900), c in prop::collection::vec(any::<u8>(), 0..900)) {
            let whole = sum(&[a.as_slice(), &b, &c].concat());
            let [first, second, third] = [&a, &b, &c].map(|part| sum(part));
            let [size_b, size_c] = [&b, &c].map(|part| part.len() as u64);
            prop_assert_eq!(combine(combine(first, second, size_b), third, size_c), whole);
            prop_assert_eq!(combine(first, combine(second, third, size_c), size_b + size_c), whole);
        }
    }
}
