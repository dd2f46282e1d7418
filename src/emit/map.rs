//! `transport` and `tls_policy`.

use super::{Artifact, header};
use crate::compile::Repository;
use crate::diag::{Diagnostic, Diagnostics};
use crate::formats::postmap_text::Found;
use crate::formats::{postmap_text, seal};
use crate::model::Target;
use crate::postfix::{NextHop, NextHopError, TlsPolicy, Transport};
use crate::source::Span;
use crate::tables::Rows;
use compact_str::CompactString;
use hashbrown::HashMap;
use std::sync::Arc;

pub(super) fn transport(
    repository: &Repository,
    target: &Target,
    tables: &impl Rows,
    diagnostics: &mut Diagnostics,
) -> Option<Artifact> {
    let count = tables.counts().transport;
    let mut text = header(repository, target, "transport_maps");
    seal::open(&mut text);
    text.reserve(count * 256);
    let mut next_hops = NextHops::default();
    let mut value = String::new();
    for row in tables.transport_rows() {
        value.clear();
        row.value.write_to(&mut value);
        let same = Transport::parse_with(&value, target.postfix, |word| next_hops.parse(word))
            .is_ok_and(|read| read == *row.value);
        if !(same && push(&mut text, None, &row.key, &value)) {
            diagnostics.push(misread("transport", &row.key, &value, row.span));
            return None;
        }
    }
    seal::close(&mut text);
    Some(Artifact { name: "transport".to_owned(), text, entries: Some(count) })
}

pub(super) fn tls_policy(
    repository: &Repository,
    target: &Target,
    tables: &impl Rows,
    diagnostics: &mut Diagnostics,
) -> Option<Artifact> {
    let count = tables.counts().tls_policy;
    let mut text = header(repository, target, "smtp_tls_policy_maps");
    seal::open(&mut text);
    text.reserve(count * 128);
    // Many entries have the same policy: each is written and read back once. `None` is misread.
    let mut values: HashMap<*const TlsPolicy, Option<String>> = HashMap::new();
    for row in tables.policy_rows() {
        let value = values.entry(Arc::as_ptr(row.value)).or_insert_with(|| {
            let value = row.value.to_string();
            let same = TlsPolicy::parse(&value, target.postfix).is_ok_and(|it| it == **row.value);
            same.then_some(value)
        });
        let hosts = row.hosts.map(|hosts| &**hosts);
        let written = value.as_ref().is_some_and(|value| push(&mut text, hosts, &row.key, value));
        if !written {
            diagnostics.push(misread("tls_policy", &row.key, &row.value.to_string(), row.span));
            return None;
        }
    }
    seal::close(&mut text);
    Some(Artifact { name: "tls_policy".to_owned(), text, entries: Some(count) })
}

/// Adds an entry with a comment above it. False when Postfix would not read exactly this entry there;
/// entries that are read each by itself are read alike together, as each begins a line and ends one.
fn push(text: &mut String, comment: Option<&str>, key: &str, value: &str) -> bool {
    let start = text.len();
    if let Some(comment) = comment {
        for part in ["# ", comment, "\n"] {
            text.push_str(part);
        }
    }
    for part in [key, " ", value, "\n"] {
        text.push_str(part);
    }
    let (mut read, mut other) = (false, false);
    postmap_text::scan(&text.as_bytes()[start..], |found| match found {
        Found::Entry(entry) if !read && entry.key == key && entry.value == value => read = true,
        Found::Entry(_) | Found::Ignored(_) => other = true,
    });
    read && !other
}

/// Next hops by their text: each is parsed once.
#[derive(Default)]
struct NextHops {
    known: HashMap<CompactString, NextHop>,
}

impl NextHops {
    fn parse(&mut self, word: &str) -> Result<NextHop, NextHopError> {
        // Only those in brackets stand in many entries.
        if !word.starts_with('[') {
            return NextHop::parse(word);
        }
        if let Some(known) = self.known.get(word) {
            return Ok(known.clone());
        }
        let next_hop = NextHop::parse(word)?;
        self.known.insert(CompactString::new(word), next_hop.clone());
        Ok(next_hop)
    }
}

/// The message about a line that would be read differently: a fault of this program.
fn misread(map: &str, key: &str, value: &str, span: Span) -> Diagnostic {
    let message =
        format!("the line `{key} {value}` of `{map}` would not be read back as it is meant");
    Diagnostic::error("misread", span, message)
        .hint("this is a fault of mxward, and nothing was written: please report it")
}
