//! `templates/*.j2`: output of the user's own.

use super::Artifact;
use crate::compile::Repository;
use crate::diag::{Diagnostic, Diagnostics};
use crate::model::Target;
use crate::source::Span;
use crate::tables::Rows;
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior};
use serde::Serialize;
use std::borrow::Cow;

/// What a template may compute with: a part for itself, and a part for each entry.
const FUEL: u64 = 1_000_000;
const FUEL_PER_ENTRY: u64 = 1_000;

/// What is written beside: no template takes its place, since nobody would read it back.
const RESERVED: &[&str] = &[
    "main.cf.required",
    "tls_policy",
    "tlspolicies.cf",
    "tlspolicies.sql",
    "transport",
    "transport.cf",
    "transport.sql",
];

const VARIABLES: &str = "a template may use `target`, `security_level`, `digest`, and the lists `transport` and `tls_policy`, \
                         whose lines have `key`, `value`, `level` and `template`";

#[derive(Serialize)]
struct Line<'a> {
    key: Cow<'a, str>,
    value: String,
    level: Option<&'static str>,
    template: Option<&'a str>,
}

#[derive(Serialize)]
struct Variables<'a> {
    target: &'a str,
    security_level: &'static str,
    digest: &'a str,
    transport: Vec<Line<'a>>,
    tls_policy: Vec<Line<'a>>,
}

/// Renders every template over `target`, `digest`, `transport` and `tls_policy`; the two tables are
/// lists of `key`, `value`, `level` and `template`.
pub(super) fn render(
    repository: &Repository,
    target: &Target,
    tables: &impl Rows,
    diagnostics: &mut Diagnostics,
) -> Option<Vec<Artifact>> {
    if repository.templates.is_empty() {
        return Some(Vec::new());
    }
    let transport: Vec<Line<'_>> = tables
        .transport_rows()
        .map(|row| Line {
            key: row.key,
            value: row.value.to_string(),
            level: None,
            template: row.template.map(|name| &**name),
        })
        .collect();
    let tls_policy: Vec<Line<'_>> = tables
        .policy_rows()
        .map(|row| Line {
            key: row.key,
            value: row.value.to_string(),
            level: Some(row.value.level.as_str()),
            template: row.template.map(|name| &**name),
        })
        .collect();
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    let entries = (transport.len() + tls_policy.len()) as u64;
    environment.set_fuel(Some(FUEL + FUEL_PER_ENTRY * entries));
    let variables = Variables {
        target: &target.name.value,
        security_level: target.security_level.value.as_str(),
        digest: repository.digest(),
        transport,
        tls_policy,
    };
    let mut artifacts = Vec::new();
    for (name, file) in &repository.templates {
        if RESERVED.contains(&name.as_str()) {
            let message = format!("`{name}` is a file that mxward writes itself");
            diagnostics.push(
                Diagnostic::error("template-name", Span::new(*file, 0, 0), message)
                    .hint("give the template another name"),
            );
            continue;
        }
        let text = repository.sources.text(*file);
        let rendered = environment
            .template_from_str(text)
            .and_then(|template| template.render(minijinja::value::Serde(&variables)));
        match rendered {
            Ok(text) => artifacts.push(Artifact { name: name.clone(), text, entries: None }),
            Err(error) => {
                let place = |at| u32::try_from(at).unwrap_or_default();
                let range = error.range().unwrap_or_default();
                let span = Span::new(*file, place(range.start), place(range.end));
                let detail = error.detail().map_or(String::new(), |detail| format!(": {detail}"));
                let message = format!("{}{detail}", error.kind());
                let diagnostic = Diagnostic::error("template", span, message);
                let is_undefined = error.kind() == ErrorKind::UndefinedError;
                diagnostics.push(if is_undefined {
                    diagnostic.hint(VARIABLES)
                } else {
                    diagnostic
                });
            }
        }
    }
    (artifacts.len() == repository.templates.len()).then_some(artifacts)
}
