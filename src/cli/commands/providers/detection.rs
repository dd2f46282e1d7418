//! `mxward providers detect`

use crate::cli::printer::Render;
use crate::detect::{Detector, DomainVerdict, HostVerdict};
use crate::diag::{Style, printable};
use crate::model::Provider;
use crate::report::markdown_cell;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The MX hosts of one domain with what they are.
#[derive(Debug)]
pub(crate) struct Detection {
    hosts: Vec<(String, HostVerdict)>,
    set: DomainVerdict,
    /// The templates that accept the whole set: that of the provider, and umbrellas above it.
    templates: Vec<String>,
}

impl Detection {
    /// Judges `hosts`, which are texts as published or typed.
    pub(crate) fn new(providers: &BTreeMap<String, Provider>, hosts: &[String]) -> Self {
        let detector = Detector::new(providers);
        let names: Option<Vec<_>> =
            hosts.iter().map(|host| crate::names::DomainName::parse(host).ok()).collect();
        let accepts = |provider: &Provider| {
            names.as_ref().is_some_and(|names| {
                !names.is_empty() && names.iter().all(|name| provider.accepts(name))
            })
        };
        Self {
            hosts: hosts.iter().map(|host| (host.clone(), detector.text(host))).collect(),
            set: detector.domain(hosts),
            templates: providers
                .iter()
                .filter(|(_, provider)| accepts(provider))
                .map(|(name, _)| name.clone())
                .collect(),
        }
    }

    fn conclusion(&self) -> String {
        let whole = match &self.set {
            DomainVerdict::One(name) => format!("every host is one of `{name}`"),
            DomainVerdict::None => "no provider is known for these hosts".to_owned(),
            DomainVerdict::Mixed(_) => "the hosts do not all belong to one provider".to_owned(),
        };
        match self.templates.as_slice() {
            [] => whole,
            [one] => format!("{whole}; template: `{one}`"),
            several => format!("{whole}; templates: `{}`", several.join("`, `")),
        }
    }
}

impl Render for Detection {
    fn text(&self, _style: &Style) -> String {
        let shown: Vec<_> = self.hosts.iter().map(|(host, _)| printable(host)).collect();
        let width = shown.iter().map(|host| host.chars().count()).max().unwrap_or_default();
        let mut text = String::new();
        for (host, (_, verdict)) in shown.iter().zip(&self.hosts) {
            writeln!(text, "{host:width$}  {}", phrase(verdict)).expect("a string takes all text");
        }
        text.push_str(&self.conclusion());
        text.push('\n');
        text
    }

    fn json(&self) -> Value {
        let hosts: Vec<Value> = self
            .hosts
            .iter()
            .map(|(host, verdict)| {
                let (word, provider) = match verdict {
                    HostVerdict::Provider(name) => ("provider", Some(name)),
                    HostVerdict::Odd(name) => ("odd", Some(name)),
                    HostVerdict::None => ("none", None),
                };
                json!({ "host": host, "verdict": word, "provider": provider })
            })
            .collect();
        let (verdict, provider) = match &self.set {
            DomainVerdict::One(name) => ("one", Some(name)),
            DomainVerdict::Mixed(_) => ("mixed", None),
            DomainVerdict::None => ("none", None),
        };
        json!({
            "format_version": 1,
            "hosts": hosts,
            "verdict": verdict,
            "provider": provider,
            "templates": self.templates,
        })
    }

    fn markdown(&self) -> String {
        let mut text = "| host | provider |\n|---|---|\n".to_owned();
        for (host, verdict) in &self.hosts {
            let (host, verdict) = (markdown_cell(host), markdown_cell(&phrase(verdict)));
            writeln!(text, "| {host} | {verdict} |").expect("a string takes all text");
        }
        writeln!(text, "\n{}", markdown_cell(&self.conclusion())).expect("a string takes all text");
        text
    }
}

fn phrase(verdict: &HostVerdict) -> String {
    match verdict {
        HostVerdict::Provider(name) => name.clone(),
        HostVerdict::Odd(name) => {
            format!("odd: in the zone of {name}, but not one of its MX hosts")
        }
        HostVerdict::None => "unknown".to_owned(),
    }
}
