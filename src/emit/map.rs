//! `transport` and `tls_policy`.

use super::{Artifact, header};
use crate::compile::Repository;
use crate::diag::{Diagnostic, Diagnostics, Severity};
use crate::formats::{postmap_text, seal};
use crate::model::Target;
use crate::postfix::{TlsPolicy, Transport};
use crate::tables::{Entry, Tables};
use hashbrown::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

pub(super) fn transport(
    repository: &Repository,
    target: &Target,
    tables: &Tables,
    diagnostics: &mut Diagnostics,
) -> Option<Artifact> {
    let entries = tables.transport.entries();
    let mut text = header(repository, target, "transport_maps");
    seal::open(&mut text);
    text.reserve(entries.len() * 128);
    for entry in entries {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{} {}", entry.key, entry.value);
    }
    let read = postmap_text::read(text.as_bytes());
    let same = |entry: &Entry<Transport>, value: &str| {
        Transport::parse(value, target.postfix).is_ok_and(|read| read == entry.value)
    };
    if let Some(entry) = first_difference(entries, &read, same) {
        diagnostics.push(misread("transport", entry));
        return None;
    }
    seal::close(&mut text);
    Some(Artifact { name: "transport".to_owned(), text, entries: Some(entries.len()) })
}

pub(super) fn tls_policy(
    repository: &Repository,
    target: &Target,
    tables: &Tables,
    diagnostics: &mut Diagnostics,
) -> Option<Artifact> {
    let entries = tables.tls_policy.entries();
    let mut text = header(repository, target, "smtp_tls_policy_maps");
    seal::open(&mut text);
    text.reserve(entries.len() * 64);
    let mut values: HashMap<*const TlsPolicy, String> = HashMap::new();
    for entry in entries {
        if let Some(hosts) = &entry.origin.hosts {
            let _ = writeln!(text, "# {hosts}");
        }
        let value =
            values.entry(Arc::as_ptr(&entry.value)).or_insert_with(|| entry.value.to_string());
        for part in [entry.key.as_str(), " ", value, "\n"] {
            text.push_str(part);
        }
    }
    let read = postmap_text::read(text.as_bytes());
    // Many entries have the same policy: each text is parsed once.
    let mut parsed: HashMap<String, Option<TlsPolicy>> = HashMap::new();
    let same = |entry: &Entry<Arc<TlsPolicy>>, value: &str| {
        if !parsed.contains_key(value) {
            parsed.insert(value.to_owned(), TlsPolicy::parse(value, target.postfix).ok());
        }
        parsed.get(value).and_then(Option::as_ref) == Some(&*entry.value)
    };
    if let Some(entry) = first_difference(entries, &read, same) {
        diagnostics.push(misread("tls_policy", entry));
        return None;
    }
    seal::close(&mut text);
    Some(Artifact { name: "tls_policy".to_owned(), text, entries: Some(entries.len()) })
}

#[expect(clippy::option_option, reason = "a difference may have no entry")]
/// Compares what was written with what Postfix would read. `Some(None)` when lines are ignored.
fn first_difference<'e, V>(
    entries: &'e [Entry<V>],
    read: &postmap_text::MapText<'_>,
    mut same: impl FnMut(&Entry<V>, &str) -> bool,
) -> Option<Option<&'e Entry<V>>> {
    if !read.ignored.is_empty() || read.entries.len() != entries.len() {
        return Some(None);
    }
    let differs = entries
        .iter()
        .zip(&read.entries)
        .find(|(entry, read)| entry.key != *read.key || !same(entry, &read.value));
    differs.map(|(entry, _)| Some(entry))
}

/// The message about a line that would be read differently: a fault of this program.
fn misread<V: std::fmt::Display>(map: &str, entry: Option<&Entry<V>>) -> Diagnostic {
    let message = match entry {
        Some(Entry { key, value, .. }) => {
            format!("the line `{key} {value}` of `{map}` would not be read back as it is meant")
        }
        None => format!("lines of `{map}` would be ignored"),
    };
    let diagnostic = Diagnostic::new(Severity::Error, "misread", message)
        .hint("this is a fault of mxward, and nothing was written: please report it");
    match entry {
        Some(entry) => diagnostic.at(entry.origin.span),
        None => diagnostic,
    }
}
