//! A target that encrypts nothing unless told to.

use crate::lint::findings::Findings;
use crate::lint::rule::{Docs, Rule};
use crate::lint::view::View;
use crate::model::LintLevel;
use crate::postfix::SecurityLevel;

pub(super) static RULE: Rule = Rule {
    name: "default-none",
    level: LintLevel::Warn,
    lowest: LintLevel::Allow,
    summary: "a target with `security_level: none`",
    docs: Docs {
        what: "Finds targets whose `security_level` is `none`.",
        why: "\
Mail to every domain without an entry goes out in plain text, also where the other side offers TLS. It is
what Postfix before 3.11 does when `smtp_tls_security_level` is not set.",
        example: "\
targets:
  mx: { postfix: \"3.10\", security_level: none, map_type: lmdb }
",
        instead: "\
targets:
  mx: { postfix: \"3.10\", security_level: dane, map_type: lmdb }
",
        sources: "postconf(5) `smtp_tls_security_level`; Postfix 3.11 RELEASE_NOTES",
    },
    run,
};

fn run(view: &View<'_>, findings: &mut Findings<'_>) {
    for target in &view.targets {
        let level = &target.target.security_level;
        if level.value == SecurityLevel::None {
            let message = format!(
                "target `{}` sends in plain text to every domain without an entry",
                target.name()
            );
            let hint = "set `smtp_tls_security_level` there, and here, to `may` or `dane`";
            findings.push(findings.at(level.span, message).hint(hint));
        }
    }
}
