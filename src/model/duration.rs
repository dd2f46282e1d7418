//! Times as people write them.

/// Reads `90m`, in seconds: a number and `s`, `m`, `h` or `d`, up to `longest`.
pub fn seconds(text: &str, longest: u32) -> Option<u32> {
    let units = [("s", 1), ("m", 60), ("h", 3600), ("d", 86400)];
    units.into_iter().find_map(|(unit, seconds)| {
        let number = text.strip_suffix(unit)?;
        let is_number = number.bytes().all(|it| it.is_ascii_digit());
        let number: u32 = is_number.then(|| number.parse().ok())??;
        number.checked_mul(seconds).filter(|seconds| *seconds <= longest)
    })
}
