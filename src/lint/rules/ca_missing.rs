//! Names are checked, and nobody has said against which CAs.

use crate::lint::findings::Findings;
use crate::lint::rule::{Docs, Rule};
use crate::lint::view::View;
use crate::model::LintLevel;

pub(super) static RULE: Rule = Rule {
    name: "ca-missing",
    level: LintLevel::Warn,
    lowest: LintLevel::Allow,
    summary: "`secure` or `verify` on a target that names no `ca`",
    docs: Docs {
        what: "\
Finds targets whose level or entries check certificates against a CA, and that do not say with `ca` which
CAs Postfix has there. Entries with a `tafile` bring their own.",
        why: "\
`smtp_tls_CAfile` and `smtp_tls_CApath` are empty by default, and `tls_append_default_CA` changes nothing
as long as both are. Then no certificate is trusted, and all mail that needs `secure` or `verify` is
deferred for five days and returned. `main.cf.required` has the line that is needed.",
        example: "\
domains:
  example.com: { level: secure, match: [mx.example.com] }
targets:
  mx: { postfix: \"3.10\", security_level: dane, map_type: lmdb }
",
        instead: "\
domains:
  example.com: { level: secure, match: [mx.example.com] }
targets:
  mx:
    postfix: \"3.10\"
    security_level: dane
    map_type: lmdb
    ca: /etc/ssl/certs/ca-certificates.crt
",
        sources: "postconf(5) `smtp_tls_CAfile`, `tls_append_default_CA`; Postfix `tls_certkey.c`",
    },
    run,
};

fn run(view: &View<'_>, findings: &mut Findings<'_>) {
    for target in view.targets.iter().filter(|it| it.target.ca.is_none()) {
        let level = &target.target.security_level;
        let entries = target.tables.map_or(&[][..], |it| it.tls_policy.entries());
        let needs = entries
            .iter()
            .filter(|it| it.value.level.checks_names() && it.value.tafiles.is_empty())
            .min_by_key(|it| it.origin.span);
        let (needed, what) = match needs {
            Some(entry) => (entry.origin.span, entry.value.level),
            None if level.value.checks_names() => (level.span, level.value),
            None => continue,
        };
        let message = format!(
            "target `{}` names no `ca`: without CAs Postfix defers all mail that needs `{what}`",
            target.name()
        );
        let finding = findings
            .at(target.target.name.span, message)
            .related(needed, "needed here")
            .hint("set `smtp_tls_CAfile` in main.cf, and write the same path here as `ca`");
        findings.push(finding);
    }
}
