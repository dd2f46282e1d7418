//! Next hops that take all subdomains along.

use crate::lint::findings::Findings;
use crate::lint::rule::{Docs, Rule};
use crate::lint::users::and_more;
use crate::lint::view::View;
use crate::model::LintLevel;

pub(super) static RULE: Rule = Rule {
    name: "subdomains-captured",
    level: LintLevel::Warn,
    lowest: LintLevel::Allow,
    summary: "a next hop on a target where a domain's transport entry holds for its subdomains too",
    docs: Docs {
        what: "\
Finds domains with a transport entry on targets whose `parent_domain_matches_subdomains` has
`transport_maps`, one finding for each target. A pin there is an error.",
        why: "\
With that parameter the key `example.com` also matches a.example.com and everything below. Their mail goes
to the same next hop, which may not take it.",
        example: "\
domains:
  example.com: { next_hop: \"[mx.example.com]\", level: secure, match: [mx.example.com] }
targets:
  mx:
    postfix: \"3.10\"
    security_level: dane
    map_type: lmdb
    ca: /etc/ssl/certs/ca-certificates.crt
    parent_domain_matches_subdomains: [transport_maps]
",
        instead: "\
domains:
  example.com: { next_hop: \"[mx.example.com]\", level: secure, match: [mx.example.com] }
targets:
  mx:
    postfix: \"3.10\"
    security_level: dane
    map_type: lmdb
    ca: /etc/ssl/certs/ca-certificates.crt
",
        sources: "postconf(5) `parent_domain_matches_subdomains`; transport(5)",
    },
    run,
};

fn run(view: &View<'_>, findings: &mut Findings<'_>) {
    for target in view.targets.iter().filter(|it| it.target.parent_domain_matches_subdomains) {
        let entries = target.tables.map_or(&[][..], |it| it.transport.entries());
        let exact = || entries.iter().filter(|it| !it.key.starts_with('.'));
        let Some(first) = exact().min_by_key(|it| it.origin.span) else { continue };
        let more = and_more(exact().count());
        let message = format!(
            "on target `{}` the next hop of `{}`{more} takes the mail of all subdomains too",
            target.name(),
            first.key
        );
        let finding = findings
            .at(first.origin.span, message)
            .related(target.target.name.span, "has `parent_domain_matches_subdomains`")
            .hint("take `transport_maps` out of that parameter, in main.cf and here");
        findings.push(finding);
    }
}
