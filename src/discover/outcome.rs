//! What a discovery says about a domain.

use super::entry::Entry;
use crate::model::Route;
use crate::names::DomainName;
use crate::postfix::{MatchPattern, SecurityLevel};
use serde_json::{Map, Value, json};

/// One fact with what it was seen in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// The kind of fact, a word with hyphens.
    pub code: String,
    /// The evidence in a phrase. Parts of it come from the network: messages print no control
    /// characters.
    pub evidence: String,
}

/// Whether there is something to propose.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Verdict {
    /// There is an entry to propose.
    Proposed,
    /// Nothing stronger than the target's default can be said.
    Nothing,
    /// It takes no mail.
    NoMail,
    /// It could not be found out.
    Unknown,
}

/// What a discovery says about a domain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// The domain.
    pub domain: DomainName,
    /// Whether there is something to propose.
    pub verdict: Verdict,
    /// The template of the provider of all MX hosts, `self` for hosts of nobody that is known, `mixed` for
    /// hosts of several; `None` where it takes no mail or nobody knows.
    pub provider: Option<String>,
    /// What it publishes: `DANE`, `MTA-STS`, or the latter with its mode.
    pub published: Vec<String>,
    /// The entry.
    pub entry: Option<Entry>,
    /// The level that holds with it; `None` where the target's default does.
    pub level: Option<SecurityLevel>,
    /// The attributes that hold with it, as Postfix reads them; empty for none.
    pub parameter: String,
    /// Why, in a phrase.
    pub reason: String,
    /// Each fact.
    pub findings: Vec<Finding>,
}

impl Verdict {
    /// Every verdict with its name in reports.
    const ALL: &'static [(&'static str, Self)] = &[
        ("proposed", Self::Proposed),
        ("nothing", Self::Nothing),
        ("no-mail", Self::NoMail),
        ("unknown", Self::Unknown),
    ];

    /// The name in reports.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(_, verdict)| *verdict == self).map_or("", |(name, _)| name)
    }
}

impl Outcome {
    /// Whether every question about what the domain publishes was answered.
    pub fn knows_what_is_published(&self) -> bool {
        let open = ["mx-unknown", "tlsa-unknown", "dane-unknown", "mta-sts-unknown"];
        !self.findings.iter().any(|finding| open.contains(&finding.code.as_str()))
    }

    /// The object of reports and of journals.
    pub fn json(&self) -> Value {
        let findings = self.findings.iter();
        let findings: Vec<Value> =
            findings.map(|it| json!({ "code": it.code, "evidence": it.evidence })).collect();
        json!({
            "domain": self.domain.as_str(),
            "verdict": self.verdict.as_str(),
            "provider": self.provider,
            "published": self.published,
            "level": self.level.map(SecurityLevel::as_str),
            "parameter": self.parameter,
            "entry": self.entry.as_ref().map(entry_json),
            "yaml": self.entry.as_ref().map(ToString::to_string),
            "reason": self.reason,
            "findings": findings,
        })
    }

    /// Reads what [`Self::json`] gave; `None` for anything else.
    pub fn from_json(value: &Value) -> Option<Self> {
        let text = |key: &str| value[key].as_str().map(str::to_owned);
        let list = |key: &str| value[key].as_array();
        let findings = list("findings")?.iter().map(|it| {
            let part = |key: &str| it[key].as_str().map(str::to_owned);
            Some(Finding { code: part("code")?, evidence: part("evidence")? })
        });
        let published = list("published")?.iter().map(|it| it.as_str().map(str::to_owned));
        let verdict = text("verdict")?;
        Some(Self {
            domain: DomainName::parse(&text("domain")?).ok()?,
            verdict: Verdict::ALL.iter().find(|(name, _)| *name == verdict)?.1,
            provider: text("provider"),
            published: published.collect::<Option<_>>()?,
            entry: if value["entry"].is_null() { None } else { Some(entry_from(&value["entry"])?) },
            level: match text("level") {
                None => None,
                Some(level) => Some(SecurityLevel::parse(&level)?),
            },
            parameter: text("parameter")?,
            reason: text("reason")?,
            findings: findings.collect::<Option<_>>()?,
        })
    }
}

fn entry_json(entry: &Entry) -> Value {
    match entry {
        Entry::Level { level, matches } => {
            let mut object = Map::from_iter([("level".to_owned(), json!(level.as_str()))]);
            if !matches.is_empty() {
                let names: Vec<String> = matches.iter().map(ToString::to_string).collect();
                object.insert("match".to_owned(), json!(names));
            }
            Value::Object(object)
        }
        Entry::Provider { name, route } => {
            let mut object = Map::from_iter([("provider".to_owned(), json!(name))]);
            if let Some(route) = route {
                object.insert("route".to_owned(), json!(route.as_str()));
            }
            Value::Object(object)
        }
        Entry::LeaveToMtaSts => json!({ "leave_to": "mta-sts" }),
        Entry::Frozen { hosts, id, until } => {
            let hosts: Vec<&str> = hosts.iter().map(DomainName::as_str).collect();
            json!({ "mta_sts_id": id, "hosts": hosts, "until": until.to_string() })
        }
    }
}

fn entry_from(value: &Value) -> Option<Entry> {
    if let Some(level) = value["level"].as_str() {
        let names = value["match"].as_array().map(Vec::as_slice).unwrap_or_default();
        let matches = names.iter().map(|it| MatchPattern::parse_name(it.as_str()?).ok());
        let level = SecurityLevel::parse(level)?;
        return Some(Entry::Level { level, matches: matches.collect::<Option<_>>()? });
    }
    if let Some(id) = value["mta_sts_id"].as_str() {
        let plain = !id.is_empty() && id.bytes().all(|it| it.is_ascii_alphanumeric());
        let hosts = value["hosts"].as_array()?.iter();
        let hosts = hosts.map(|it| DomainName::parse(it.as_str()?).ok());
        return plain.then_some(Entry::Frozen {
            hosts: hosts.collect::<Option<_>>()?,
            id: id.to_owned(),
            until: value["until"].as_str()?.parse().ok()?,
        });
    }
    if let Some(name) = value["provider"].as_str() {
        let route = match value["route"].as_str() {
            None => None,
            Some(text) => Some(Route::ALL.iter().find(|(name, _)| *name == text)?.1),
        };
        return Some(Entry::Provider { name: name.to_owned(), route });
    }
    (value["leave_to"] == "mta-sts").then_some(Entry::LeaveToMtaSts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(entry: Option<Entry>) -> Outcome {
        Outcome {
            domain: DomainName::parse("kunde.example").unwrap(),
            verdict: Verdict::Proposed,
            provider: Some("self".to_owned()),
            published: vec!["MTA-STS".to_owned()],
            entry,
            level: Some(SecurityLevel::Secure),
            parameter: "match=mx.example".to_owned(),
            reason: "because".to_owned(),
            findings: vec![Finding { code: "mx".to_owned(), evidence: "10 mx.example".to_owned() }],
        }
    }

    #[test]
    fn outcomes_are_read_as_they_were_written() {
        let matches = vec![MatchPattern::parse_name("mx.example").unwrap()];
        for entry in [
            None,
            Some(Entry::LeaveToMtaSts),
            Some(Entry::Level { level: SecurityLevel::Secure, matches }),
            Some(Entry::Level { level: SecurityLevel::DaneOnly, matches: Vec::new() }),
            Some(Entry::Frozen {
                hosts: vec![DomainName::parse("mx.example").unwrap()],
                id: "a1".to_owned(),
                until: "2030-01-08".parse().unwrap(),
            }),
            Some(Entry::Provider { name: "google".to_owned(), route: None }),
            Some(Entry::Provider { name: "google".to_owned(), route: Some(Route::Mx) }),
        ] {
            let outcome = outcome(entry);
            let text = outcome.json().to_string();
            let read = Outcome::from_json(&serde_json::from_str(&text).unwrap());
            assert_eq!(read.as_ref(), Some(&outcome), "{text}");
        }
    }

    #[test]
    fn what_is_no_outcome_is_not_read() {
        let good = outcome(Some(Entry::LeaveToMtaSts)).json();
        for (key, value) in [
            ("domain", json!("a b")),
            ("verdict", json!("maybe")),
            ("entry", json!({ "leave_to": "other" })),
            ("entry", json!({ "level": "top" })),
            ("entry", json!({ "mta_sts_id": "a\"", "hosts": [], "until": "2030-01-08" })),
            ("entry", json!({ "level": "secure", "match": ["192.0.2.1"] })),
            ("level", json!("top")),
            ("findings", json!([{ "code": "mx" }])),
        ] {
            let mut bad = good.clone();
            bad[key] = value;
            assert_eq!(Outcome::from_json(&bad), None, "{bad}");
        }
    }
}
