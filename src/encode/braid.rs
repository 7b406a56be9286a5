//! What checksums by a reflected polynomial have in common, whatever its width: forty bytes at a time as a braid of five,
//! which do not wait for each other (Kadatch and Jenkins, "Everything we know about CRC but afraid to forget", as zlib
//! does it), and how the checksum of a whole is made of those of its parts.
//!
//! All sums are 64 bits wide: of a narrower one the upper bits are zero, and stay so.

use std::cell::Cell;
use std::thread::LocalKey;

/// Sums that grow side by side: enough to keep a processor busy, few enough for its registers.
const STRANDS: usize = 5;

/// Bytes of a word.
const WORD: usize = 8;

/// What a byte adds to a sum, by how many bytes follow it within its word. Made when they are first needed: as constants
/// these 32 KiB would be downloaded by everybody, and they do not compress.
pub(super) struct Tables {
    /// Where the word is all that follows.
    near: [[u64; 256]; WORD],
    /// Where the other strands' words follow as well.
    far: [[u64; 256]; WORD],
}

/// A polynomial, and what is known of it.
pub(super) struct Polynomial {
    /// Its bits, the highest power's left out, in reverse.
    bits: u64,
    /// 1, as its sums say it: the highest of their bits.
    one: u64,
    /// Each thread has its own: what makes them once for all weighs a kilobyte.
    tables: &'static LocalKey<Made>,
}

/// Tables, if they are made.
pub(super) type Made = Cell<Option<&'static Tables>>;

impl Polynomial {
    /// Of so many bits, in reverse.
    pub(super) const fn new(bits: u64, width: u32, tables: &'static LocalKey<Made>) -> Self {
        Self { bits, one: 1 << (width - 1), tables }
    }

    /// All ones: what a sum begins with, and is inverted by at its end.
    pub(super) const fn full(&self) -> u64 {
        self.one | (self.one - 1)
    }

    /// The sum that `sum` becomes by some more bytes.
    pub(super) fn extended(&self, sum: u64, bytes: &[u8]) -> u64 {
        let tables = self.tables.get().unwrap_or_else(|| {
            let made: &'static Tables = Box::leak(self.tables());
            self.tables.set(Some(made));
            made
        });
        let (groups, rest) = bytes.as_chunks::<{ STRANDS * WORD }>();
        let mut sum = sum;
        if let Some((last, groups)) = groups.split_last() {
            let mut strands = [sum, 0, 0, 0, 0];
            for group in groups {
                let [a, b, c, d, e] = strands;
                strands = [
                    after(&tables.far, a ^ word(group, 0)),
                    after(&tables.far, b ^ word(group, 1)),
                    after(&tables.far, c ^ word(group, 2)),
                    after(&tables.far, d ^ word(group, 3)),
                    after(&tables.far, e ^ word(group, 4)),
                ];
            }
            // Each strand has been carried to where its next word would begin: there they become one.
            sum = 0;
            for (at, strand) in strands.into_iter().enumerate() {
                sum = after(&tables.near, sum ^ strand ^ word(last, at));
            }
        }
        rest.iter().fold(sum, |sum, byte| tables.near[WORD - 1][low(sum) ^ usize::from(*byte)] ^ (sum >> 8))
    }

    /// The sum of what is made of two pieces, of their sums and the size of the second. What a sum begins with and is
    /// inverted by at its end falls out, where the two are the same.
    pub(super) fn combined(&self, first: u64, second: u64, size: u64) -> u64 {
        // x^8: the bit of x^0 is the highest.
        let mut power = self.one >> 8;
        let (mut first, mut left) = (first, size);
        while left > 0 {
            if left & 1 == 1 {
                first = self.product(first, power);
            }
            power = self.product(power, power);
            left >>= 1;
        }
        first ^ second
    }

    /// The product of two remainders.
    fn product(&self, left: u64, right: u64) -> u64 {
        let (mut product, mut right, mut bit) = (0, right, self.one);
        while bit > 0 {
            if left & bit != 0 {
                product ^= right;
            }
            right = self.times_x(right);
            bit >>= 1;
        }
        product
    }

    fn times_x(&self, sum: u64) -> u64 {
        if sum & 1 == 1 { (sum >> 1) ^ self.bits } else { sum >> 1 }
    }

    fn tables(&self) -> Box<Tables> {
        let mut tables = Box::new(Tables { near: [[0; 256]; WORD], far: [[0; 256]; WORD] });
        for (byte, sum) in (0..).zip(&mut tables.near[WORD - 1]) {
            *sum = (0..8).fold(byte, |sum, _| self.times_x(sum));
        }
        for byte in 0..256 {
            let mut sum = tables.near[WORD - 1][byte];
            for followers in 1..STRANDS * WORD {
                sum = tables.near[WORD - 1][low(sum)] ^ (sum >> 8);
                if let Some(at) = (WORD - 1).checked_sub(followers) {
                    tables.near[at][byte] = sum;
                }
                if let Some(at) = (STRANDS * WORD - 1).checked_sub(followers).filter(|at| *at < WORD) {
                    tables.far[at][byte] = sum;
                }
            }
        }
        tables
    }
}

/// The lowest byte.
const fn low(sum: u64) -> usize {
    (sum & 0xFF) as usize
}

/// A word of a group, the first byte lowest.
#[inline(always)]
fn word(group: &[u8; STRANDS * WORD], at: usize) -> u64 {
    let (words, _) = group.as_chunks::<WORD>();
    u64::from_le_bytes(words[at])
}

/// What eight bytes leave behind. Written out: the module is compiled for size, which leaves loops as they are.
#[inline(always)]
fn after(tables: &[[u64; 256]; WORD], word: u64) -> u64 {
    tables[0][low(word)]
        ^ tables[1][low(word >> 8)]
        ^ tables[2][low(word >> 16)]
        ^ tables[3][low(word >> 24)]
        ^ tables[4][low(word >> 32)]
        ^ tables[5][low(word >> 40)]
        ^ tables[6][low(word >> 48)]
        ^ tables[7][low(word >> 56)]
}
