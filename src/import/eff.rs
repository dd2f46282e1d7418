//! EFF's STARTTLS policy list, which was published as `policy.json`.

use super::finding::Finding;
use super::source::{Source, SourceEntry};
use crate::diag::Severity;
use crate::plan::Which;
use crate::postfix::{SecurityLevel, TlsPolicy, Version};
use serde_json::Value;

impl Source {
    /// Reads the list. `enforce` is `secure` with the names of the list; `testing` asks for nothing that a map
    /// could say, and to write `may` for it would undo a stronger default.
    ///
    /// # Errors
    ///
    /// What is wrong with the list, in a phrase.
    pub fn of_eff(name: &str, text: &str) -> Result<Self, String> {
        let list: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let policies = list.get("policies").and_then(Value::as_object);
        let policies = policies.ok_or("it has no object `policies`")?;
        let aliases = list.get("policy-aliases");
        let mut source = Self { name: name.to_owned(), ..Self::default() };
        let mut lines = Lines::new(text);
        for (domain, own) in policies {
            let line = lines.of(domain);
            let key = domain.to_lowercase();
            let alias = own.get("policy-alias").and_then(Value::as_str);
            let policy = match alias {
                None => own,
                Some(alias) => aliases
                    .and_then(|it| it.get(alias))
                    .ok_or_else(|| format!("line {line}: there is no alias `{alias}`"))?,
            };
            let place = (Which::TlsPolicy, line, key.as_str());
            let mxs: Option<Vec<&str>> = match policy.get("mxs") {
                None => Some(Vec::new()),
                Some(mxs) => mxs.as_array().and_then(|it| it.iter().map(Value::as_str).collect()),
            };
            let mxs = mxs.ok_or_else(|| format!("line {line}: `mxs` is no list of names"))?;
            match policy.get("mode").and_then(Value::as_str).unwrap_or("testing") {
                "enforce" if mxs.is_empty() => {
                    return Err(format!("line {line}: `{domain}` enforces no names"));
                }
                "enforce" => {}
                "testing" => {
                    let message = format!("`{domain}` is only tested: nothing is enforced");
                    source.findings.push(
                        Finding::new(Severity::Note, "testing", place, message)
                            .kept(format!("{domain} testing {}", mxs.join(" "))),
                    );
                    continue;
                }
                other => return Err(format!("line {line}: `{other}` is no mode")),
            }
            if policy.get("pin").is_some() {
                let message =
                    format!("`{domain}` names a pinset, which Postfix cannot demand beside names");
                source.findings.push(Finding::new(Severity::Warning, "pinset", place, message));
            }
            let value = format!("{} match={}", SecurityLevel::Secure, mxs.join(":"));
            if let (Some(alias), Ok(policy)) = (alias, TlsPolicy::parse(&value, Version::NEWEST)) {
                source.names.entry(policy.to_string()).or_insert_with(|| alias.to_owned());
            }
            source.entries.push(SourceEntry { key, value, line, comments: Vec::new() });
        }
        source.entries.sort_by(|a, b| (&a.key, a.line).cmp(&(&b.key, b.line)));
        source.entries.dedup_by(|second, first| second.key == first.key);
        source.entries.sort_by_key(|entry| entry.line);
        Ok(source)
    }
}

/// The lines of keys, asked for in the order of the text.
pub(super) struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: u32,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, line: 1 }
    }

    /// The line on which a text stands in quotes next; 0 where it is written otherwise.
    pub(super) fn of(&mut self, key: &str) -> u32 {
        let quoted = format!("\"{key}\"");
        let Some(found) = self.text[self.at..].find(&quoted) else { return 0 };
        let passed = self.text[self.at..self.at + found].bytes().filter(|it| *it == b'\n').count();
        self.line += u32::try_from(passed).unwrap_or_default();
        self.at += found;
        self.line
    }
}
