//! `transport` and `tls_policy`.

use super::map_writer::MapWriter;
use super::{Artifact, Sink, header};
use crate::compile::Repository;
use crate::diag::{Diagnostic, Diagnostics};
use crate::formats::seal::BLANK;
use crate::model::Target;
use crate::postfix::{TlsPolicy, TransportReader};
use crate::source::Span;
use crate::tables::Rows;
use hashbrown::HashMap;
use std::sync::Arc;

pub(super) fn transport<S: Sink>(
    repository: &Repository,
    target: &Target,
    tables: &impl Rows,
    sink: S,
    diagnostics: &mut Diagnostics,
) -> Option<Artifact<S>> {
    let mut writer = writer(repository, target, "transport_maps", sink);
    let mut reader = TransportReader::new(target.postfix);
    let mut value = String::new();
    for row in tables.transport_rows() {
        value.clear();
        row.value.write_to(&mut value);
        if !(reader.reads_as(&value, &row.value) && writer.add(None, &row.key, &value)) {
            diagnostics.push(misread("transport", &row.key, &value, row.span));
            return None;
        }
    }
    let (text, entries) = writer.finish();
    Some(Artifact { name: "transport".to_owned(), text, entries: Some(entries) })
}

pub(super) fn tls_policy<S: Sink>(
    repository: &Repository,
    target: &Target,
    tables: &impl Rows,
    sink: S,
    diagnostics: &mut Diagnostics,
) -> Option<Artifact<S>> {
    let mut writer = writer(repository, target, "smtp_tls_policy_maps", sink);
    // Many entries have the same policy: each is written and read back once. `None` is misread.
    let mut values: HashMap<*const TlsPolicy, Option<String>> = HashMap::new();
    for row in tables.policy_rows() {
        let value = values.entry(Arc::as_ptr(row.value)).or_insert_with(|| {
            let value = row.value.to_string();
            let same = TlsPolicy::parse(&value, target.postfix).is_ok_and(|it| it == **row.value);
            same.then_some(value)
        });
        let hosts = row.hosts.map(|hosts| &**hosts);
        if !value.as_ref().is_some_and(|value| writer.add(hosts, &row.key, value)) {
            diagnostics.push(misread("tls_policy", &row.key, &row.value.to_string(), row.span));
            return None;
        }
    }
    let (text, entries) = writer.finish();
    Some(Artifact { name: "tls_policy".to_owned(), text, entries: Some(entries) })
}

/// Begins a map. Who only compares needs no digests.
fn writer<S: Sink>(
    repository: &Repository,
    target: &Target,
    parameter: &str,
    sink: S,
) -> MapWriter<S> {
    let digest = if sink.is_sealed() { repository.digest() } else { BLANK };
    MapWriter::new(header(digest, target, parameter), sink)
}

/// The message about a line that would be read differently: a fault of this program.
fn misread(map: &str, key: &str, value: &str, span: Span) -> Diagnostic {
    let message =
        format!("the line `{key} {value}` of `{map}` would not be read back as it is meant");
    Diagnostic::error("misread", span, message)
        .hint("this is a fault of mxward, and nothing was written: please report it")
}
