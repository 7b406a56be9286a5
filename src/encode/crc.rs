//! The two CRCs that services compare bytes with: CRC-32C, Castagnoli's polynomial
//! ([RFC 3720 §12.1](https://www.rfc-editor.org/rfc/rfc3720#section-12.1)), and CRC-64/NVME
//! ([NVM Express Base Specification](https://nvmexpress.org/specifications/), "64b CRC"), which S3 computes of a whole
//! object where nothing else was asked for.

use super::braid::{Made, Polynomial};

thread_local! {
    static CASTAGNOLI_MADE: Made = const { Made::new(None) };
    static NVME_MADE: Made = const { Made::new(None) };
}

static CASTAGNOLI: Polynomial = Polynomial::new(0x82F6_3B78, 32, &CASTAGNOLI_MADE);
static NVME: Polynomial = Polynomial::new(0x9A6C_9329_AC4B_C9B5, 64, &NVME_MADE);

/// CRC-32C.
pub type Crc32c = Crc<4>;

/// CRC-64/NVME.
pub type Crc64Nvme = Crc<8>;

/// A checksum of four or eight bytes that is fed windows of any length.
#[derive(Clone, Debug)]
pub struct Crc<const BYTES: usize>(u64);

impl<const BYTES: usize> Default for Crc<BYTES> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const BYTES: usize> Crc<BYTES> {
    const POLYNOMIAL: &'static Polynomial = if BYTES == 4 { &CASTAGNOLI } else { &NVME };

    /// A checksum that has seen nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self(Self::POLYNOMIAL.full())
    }

    /// Takes one more window in.
    pub fn update(&mut self, window: &[u8]) {
        self.0 = Self::POLYNOMIAL.extended(self.0, window);
    }

    /// The checksum, the most significant byte first, as services write it.
    #[must_use]
    pub fn finish(self) -> [u8; BYTES] {
        written(self.0 ^ Self::POLYNOMIAL.full())
    }

    /// The checksum of the whole, of those of its pieces in their order, each with the piece's size. `None` if one of them
    /// is no such checksum.
    #[must_use]
    pub fn of_pieces(pieces: &[(Vec<u8>, u64)]) -> Option<[u8; BYTES]> {
        let mut whole = 0;
        for (sum, size) in pieces {
            if sum.len() != BYTES {
                return None;
            }
            let sum = sum.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
            whole = Self::POLYNOMIAL.combined(whole, sum, *size);
        }
        Some(written(whole))
    }
}

/// The last bytes of a number: of a narrower sum the upper ones are zero.
fn written<const BYTES: usize>(sum: u64) -> [u8; BYTES] {
    sum.to_be_bytes().last_chunk().copied().unwrap_or([0; BYTES])
}

// The crate that thinks numbers up is for native tests only.
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sum<const BYTES: usize>(bytes: &[u8]) -> [u8; BYTES] {
        let mut crc = Crc::new();
        crc.update(bytes);
        crc.finish()
    }

    /// What another implementation says.
    fn expected<const BYTES: usize>(bytes: &[u8]) -> [u8; BYTES] {
        let sum = match BYTES {
            4 => crc::Crc::<u32>::new(&crc::CRC_32_ISCSI).checksum(bytes).into(),
            _ => crc::Crc::<u64>::new(&crc::CRC_64_NVME).checksum(bytes),
        };
        written(sum)
    }

    #[test]
    fn the_check_values_of_the_standards() {
        for (bytes, expected) in [(&b""[..], 0_u32), (b"123456789", 0xE306_9283), (&[0; 32], 0x8A91_36AA)] {
            assert_eq!(sum(bytes), expected.to_be_bytes());
        }
        for (bytes, expected) in
            [(&b""[..], 0_u64), (b"123456789", 0xAE8B_1486_0A79_9888), (&[0; 4096], 0x6482_D367_EB22_B64E)]
        {
            assert_eq!(sum(bytes), expected.to_be_bytes());
        }
    }

    fn a_huge_piece_is_as_many_small_ones<const BYTES: usize>() {
        // A terabyte at once, and in 1,024 steps of a gigabyte.
        let (crc, zero) = (sum::<BYTES>(b"123456789"), [0; BYTES]);
        let after = |pieces: u64, size| {
            let zeroes = (0..pieces).map(|_| (zero.to_vec(), size));
            Crc::<BYTES>::of_pieces(&[(crc.to_vec(), 9)].into_iter().chain(zeroes).collect::<Vec<_>>()).unwrap()
        };
        assert_eq!(after(1, 1 << 40), after(1024, 1 << 30));
        assert_ne!(after(1, 1 << 40), crc);
        assert_eq!(after(1, 0), crc);
        assert_eq!(after(0, 0), crc);
        assert_eq!(Crc::<BYTES>::of_pieces(&[(crc[1..].to_vec(), 9)]), None);
        assert_eq!(Crc::<BYTES>::of_pieces(&[(vec![0; 9], 9)]), None);
        assert_eq!(Crc::<BYTES>::of_pieces(&[]), Some(zero));
    }

    #[test]
    fn a_part_that_is_huge_is_combined_as_many_small_ones_are() {
        a_huge_piece_is_as_many_small_ones::<4>();
        a_huge_piece_is_as_many_small_ones::<8>();
    }

    fn windows_sum_up<const BYTES: usize>(bytes: &[u8], cuts: &[usize]) {
        let (mut crc, mut left) = (Crc::<BYTES>::new(), bytes);
        for cut in cuts {
            let (window, rest) = left.split_at(left.len().min(*cut));
            crc.update(window);
            left = rest;
        }
        crc.update(left);
        assert_eq!(crc.finish(), expected(bytes));
    }

    fn pieces_make_the_whole<const BYTES: usize>(parts: &[Vec<u8>]) {
        let sums: Vec<_> = parts.iter().map(|part| (sum::<BYTES>(part).to_vec(), part.len() as u64)).collect();
        let of = |sums: &[(Vec<u8>, u64)]| Crc::<BYTES>::of_pieces(sums).unwrap();
        assert_eq!(of(&sums), expected(&parts.concat()));
        // The last ones first.
        let (first, rest) = sums.split_first().unwrap();
        let size = rest.iter().map(|(_, size)| size).sum();
        assert_eq!(of(&[first.clone(), (of(rest).to_vec(), size)]), expected(&parts.concat()));
    }

    proptest! {
        #[test]
        fn windows_cut_anywhere_sum_up_to_the_whole(bytes in prop::collection::vec(any::<u8>(), 0..5_000), cuts in prop::collection::vec(0..700usize, 0..40)) {
            windows_sum_up::<4>(&bytes, &cuts);
            windows_sum_up::<8>(&bytes, &cuts);
        }

        #[test]
        fn parts_may_be_combined_in_any_order(parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..900), 1..5)) {
            pieces_make_the_whole::<4>(&parts);
            pieces_make_the_whole::<8>(&parts);
        }
    }
}
