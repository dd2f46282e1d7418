//! What `postfix-tlspol -query` prints: a JSON object for each domain.

use super::eff::Lines;
use super::finding::Finding;
use super::source::{Source, SourceEntry};
use crate::diag::Severity;
use crate::plan::Which;
use serde_json::Value;
use std::collections::BTreeMap;

impl Source {
    /// Reads one object or many, one behind the other or in a list. The policy for DANE goes before that of
    /// MTA-STS, as there. [RFC 8461 §2]
    ///
    /// # Errors
    ///
    /// What is wrong with the text, in a phrase.
    pub fn of_tlspol(name: &str, text: &str) -> Result<Self, String> {
        let mut source = Self { name: name.to_owned(), ..Self::default() };
        let (mut lines, mut seen) = (Lines::new(text), BTreeMap::new());
        for value in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
            let value = value.map_err(|error| error.to_string())?;
            let objects = if let Value::Array(list) = value { list } else { vec![value] };
            for object in objects {
                source.answer(&object, &mut lines, &mut seen)?;
            }
        }
        Ok(source)
    }

    fn answer(
        &mut self,
        object: &Value,
        lines: &mut Lines<'_>,
        seen: &mut BTreeMap<String, u32>,
    ) -> Result<(), String> {
        let domain = object.get("domain").and_then(Value::as_str);
        let domain = domain.ok_or("an object names no `domain`")?;
        let (line, key) = (lines.of(domain), domain.to_lowercase());
        let place = (Which::TlsPolicy, line, key.as_str());
        let policy = |of: &str| {
            let policy = object.get(of)?.get("policy")?.as_str()?.trim();
            (!policy.is_empty()).then(|| policy.to_owned())
        };
        let (dane, sts) = (policy("dane"), policy("mta-sts"));
        let from_sts = dane.is_none() && sts.is_some();
        let Some(value) = dane.or(sts) else {
            let message = format!("`{domain}` has no policy: the default holds");
            let finding = Finding::new(Severity::Note, "no-policy", place, message);
            self.findings.push(finding.kept(domain));
            return Ok(());
        };
        if let Some(first) = seen.get(&key) {
            let message = format!("`{key}` stands on line {first} already: the first one holds");
            let finding = Finding::new(Severity::Warning, "duplicate", place, message);
            self.findings.push(finding.kept(format!("{key} {value}")));
            return Ok(());
        }
        if from_sts {
            let message =
                format!("`{domain}`: this is its MTA-STS policy of the day of the export");
            self.findings.push(
                Finding::new(Severity::Note, "frozen-policy", place, message)
                    .hint("write `leave_to: mta-sts` to let the resolver go on deciding"),
            );
        }
        seen.insert(key.clone(), line);
        self.entries.push(SourceEntry { key, value, line, comments: Vec::new() });
        Ok(())
    }
}
