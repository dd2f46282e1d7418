//! `mxward.lock` as text.
//!
//! YAML with one fact a line, sorted, so that a changed address is a line of a diff and an unchanged
//! lock is the same bytes. Version 1:
//!
//! - `checked`: the day on which everything was last asked for, by `mxward update` or by the first
//!   `mxward lock`. What has no `stale` was confirmed on that day or later.
//! - `hosts`: MX hosts with `dnssec` (`secure` or `insecure`); `dane`, whether they have usable TLSA
//!   records, where it matters; and where they are needed `addresses`, each `ADDRESS since DAY`, with
//!   `gone DAY` once it vanished.
//! - `domains`: recipient domains with `dnssec`, `since` and `mx`, the set as `PREFERENCE HOST`.
//! - `stale` in both: `REASON since DAY`, the day of the first attempt to confirm that failed.
//!
//! A change that older programs would misread gets a new version number; they refuse it.

mod fact;

use super::facts::{Lock, Stale};
use crate::answer::Dnssec;
use crate::diag::values::{self, describe};
use crate::diag::{Diagnostic, Diagnostics, unknown_key};
use crate::names::DomainName;
use crate::source::yaml::Reader;
use crate::source::{FileId, Span, Spanned};
use fact::{day, host, known_domain};
use hashbrown::HashMap;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The version of the format that this program reads and writes.
const VERSION: u32 = 1;

const DNSSEC: &[(&str, Dnssec)] = &[("secure", Dnssec::Secure), ("insecure", Dnssec::Insecure)];

const BY_MXWARD: &str = "the lock is written by mxward alone: take it back from version control";

impl Lock {
    /// Reads a lock. `None` after an error.
    pub fn read(file: FileId, text: &str, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut found = Diagnostics::new();
        let mut lock = Self::default();
        let mut reader = Reader::new(file, text);
        let mut version = None;
        let mut seen: Vec<Cow<'_, str>> = Vec::new();
        if reader.enter_mapping() {
            while let Some(key) = reader.next_key() {
                if seen.contains(&key.value) {
                    twice(&key, &mut found);
                    continue;
                }
                seen.push(key.value.clone());
                match &*key.value {
                    "version" => {
                        let Some(node) = reader.node() else { break };
                        version = values::integer(&node, "`version`", 1..=u32::MAX, &mut found);
                    }
                    "checked" => {
                        let Some(node) = reader.node() else { break };
                        lock.checked = values::text(&node, "`checked`", &mut found)
                            .and_then(|text| day(&text.value, text.span, &mut found));
                    }
                    "hosts" => {
                        let read = |reader: &mut Reader<'_>, found: &mut Diagnostics| {
                            host(reader.node()?, found)
                        };
                        entries(&mut reader, &mut lock.hosts, 0, read, &mut found);
                    }
                    "domains" => {
                        let mut known = HashMap::new();
                        let read = |reader: &mut _, found: &mut _| {
                            known_domain(text, reader, &mut known, found)
                        };
                        // No domain needs less than a line.
                        let room = memchr::memchr_iter(b'\n', text.as_bytes()).count();
                        entries(&mut reader, &mut lock.domains, room, read, &mut found);
                    }
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

/// Reads the entries of `hosts` or `domains`, with room for so many.
fn entries<'src, F>(
    reader: &mut Reader<'src>,
    facts: &mut BTreeMap<DomainName, F>,
    room: usize,
    mut read: impl FnMut(&mut Reader<'src>, &mut Diagnostics) -> Option<F>,
    diagnostics: &mut Diagnostics,
) {
    if !reader.enter_mapping() {
        let Some(node) = reader.node() else { return };
        // A lock that lost its facts in a merge must not pass for one that never had any.
        let message = format!("facts must be a mapping of names, not {}", describe(&node));
        diagnostics.push(Diagnostic::error("bad-lock", node.span, message).hint(BY_MXWARD));
        return;
    }
    let mut sorted: Vec<(DomainName, F)> = Vec::with_capacity(room);
    while let Some(key) = reader.next_key() {
        let name = name(&key, diagnostics);
        let (Some(name), Some(fact)) = (name, read(reader, diagnostics)) else { continue };
        if facts.is_empty() && sorted.last().is_none_or(|(last, _)| *last < name) {
            sorted.push((name, fact));
            continue;
        }
        if facts.is_empty() {
            *facts = std::mem::take(&mut sorted).into_iter().collect();
        }
        if facts.insert(name, fact).is_some() {
            twice(&key, diagnostics);
        }
    }
    // What mxward wrote is sorted, and becomes a map at once.
    if facts.is_empty() {
        *facts = sorted.into_iter().collect();
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
            .hint("a merge may have done this: take the file back from version control"),
    );
}

#[cfg(test)]
mod tests;
