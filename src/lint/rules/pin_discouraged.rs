//! Pins where the template advises against them.

use crate::lint::findings::Findings;
use crate::lint::rule::{Docs, Rule};
use crate::lint::view::View;
use crate::model::{LintLevel, PinAdvice};
use crate::resolve::Way;
use crate::source::Span;
use std::collections::BTreeMap;

pub(super) static RULE: Rule = Rule {
    name: "pin-discouraged",
    level: LintLevel::Warn,
    lowest: LintLevel::Allow,
    summary: "`route: pin` where the template says `pin: discouraged`",
    docs: Docs {
        what: "\
Finds domains that are pinned to addresses although the template says that those are not stable, one
finding for each template. A `reason` beside the domain silences it.",
        why: "\
A pin holds what DNS said on one day at one place. Addresses that rotate or are chosen by place leave a
growing part of the pins dead, each of which costs a delivery up to 30 seconds, or far away. A pin adds
no security either: `route: mx` checks the same names in the certificate.",
        example: "\
domains:
  gmail.com: { provider: google-gmail, route: pin }
",
        instead: "\
domains:
  gmail.com: { provider: google-gmail, route: mx }
",
        sources: "the template's evidence: `mxward providers show NAME`; TLS_README \"Secure server certificate verification\"",
    },
    run,
};

fn run(view: &View<'_>, findings: &mut Findings<'_>) {
    let mut groups = view.groups();
    let mut places: BTreeMap<&str, Span> = BTreeMap::new();
    for (plan, users) in view.plans() {
        let (Way::Pinned(_), Some(provider)) = (&plan.way, view.provider(plan)) else { continue };
        if provider.pin != PinAdvice::Discouraged || view.body(plan).reason.is_some() {
            continue;
        }
        groups.add(provider.name.value.as_str(), users);
        let place = places.entry(&provider.name.value).or_insert(plan.span);
        *place = plan.span.min(*place);
    }
    for (name, users) in groups {
        let are = if users.count == 1 { "is" } else { "are" };
        let message = format!("{} {are} pinned, against the advice of `{name}`", view.who(users));
        let mut finding = findings.at(places[name], message);
        let mut notes = view.config().providers.get(name).into_iter().flat_map(|it| &it.notes);
        let why = notes.find_map(|note| note.strip_prefix("Do not pin: "));
        if let Some(why) = why.and_then(|note| note.split(['.', ':']).next()) {
            finding = finding.hint(format!("the template says: {why}"));
        }
        findings.push(finding.hint("write `route: mx`, or a `reason` beside the domain"));
    }
}
