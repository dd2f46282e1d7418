//! `match` for more than the provider.

use crate::lint::findings::Findings;
use crate::lint::provider_match::{Relation, relations};
use crate::lint::rule::{Docs, Rule};
use crate::lint::view::View;
use crate::model::LintLevel;

pub(super) static RULE: Rule = Rule {
    name: "match-wider-than-provider",
    level: LintLevel::Warn,
    lowest: LintLevel::Allow,
    summary: "a `match` that accepts names which the provider's template does not",
    docs: Docs {
        what: "\
Finds entries with a provider and a `match` of their own with a name that covers more than the template's
names, or that has nothing to do with them. A `reason` beside the domain silences it. Where every name is
foreign, `match-unrelated` says so instead.",
        why: "\
Each name more lets its owner receive the mail. `.google.com` is also satisfied by machines at Google that
take no mail for your partner; a name of another company by that company.",
        example: "\
domains:
  gmail.com: { provider: google, route: mx, match: [.google.com] }
",
        instead: "\
domains:
  gmail.com: { provider: google, route: mx }
",
        sources: "postconf(5) `smtp_tls_secure_cert_match`; the template's evidence",
    },
    run,
};

fn run(view: &View<'_>, findings: &mut Findings<'_>) {
    let mut groups = view.groups();
    for it in view.policies().filter(|it| !it.is_excused()) {
        let (Some(relations), Some(provider)) = (relations(&it), it.provider) else { continue };
        if relations.iter().all(|(_, relation)| *relation == Relation::Foreign) {
            continue;
        }
        for (pattern, relation) in relations {
            if relation != Relation::Known {
                let key = (it.match_place(pattern), pattern, &provider.name.value);
                groups.add(key, it.users);
            }
        }
    }
    for ((place, pattern, provider), users) in groups {
        let message = format!(
            "`{pattern}` for {} accepts more than the template `{provider}`",
            view.who(users)
        );
        let finding = findings
            .at(place, message)
            .hint("leave `match` out: the template has one")
            .hint("if it must be, write a `reason` beside the domain");
        findings.push(finding);
    }
}
