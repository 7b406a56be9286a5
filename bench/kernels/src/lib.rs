//! What `src/encode` does, as a module by itself: its sources, compiled as they are for visitors. The benchmark puts bytes
//! into the window and has them encoded or digested, again and again.

#![cfg(target_arch = "wasm32")]

use std::sync::{LazyLock, Mutex, PoisonError};

#[path = "../../../src/encode/mod.rs"]
pub mod encode;

use encode::{Base64, Crc32c, Crc64Nvme, Md5, groups};

/// As large as upslice's own.
const SIZE: usize = 768 << 10;

/// The bytes, and room for what they become; both a little longer, for vectors that read beyond what they encode.
static DESK: LazyLock<Mutex<[Vec<u8>; 2]>> =
    LazyLock::new(|| Mutex::new([vec![0; SIZE + 16], vec![0; Base64::encoded_size(SIZE as u64) as usize + 16]]));

fn at_desk<T>(work: impl FnOnce(&mut [u8], &mut [u8]) -> T) -> T {
    let mut desk = DESK.lock().unwrap_or_else(PoisonError::into_inner);
    let [window, out] = &mut *desk;
    let end = out.len() - 16;
    work(&mut window[..SIZE], &mut out[..end])
}

/// Where the bytes are.
#[unsafe(no_mangle)]
pub extern "C" fn window() -> *mut u8 {
    at_desk(|window, _| window.as_mut_ptr())
}

/// Where their base64 is.
#[unsafe(no_mangle)]
pub extern "C" fn out() -> *mut u8 {
    at_desk(|_, out| out.as_mut_ptr())
}

/// The module with the vectors, which works in the memory of this one.
static SIMD: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/simd.wasm"));

/// Where it is.
#[unsafe(no_mangle)]
pub extern "C" fn simd() -> *const u8 {
    SIMD.as_ptr()
}

/// How many bytes it has.
#[unsafe(no_mangle)]
pub extern "C" fn simd_size() -> usize {
    SIMD.len()
}

/// How many bytes there are.
#[unsafe(no_mangle)]
pub extern "C" fn size() -> usize {
    SIZE
}

/// Their base64 by table.
#[unsafe(no_mangle)]
pub extern "C" fn base64_table() {
    at_desk(|window, out| groups(window, out));
}

/// Their base64 by the crate that others take.
#[unsafe(no_mangle)]
pub extern "C" fn base64_crate() {
    at_desk(|window, out| {
        let _ = base64_simd::STANDARD.encode(window, base64_simd::Out::from_slice(out));
    });
}

/// Their CRC-32C.
#[unsafe(no_mangle)]
pub extern "C" fn crc32c() -> u32 {
    at_desk(|window, _| {
        let mut crc = Crc32c::new();
        crc.update(window);
        u32::from_be_bytes(crc.finish())
    })
}

/// Their CRC-64/NVME.
#[unsafe(no_mangle)]
pub extern "C" fn crc64nvme() -> u64 {
    at_desk(|window, _| {
        let mut crc = Crc64Nvme::new();
        crc.update(window);
        u64::from_be_bytes(crc.finish())
    })
}

/// The first half of their MD5.
#[unsafe(no_mangle)]
pub extern "C" fn md5() -> u64 {
    at_desk(|window, _| {
        let mut digest = Md5::new();
        digest.update(window);
        digest.finish()[..8].iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
    })
}
