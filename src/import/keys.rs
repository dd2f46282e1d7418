//! Lookup keys as a repository can say them.

use crate::names::{DomainName, Recipients};
use crate::postfix::NextHop;

/// What a lookup key is.
pub(super) enum Key {
    /// A domain or all its subdomains, or another next hop: the canonical spelling.
    Known(String),
    /// None that any lookup asks for.
    Never,
    /// One that a repository cannot say.
    Other(String),
}

fn recipients_key(key: &str, unicode: bool) -> Option<Key> {
    let recipients = Recipients::parse(key).ok()?;
    let spelt = recipients.key() == key || recipients.unicode_key().is_some_and(|it| it == key);
    if !spelt {
        return None;
    }
    if !unicode && !key.is_ascii() {
        let why = "letters beyond ASCII may answer for other keys in this database, so mxward writes none";
        return Some(Key::Other(why.to_owned()));
    }
    Some(Key::Known(recipients.key().into()))
}

/// What a key of `transport_maps` is.
pub(super) fn transport_key(key: &str, unicode: bool) -> Key {
    if key == "_default" {
        return Key::Never;
    }
    if let Some(key) = recipients_key(key, unicode) {
        return key;
    }
    // [transport(5); Postfix `mail_addr_find.c`]
    let is_quoted = key.starts_with('"') && !key.contains('@');
    if key.starts_with('@') || is_quoted || key.starts_with("*.") || key.ends_with(['.', ':']) {
        return Key::Never;
    }
    Key::Other(
        match key {
            "*" => "`*` is for every other domain, which `relayhost` of a target says for all of main.cf",
            _ if key.contains('@') => "it is for one address, and policies are made for domains",
            _ => "it is the key of no domain",
        }
        .to_owned(),
    )
}

/// Whether a key is a next hop with U-labels.
fn is_unicode_of(key: &str, next_hop: &NextHop) -> bool {
    let host = next_hop.host_part();
    let unicode = DomainName::parse(host).ok().and_then(|name| name.unicode());
    unicode.is_some_and(|unicode| next_hop.as_str().replacen(host, &unicode, 1) == key)
}

/// What a key of `smtp_tls_policy_maps` is.
pub(super) fn policy_key(key: &str, unicode: bool) -> Key {
    if let Some(key) = recipients_key(key, unicode) {
        return key;
    }
    if NextHop::parse_as_postfix(key).is_err() {
        // [Postfix `smtp_connect.c`: there can be no such next hop]
        return Key::Never;
    }
    match NextHop::parse(key) {
        Ok(next_hop) if key.is_ascii() || is_unicode_of(key, &next_hop) => {
            Key::Known(next_hop.as_str().to_owned())
        }
        // Characters that names do not have were passed over.
        Ok(_) => Key::Other("it is not spelt as the next hop that it looks like".to_owned()),
        Err(error) => Key::Other(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_next_hop_with_invisible_characters_is_not_the_one_without() {
        let known = |key: &str| match policy_key(key, true) {
            Key::Known(known) => Some(known),
            Key::Never | Key::Other(_) => None,
        };
        assert_eq!(known("_d\u{feff}efault"), None);
        assert_eq!(known("[a\u{feff}.example]:25"), None);
        assert_eq!(known("[m\u{fc}nchen.example]").as_deref(), Some("[xn--mnchen-3ya.example]"));
    }
}
