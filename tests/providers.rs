//! The built-in provider templates and detection by them.

mod commands;
mod reference;
mod templates;

use mxward::detect::{Detector, DomainVerdict, HostVerdict};
use mxward::diag::Diagnostics;
use mxward::model::load_provider::load_provider;
use mxward::model::{Claim, Evidence, Hosts, MxPattern, PinAdvice, Provider, builtin, catalogue};
use mxward::names::DomainName;
use mxward::postfix::MatchPattern;
use mxward::source::SourceMap;
use std::collections::{BTreeMap, BTreeSet};

const HOSTS: &str = include_str!("fixtures/providers/hosts.tsv");
const VERDICTS: &str = include_str!("fixtures/providers/verdicts.tsv");

fn all() -> BTreeMap<String, Provider> {
    let (mut sources, mut diagnostics) = (SourceMap::new(), Diagnostics::new());
    let mut providers = BTreeMap::new();
    catalogue::add_all(&mut providers, &mut sources, &mut diagnostics);
    let found: Vec<_> = diagnostics.iter().map(|d| (d.span.map(|s| sources.place(s)), d)).collect();
    assert!(found.is_empty(), "{found:#?}");
    providers
}

fn rows(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines().filter(|line| !line.starts_with('#')).map(|line| line.split('\t').collect())
}

fn show(verdict: &HostVerdict) -> String {
    match verdict {
        HostVerdict::Provider(name) => name.clone(),
        HostVerdict::Odd(name) => format!("{name}?"),
        HostVerdict::None => "-".to_owned(),
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "reads the folder of the templates itself")]
fn the_table_of_built_in_templates_is_the_folder() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("providers");
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .map(|file| file.strip_suffix(".yaml").unwrap_or(&file).to_owned())
        .collect();
    assert_eq!(builtin::names().collect::<Vec<_>>(), files.into_iter().collect::<Vec<_>>());
}

#[test]
fn every_pattern_of_a_built_in_template_compiles() {
    for provider in all().values() {
        for pattern in provider.mx_patterns.iter().chain(&provider.odd_patterns) {
            let compiled = MxPattern::new(&pattern.text, pattern.span);
            assert!(compiled.is_ok(), "{}: {compiled:?}", provider.name.value);
        }
    }
}

#[test]
fn listed_hosts_are_recognised_as_the_templates_own() {
    for provider in all().values() {
        let Hosts::Listed(hosts) = &provider.hosts else { continue };
        for host in hosts {
            let name = DomainName::parse(&host.name.value).unwrap();
            assert!(provider.accepts(&name), "{}: {name}", provider.name.value);
        }
    }
}

#[test]
fn a_template_has_a_policy_only_with_dated_evidence_for_it() {
    for (name, provider) in all() {
        let known = |claim: Claim| {
            let of = |e: &&Evidence| e.claim == claim && e.source != "unverified";
            provider.evidence.iter().find(of).is_some()
        };
        if provider.policy.is_some() {
            assert!(known(Claim::Certificate) || known(Claim::MtaSts), "{name}");
        }
        if provider.policy_when_dane.is_some() {
            assert!(known(Claim::Dane), "{name}");
        }
        if provider.pin == PinAdvice::Ok {
            assert!(known(Claim::Pin), "{name}");
        }
        assert!(!provider.evidence.is_empty(), "{name}");
    }
}

#[test]
fn a_template_without_a_policy_says_so_in_its_first_note() {
    for (name, provider) in all() {
        let note = provider.notes.first().map(String::as_str).unwrap_or_default();
        let expected = match (&provider.policy, &provider.policy_when_dane) {
            (Some(_), _) => continue,
            (None, Some(_)) => "No policy for domains that are not DANE-secured",
            (None, None) if provider.mx_patterns.is_empty() => "No",
            (None, None) => "For detection only",
        };
        let neither = note.contains("so neither detection nor a");
        assert!(note.starts_with(expected) || neither, "{name}: {note}");
    }
}

#[test]
fn a_policy_names_certificates_and_never_a_literal_wildcard() {
    for (name, provider) in all() {
        let Some(policy) = &provider.policy else { continue };
        let matches = policy.values("match").unwrap_or_default();
        assert!(!matches.is_empty(), "{name}");
        assert!(matches.iter().all(|value| !value.value.contains('*')), "{name}");
    }
}

/// Whether every certificate that the second pattern accepts is accepted by the first.
fn covers(mine: &str, theirs: &str) -> bool {
    let pattern = |text: &str| MatchPattern::parse_name(text).unwrap();
    pattern(mine).covers(&pattern(theirs))
}

#[test]
fn the_match_of_microsoft_has_a_name_for_each_form_of_its_hosts() {
    let providers = all();
    for (umbrella, members) in [
        ("microsoft", ["microsoft-365", "microsoft-consumer"]),
        ("google", ["google-gmail", "google-workspace"]),
    ] {
        let names = |name: &str| -> Vec<String> {
            let policy = providers[name].policy.as_ref().unwrap();
            policy.values("match").unwrap().iter().map(|value| value.value.clone()).collect()
        };
        let own = names(umbrella);
        for member in members {
            for name in names(member) {
                assert!(own.iter().any(|mine| covers(mine, &name)), "{member}: {name}");
            }
        }
        for row in rows(HOSTS).filter(|row| members.contains(&row[0])) {
            let host = DomainName::parse(row[1]).unwrap();
            assert!(providers[umbrella].accepts(&host), "{host}");
            if umbrella == "microsoft" {
                let fits = |value: &String| match value.strip_prefix('.') {
                    Some(zone) => host.is_below(zone),
                    None => host.as_str() == value,
                };
                assert!(own.iter().any(fits), "{host}");
            }
        }
    }
}

#[test]
fn every_pattern_has_an_example_and_every_example_its_provider() {
    let providers = all();
    let detector = Detector::new(&providers);
    let mut examples: BTreeMap<&str, Vec<DomainName>> = BTreeMap::new();
    for row in rows(HOSTS) {
        assert_eq!(show(&detector.text(row[1])), row[0], "{}", row[1]);
        examples.entry(row[0]).or_default().push(DomainName::parse(row[1]).unwrap());
    }
    for provider in providers.values().filter(|provider| provider.members.is_empty()) {
        for pattern in &provider.mx_patterns {
            let hosts = examples.get(provider.name.value.as_str()).map_or(&[][..], Vec::as_slice);
            assert!(hosts.iter().any(|host| pattern.matches(host)), "{}", pattern.text);
        }
    }
}

#[test]
fn six_mutations_of_every_example_are_refused() {
    let detector = Detector::new(&all());
    for row in rows(HOSTS) {
        let (host, registered, form) = (row[1], row[2], row[3]);
        let before = host.strip_suffix(registered).unwrap();
        let rest = &registered[1..];
        let typo = if registered.starts_with('z') { 'q' } else { 'z' };
        let prefix = match form {
            "fixed" => format!("x{host}"),
            "label" => format!("x.{host}"),
            // Any name below the zone is the provider's, the domain itself is not.
            "zone" => registered.to_owned(),
            other => panic!("unknown form `{other}`"),
        };
        let no_dot = match before.strip_suffix('.') {
            Some(labels) => format!("{labels}{registered}"),
            None => registered.replace('.', ""),
        };
        for (kind, mutation) in [
            ("prefix", prefix),
            ("suffix", format!("{host}x")),
            ("typo", format!("{before}{typo}{rest}")),
            ("missing dot", no_dot),
            ("other domain", format!("{before}example.org")),
            ("substring", format!("{host}.example.org")),
            ("label boundary", format!("{before}x{registered}")),
        ] {
            assert_ne!(mutation, host, "{kind}");
            let verdict = detector.text(&mutation);
            let refused = !matches!(verdict, HostVerdict::Provider(_));
            assert!(refused, "{kind}: {mutation} of {host} is {verdict:?}");
        }
    }
}

#[test]
fn misleading_targets_get_their_verdict() {
    let detector = Detector::new(&all());
    for row in rows(VERDICTS) {
        assert_eq!(show(&detector.text(row[0])), row[1], "{}: {}", row[0], row[2]);
    }
}

#[test]
fn a_set_is_one_providers_only_when_every_host_is() {
    let detector = Detector::new(&all());
    let one = |name: &str| DomainVerdict::One(name.to_owned());
    assert_eq!(
        detector.domain(&["aspmx.l.google.com", "aspmx2.googlemail.com"]),
        one("google-workspace")
    );
    assert_eq!(detector.domain(&["mail.example.net", "", "192.0.2.25"]), DomainVerdict::None);
    assert_eq!(detector.domain::<&str>(&[]), DomainVerdict::None);
    for (hosts, verdicts) in [
        (vec!["aspmx.l.google.com", "mx.example.net"], vec!["google-workspace", "-"]),
        (vec!["mx1.hostinger.com", "smtp.google.com"], vec!["google-workspace", "hostinger"]),
        (vec!["mx1.mailbox.org", "mx-n.mailbox.org"], vec!["mailbox-org", "mailbox-org?"]),
        (vec!["mx-n.mailbox.org"], vec!["mailbox-org?"]),
    ] {
        let DomainVerdict::Mixed(found) = detector.domain(&hosts) else { panic!("{hosts:?}") };
        assert_eq!(found.keys().map(show).collect::<Vec<_>>(), verdicts);
        assert_eq!(found.values().map(BTreeSet::len).sum::<usize>(), hosts.len());
    }
}

#[test]
fn a_template_of_the_repository_wins_over_a_built_in_one() {
    let mut sources = SourceMap::new();
    let mut diagnostics = Diagnostics::new();
    let text = "name: zz-own\ntitle: x\nmx_patterns: ['mx1\\.mail\\.hostpoint\\.ch']\n";
    let file = sources.add("providers/zz-own.yaml", text);
    let own = load_provider(file, text, Some("zz-own"), false, &mut diagnostics).unwrap();
    let mut providers = BTreeMap::from([("zz-own".to_owned(), own)]);
    catalogue::add_all(&mut providers, &mut sources, &mut diagnostics);
    assert!(diagnostics.is_empty());
    let detector = Detector::new(&providers);
    assert_eq!(show(&detector.text("mx1.mail.hostpoint.ch")), "zz-own");
    assert_eq!(show(&detector.text("mx2.mail.hostpoint.ch")), "hostpoint");
}
