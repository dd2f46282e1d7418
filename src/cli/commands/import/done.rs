//! The result of an import.

use crate::cli::commands::changes::groups_json;
use crate::cli::printer::Render;
use crate::diag::{Severity, Style, printable};
use crate::diff::Group;
use crate::import::{Finding, Imported, Proof};
use crate::report::{counted, some_of, thousands};
use serde_json::{Value, json};
use std::cmp::Reverse;
use std::fmt::Write as _;
use std::path::PathBuf;

/// So many templates are named, the most used ones.
const TEMPLATES: usize = 8;

/// What was imported; nothing was written without a proof.
pub(super) struct Done {
    pub(super) imported: Imported,
    pub(super) proof: Option<Proof>,
    pub(super) out: PathBuf,
}

impl Done {
    /// What there is, in a line.
    fn summary(&self) -> String {
        let Imported { domains, next_hops, templates, security_level, .. } = &self.imported;
        let mut parts = vec![counted(*domains, "domain")];
        if *next_hops > 0 {
            parts.push(counted(*next_hops, "next hop"));
        }
        let mut used: Vec<_> = templates.iter().collect();
        let more = used.len().saturating_sub(TEMPLATES);
        if more > 0 {
            used.sort_by_key(|(_, count)| Reverse(**count));
            used.truncate(TEMPLATES);
        }
        parts.extend(used.iter().map(|(name, count)| format!("{name} for {}", thousands(**count))));
        if more > 0 {
            parts.push(counted(more, "other template"));
        }
        parts.push(format!("default `{security_level}`"));
        parts.join(", ")
    }

    /// What came of the comparison, in a line.
    fn verdict(proof: &Proof) -> String {
        let keys = counted(proof.keys, "key");
        if !proof.differences.is_empty() {
            return format!("not equal: {keys} compared");
        }
        let mut text = format!("equal: {keys}");
        if proof.neutral > 0 {
            let more = counted(proof.neutral, "recipient");
            let _ = write!(text, "; {more} with the same effect in another order or spelling");
        }
        text
    }
}

/// One group, in a line.
fn group(group: &Group) -> String {
    let names = some_of(group.recipients.iter().map(String::as_str), 5);
    format!("{}: {names}: {} → {}", group.effect, printable(&group.before), printable(&group.after))
}

/// One finding, in lines.
fn finding(finding: &Finding) -> String {
    let place = finding.place();
    let (severity, code) = (finding.severity.as_str(), finding.code);
    let mut text =
        format!("{}: {severity}[{code}]: {}", printable(&place), printable(&finding.message));
    if let Some(hint) = &finding.hint {
        let _ = write!(text, "\n    {}", printable(hint));
    }
    text
}

impl Render for Done {
    fn text(&self, _: &Style) -> String {
        let mut text = String::new();
        for it in &self.imported.findings {
            text.push_str(&finding(it));
            text.push('\n');
        }
        if !text.is_empty() {
            text.push('\n');
        }
        let Some(proof) = &self.proof else { return text };
        let _ = writeln!(text, "{}", self.summary());
        if !proof.meant.is_empty() {
            text.push_str("changed as was asked for:\n");
        }
        for it in &proof.meant {
            let _ = writeln!(text, "  {}", group(it));
        }
        let _ = writeln!(text, "{}", Self::verdict(proof));
        for it in &proof.differences {
            let _ = writeln!(text, "  {}", group(it));
        }
        text
    }

    fn json(&self) -> Value {
        let findings: Vec<Value> = self
            .imported
            .findings
            .iter()
            .map(|it| {
                json!({
                    "map": it.map.as_str(),
                    "line": if it.line > 0 { json!(it.line) } else { Value::Null },
                    "key": it.key,
                    "severity": it.severity.as_str(),
                    "code": it.code,
                    "message": it.message,
                    "hint": it.hint,
                    "kept_as_comment": it.kept,
                    "template": it.template,
                })
            })
            .collect();
        let proof = self.proof.as_ref().map(|it| {
            json!({
                "equal": it.differences.is_empty(),
                "keys": it.keys,
                "neutral": it.neutral,
                "meant": groups_json(&it.meant),
                "differences": groups_json(&it.differences),
            })
        });
        let files: Vec<&String> =
            if self.proof.is_some() { self.imported.files.keys().collect() } else { Vec::new() };
        json!({
            "format_version": 1,
            "out": self.out.display().to_string(),
            "files": files,
            "domains": self.imported.domains,
            "next_hops": self.imported.next_hops,
            "templates": self.imported.templates,
            "security_level": self.imported.security_level.as_str(),
            "findings": findings,
            "proof": proof,
        })
    }

    fn markdown(&self) -> String {
        let mut text = String::from("## Import\n\n");
        let code = |text: &str| {
            let text = printable(text).replace('`', "'");
            format!("`{text}`")
        };
        if let Some(proof) = &self.proof {
            let _ =
                writeln!(text, "{}\n\n{}\n", code(&self.summary()), code(&Self::verdict(proof)));
            for it in proof.meant.iter().chain(&proof.differences) {
                let _ = writeln!(text, "- {}", code(&group(it)));
            }
        }
        // A comment of a platform takes only so much.
        for it in self.imported.findings.iter().take(200) {
            let sign = if it.severity == Severity::Error { "**error** " } else { "" };
            let _ = writeln!(text, "- {sign}{}", code(&finding(it).replace('\n', " ")));
        }
        if self.imported.findings.len() > 200 {
            let _ = writeln!(text, "- and {} more", thousands(self.imported.findings.len() - 200));
        }
        text
    }
}
