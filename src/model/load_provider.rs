//! YAML to provider templates.

use super::mx_pattern::MxPattern;
use super::policy_spec::PolicySpec;
use super::provider::{Claim, Evidence, HostSpec, Hosts, PinAdvice, Provider, ProviderKind};
use crate::diag::{Diagnostic, Diagnostics, Fields, parse_yaml, values};
use crate::names::DomainName;
use crate::source::{FileId, Node, NodeKind, Spanned};
use std::collections::BTreeMap;

/// Reads one provider template.
///
/// `expected_name` is the stem of the file name, which the template's `name` must repeat. The patterns
/// of a built-in template are taken as valid and compiled at first use. Everything that is wrong is
/// reported at its place; with an error among it the answer is `None`, so that no entry is made from
/// half a template. Members are not looked up here: see [`super::catalogue::add_members`].
pub fn load_provider(
    file: FileId,
    text: &str,
    expected_name: Option<&str>,
    builtin: bool,
    diagnostics: &mut Diagnostics,
) -> Option<Provider> {
    let mut own = Diagnostics::new();
    let provider = parse_yaml(file, text, &mut own)
        .and_then(|node| Fields::new(node, "a provider template", &mut own))
        .map(|fields| read(fields, expected_name, builtin, &mut own));
    let failed = own.has_errors();
    diagnostics.extend(own);
    provider.filter(|_| !failed)
}

fn read(
    mut fields: Fields<'_>,
    expected_name: Option<&str>,
    builtin: bool,
    diagnostics: &mut Diagnostics,
) -> Provider {
    let whole = fields.span();
    let name = fields
        .required("name", diagnostics)
        .and_then(|(_, node)| read_name(&node, "`name`", diagnostics));
    if let (Some(name), Some(expected)) = (&name, expected_name)
        && name.value != expected
    {
        let message = format!("the template in `{expected}.yaml` is named `{}`", name.value);
        let error = Diagnostic::error("name-mismatch", name.span, message);
        diagnostics.push(error.hint(format!("write `{expected}`, or rename the file")));
    }
    let title = required_text(&mut fields, "title", diagnostics);
    let kind = fields.choice("kind", ProviderKind::ALL, diagnostics);
    let members = fields
        .one_or_list("members", diagnostics, |node, diagnostics| {
            read_name(&node, "a member", diagnostics)
        })
        .unwrap_or_default();
    let mx_patterns = patterns(&mut fields, "mx_patterns", builtin, diagnostics);
    let odd_patterns = patterns(&mut fields, "odd_patterns", builtin, diagnostics);
    let hosts = read_hosts(&mut fields, diagnostics);
    if let Hosts::FromMx(span) = hosts
        && mx_patterns.is_empty()
        && members.is_empty()
    {
        let message = "`hosts_from: mx` needs `mx_patterns`";
        let error = Diagnostic::error("missing-key", span, message);
        diagnostics.push(error.hint("without patterns any host would be taken for the provider's"));
    }
    let policy = fields.take("policy").and_then(|(_, node)| read_policy(node, diagnostics));
    let policy_when_dane = fields.take("policy_when").and_then(|(_, node)| {
        let mut fields = Fields::new(node, "`policy_when`", diagnostics)?;
        let policy = fields.required("dane", diagnostics);
        fields.finish(diagnostics);
        read_policy(policy?.1, diagnostics)
    });
    let pin = fields.choice("pin", PinAdvice::ALL, diagnostics);
    let params = fields.take("params").map(|(_, node)| read_params(node, diagnostics));
    let evidence = fields.list_of("evidence", diagnostics, read_evidence).unwrap_or_default();
    let notes = fields
        .list_of("notes", diagnostics, |node, diagnostics| {
            values::text(&node, "a note", diagnostics)
        })
        .unwrap_or_default();
    fields.finish(diagnostics);
    let name = name.unwrap_or_else(|| Spanned::new(String::new(), whole));
    Provider {
        title: title.map(|title| title.value).unwrap_or_default(),
        name,
        kind: kind.map_or(ProviderKind::Mailbox, |kind| kind.value),
        builtin,
        members,
        mx_patterns,
        odd_patterns,
        hosts,
        policy,
        policy_when_dane,
        pin: pin.map_or(PinAdvice::Discouraged, |pin| pin.value),
        params: params.unwrap_or_default(),
        evidence,
        notes: notes.into_iter().map(|note| note.value).collect(),
    }
}

/// A template's name: it becomes a file name and stands in commands, so it is kept plain.
fn read_name(
    node: &Node<'_>,
    what: &str,
    diagnostics: &mut Diagnostics,
) -> Option<Spanned<String>> {
    let name = values::text(node, what, diagnostics)?;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if name.value.is_empty() || name.value.starts_with('-') || !name.value.bytes().all(plain) {
        let message = format!("`{}` cannot be the name of a provider", name.value);
        let error = Diagnostic::error("invalid-name", name.span, message);
        diagnostics.push(error.hint("write lower-case letters, digits and hyphens"));
        return None;
    }
    Some(name)
}

fn patterns(
    fields: &mut Fields<'_>,
    key: &'static str,
    builtin: bool,
    diagnostics: &mut Diagnostics,
) -> Vec<MxPattern> {
    let list = fields.one_or_list(key, diagnostics, |node, diagnostics| {
        let text = values::text(&node, "a pattern", diagnostics)?;
        if builtin {
            return Some(MxPattern::lazy(&text.value, text.span));
        }
        match MxPattern::new(&text.value, text.span) {
            Ok(pattern) => Some(pattern),
            Err(reason) => {
                let message = format!("not a pattern: {reason}");
                diagnostics.push(Diagnostic::error("invalid-pattern", text.span, message));
                None
            }
        }
    });
    list.unwrap_or_default()
}

fn read_hosts(fields: &mut Fields<'_>, diagnostics: &mut Diagnostics) -> Hosts {
    let hosts_from = fields.take("hosts_from").map(|(span, node)| {
        values::choice(&node, "`hosts_from`", &[("mx", ())], diagnostics);
        span
    });
    let Some((span, node)) = fields.take("hosts") else {
        return hosts_from.map_or(Hosts::Unknown, Hosts::FromMx);
    };
    if let Some(other) = hosts_from {
        let message = "`hosts` and `hosts_from` exclude each other";
        let error = Diagnostic::error("conflicting-keys", span, message);
        diagnostics.push(error.related(other, "`hosts_from` is here"));
    }
    let place = node.span;
    let empty = matches!(&node.kind, NodeKind::Sequence(items) if items.is_empty());
    let Some(list) = values::list_of(node, "`hosts`", diagnostics, read_host) else {
        return Hosts::Unknown;
    };
    if empty {
        let error = Diagnostic::error("empty-value", place, "`hosts` is empty");
        diagnostics.push(error.hint("name a host, or leave the key out"));
    }
    Hosts::Listed(list)
}

fn read_host(node: Node<'_>, diagnostics: &mut Diagnostics) -> Option<HostSpec> {
    let mut fields = Fields::new(node, "a host", diagnostics)?;
    let preference = match fields.required("preference", diagnostics) {
        Some((_, node)) => values::integer(&node, "`preference`", 0..=u16::MAX, diagnostics),
        None => None,
    };
    let name = required_text(&mut fields, "host", diagnostics);
    fields.finish(diagnostics);
    let mut name = name?;
    // A template is checked where it is expanded.
    if !name.value.contains("{{") && !name.value.contains("{%") {
        match DomainName::parse(&name.value) {
            Ok(host) => host.as_str().clone_into(&mut name.value),
            Err(error) => {
                let message = format!("`{}` is not a host name: {error}", name.value);
                diagnostics.push(Diagnostic::error("invalid-name", name.span, message));
                return None;
            }
        }
    }
    Some(HostSpec { preference: preference?.value, name })
}

/// A policy whose level is always there.
fn read_policy(node: Node<'_>, diagnostics: &mut Diagnostics) -> Option<PolicySpec> {
    let mut fields = Fields::new(node, "a policy", diagnostics)?;
    let written = fields.has("level");
    let policy = PolicySpec::take(&mut fields, diagnostics);
    if !written {
        let error =
            Diagnostic::error("missing-key", fields.span(), "a policy needs the key `level`");
        diagnostics.push(error.hint("leave the whole policy out of a template for detection only"));
    }
    fields.finish(diagnostics);
    policy.level.is_some().then_some(policy)
}

fn read_params(node: Node<'_>, diagnostics: &mut Diagnostics) -> BTreeMap<String, Option<String>> {
    let mut params = BTreeMap::new();
    let NodeKind::Mapping(mapping) = node.kind else {
        let message = format!("`params` must be a mapping, not {}", values::describe(&node));
        diagnostics.push(Diagnostic::error("wrong-type", node.span, message));
        return params;
    };
    for (key, node) in mapping.entries {
        let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if !key.value.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            || !key.value.bytes().all(word)
        {
            let message = format!("`{}` cannot be the name of a parameter", key.value);
            let error = Diagnostic::error("invalid-name", key.span, message);
            diagnostics.push(error.hint("write letters, digits and `_`"));
            continue;
        }
        let default = match node.kind {
            NodeKind::Null => None,
            NodeKind::Scalar(_) | NodeKind::Sequence(_) | NodeKind::Mapping(_) => {
                let Some(text) = values::text(&node, "a parameter", diagnostics) else { continue };
                Some(text.value)
            }
        };
        params.insert(key.value.into_owned(), default);
    }
    params
}

fn read_evidence(node: Node<'_>, diagnostics: &mut Diagnostics) -> Option<Evidence> {
    let mut fields = Fields::new(node, "a piece of evidence", diagnostics)?;
    let claim = match fields.required("claim", diagnostics) {
        Some((_, node)) => values::choice(&node, "`claim`", Claim::ALL, diagnostics),
        None => None,
    };
    let fact = required_text(&mut fields, "fact", diagnostics);
    let source = required_text(&mut fields, "source", diagnostics);
    let date = required_text(&mut fields, "date", diagnostics);
    fields.finish(diagnostics);
    if let Some(date) = date.as_ref().filter(|date| !is_date(&date.value)) {
        let message = format!("`{}` is not a date", date.value);
        let error = Diagnostic::error("invalid-date", date.span, message);
        diagnostics.push(error.hint("write `YYYY-MM-DD`, `YYYY-MM`, `YYYY` or `unknown`"));
    }
    let (claim, fact, source, date) = (claim?, fact?, source?, date?);
    Some(Evidence { claim: claim.value, fact: fact.value, source: source.value, date: date.value })
}

fn required_text(
    fields: &mut Fields<'_>,
    key: &'static str,
    diagnostics: &mut Diagnostics,
) -> Option<Spanned<String>> {
    let (_, node) = fields.required(key, diagnostics)?;
    values::text(&node, &format!("`{key}`"), diagnostics)
}

/// `YYYY-MM-DD`, `YYYY-MM`, `YYYY` or `unknown`.
fn is_date(text: &str) -> bool {
    if text == "unknown" {
        return true;
    }
    let full = match text.len() {
        4 => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        _ => text.to_owned(),
    };
    full.len() == 10 && full.parse::<jiff::civil::Date>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceMap;

    const FULL: &str = "\
name: example
title: Example
kind: gateway
mx_patterns: ['mx[0-9]\\.example\\.net', 'd\\d+\\.example\\.org']
odd_patterns: ['mx-old\\.example\\.net']
hosts:
  - { preference: 10, host: MX1.example.net }
  - { preference: 20, host: '{{ params.region }}.example.net' }
policy: { level: secure, match: [.example.net] }
policy_when: { dane: { level: dane-only } }
pin: ok
params: { region: eu, id: }
evidence:
  - { claim: mta-sts, fact: enforce, source: own notes, date: 2026-03 }
notes: [a note]
";

    fn load(text: &str) -> (Option<Provider>, Vec<(&'static str, String)>) {
        let mut sources = SourceMap::new();
        let file = sources.add("providers/example.yaml", text);
        let mut diagnostics = Diagnostics::new();
        let provider = load_provider(file, text, Some("example"), false, &mut diagnostics);
        let found = diagnostics
            .iter()
            .map(|d| (d.code, d.span.map(|s| sources.slice(s).to_owned()).unwrap_or_default()))
            .collect();
        (provider, found)
    }

    #[test]
    fn every_key_arrives_in_the_template() {
        let (provider, found) = load(FULL);
        assert_eq!(found, []);
        let provider = provider.unwrap();
        assert_eq!(
            (provider.name.value.as_str(), provider.kind),
            ("example", ProviderKind::Gateway)
        );
        assert!(provider.accepts(&DomainName::parse("d42.example.org").unwrap()));
        assert!(!provider.accepts(&DomainName::parse("mx-old.example.net").unwrap()));
        assert_eq!(provider.odd_patterns.len(), 1);
        let Hosts::Listed(hosts) = &provider.hosts else { panic!("{:?}", provider.hosts) };
        let hosts: Vec<_> = hosts.iter().map(|h| (h.preference, h.name.value.as_str())).collect();
        assert_eq!(hosts, [(10, "mx1.example.net"), (20, "{{ params.region }}.example.net")]);
        assert!(provider.policy.is_some() && provider.policy_when_dane.is_some());
        assert_eq!(provider.pin, PinAdvice::Ok);
        let params = [("id".to_owned(), None), ("region".to_owned(), Some("eu".to_owned()))];
        assert_eq!(provider.params, BTreeMap::from(params));
        assert_eq!(provider.evidence[0].claim, Claim::MtaSts);
        assert_eq!(provider.notes, ["a note"]);
    }

    #[test]
    fn only_name_and_title_are_required_and_pinning_is_discouraged_until_said_otherwise() {
        let (provider, found) = load("name: example\ntitle: Example\n");
        assert_eq!(found, []);
        let provider = provider.unwrap();
        assert_eq!((provider.title.as_str(), provider.pin), ("Example", PinAdvice::Discouraged));
        assert!(provider.is_detection_only() && provider.hosts == Hosts::Unknown);
    }

    #[test]
    fn a_policy_may_exist_for_dane_secured_domains_alone() {
        let text = "name: example\ntitle: x\npolicy_when: { dane: { level: dane-only } }\n";
        let provider = load(text).0.unwrap();
        assert!(provider.policy.is_none() && provider.policy_when_dane.is_some());
    }

    #[test]
    fn what_is_wrong_is_reported_at_its_place_and_gives_no_template() {
        for (line, code, place) in [
            ("titel: y", "unknown-key", "titel"),
            ("kind: mailer", "unknown-value", "mailer"),
            ("mx_patterns: ['a$']", "invalid-pattern", "'a$'"),
            ("mx_patterns: { a: b }", "wrong-type", "{ a: b }"),
            ("hosts_from: mx", "missing-key", "hosts_from"),
            ("hosts_from: dns\nmx_patterns: [a]", "unknown-value", "dns"),
            ("hosts: []", "empty-value", "[]"),
            ("hosts: [{ host: a.example }]", "missing-key", "{ host: a.example }"),
            ("hosts: [{ preference: 65536, host: a.example }]", "out-of-range", "65536"),
            ("hosts: [{ preference: 1, host: 192.0.2.1 }]", "invalid-name", "192.0.2.1"),
            ("policy: { match: [a] }", "missing-key", "{ match: [a] }"),
            ("policy: { level: secure, mach: [a] }", "unknown-key", "mach"),
            (
                "policy_when: { mta-sts: { level: secure } }",
                "missing-key",
                "{ mta-sts: { level: secure } }",
            ),
            ("pin: maybe", "unknown-value", "maybe"),
            ("params: [a]", "wrong-type", "[a]"),
            ("params: { a-b: c }", "invalid-name", "a-b"),
            ("members: [Google]", "invalid-name", "Google"),
            (
                "evidence: [{ claim: mx, fact: f, source: s }]",
                "missing-key",
                "{ claim: mx, fact: f, source: s }",
            ),
            (
                "evidence: [{ claim: mx, fact: f, source: s, date: 2026-13 }]",
                "invalid-date",
                "2026-13",
            ),
        ] {
            let (provider, found) = load(&format!("name: example\ntitle: x\n{line}\n"));
            assert_eq!(found.first(), Some(&(code, place.to_owned())), "{line}");
            assert!(provider.is_none(), "{line}");
        }
        assert_eq!(load("name: other\ntitle: x\n").1, [("name-mismatch", "other".to_owned())]);
        assert_eq!(load("title: x\n").1, [("missing-key", "title: x".to_owned())]);
        assert_eq!(load("name: example\n").1, [("missing-key", "name: example".to_owned())]);
    }

    #[test]
    fn a_host_list_and_the_domains_own_mx_exclude_each_other() {
        let (provider, found) = load(&format!("{FULL}hosts_from: mx\n"));
        assert_eq!(found, [("conflicting-keys", "hosts".to_owned())]);
        assert!(provider.is_none());
    }
}
