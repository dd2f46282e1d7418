//! `mxward.lock` as text.
//!
//! YAML with one fact a line, sorted, so that a changed address is a line of a diff and an unchanged
//! lock is the same bytes. Version 1:
//!
//! - `checked`: the day on which `mxward update` last confirmed everything; absent before that.
//! - `hosts`: MX hosts with `dnssec` (`secure` or `insecure`), `dane` where it matters, and
//!   `addresses`, each `ADDRESS since DAY`, with `gone DAY` once it vanished.
//! - `domains`: recipient domains with `dnssec`, `since` and `mx`, the set as `PREFERENCE HOST`.
//! - `stale` in both: `REASON since DAY`, when the last attempts to confirm brought nothing.
//!
//! A change that older programs would misread gets a new version number; they refuse it.

use super::facts::{AddressFact, DomainFact, HostFact, Lock, Stale};
use crate::answer::{Dnssec, MxRecord};
use crate::diag::{Diagnostic, Diagnostics, Fields, unknown_key, values};
use crate::names::DomainName;
use crate::source::yaml::Reader;
use crate::source::{FileId, Node, Span, Spanned};
use hashbrown::HashMap;
use jiff::civil::Date;
use std::borrow::Cow;
use std::fmt::Write as _;
use std::net::IpAddr;

/// The version of the format that this program reads and writes.
const VERSION: u32 = 1;

const DNSSEC: &[(&str, Dnssec)] = &[("secure", Dnssec::Secure), ("insecure", Dnssec::Insecure)];

impl Lock {
    /// Reads a lock. `None` after an error.
    pub fn read(file: FileId, text: &str, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut found = Diagnostics::new();
        let mut lock = Self::default();
        let mut reader = Reader::new(file, text);
        let mut version = None;
        if reader.enter_mapping() {
            while let Some(key) = reader.next_key() {
                match &*key.value {
                    "version" => {
                        let node = reader.node()?;
                        version = values::integer(&node, "`version`", 1..=u32::MAX, &mut found);
                    }
                    "checked" => {
                        let node = reader.node()?;
                        lock.checked = values::text(&node, "`checked`", &mut found)
                            .and_then(|text| day(&text.value, text.span, &mut found));
                    }
                    "hosts" if reader.enter_mapping() => {
                        while let Some(key) = reader.next_key() {
                            let Some(node) = reader.node() else { break };
                            let name = name(&key, &mut found);
                            let fact = host(node, &mut found);
                            let (Some(name), Some(fact)) = (name, fact) else { continue };
                            if lock.hosts.insert(name, fact).is_some() {
                                twice(&key, &mut found);
                            }
                        }
                    }
                    "domains" if reader.enter_mapping() => {
                        let mut known = HashMap::new();
                        while let Some(key) = reader.next_key() {
                            let name = name(&key, &mut found);
                            let fact = known_domain(text, &mut reader, &mut known, &mut found);
                            let (Some(name), Some(fact)) = (name, fact) else { continue };
                            if lock.domains.insert(name, fact).is_some() {
                                twice(&key, &mut found);
                            }
                        }
                    }
                    "hosts" | "domains" => {}
                    _ => unknown_key(
                        &key,
                        "the lock",
                        &["version", "checked", "hosts", "domains"],
                        &mut found,
                    ),
                }
            }
        }
        found.push_yaml(reader.finish());
        match version {
            Some(version) if version.value > VERSION => {
                diagnostics.push(
                    Diagnostic::error(
                        "newer-version",
                        version.span,
                        format!("lock version {} is newer than this mxward reads", version.value),
                    )
                    .hint("install a newer mxward"),
                );
                return None;
            }
            Some(_) => {}
            None => found.push(
                Diagnostic::error(
                    "missing-key",
                    Span::new(file, 0, 0),
                    "the lock lacks its `version`",
                )
                .hint(
                    "take the file back from version control, or delete it and run `mxward lock`",
                ),
            ),
        }
        let valid = !found.has_errors();
        diagnostics.extend(found);
        valid.then_some(lock)
    }

    /// Writes the lock: the same facts give the same bytes.
    pub fn write(&self) -> String {
        let mut text = String::from(
            "# @generated by mxward: what DNS said. `mxward update` refreshes it; do not edit.\n",
        );
        // Writing to a String cannot fail.
        let _ = writeln!(text, "version: {VERSION}");
        if let Some(day) = self.checked {
            let _ = writeln!(text, "checked: {day}");
        }
        if !self.hosts.is_empty() {
            text.push_str("hosts:\n");
        }
        for (name, fact) in &self.hosts {
            let _ = write!(text, "  {name}:\n    dnssec: {}\n", dnssec(fact.dnssec));
            if let Some(dane) = fact.dane {
                let _ = writeln!(text, "    dane: {dane}");
            }
            if let Some(stale) = &fact.stale {
                let _ = writeln!(text, "    stale: {stale}");
            }
            if !fact.addresses.is_empty() {
                text.push_str("    addresses:\n");
            }
            for it in &fact.addresses {
                // An IPv6 address may end in a colon, which YAML would take for a key.
                let quote = if it.address.is_ipv6() { "\"" } else { "" };
                let _ = write!(text, "      - {quote}{} since {}", it.address, it.since);
                if let Some(gone) = it.gone {
                    let _ = write!(text, " gone {gone}");
                }
                let _ = writeln!(text, "{quote}");
            }
        }
        if !self.domains.is_empty() {
            text.push_str("domains:\n");
        }
        for (name, fact) in &self.domains {
            let _ = write!(
                text,
                "  {name}: {{ dnssec: {}, since: {}, ",
                dnssec(fact.dnssec),
                fact.since
            );
            if let Some(stale) = &fact.stale {
                let _ = write!(text, "stale: {stale}, ");
            }
            text.push_str("mx: [");
            for (at, mx) in fact.mx.iter().enumerate() {
                let host = mx.exchange.as_ref().map_or(".", DomainName::as_str);
                let _ = write!(text, "{}{} {host}", if at > 0 { ", " } else { "" }, mx.preference);
            }
            text.push_str("] }\n");
        }
        text
    }
}

impl std::fmt::Display for Stale {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} since {}", self.reason, self.since)
    }
}

fn dnssec(status: Dnssec) -> &'static str {
    match status {
        Dnssec::Secure => "secure",
        Dnssec::Insecure => "insecure",
    }
}

fn name(key: &Spanned<Cow<'_, str>>, diagnostics: &mut Diagnostics) -> Option<DomainName> {
    match DomainName::parse(&key.value) {
        Ok(name) => Some(name),
        Err(error) => {
            let message = format!("`{}` is not a name: {error}", key.value);
            diagnostics.push(Diagnostic::error("bad-lock", key.span, message));
            None
        }
    }
}

fn twice(key: &Spanned<Cow<'_, str>>, diagnostics: &mut Diagnostics) {
    let message = format!("`{}` stands twice in the lock", key.value);
    diagnostics.push(
        Diagnostic::error("bad-lock", key.span, message)
            .hint("a merge may have done this: delete the file and run `mxward lock`"),
    );
}

fn bad(span: Span, what: &str, text: &str, diagnostics: &mut Diagnostics) {
    let message = format!("`{text}` is not {what}");
    diagnostics.push(
        Diagnostic::error("bad-lock", span, message)
            .hint("the lock is written by mxward alone: take it back from version control"),
    );
}

fn day(text: &str, span: Span, diagnostics: &mut Diagnostics) -> Option<Date> {
    let date = text.parse().ok();
    if date.is_none() {
        bad(span, "a day", text, diagnostics);
    }
    date
}

fn stale(text: Option<Spanned<String>>, diagnostics: &mut Diagnostics) -> Option<Stale> {
    let text = text?;
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    match text.value.split_once(" since ") {
        Some((reason, since)) if !reason.is_empty() && reason.chars().all(plain) => {
            let since = day(since, text.span, diagnostics)?;
            Some(Stale { since, reason: reason.to_owned() })
        }
        _ => {
            bad(text.span, "a reason with a day", &text.value, diagnostics);
            None
        }
    }
}

fn host(node: Node<'_>, diagnostics: &mut Diagnostics) -> Option<HostFact> {
    let mut fields = Fields::new(node, "a host in the lock", diagnostics)?;
    let status = fields.required("dnssec", diagnostics);
    let status =
        status.and_then(|(_, node)| values::choice(&node, "`dnssec`", DNSSEC, diagnostics));
    let dane = fields.boolean("dane", diagnostics).map(|it| it.value);
    let stale = stale(fields.text("stale", diagnostics), diagnostics);
    let addresses = fields.list_of("addresses", diagnostics, |node, diagnostics| {
        let text = values::text(&node, "an address", diagnostics)?;
        let fact = address(&text.value);
        if fact.is_none() {
            bad(text.span, "an address with its days", &text.value, diagnostics);
        }
        fact
    });
    fields.finish(diagnostics);
    let mut addresses = addresses.unwrap_or_default();
    addresses.sort();
    Some(HostFact { dnssec: status?.value, addresses, dane, stale })
}

fn address(text: &str) -> Option<AddressFact> {
    let mut words = text.split(' ');
    let address: IpAddr = words.next()?.parse().ok()?;
    let since = (words.next()? == "since").then(|| words.next()?.parse().ok()).flatten()?;
    let gone = match words.next() {
        None => None,
        Some("gone") => Some(words.next()?.parse().ok()?),
        Some(_) => return None,
    };
    words.next().is_none().then_some(AddressFact { address, since, gone })
}

/// Reads the fact of a domain: those with the same words are taken apart once, as many domains have
/// the MX hosts of one provider.
fn known_domain<'src>(
    text: &'src str,
    reader: &mut Reader<'src>,
    known: &mut HashMap<&'src str, DomainFact>,
    diagnostics: &mut Diagnostics,
) -> Option<DomainFact> {
    let span = reader.value_span()?;
    let words = &text[span.start as usize..span.end as usize];
    if let Some(fact) = known.get(words) {
        return Some(fact.clone());
    }
    let errors = reader.errors();
    let fact = domain(reader.node()?, diagnostics)?;
    // The words of an alias do not say all, and those of a wrong value must be reported again.
    if !words.contains('*') && reader.errors() == errors {
        known.insert(words, fact.clone());
    }
    Some(fact)
}

fn domain(node: Node<'_>, diagnostics: &mut Diagnostics) -> Option<DomainFact> {
    let mut fields = Fields::new(node, "a domain in the lock", diagnostics)?;
    let status = fields.required("dnssec", diagnostics);
    let status =
        status.and_then(|(_, node)| values::choice(&node, "`dnssec`", DNSSEC, diagnostics));
    let since = fields.required("since", diagnostics).and_then(|(_, node)| {
        let text = values::text(&node, "`since`", diagnostics)?;
        day(&text.value, text.span, diagnostics)
    });
    let stale = stale(fields.text("stale", diagnostics), diagnostics);
    let mx = fields.list_of("mx", diagnostics, |node, diagnostics| {
        let text = values::text(&node, "an MX record", diagnostics)?;
        let record = mx(&text.value);
        if record.is_none() {
            bad(text.span, "an MX record", &text.value, diagnostics);
        }
        record
    });
    let span = fields.span();
    fields.finish(diagnostics);
    let mx = mx.unwrap_or_default();
    if mx.is_empty() {
        bad(span, "a domain with an MX set", "mx", diagnostics);
        return None;
    }
    Some(DomainFact { dnssec: status?.value, mx, since: since?, stale })
}

fn mx(text: &str) -> Option<MxRecord> {
    let (preference, host) = text.split_once(' ')?;
    let exchange = DomainName::parse(host).ok()?;
    Some(MxRecord { preference: preference.parse().ok()?, exchange: Some(exchange) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceMap;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<Lock, Vec<String>> {
        let mut diagnostics = Diagnostics::new();
        let file = SourceMap::new().add("mxward.lock", text);
        Lock::read(file, text, &mut diagnostics)
            .ok_or_else(|| diagnostics.iter().map(|it| it.message.clone()).collect())
    }

    const EXAMPLE: &str = "\
# @generated by mxward: what DNS said. `mxward update` refreshes it; do not edit.
version: 1
checked: 2026-11-24
hosts:
  mx1.example:
    dnssec: insecure
    dane: false
    stale: SERVFAIL since 2026-11-23
    addresses:
      - 192.0.2.1 since 2026-11-20
      - 192.0.2.9 since 2026-10-01 gone 2026-11-22
      - \"2001:db8:: since 2026-11-20\"
domains:
  kunde.example: { dnssec: secure, since: 2026-11-20, mx: [5 mx1.example, 10 mx2.example] }
";

    #[test]
    fn the_lock_is_read_and_written_byte_for_byte() {
        assert_eq!(read(EXAMPLE).unwrap().write(), EXAMPLE);
    }

    #[test]
    fn what_is_wrong_in_a_lock_is_refused() {
        for (text, message) in [
            ("version: 2\nfuture: x\n", "lock version 2 is newer than this mxward reads"),
            ("checked: 2026-11-24\n", "the lock lacks its `version`"),
            ("version: 1\nchecked: today\n", "`today` is not a day"),
            ("version: 1\nhost: {}\n", "the lock has no key `host`"),
            (
                "version: 1\nhosts:\n  a.example: { dnssec: insecure, addresses: [x] }\n",
                "`x` is not an address with its days",
            ),
            (
                "version: 1\ndomains:\n  a.example: { dnssec: secure, since: 2026-01-01, mx: [a] }\n",
                "`a` is not an MX record",
            ),
            (
                "version: 1\nhosts:\n  a.example: { dnssec: secure }\n  A.example: { dnssec: secure }\n",
                "`A.example` stands twice in the lock",
            ),
        ] {
            assert_eq!(read(text).unwrap_err()[0], message, "{text}");
        }
    }

    fn any_lock() -> impl Strategy<Value = Lock> {
        let name = "[a-z][a-z0-9-]{0,8}[a-z]\\.(example|test)";
        let name = name.prop_map(|text| DomainName::parse(&text).unwrap());
        let date = (2020_i16..2030, 1_i8..=12, 1_i8..=28)
            .prop_map(|(year, month, day)| Date::new(year, month, day).unwrap());
        let status = prop_oneof![Just(Dnssec::Secure), Just(Dnssec::Insecure)];
        let stale = prop::option::of(
            ("[A-Za-z][A-Za-z-]{0,11}", date.clone())
                .prop_map(|(reason, since)| Stale { since, reason }),
        );
        let address = (any::<IpAddr>(), date.clone(), prop::option::of(date.clone()))
            .prop_map(|(address, since, gone)| AddressFact { address, since, gone });
        let host = (
            status.clone(),
            prop::collection::btree_set(address, 0..4),
            any::<Option<bool>>(),
            stale.clone(),
        )
            .prop_map(|(dnssec, addresses, dane, stale)| HostFact {
                dnssec,
                addresses: addresses.into_iter().collect(),
                dane,
                stale,
            });
        let mx = (any::<u16>(), name.clone())
            .prop_map(|(preference, host)| MxRecord { preference, exchange: Some(host) });
        let domain = (status, prop::collection::vec(mx, 1..4), date.clone(), stale)
            .prop_map(|(dnssec, mx, since, stale)| DomainFact { dnssec, mx, since, stale });
        (
            prop::option::of(date),
            prop::collection::btree_map(name.clone(), host, 0..5),
            prop::collection::btree_map(name, domain, 0..5),
        )
            .prop_map(|(checked, hosts, domains)| Lock { checked, hosts, domains })
    }

    proptest! {
        #[test]
        fn every_lock_is_read_as_it_was_written(lock in any_lock()) {
            prop_assert_eq!(read(&lock.write()), Ok(lock));
        }
    }
}
