//! Protocols and ciphers that Postfix turns off.

use crate::lint::findings::Findings;
use crate::lint::rule::{Docs, Rule};
use crate::lint::view::View;
use crate::model::LintLevel;
use crate::postfix::Version;
use std::collections::BTreeSet;

pub(super) static RULE: Rule = Rule {
    name: "weak-cryptography",
    level: LintLevel::Warn,
    lowest: LintLevel::Allow,
    summary: "`protocols` or `ciphers` that allow what Postfix refuses by default",
    docs: Docs {
        what: "\
Finds policies that allow SSLv2 or SSLv3, or a cipher grade below `medium` on a Postfix before 3.8, from
which on `low` and `export` mean `medium`. A `reason` beside the domain silences it.",
        why: "\
SSLv2 and SSLv3 are broken, and export ciphers can be computed. With such a policy an attacker on the way
can make both sides agree on them.",
        example: "\
domains:
  example.com: { level: encrypt, protocols: [SSLv3, TLSv1] }
",
        instead: "\
domains:
  example.com: { level: encrypt, protocols: \">=TLSv1\" }
",
        sources: "postconf(5) `smtp_tls_mandatory_protocols`, `smtp_tls_mandatory_ciphers`; RFC 7568 §1",
    },
    run,
};

fn run(view: &View<'_>, findings: &mut Findings<'_>) {
    let mut places = BTreeSet::new();
    let versions = view.targets.iter().map(|it| it.target.postfix);
    let oldest = versions.min().unwrap_or(Version::NEWEST);
    for it in view.policies().filter(|it| !it.is_excused()) {
        for name in it.policy.allows_more(oldest) {
            places.insert((it.attribute_place(name), name));
        }
    }
    for (place, name) in places {
        let (what, instead) = if name == "protocols" {
            ("broken protocols", "`protocols: \">=TLSv1\"`, or before 3.6 `\"!SSLv2:!SSLv3\"`")
        } else {
            ("weak ciphers", "`ciphers: medium`")
        };
        let message = format!("`{name}` allows {what}, which Postfix refuses by default");
        findings.push(findings.at(place, message).hint(format!("write {instead}")));
    }
}
