//! Facts that DNS did not confirm.

use crate::lint::findings::Findings;
use crate::lint::rule::{Docs, Rule};
use crate::lint::users::and_more;
use crate::lint::view::View;
use crate::lock::Stale;
use crate::model::LintLevel;
use crate::names::DomainName;
use std::collections::BTreeMap;

pub(super) static RULE: Rule = Rule {
    name: "lock-unconfirmed",
    level: LintLevel::Warn,
    lowest: LintLevel::Allow,
    summary: "a fact of the lock that the last `update` could not confirm",
    docs: Docs {
        what: "\
Finds hosts and domains in `mxward.lock` that are marked `stale:`, one finding for each reason.",
        why: "\
An answer that fails is no news: what was known stays, so that nobody weakens a policy by breaking DNS.
But what is known gets older, and a failure that lasts is either a fault or an attack.",
        example: "\
domains:                         # and mxward.lock says `stale: SERVFAIL since 2026-11-20`
  kunde.example: { provider: hostpoint, route: pin }
",
        instead: "\
domains:                         # and `mxward update` got an answer
  kunde.example: { provider: hostpoint, route: pin }
",
        sources: "RFC 7672 §2.1.1: a failed lookup is not a denial",
    },
    run,
};

fn run(view: &View<'_>, findings: &mut Findings<'_>) {
    let lock = view.linted().lock;
    let hosts = lock.hosts.iter().filter_map(|(name, fact)| Some((name, fact.stale.as_ref()?)));
    let domains =
        lock.domains.iter().filter_map(|(name, fact)| Some((name, fact.stale.as_deref()?)));
    let mut reasons: BTreeMap<&str, Vec<(&DomainName, &Stale)>> = BTreeMap::new();
    for (name, stale) in hosts.chain(domains) {
        reasons.entry(&stale.reason).or_default().push((name, stale));
    }
    for (reason, mut list) in reasons {
        list.sort_by_key(|(name, stale)| (stale.since, *name));
        let (name, stale) = list[0];
        let more = and_more(list.len());
        let message =
            format!("`{name}`{more} could not be confirmed since {}: {reason}", stale.since);
        findings
            .push(findings.nowhere(message).hint("run `mxward update`, and look at its messages"));
    }
}
