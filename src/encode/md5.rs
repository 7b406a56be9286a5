//! MD5 ([RFC 1321](https://www.rfc-editor.org/rfc/rfc1321)), for services that ask for it: browsers have none. It tells
//! bytes that were damaged, not bytes that somebody wants to be taken for others.

use std::hint::black_box;

/// Bytes that are mixed in at once.
const BLOCK: usize = 64;

/// The sines of 1 to 64, as whole numbers.
static SINES: [u32; 64] = [
    0xd76a_a478,
    0xe8c7_b756,
    0x2420_70db,
    0xc1bd_ceee,
    0xf57c_0faf,
    0x4787_c62a,
    0xa830_4613,
    0xfd46_9501,
    0x6980_98d8,
    0x8b44_f7af,
    0xffff_5bb1,
    0x895c_d7be,
    0x6b90_1122,
    0xfd98_7193,
    0xa679_438e,
    0x49b4_0821,
    0xf61e_2562,
    0xc040_b340,
    0x265e_5a51,
    0xe9b6_c7aa,
    0xd62f_105d,
    0x0244_1453,
    0xd8a1_e681,
    0xe7d3_fbc8,
    0x21e1_cde6,
    0xc337_07d6,
    0xf4d5_0d87,
    0x455a_14ed,
    0xa9e3_e905,
    0xfcef_a3f8,
    0x676f_02d9,
    0x8d2a_4c8a,
    0xfffa_3942,
    0x8771_f681,
    0x6d9d_6122,
    0xfde5_380c,
    0xa4be_ea44,
    0x4bde_cfa9,
    0xf6bb_4b60,
    0xbebf_bc70,
    0x289b_7ec6,
    0xeaa1_27fa,
    0xd4ef_3085,
    0x0488_1d05,
    0xd9d4_d039,
    0xe6db_99e5,
    0x1fa2_7cf8,
    0xc4ac_5665,
    0xf429_2244,
    0x432a_ff97,
    0xab94_23a7,
    0xfc93_a039,
    0x655b_59c3,
    0x8f0c_cc92,
    0xffef_f47d,
    0x8584_5dd1,
    0x6fa8_7e4f,
    0xfe2c_e6e0,
    0xa301_4314,
    0x4e08_11a1,
    0xf753_7e82,
    0xbd3a_f235,
    0x2ad7_d2bb,
    0xeb86_d391,
];

/// A digest that is fed windows of any length.
#[derive(Clone, Debug)]
pub struct Md5 {
    state: [u32; 4],
    rest: [u8; BLOCK],
    held: usize,
    size: u64,
}

impl Default for Md5 {
    fn default() -> Self {
        Self::new()
    }
}

impl Md5 {
    /// A digest that has seen nothing.
    #[must_use]
    pub const fn new() -> Self {
        let state = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
        Self { state, rest: [0; BLOCK], held: 0, size: 0 }
    }

    /// Takes one more window in.
    pub fn update(&mut self, mut window: &[u8]) {
        self.size = self.size.wrapping_add(window.len() as u64);
        if self.held > 0 {
            let (head, tail) = window.split_at(window.len().min(BLOCK - self.held));
            self.rest[self.held..self.held + head.len()].copy_from_slice(head);
            self.held += head.len();
            window = tail;
            if self.held < BLOCK {
                return;
            }
            let block = self.rest;
            self.mix(&block);
        }
        let (blocks, rest) = window.as_chunks::<BLOCK>();
        for block in blocks {
            self.mix(block);
        }
        self.rest[..rest.len()].copy_from_slice(rest);
        self.held = rest.len();
    }

    /// The digest.
    #[must_use]
    pub fn finish(mut self) -> [u8; 16] {
        let bits = self.size.wrapping_mul(8).to_le_bytes();
        let zeros = (BLOCK + 55 - self.held) % BLOCK;
        let mut padding = [0; BLOCK + 8];
        padding[0] = 0x80;
        padding[1 + zeros..zeros + 9].copy_from_slice(&bits);
        self.update(&padding[..zeros + 9]);
        let mut digest = [0; 16];
        for (bytes, word) in digest.chunks_exact_mut(4).zip(self.state) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        digest
    }

    fn mix(&mut self, block: &[u8; BLOCK]) {
        let (words, _) = block.as_chunks::<4>();
        // Each step waits for the one before, as late as can be: everything else is added up first. A sine that the compiler
        // knows it adds last.
        let sines = black_box(&SINES);
        let [mut a, mut b, mut c, mut d] = self.state;
        // Written out, since loops stay as they are where it is compiled for size, and take twice the time.
        macro_rules! step {
            ($mixed:expr, $a:ident $b:ident $c:ident $d:ident, $turn:literal, [$word:literal $sine:literal]) => {
                let sum = $a.wrapping_add(sines[$sine]).wrapping_add(u32::from_le_bytes(words[$word]));
                $a = $b.wrapping_add($mixed(sum, $b, $c, $d).rotate_left($turn));
            };
        }
        // What is added of the other three, the newest of which is `b`; how far each of four steps turns its sum; and for
        // each of sixteen which word it takes, and which sine.
        macro_rules! round {
            ($mixed:expr, [$s:literal $t:literal $u:literal $v:literal], $($p:tt $q:tt $r:tt $o:tt)*) => {$(
                step!($mixed, a b c d, $s, $p);
                step!($mixed, d a b c, $t, $q);
                step!($mixed, c d a b, $u, $r);
                step!($mixed, b c d a, $v, $o);
            )*};
        }
        round!(|sum: u32, b: u32, c: u32, d: u32| sum.wrapping_add(d ^ (b & (c ^ d))), [7 12 17 22],
            [0 0] [1 1] [2 2] [3 3]
            [4 4] [5 5] [6 6] [7 7]
            [8 8] [9 9] [10 10] [11 11]
            [12 12] [13 13] [14 14] [15 15]
        );
        round!(|sum: u32, b: u32, c: u32, d: u32| sum.wrapping_add(!d & c).wrapping_add(d & b), [5 9 14 20],
            [1 16] [6 17] [11 18] [0 19]
            [5 20] [10 21] [15 22] [4 23]
            [9 24] [14 25] [3 26] [8 27]
            [13 28] [2 29] [7 30] [12 31]
        );
        round!(|sum: u32, b: u32, c: u32, d: u32| sum.wrapping_add(b ^ (c ^ d)), [4 11 16 23],
            [5 32] [8 33] [11 34] [14 35]
            [1 36] [4 37] [7 38] [10 39]
            [13 40] [0 41] [3 42] [6 43]
            [9 44] [12 45] [15 46] [2 47]
        );
        round!(|sum: u32, b: u32, c: u32, d: u32| sum.wrapping_add(c ^ (b | !d)), [6 10 15 21],
            [0 48] [7 49] [14 50] [5 51]
            [12 52] [3 53] [10 54] [1 55]
            [8 56] [15 57] [6 58] [13 59]
            [4 60] [11 61] [2 62] [9 63]
        );
        let [first, second, third, fourth] = self.state;
        self.state = [first.wrapping_add(a), second.wrapping_add(b), third.wrapping_add(c), fourth.wrapping_add(d)];
    }
}

// The crate that thinks numbers up is for native tests only.
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use ::md5::Digest;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn windows_cut_anywhere_are_digested_as_the_whole(bytes in prop::collection::vec(any::<u8>(), 0..3_000), cuts in prop::collection::vec(0..200usize, 0..40)) {
            let (mut digest, mut left) = (Md5::new(), bytes.as_slice());
            for cut in cuts {
                let (window, rest) = left.split_at(cut.min(left.len()));
                digest.update(window);
                left = rest;
            }
            digest.update(left);
            prop_assert_eq!(digest.finish(), <[u8; 16]>::from(::md5::Md5::digest(&bytes)));
        }

        #[test]
        fn every_length_around_a_block_is_padded_as_it_should_be(length in 0..200usize) {
            let bytes = vec![7; length];
            let mut digest = Md5::new();
            digest.update(&bytes);
            prop_assert_eq!(digest.finish(), <[u8; 16]>::from(::md5::Md5::digest(&bytes)));
        }
    }
}
