//! Protocol lists and cipher grades, which Postfix accepts unread in a policy and refuses later.

use super::version::Version;

/// Why a protocol list does not work.
pub(super) fn protocol_fault(list: &str, version: Version) -> Option<String> {
    for token in list.split(':').map(str::trim).filter(|token| !token.is_empty()) {
        let limit = token.strip_prefix(">=").or_else(|| token.strip_prefix("<="));
        if limit.is_some() && !version.at_least(3, 6) {
            return Some(format!("`{token}` needs Postfix 3.6"));
        }
        let name = limit.or_else(|| token.strip_prefix('!')).unwrap_or(token);
        // A limit may also be the number of the protocol on the wire. [postconf(5) smtp_tls_protocols]
        let number = limit.is_some()
            && name.strip_prefix("0x").map_or_else(
                || !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit()),
                |digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
            );
        let known = ["SSLv2", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"]
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known));
        if !known && !number {
            return Some(format!("`{token}` is no TLS protocol"));
        }
    }
    None
}

/// Whether a cipher grade exists. [postconf(5) `smtp_tls_mandatory_ciphers`]
pub(super) fn cipher_grade_known(grade: &str) -> bool {
    ["high", "medium", "low", "export", "null"]
        .iter()
        .any(|known| grade.eq_ignore_ascii_case(known))
}

/// The lowest protocol that a list allows, as a rank from `SSLv2` (0) to TLSv1.3 (5); `None` when it
/// allows nothing. An empty list allows all.
pub(super) fn allowed(list: &str) -> [bool; 6] {
    const NAMES: [&str; 6] = ["SSLv2", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];
    const NUMBERS: [u32; 6] = [0x0002, 0x0300, 0x0301, 0x0302, 0x0303, 0x0304];
    let tokens: Vec<&str> =
        list.split([':', ',', ' ']).map(str::trim).filter(|token| !token.is_empty()).collect();
    let rank = |name: &str| {
        let number = match name.strip_prefix("0x") {
            Some(digits) => u32::from_str_radix(digits, 16).ok(),
            None => name.parse::<u32>().ok(),
        };
        NAMES
            .iter()
            .position(|known| name.eq_ignore_ascii_case(known))
            .or_else(|| NUMBERS.iter().position(|known| Some(*known) == number))
    };
    let included: Vec<usize> = tokens
        .iter()
        .filter(|token| !token.starts_with(['!', '<', '>']))
        .filter_map(|token| rank(token))
        .collect();
    let mut allowed: [bool; 6] =
        std::array::from_fn(|at| included.is_empty() || included.contains(&at));
    for token in tokens {
        for (at, allowed) in allowed.iter_mut().enumerate() {
            let cut = if let Some(name) = token.strip_prefix(">=") {
                rank(name).is_some_and(|limit| at < limit)
            } else if let Some(name) = token.strip_prefix("<=") {
                rank(name).is_some_and(|limit| at > limit)
            } else if let Some(name) = token.strip_prefix('!') {
                rank(name) == Some(at)
            } else {
                false
            };
            *allowed &= !cut;
        }
    }
    allowed
}

/// The rank of a cipher grade: higher excludes more.
pub(super) fn grade_rank(grade: &str) -> u8 {
    match grade.to_ascii_lowercase().as_str() {
        "high" => 4,
        "medium" => 3,
        "low" => 2,
        "export" => 1,
        _ => 0,
    }
}
