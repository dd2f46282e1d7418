//! `*.` in `match`.

use crate::lint::findings::Findings;
use crate::lint::rule::{Docs, Rule};
use crate::lint::view::View;
use crate::model::LintLevel;
use crate::postfix::MatchPattern;
use std::collections::BTreeMap;

pub(super) static RULE: Rule = Rule {
    name: "literal-wildcard",
    level: LintLevel::Warn,
    lowest: LintLevel::Allow,
    summary: "a name in `match` that starts with `*.`",
    docs: Docs {
        what: "Finds names such as `*.example.com` in `match`.",
        why: "\
Postfix compares the text: only a certificate that itself holds `*.example.com` satisfies it, and one for
`mx.example.com` does not. All mail is deferred from the day on which the other side replaces its wildcard
certificate. `.example.com` is satisfied by every name below example.com, wildcard names included.",
        example: "\
domains:
  example.com: { level: secure, match: [\"*.mail.example.com\"] }
",
        instead: "\
domains:
  example.com: { level: secure, match: [.mail.example.com] }
",
        sources: "postconf(5) `smtp_tls_secure_cert_match`; Postfix `tls_client.c`; OpenSSL X509_check_host(3)",
    },
    run,
};

fn run(view: &View<'_>, findings: &mut Findings<'_>) {
    // One place stands for many names where a template's text depends on the domain.
    let mut places = BTreeMap::new();
    for it in view.policies() {
        for pattern in &it.policy.matches {
            if let MatchPattern::LiteralWildcard(parent) = pattern {
                places.entry(it.match_place(pattern)).or_insert(parent);
            }
        }
    }
    for (place, parent) in places {
        let message =
            format!("only a certificate with exactly the name `*.{parent}` satisfies this");
        let finding = findings
            .at(place, message)
            .hint(format!("write `.{parent}`, which covers all names below, that one included"));
        findings.push(finding);
    }
}
