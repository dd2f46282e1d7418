//! Lookup keys as a repository can say them.

use crate::names::Recipients;
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
        Ok(next_hop) => Key::Known(next_hop.as_str().to_owned()),
        Err(error) => Key::Other(error.to_string()),
    }
}
