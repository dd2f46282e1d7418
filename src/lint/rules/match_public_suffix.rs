//! `match` for half of the world.

use crate::lint::findings::Findings;
use crate::lint::public_suffix::is_public_suffix;
use crate::lint::rule::{Docs, Rule};
use crate::lint::view::View;
use crate::model::LintLevel;
use crate::postfix::MatchPattern;
use std::collections::BTreeMap;

pub(super) static RULE: Rule = Rule {
    name: "match-public-suffix",
    level: LintLevel::Deny,
    lowest: LintLevel::Warn,
    summary: "a name in `match` that covers a public suffix",
    docs: Docs {
        what: "\
Finds names such as `.com` or `.co.uk` in `match`: everything below a suffix under which anybody can
register a name, as the Public Suffix List has it.",
        why: "\
Everybody who owns any name below has a certificate that satisfies it. The check is no more than one for
some certificate: what looks like `secure` is `encrypt`.",
        example: "\
domains:
  example.com: { level: secure, match: [.com] }
",
        instead: "\
domains:
  example.com: { level: secure, match: [.example.com] }
",
        sources: "postconf(5) `smtp_tls_secure_cert_match`; <https://publicsuffix.org>",
    },
    run,
};

fn run(view: &View<'_>, findings: &mut Findings<'_>) {
    let mut places = BTreeMap::new();
    for it in view.policies() {
        for pattern in &it.policy.matches {
            if let MatchPattern::Subdomains(name) = pattern
                && is_public_suffix(name)
            {
                places.entry(it.match_place(pattern)).or_insert(name);
            }
        }
    }
    for (place, name) in places {
        let message = format!("anybody can get a certificate for a name below `.{name}`");
        let finding = findings
            .at(place, message)
            .hint("write the name in the certificate, or the zone of its owner");
        findings.push(finding);
    }
}
