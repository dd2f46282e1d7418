//! Protocol lists, cipher grades and exclusions, which Postfix accepts unread in a policy and refuses
//! when it starts TLS.

use super::version::Version;

/// The protocols with their numbers on the wire.
const PROTOCOLS: [(&str, u32); 6] = [
    ("SSLv2", 0x0002),
    ("SSLv3", 0x0300),
    ("TLSv1", 0x0301),
    ("TLSv1.1", 0x0302),
    ("TLSv1.2", 0x0303),
    ("TLSv1.3", 0x0304),
];

/// The first of [`PROTOCOLS`] that OpenSSL still has.
const TLSV1: usize = 2;

/// Which of [`PROTOCOLS`] a list allows.
pub(super) type Allowed = [bool; 6];

/// Reads a protocol list; the empty list allows all.
///
/// Names in any letter case; `!` excludes; `>=` and `<=` bound, also by a hexadecimal number, and of
/// several bounds the last one holds. [postconf(5) `smtp_tls_mandatory_protocols`; Postfix
/// `tls_misc.c` `tls_proto_mask_lims`]
///
/// # Errors
///
/// Why no handshake is started.
pub(super) fn allowed(list: &str, version: Version) -> Result<Allowed, String> {
    let (mut included, mut excluded) = ([false; 6], [false; 6]);
    let (mut lowest, mut highest) = (0, u32::MAX);
    let tokens = list.split([':', ',', ' ', '\t', '\r', '\n']).filter(|token| !token.is_empty());
    for token in tokens {
        let bound = token.strip_prefix(">=").or_else(|| token.strip_prefix("<="));
        if let Some(bound) = bound {
            if !version.at_least(3, 6) {
                return Err(format!("`{token}` needs Postfix 3.6"));
            }
            // What OpenSSL does not know bounds nothing.
            let number = number(bound).ok_or_else(|| unknown(token))?;
            let known = is_known(number).then_some(number);
            if token.starts_with('>') {
                lowest = known.unwrap_or(0);
            } else {
                highest = known.unwrap_or(u32::MAX);
            }
            continue;
        }
        let (set, name) = match token.strip_prefix('!') {
            Some(name) => (&mut excluded, name),
            None => (&mut included, token),
        };
        let at = position(name).ok_or_else(|| unknown(token))?;
        set[at] = true;
    }
    let listed = included.contains(&true);
    let allowed: Allowed = std::array::from_fn(|at| {
        let number = PROTOCOLS[at].1;
        (!listed || included[at]) && !excluded[at] && (lowest..=highest).contains(&number)
    });
    if !allowed[TLSV1..].contains(&true) {
        return Err("it allows no protocol that OpenSSL has".to_owned());
    }
    Ok(allowed)
}

/// Whether a bound bounds nothing: it has no version, or one that OpenSSL does not know.
pub(super) fn has_empty_bound(list: &str) -> bool {
    list.split([':', ',', ' ']).any(|token| {
        let bound = token.strip_prefix(">=").or_else(|| token.strip_prefix("<="));
        bound.and_then(number).is_some_and(|number| !is_known(number))
    })
}

fn is_known(number: u32) -> bool {
    PROTOCOLS[1..].iter().any(|(_, known)| *known == number)
}

fn unknown(token: &str) -> String {
    format!("`{token}` is no TLS protocol")
}

fn position(name: &str) -> Option<usize> {
    PROTOCOLS.iter().position(|(known, _)| name.eq_ignore_ascii_case(known))
}

/// The number of a bound. [Postfix `tls_misc.c` `parse_tls_version`]
fn number(bound: &str) -> Option<u32> {
    if let Some(at) = position(bound) {
        return Some(PROTOCOLS[at].1);
    }
    let digits = bound.strip_prefix("0x").or_else(|| bound.strip_prefix("0X"));
    match digits.unwrap_or(bound) {
        "" if digits.is_none() => Some(0),
        digits => u32::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+')),
    }
}

/// The rank of a cipher grade, where higher excludes more; `None` when there is no such grade, or none
/// that works.
/// [postconf(5) `smtp_tls_mandatory_ciphers`; Postfix `tls_misc.c` `tls_cipher_grade`]
pub(super) fn grade_rank(grade: &str, version: Version) -> Option<u8> {
    Some(match grade.to_ascii_lowercase().as_str() {
        "high" => 4,
        "medium" => 3,
        // From 3.8 on these two are other names of `medium`. [RELEASE_NOTES-3.8]
        "low" | "export" if version.at_least(3, 8) => 3,
        "low" => 2,
        "export" => 1,
        // OpenSSL has no ciphers without encryption at its usual security level, so `null` never works.
        _ => return None,
    })
}

/// What is wrong with a list of excluded ciphers. [Postfix `tls_misc.c` `tls_set_ciphers`]
pub(super) fn exclusion_fault(list: &str) -> Option<String> {
    let tokens = list.split([':', ',', ' ']);
    let sign = |token: &&str| token.starts_with(['!', '+', '-', '@']);
    let wrong = tokens.into_iter().find(sign)?;
    Some(format!("`{wrong}` starts with a sign"))
}
