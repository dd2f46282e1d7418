//! What Postfix takes for the name of a host.

/// Whether a text is the name of a host: not what DNS or IDNA say, but what smtp(8) accepts.
///
/// Labels of letters, digits, `_` and, not at their ends, `-`; up to 63 bytes each and 255 in all; not
/// digits alone, and no dot at the end. U-labels are judged by their A-labels.
/// [Postfix `valid_hostname.c`, `valid_utf8_hostname.c`]
pub(super) fn is_hostname(name: &str) -> bool {
    if !name.is_ascii() {
        return idna::domain_to_ascii(name).is_ok_and(|ascii| is_hostname(&ascii));
    }
    let label = |label: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let hyphen = label.starts_with('-') || label.ends_with('-');
        (1..=63).contains(&label.len()) && !hyphen && label.bytes().all(plain)
    };
    let numeric = name.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    name.len() <= 255 && !numeric && name.split('.').all(label)
}
