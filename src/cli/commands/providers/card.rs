//! `mxward providers show`

use super::{level, policy_json, policy_text};
use crate::cli::printer::Render;
use crate::diag::{Style, printable, wrap};
use crate::model::{Evidence, HostSpec, Hosts, MxPattern, Provider};
use crate::report::markdown_cell;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// One template with everything it says.
pub(crate) struct Card<'a>(pub &'a Provider);

/// The width of the names on the left.
const LEFT: usize = 12;

impl Card<'_> {
    /// Everything but name and notes: what it is, and one text for each value.
    fn parts(&self) -> Vec<(&'static str, Vec<String>)> {
        let provider = self.0;
        let texts = |patterns: &[MxPattern]| patterns.iter().map(|it| it.text.clone()).collect();
        let none = match (&provider.policy, &provider.policy_when_dane) {
            (None, None) => "none: the template is for detection only",
            (None, Some(_)) => "none: only DANE-secured domains get one",
            (Some(_), _) => "",
        };
        let policy = provider.policy.as_ref().map_or(none, level);
        let attributes = provider.policy.iter().flat_map(|policy| &policy.attributes);
        let from = if provider.builtin { "built in" } else { "of this repository" };
        let param = |(name, default): (&String, &Option<String>)| match default {
            Some(default) => format!("{name}: {default}"),
            None => format!("{name}: must be given"),
        };
        let before = [
            ("kind", vec![format!("{}, {from}", provider.kind.as_str())]),
            ("members", provider.members.iter().map(|member| member.value.clone()).collect()),
            ("policy", vec![policy.to_owned()]),
        ];
        let attributes = attributes
            .map(|it| (it.name, it.values.iter().map(|value| value.value.clone()).collect()));
        let after = [
            ("with DANE", provider.policy_when_dane.iter().map(policy_text).collect()),
            ("pin", vec![provider.pin.as_str().to_owned()]),
            ("hosts", self.hosts()),
            ("MX patterns", texts(&provider.mx_patterns)),
            ("odd", texts(&provider.odd_patterns)),
            ("params", provider.params.iter().map(param).collect()),
            ("evidence", provider.evidence.iter().map(evidence).collect()),
            ("notes", provider.notes.clone()),
        ];
        before
            .into_iter()
            .chain(attributes)
            .chain(after)
            .filter(|(_, values)| !values.is_empty())
            .collect()
    }

    fn hosts(&self) -> Vec<String> {
        match &self.0.hosts {
            Hosts::Unknown => vec!["unknown".to_owned()],
            Hosts::FromMx(_) => {
                let set = "the domain's own MX set, of which every host must match the patterns";
                vec![set.to_owned()]
            }
            Hosts::Listed(list) => {
                let width = |host: &HostSpec| host.preference.to_string().len();
                let width = list.iter().map(width).max().unwrap_or_default();
                let line =
                    |host: &HostSpec| format!("{:>width$} {}", host.preference, host.name.value);
                list.iter().map(line).collect()
            }
        }
    }
}

impl Render for Card<'_> {
    fn text(&self, style: &Style) -> String {
        let mut text = format!("{}: {}\n", printable(&self.0.name.value), printable(&self.0.title));
        for (what, values) in self.parts() {
            let mut what = what;
            for value in values {
                // The lines of a value after its first one are indented.
                let mut indent = "";
                for line in wrap(&printable(&value), style.width.saturating_sub(LEFT + 4)) {
                    text.push_str(format!("  {what:LEFT$}{indent}{line}").trim_end());
                    text.push('\n');
                    (what, indent) = ("", "  ");
                }
            }
        }
        text
    }

    fn json(&self) -> Value {
        let provider = self.0;
        let texts = |patterns: &[MxPattern]| -> Vec<String> {
            patterns.iter().map(|pattern| pattern.text.clone()).collect()
        };
        let hosts = match &provider.hosts {
            Hosts::Unknown => Value::Null,
            Hosts::FromMx(_) => json!("mx"),
            Hosts::Listed(list) => list
                .iter()
                .map(|host| json!({ "preference": host.preference, "host": host.name.value }))
                .collect(),
        };
        let evidence: Vec<Value> = provider
            .evidence
            .iter()
            .map(|it| {
                let Evidence { claim, fact, source, date } = it;
                json!({ "claim": claim.as_str(), "fact": fact, "source": source, "date": date })
            })
            .collect();
        let members: Vec<&str> = provider.members.iter().map(|it| it.value.as_str()).collect();
        json!({
            "format_version": 1,
            "name": provider.name.value,
            "title": provider.title,
            "kind": provider.kind.as_str(),
            "builtin": provider.builtin,
            "members": members,
            "mx_patterns": texts(&provider.mx_patterns),
            "odd_patterns": texts(&provider.odd_patterns),
            "hosts": hosts,
            "policy": policy_json(provider.policy.as_ref()),
            "policy_when_dane": policy_json(provider.policy_when_dane.as_ref()),
            "pin": provider.pin.as_str(),
            "params": provider.params,
            "evidence": evidence,
            "notes": provider.notes,
        })
    }

    fn markdown(&self) -> String {
        let title = markdown_cell(&format!("{}: {}", self.0.name.value, self.0.title));
        let mut text = format!("### {title}\n\n| | |\n|---|---|\n");
        for (what, values) in self.parts() {
            let code = matches!(what, "MX patterns" | "odd" | "match" | "hosts");
            let cell = |value: &String| {
                markdown_cell(&if code {
                    format!("`{}`", value.trim_start())
                } else {
                    value.clone()
                })
            };
            let values: Vec<String> = values.iter().map(cell).collect();
            writeln!(text, "| {what} | {} |", values.join("<br>"))
                .expect("a string takes all text");
        }
        text
    }
}

fn evidence(evidence: &Evidence) -> String {
    let Evidence { claim, fact, source, date } = evidence;
    let claim = claim.as_str();
    let when = if date == "unknown" { "undated" } else { date };
    format!("{claim}: {fact} [{source}, {when}]")
}
