//! Base64 by vector instructions: twelve bytes become sixteen characters at a time.
//!
//! This is not part of the module that visitors download: one vector instruction anywhere in it, and engines without them
//! refuse it whole (Safari did until 16.4, and so do some old processors under today's browsers). `build.rs` makes a
//! module of its own of this file, of a few hundred bytes, that works in the memory of the other one, and the page asks for
//! it where it encodes. It has no memory, no data and no stack of its own.

use core::arch::wasm32::*;

/// Encodes `steps` times twelve bytes. What it does is what [`groups`](super::groups) does.
///
/// # Safety
///
/// From `from`, four bytes more than are encoded can be read, and at `to`, sixteen for each step can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn encode(mut from: *const u8, steps: usize, mut to: *mut u8) {
    // Four steps a turn were no faster, and twice the bytes.
    for _ in 0..steps {
        // SAFETY: the caller's promise, as far as this step; after the last one, both stay within what it covers.
        unsafe {
            step(from, to);
            (from, to) = (from.add(12), to.add(16));
        }
    }
}

/// One step.
///
/// # Safety
///
/// Sixteen bytes can be read from `from`, and as many be written at `to`.
#[inline(always)]
unsafe fn step(from: *const u8, to: *mut u8) {
    // SAFETY: the caller's promise; no instruction asks for an alignment.
    let bytes = unsafe { v128_load(from.cast()) };
    // Each group of three in a lane of its own, the first byte highest.
    let groups = u8x16_shuffle::<2, 1, 0, 16, 5, 4, 3, 16, 8, 7, 6, 16, 11, 10, 9, 16>(bytes, u8x16_splat(0));
    // Six bits in each byte, the first lowest.
    let first = v128_and(u32x4_shr(groups, 18), u32x4_splat(0x3F));
    let second = v128_and(u32x4_shr(groups, 4), u32x4_splat(0x3F00));
    let third = v128_and(u32x4_shl(groups, 10), u32x4_splat(0x3F_0000));
    let fourth = v128_and(u32x4_shl(groups, 24), u32x4_splat(0x3F00_0000));
    let bits = v128_or(v128_or(first, second), v128_or(third, fourth));
    // A character is its bits and what its class adds: 0 for a to z, 1 to 10 for each digit, 11 for +, 12 for /, and 13 for
    // A to Z, which the subtraction cannot tell from a to z.
    let capital = v128_and(u8x16_lt(bits, u8x16_splat(26)), u8x16_splat(13));
    let class = v128_or(u8x16_sub_sat(bits, u8x16_splat(51)), capital);
    let added = i8x16(71, -4, -4, -4, -4, -4, -4, -4, -4, -4, -4, -19, -16, 65, 0, 0);
    let characters = u8x16_add(bits, u8x16_swizzle(added, class));
    // SAFETY: the caller's promise.
    unsafe { v128_store(to.cast(), characters) }
}
