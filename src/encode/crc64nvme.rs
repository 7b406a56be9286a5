//! CRC-64/NVME ([NVM Express Base Specification](https://nvmexpress.org/specifications/), "64b CRC"): what S3 computes of a
//! whole object where nothing else was asked for.

use super::braid::Polynomial;

static NVME: Polynomial = Polynomial::new(0x9A6C_9329_AC4B_C9B5, 64);

/// A checksum that is fed windows of any length.
#[derive(Clone, Debug)]
pub struct Crc64Nvme(u64);

impl Default for Crc64Nvme {
    fn default() -> Self {
        Self::new()
    }
}

impl Crc64Nvme {
    /// A checksum that has seen nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self(u64::MAX)
    }

    /// Takes one more window in.
    pub fn update(&mut self, window: &[u8]) {
        self.0 = NVME.extended(self.0, window);
    }

    /// The checksum, the most significant byte first, as services write it.
    #[must_use]
    pub const fn finish(self) -> [u8; 8] {
        (!self.0).to_be_bytes()
    }
}

/// The checksum of `a` and `b` as one, of the checksum of each and the size of `b`.
#[must_use]
pub fn combine(crc_a: u64, crc_b: u64, len_b: u64) -> u64 {
    NVME.combined(crc_a, crc_b, len_b)
}

// The crate that thinks numbers up is for native tests only.
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sum(bytes: &[u8]) -> u64 {
        let mut crc = Crc64Nvme::new();
        crc.update(bytes);
        u64::from_be_bytes(crc.finish())
    }

    #[test]
    fn the_check_values_of_the_standard() {
        for (bytes, expected) in
            [(&b""[..], 0), (b"123456789", 0xAE8B_1486_0A79_9888), (&[0; 4096], 0x6482_D367_EB22_B64E)]
        {
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
            let (mut crc, mut left) = (Crc64Nvme::new(), bytes.as_slice());
            for cut in cuts {
                let (window, rest) = left.split_at(cut.min(left.len()));
                crc.update(window);
                left = rest;
            }
            crc.update(left);
            let expected = crc::Crc::<u64>::new(&crc::CRC_64_NVME).checksum(&bytes);
            prop_assert_eq!(u64::from_be_bytes(crc.finish()), expected);
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
