//! `mxward providers`

mod card;
mod detection;
mod list;

pub(super) use card::Card;
pub(super) use detection::Detection;
pub(super) use list::List;

use crate::cli::args::ProvidersCommand;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::compile::Repository;
use crate::diag::{Diagnostics, nearest, printable};
use crate::model::{Hosts, PolicySpec, Provider, catalogue};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// Works without a repository too: then there are only the built-in templates.
pub(super) fn run(
    context: &mut Context<'_, '_>,
    command: Option<&ProvidersCommand>,
) -> Result<Exit, Exit> {
    let folder = &context.global.directory;
    let files = match context.world.repository(folder) {
        Ok(files) => files,
        Err(error) => {
            let folder = Context::shown(folder);
            context.printer.error(&format!("cannot read `{folder}`: {error}"));
            return Err(Exit::Failed);
        }
    };
    let mut diagnostics = Diagnostics::new();
    let (mut sources, mut providers) = Repository::own_providers(&*files, &mut diagnostics);
    catalogue::add_all(&mut providers, &mut sources, &mut diagnostics);
    diagnostics.sort();
    context.printer.diagnostics(&diagnostics, &sources);
    if diagnostics.has_errors() {
        return Err(Exit::Findings);
    }
    match command {
        None | Some(ProvidersCommand::List) => context.printer.report(&List(&providers)),
        Some(ProvidersCommand::Show { name }) => {
            let Some(provider) = providers.get(name) else {
                let mut message = format!("no provider named `{}`", printable(name));
                if let Some(near) = nearest(name, providers.keys().map(String::as_str)) {
                    write!(message, "; did you mean `{near}`?").expect("a string takes all text");
                }
                context.printer.error(&message);
                return Err(Exit::Usage);
            };
            context.printer.report(&Card(provider));
        }
        Some(ProvidersCommand::Detect { hosts }) => {
            context.printer.report(&Detection::new(&providers, hosts));
        }
    }
    Ok(Exit::Done)
}

/// `secure match=a:b`, as Postfix would read it.
fn policy_text(policy: &PolicySpec) -> String {
    let mut text = level(policy).to_owned();
    for attribute in &policy.attributes {
        write!(text, " {}={}", attribute.name, values(attribute).join(":"))
            .expect("a string takes all text");
    }
    text
}

fn policy_json(policy: Option<&PolicySpec>) -> Value {
    let Some(policy) = policy else { return Value::Null };
    let mut object = Map::from_iter([("level".to_owned(), json!(level(policy)))]);
    for attribute in &policy.attributes {
        object.insert(attribute.name.to_owned(), json!(values(attribute)));
    }
    Value::Object(object)
}

fn values(attribute: &crate::model::AttributeSpec) -> Vec<&str> {
    attribute.values.iter().map(|value| value.value.as_str()).collect()
}

/// The level that a template gives, and in brackets the one of DANE-secured domains where that differs;
/// `-` for detection only.
fn levels(provider: &Provider) -> String {
    let own = provider.policy.as_ref().map_or("-", level);
    match &provider.policy_when_dane {
        Some(dane) => format!("{own} ({})", level(dane)),
        None => own.to_owned(),
    }
}

fn level(policy: &PolicySpec) -> &'static str {
    // The loader refuses a template whose policy has no level.
    policy.level.as_ref().map_or("", |level| level.value.as_str())
}

/// How many hosts are listed, `MX` where each domain's own count, `-` where nothing is known.
fn hosts(provider: &Provider) -> String {
    match &provider.hosts {
        Hosts::Unknown => "-".to_owned(),
        Hosts::FromMx(_) => "MX".to_owned(),
        Hosts::Listed(list) => list.len().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::printer::Render;
    use crate::diag::Style;
    use crate::model::load_provider;
    use crate::source::SourceMap;
    use std::collections::BTreeMap;

    const OWN: &str = "\
name: own
title: 'Own | <b>'
mx_patterns: ['mx\\.example\\.net']
hosts_from: mx
policy: { level: secure, match: [a.example, .b.example], servername: hostname }
policy_when: { dane: { level: dane-only } }
params: { region: eu, id: }
evidence: [{ claim: mx, fact: seen, source: own notes, date: unknown }]
";

    fn providers() -> BTreeMap<String, Provider> {
        let (mut sources, mut diagnostics) = (SourceMap::new(), Diagnostics::new());
        let file = sources.add("providers/own.yaml", OWN);
        let own = load_provider(file, OWN, Some("own"), false, &mut diagnostics).unwrap();
        let mut providers = BTreeMap::from([("own".to_owned(), own)]);
        catalogue::add_all(&mut providers, &mut sources, &mut diagnostics);
        assert!(diagnostics.is_empty());
        providers
    }

    #[test]
    fn the_list_has_an_aligned_line_for_each_template_within_the_width() {
        let providers = providers();
        for width in [40, 80, 120] {
            let text = List(&providers).text(&Style { width, ..Style::default() });
            let lines: Vec<&str> = text.lines().take_while(|line| !line.is_empty()).collect();
            assert_eq!(lines.len(), providers.len() + 1);
            let column = lines[0].find("POLICY").unwrap();
            for (line, provider) in lines[1..].iter().zip(providers.values()) {
                let rest: String = line.chars().skip(column).collect();
                assert!(rest.starts_with(&levels(provider)), "{line}");
                assert!(line.chars().count() <= width.max(80), "{line}");
            }
        }
        let json = List(&providers).json();
        assert_eq!(json["providers"].as_array().unwrap().len(), providers.len());
    }

    #[test]
    fn a_card_shows_everything_within_the_width() {
        let providers = providers();
        let text = Card(&providers["own"]).text(&Style::default());
        assert_eq!(
            text,
            "\
own: Own | <b>
  kind        mailbox, of this repository
  policy      secure
  match       a.example
              .b.example
  servername  hostname
  with DANE   dane-only
  pin         discouraged
  hosts       the domain's own MX set, of which every host must match the patterns
  MX patterns mx\\.example\\.net
  params      id: must be given
              region: eu
  evidence    mx: seen [own notes, undated]
"
        );
        for provider in providers.values() {
            let text = Card(provider).text(&Style { width: 80, ..Style::default() });
            for line in text.lines().filter(|line| line.chars().count() > 80) {
                // Only what cannot be broken: a pattern or an address.
                let rest: String = line.chars().skip(14).collect();
                assert!(!rest.trim().contains(' '), "{line}");
            }
        }
    }

    #[test]
    fn a_card_as_json_has_every_part() {
        let providers = providers();
        let json = Card(&providers["own"]).json();
        let policy = json!({
            "level": "secure", "match": ["a.example", ".b.example"], "servername": ["hostname"],
        });
        assert_eq!(json["policy"], policy);
        assert_eq!(json["params"], json!({ "id": null, "region": "eu" }));
        assert_eq!(json["hosts"], json!("mx"));
        let host = json!({ "preference": 10, "host": "mx1.mail.hostpoint.ch" });
        assert_eq!(Card(&providers["hostpoint"]).json()["hosts"][0], host);
        assert_eq!(Card(&providers["strato"]).json()["policy"], Value::Null);
    }

    #[test]
    fn values_are_no_markup() {
        let providers = providers();
        let cell = "Own \\| &lt;b&gt;";
        assert!(List(&providers).markdown().contains(cell));
        assert!(Card(&providers["own"]).markdown().contains(cell));
    }

    #[test]
    fn detection_names_hosts_the_set_and_the_templates_that_fit() {
        let providers = providers();
        let detect = |hosts: &[&str]| {
            let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
            Detection::new(&providers, &hosts)
        };
        let google = detect(&["aspmx.l.google.com", "smtp.google.com"]);
        assert_eq!(
            google.text(&Style::default()),
            "\
aspmx.l.google.com  google-workspace
smtp.google.com     google-workspace
every host is one of `google-workspace`; templates: `google`, `google-workspace`
"
        );
        assert_eq!(google.json()["templates"], json!(["google", "google-workspace"]));
        let mixed = detect(&["mx1.mailbox.org", "mx-n.mailbox.org", "a\u{1b}[2J"]);
        assert_eq!(
            mixed.text(&Style::default()),
            "\
mx1.mailbox.org   mailbox-org
mx-n.mailbox.org  odd: in the zone of mailbox-org, but not one of its MX hosts
a\\u{1b}[2J        unknown
the hosts do not all belong to one provider
"
        );
        assert_eq!(mixed.json()["verdict"], "mixed");
        assert_eq!(mixed.json()["hosts"][2]["provider"], Value::Null);
        // Both families of one company: no single template of detection, but the umbrella fits.
        let both = detect(&["aspmx.l.google.com", "gmail-smtp-in.l.google.com"]);
        assert_eq!(both.json()["verdict"], "mixed");
        assert_eq!(both.json()["templates"], json!(["google"]));
        assert_eq!(detect(&["mx.example.org"]).json()["verdict"], "none");
    }
}
