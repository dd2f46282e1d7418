//! Whether mail is less safe on the way than both before and after.

use mxward::postfix::{Promises, SecurityLevel, Settings, Version, deliver};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// The entries of a map.
pub(super) type Entries = BTreeMap<String, String>;

/// `transport_maps` and `smtp_tls_policy_maps`.
pub(super) type Pair = (Entries, Entries);

const DOMAINS: [&str; 7] = [
    "a.example",
    "b.example",
    "c.example",
    "old.example",
    "new.example",
    "foreign.example",
    "other.example",
];

/// What mail for a domain can rely on; `None` is not delivered at all.
fn promises(transport: &Entries, tls_policy: &Entries, domain: &str) -> Option<Promises> {
    let settings = Settings::new(Version::series(3, 7), SecurityLevel::May);
    let delivery = deliver(
        domain,
        &|key| transport.get(key).map(String::as_str),
        &|key| tls_policy.get(key).map(String::as_str),
        &settings,
    );
    Promises::of_delivery(&delivery)
}

fn holds(first: Option<&Promises>, second: Option<&Promises>) -> bool {
    match (first, second) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(first), Some(second)) => first.partial_cmp(second).is_some_and(Ordering::is_ge),
    }
}

/// The first domain whose mail is less safe than both under `old` and under `new`.
pub(super) fn exposed(
    transport: &Entries,
    tls_policy: &Entries,
    ends: [&Pair; 2],
) -> Option<String> {
    let exposed = DOMAINS.iter().find(|domain| {
        let now = promises(transport, tls_policy, domain);
        let kept = |end: &Pair| holds(now.as_ref(), promises(&end.0, &end.1, domain).as_ref());
        !ends.into_iter().any(kept)
    })?;
    Some(format!("{exposed} is exposed by\n{transport:#?}\n{tls_policy:#?}"))
}

#[test]
fn the_judge_sees_what_is_weaker() {
    let entries = super::scene::entries;
    let old = (entries("a.example smtp:[x]\n"), entries("[x] secure match=x.example\n"));
    let new = (entries("a.example smtp:[y]\n"), entries("[y] secure match=x.example\n"));
    assert_eq!(exposed(&old.0, &old.1, [&old, &new]), None);
    assert!(exposed(&new.0, &old.1, [&old, &new]).is_some());
    assert!(exposed(&old.0, &new.1, [&old, &new]).is_some());
}
