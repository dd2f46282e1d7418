//! `.parent` keys that this Postfix never looks up.

use crate::lint::findings::Findings;
use crate::lint::rule::{Docs, Rule};
use crate::lint::users::and_more;
use crate::lint::view::View;
use crate::model::LintLevel;

pub(super) static RULE: Rule = Rule {
    name: "parent-key-ignored",
    level: LintLevel::Deny,
    lowest: LintLevel::Warn,
    summary: "a `.domain` with a next hop on a target where transport_maps has no such keys",
    docs: Docs {
        what: "\
Finds `.domain` entries with a next hop of their own on targets whose `parent_domain_matches_subdomains`
has `transport_maps`.",
        why: "\
With that parameter Postfix looks for `example.com` and never for `.example.com` when mail goes to
a.example.com. The entry is dead: mail goes by MX, under the policy of the domain or of the target.",
        example: "\
domains:
  .example.com: { next_hop: \"[gw.example.com]\", level: secure, match: [gw.example.com] }
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
  .example.com: { next_hop: \"[gw.example.com]\", level: secure, match: [gw.example.com] }
targets:
  mx:
    postfix: \"3.10\"
    security_level: dane
    map_type: lmdb
    ca: /etc/ssl/certs/ca-certificates.crt
    parent_domain_matches_subdomains: [debug_peer_list, smtpd_access_maps]
",
        sources: "postconf(5) `parent_domain_matches_subdomains`; Postfix `mail_addr_find.c`",
    },
    run,
};

fn run(view: &View<'_>, findings: &mut Findings<'_>) {
    for target in view.targets.iter().filter(|it| it.target.parent_domain_matches_subdomains) {
        let entries = target.tables.map_or(&[][..], |it| it.transport.entries());
        let dotted = &entries[..entries.partition_point(|it| it.key.as_str() < "/")];
        let dotted = dotted.iter().filter(|it| it.key.starts_with('.'));
        let Some(first) = dotted.clone().min_by_key(|it| it.origin.span) else { continue };
        let more = and_more(dotted.count());
        let message = format!(
            "target `{}` never looks up `{}`{more} in transport_maps",
            target.name(),
            first.key
        );
        let finding = findings
            .at(first.origin.span, message)
            .related(target.target.name.span, "has `parent_domain_matches_subdomains`")
            .hint("take `transport_maps` out of that parameter, or name each subdomain");
        findings.push(finding);
    }
}
