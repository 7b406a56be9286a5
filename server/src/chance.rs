//! Random names and secrets, from the system's own source.

/// `bytes` random bytes as lower-case hex.
///
/// # Panics
/// When the system has no source of chance: without one no secret can be kept, so the server must not run.
pub(crate) fn hex(bytes: usize) -> String {
    let mut buffer = vec![0; bytes];
    getrandom::fill(&mut buffer).expect("the system has a source of chance");
    to_hex(&buffer)
}

/// A random name in the shape of a UUID.
pub(crate) fn uuid() -> String {
    let hex = hex(16);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// Bytes as lower-case hex.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
