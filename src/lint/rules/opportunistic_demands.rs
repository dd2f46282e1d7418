//! Demands that end in plain text.

use crate::lint::findings::Findings;
use crate::lint::rule::{Docs, Rule};
use crate::lint::view::View;
use crate::model::LintLevel;
use crate::postfix::{SecurityLevel, Version};
use std::collections::BTreeSet;

pub(super) static RULE: Rule = Rule {
    name: "opportunistic-demands",
    level: LintLevel::Warn,
    lowest: LintLevel::Allow,
    summary: "`protocols`, `ciphers` or `exclude` that ask for more at `may` or `dane`",
    docs: Docs {
        what: "\
Finds policies at `may` or `dane` that refuse TLS protocols or ciphers which Postfix takes by default.",
        why: "\
At `may` a handshake that fails is no reason to defer the mail: Postfix tries again later without TLS. Asking for
more therefore does not make old servers better, it makes them get plain text. `dane` does the same for
every domain that has no TLSA records.",
        example: "\
domains:
  example.com: { level: dane, protocols: \">=TLSv1.3\" }
",
        instead: "\
domains:
  example.com: { level: dane-only, protocols: \">=TLSv1.3\" }
",
        sources: "postconf(5) `smtp_tls_security_level`; Postfix `smtp_trouble.c`, `smtp.h` `PLAINTEXT_FALLBACK_OK`",
    },
    run,
};

fn run(view: &View<'_>, findings: &mut Findings<'_>) {
    let mut places = BTreeSet::new();
    for it in view.policies() {
        if matches!(it.policy.level, SecurityLevel::May | SecurityLevel::Dane) {
            for name in it.policy.demands_more(Version::NEWEST) {
                places.insert((it.attribute_place(name), name, it.policy.level.as_str()));
            }
        }
    }
    for (place, name, level) in places {
        let (when, instead) = match level {
            "dane" => (" where there are no TLSA records", "dane-only"),
            _ => ("", "encrypt"),
        };
        let message = format!("`{name}` at `{level}` can end in plain text{when}");
        let finding = findings
            .at(place, message)
            .hint(format!("leave `{name}` out, or write `level: {instead}`"));
        findings.push(finding);
    }
}
