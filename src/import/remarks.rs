//! What is said of entries of which nothing is compiled, or something else than Postfix reads.

use super::finding::Finding;
use super::maps::{LevelFrom, Maps, raw};
use super::options::{NoneMeans, Options};
use super::source::SourceEntry;
use super::value::Value;
use crate::diag::Severity;
use crate::formats::MapEntry;
use crate::plan::Which;
use crate::postfix::SecurityLevel;
use std::borrow::Cow;

impl Maps {
    /// `none`: whether the entry stays.
    pub(super) fn plain_text(&mut self, entry: &SourceEntry, means: Option<NoneMeans>) -> bool {
        let place = (Which::TlsPolicy, entry.line, entry.key.as_str());
        let sends = format!("`{}`: `none` sends mail in plain text", entry.key);
        match means {
            None => {
                let message = format!("{sends}; many tables write it where no policy is needed");
                self.findings.push(
                    Finding::new(Severity::Error, "plain-text", place, message).hint(
                        "say what it means: `--none absent` leaves such entries out, `--none keep` goes on \
                         sending in plain text",
                    ),
                );
                false
            }
            Some(NoneMeans::Absent) => {
                let message = format!("{sends}; left out, so that the default level holds");
                self.keep("plain-text", Which::TlsPolicy, entry, message);
                false
            }
            Some(NoneMeans::Keep) => {
                self.findings.push(Finding::new(Severity::Warning, "plain-text", place, sends));
                true
            }
        }
    }

    /// `_default` is no key of Postfix; whoever wrote it meant `smtp_tls_security_level`.
    pub(super) fn default_row(&mut self, entry: &SourceEntry, options: &Options) {
        let level = match self.values.read(&entry.value) {
            Value::Means(policy, _) | Value::Commented(policy, _) => Some(policy.level),
            Value::Refused(..) => None,
        };
        let no_key = "`_default` is no lookup key of Postfix";
        let message = match (level, options.security_level) {
            (Some(SecurityLevel::None) | None, _) => {
                format!("{no_key}, and `{}` no level for everybody", entry.value)
            }
            (Some(level), None) => {
                self.security_level = level;
                self.level_from = LevelFrom::DefaultRow(entry.line);
                format!(
                    "{no_key}: `{level}` becomes the `security_level` of the target, and has to be \
                     `smtp_tls_security_level` in main.cf"
                )
            }
            (Some(level), Some(given)) if level == given => {
                format!("{no_key}: `{level}` is the `security_level` of the target")
            }
            (Some(level), Some(given)) => {
                format!(
                    "{no_key}: `{level}` holds nowhere, since the `security_level` is `{given}`"
                )
            }
        };
        self.keep("default-row", Which::TlsPolicy, entry, message);
    }

    /// Notes a line of which nothing is compiled.
    pub(super) fn keep(
        &mut self,
        code: &'static str,
        map: Which,
        entry: &SourceEntry,
        message: String,
    ) {
        let place = (map, entry.line, entry.key.as_str());
        let mut old = raw(entry);
        // What stands above goes with it.
        for comment in entry.comments.iter().filter(|it| !it.is_empty()) {
            old.push_str("   # ");
            old.push_str(comment);
        }
        self.findings.push(Finding::new(Severity::Warning, code, place, message).kept(old));
    }

    /// Notes an entry that a repository cannot say.
    pub(super) fn leave(
        &mut self,
        map: Which,
        entry: SourceEntry,
        why: &str,
        hint: Option<String>,
    ) {
        let place = (map, entry.line, entry.key.as_str());
        let message = format!("`{}` cannot be imported: {why}", entry.key);
        self.findings.push(if self.keep_foreign {
            let message = format!("{message}; the entry stays in the map as a foreign one");
            Finding::new(Severity::Warning, "foreign", place, message).kept(raw(&entry))
        } else {
            let advice = "`--foreign keep` imports the rest: this entry then stays in the map, since `apply` \
                          keeps what is not its own";
            let hint = hint.map_or_else(|| advice.to_owned(), |hint| format!("{hint}, or {advice}"));
            Finding::new(Severity::Error, "foreign", place, message).hint(hint)
        });
        let SourceEntry { key, value, line, .. } = entry;
        self.foreign[map.at()].push(MapEntry {
            key: Cow::Owned(key),
            value: Cow::Owned(value),
            line,
        });
    }

    pub(super) fn commented(
        &mut self,
        map: Which,
        entry: &SourceEntry,
        meant: &str,
        comment: &str,
    ) {
        let what = match map {
            Which::TlsPolicy => "makes the whole policy invalid, and mail waits",
            Which::Transport => "is more next hops to Postfix, which end smtp(8)",
        };
        let message = format!("`{}`: the comment `# {comment}` behind the entry {what}", entry.key);
        let place = (map, entry.line, entry.key.as_str());
        self.findings.push(
            Finding::new(Severity::Warning, "trailing-comment", place, message)
                .hint(format!("imported as what is meant: `{meant}`")),
        );
    }
}
