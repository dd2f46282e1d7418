//! The order in which both maps change, so that no mail is less safe on the way than before and after.

use crate::diff::{Entries, Recipient, Side, affected, describe, differences, find};
use crate::formats::MapEntry;
use crate::postfix::{Delivery, Promises};
use std::collections::BTreeSet;

/// Which of the two maps.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, schemars::JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum Which {
    /// `transport_maps`
    Transport,
    /// `smtp_tls_policy_maps`
    TlsPolicy,
}

impl Which {
    /// The name of the map in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Transport => "transport",
            Self::TlsPolicy => "tls_policy",
        }
    }

    /// Its place in pairs.
    pub(crate) fn at(self) -> usize {
        match self {
            Self::Transport => 0,
            Self::TlsPolicy => 1,
        }
    }
}

/// One step of a change.
#[derive(Clone, Debug)]
pub(crate) struct Step<'a> {
    /// Which map changes.
    pub(crate) map: Which,
    /// All entries that it has after this step.
    pub(crate) lines: Vec<MapEntry<'a>>,
    /// What the step is for, in a phrase.
    pub(crate) what: &'static str,
    /// Whether it only takes away what nothing asks for any more, so that it may come later.
    pub(crate) prunes: bool,
    /// Whether a delivery that was under way before the step before it must not meet it: of a table it
    /// would ask the new value.
    pub(crate) settles: bool,
}

/// A recipient that no order of steps keeps safe.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Exposed {
    /// The recipient.
    pub recipient: String,
    /// What would happen with its mail for a while.
    pub meanwhile: String,
}

/// Finds the steps from one side to the other.
///
/// First the policies of both sides together, then the transports, then the pruned policies:
/// whichever transport a delivery still works with, the policies of its next hops are there. A key
/// with two values takes the new one at once where that leaves nobody weaker than both before and
/// after, and else keeps the old one until the end; where neither will do, the domains that use it
/// go by their MX records in between.
///
/// # Errors
///
/// The recipients that no such order keeps safe.
pub(crate) fn steps<'a>(
    before: &Side<'a>,
    after: &Side<'a>,
) -> Result<Vec<Step<'a>>, Vec<Exposed>> {
    let transport = differences(&before.transport, &after.transport);
    let tls_policy = differences(&before.tls_policy, &after.tls_policy);
    if transport.is_empty() || tls_policy.is_empty() {
        let mut list = Vec::new();
        if !tls_policy.is_empty() {
            list.push(policy_step(after.tls_policy.to_vec(), "the new policies"));
        }
        if !transport.is_empty() {
            list.push(transport_step(after.transport.to_vec(), "the new transports"));
        }
        return Ok(list);
    }
    let recipients = affected(before, after, &transport, &tls_policy);
    let judge = Judge { before, after, recipients: &recipients };
    let both: BTreeSet<&str> = tls_policy
        .iter()
        .filter(|it| it.before.is_some() && it.after.is_some())
        .map(|it| it.key)
        .collect();
    let mut keep: BTreeSet<&str> = BTreeSet::new();
    let mut exposed;
    loop {
        let policies = union(before, after, &keep);
        let on_the_way =
            [side(&before.transport, &policies, before), side(&after.transport, &policies, after)];
        exposed = judge.exposed(&on_the_way);
        if exposed.is_empty() {
            return Ok(sequence(
                before,
                after,
                vec![
                    policy_step(policies, "the policies of before and after"),
                    transport_step(after.transport.to_vec(), "the new transports"),
                ],
            ));
        }
        let asked: BTreeSet<&str> = exposed
            .iter()
            .flat_map(|(_, delivery)| delivery.policy_keys())
            .filter_map(|key| both.get(key).copied())
            .filter(|key| !keep.contains(key))
            .collect();
        if asked.is_empty() {
            break;
        }
        keep.extend(asked);
    }
    detour(before, after, &judge, &keep, exposed)
}

/// The steps by which the domains in the way go by their MX records for a while.
fn detour<'a>(
    before: &Side<'a>,
    after: &Side<'a>,
    judge: &Judge<'_>,
    keep: &BTreeSet<&str>,
    exposed: Vec<(Recipient, Delivery)>,
) -> Result<Vec<Step<'a>>, Vec<Exposed>> {
    let in_the_way = |line: &&MapEntry<'a>| {
        let delivery = before.deliver(&line.key);
        delivery.policy_keys().any(|key| keep.contains(key))
    };
    let leave: BTreeSet<&str> =
        before.transport.iter().filter(in_the_way).map(|line| &*line.key).collect();
    let by_mx: Vec<MapEntry<'a>> =
        before.transport.iter().filter(|line| !leave.contains(&*line.key)).cloned().collect();
    let (old, new) = (union(before, after, keep), union(before, after, &BTreeSet::new()));
    let on_the_way = [
        side(&before.transport, &old, before),
        side(&by_mx, &old, before),
        side(&by_mx, &new, before),
        side(&after.transport, &new, after),
    ];
    let still = judge.exposed(&on_the_way);
    if leave.is_empty() || !still.is_empty() {
        let still = if still.is_empty() { exposed } else { still };
        let mut list: Vec<Exposed> = still
            .into_iter()
            .map(|(recipient, delivery)| Exposed {
                recipient: recipient.to_string(),
                meanwhile: describe(&delivery),
            })
            .collect();
        list.sort();
        return Err(list);
    }
    let mut new = policy_step(new, "the policies of before and after, new values");
    new.settles = true;
    Ok(sequence(
        before,
        after,
        vec![
            policy_step(old, "the policies of before and after, old values kept"),
            transport_step(by_mx, "domains whose next hops change hands go by MX for a while"),
            new,
            transport_step(after.transport.to_vec(), "the new transports"),
        ],
    ))
}

/// A side on the way.
fn side<'s>(
    transport: &'s [MapEntry<'s>],
    tls_policy: &'s [MapEntry<'s>],
    of: &'s Side<'_>,
) -> Side<'s> {
    let (transport, tls_policy) = (Entries::Borrowed(transport), Entries::Borrowed(tls_policy));
    Side { transport, tls_policy, settings: of.settings }
}

/// Leaves out steps that change nothing, and prunes at the end.
fn sequence<'a>(before: &Side<'a>, after: &Side<'a>, steps: Vec<Step<'a>>) -> Vec<Step<'a>> {
    let mut list: Vec<Step<'a>> = Vec::with_capacity(steps.len() + 1);
    let mut prune = policy_step(after.tls_policy.to_vec(), "the new policies alone");
    prune.prunes = true;
    let (mut transport, mut policy) = (&*before.transport, &*before.tls_policy);
    let mut kept = Vec::new();
    for step in steps.iter().chain([&prune]) {
        let now = match step.map {
            Which::Transport => &mut transport,
            Which::TlsPolicy => &mut policy,
        };
        kept.push(!differences(now, &step.lines).is_empty());
        *now = &step.lines;
    }
    let keeps = kept.into_iter();
    list.extend(steps.into_iter().chain([prune]).zip(keeps).filter(|it| it.1).map(|it| it.0));
    list
}

fn policy_step<'a>(lines: Vec<MapEntry<'a>>, what: &'static str) -> Step<'a> {
    Step { map: Which::TlsPolicy, lines, what, prunes: false, settles: false }
}

fn transport_step<'a>(lines: Vec<MapEntry<'a>>, what: &'static str) -> Step<'a> {
    Step { map: Which::Transport, lines, what, prunes: false, settles: false }
}

/// The policies of both sides; of two values the new one, but for the keys in `keep`.
fn union<'a>(before: &Side<'a>, after: &Side<'a>, keep: &BTreeSet<&str>) -> Vec<MapEntry<'a>> {
    let mut lines: Vec<MapEntry<'a>> = after
        .tls_policy
        .iter()
        .map(|line| {
            let old =
                if keep.contains(&*line.key) { find(&before.tls_policy, &line.key) } else { None };
            old.unwrap_or(line).clone()
        })
        .collect();
    let gone = before.tls_policy.iter().filter(|it| find(&after.tls_policy, &it.key).is_none());
    lines.extend(gone.cloned());
    lines.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    lines
}

/// Judges what happens on the way against what happens before and after.
struct Judge<'j> {
    before: &'j Side<'j>,
    after: &'j Side<'j>,
    recipients: &'j BTreeSet<Recipient>,
}

impl Judge<'_> {
    /// Those whose mail would be less safe than both before and after, with what would happen.
    fn exposed(&self, on_the_way: &[Side<'_>]) -> Vec<(Recipient, Delivery)> {
        let mut list = Vec::new();
        for recipient in self.recipients {
            let domain = recipient.example();
            let old = Promises::of_delivery(&self.before.deliver(&domain));
            let new = Promises::of_delivery(&self.after.deliver(&domain));
            let weak = on_the_way.iter().map(|side| side.deliver(&domain)).find(|delivery| {
                let meanwhile = Promises::of_delivery(delivery);
                !(holds(meanwhile.as_ref(), old.as_ref())
                    || holds(meanwhile.as_ref(), new.as_ref()))
            });
            list.extend(weak.map(|delivery| (recipient.clone(), delivery)));
        }
        list
    }
}

/// Whether the first promises all that the second does. What is not delivered keeps every promise.
fn holds(first: Option<&Promises>, second: Option<&Promises>) -> bool {
    match (first, second) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(first), Some(second)) => {
            first.partial_cmp(second).is_some_and(std::cmp::Ordering::is_ge)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::postmap_text::read;
    use crate::postfix::{SecurityLevel, Settings, Version};
    use proptest::prelude::*;
    use std::borrow::Cow;

    fn side<'a>(transport: &'a str, tls_policy: &'a str, settings: &'a Settings) -> Side<'a> {
        let lines = |text: &'a str| -> Vec<MapEntry<'a>> {
            let mut lines: Vec<MapEntry<'a>> = (1..)
                .zip(text.lines())
                .filter_map(|(number, line)| {
                    let (key, value) = line.split_once(' ')?;
                    Some(MapEntry {
                        key: Cow::Borrowed(key),
                        value: Cow::Borrowed(value),
                        line: number,
                    })
                })
                .collect();
            lines.sort_by(|a, b| a.key.cmp(&b.key));
            lines
        };
        assert_eq!(lines(transport).len(), read(transport.as_bytes()).entries.len());
        let (transport, tls_policy) = (lines(transport), lines(tls_policy));
        Side {
            transport: Entries::Owned(transport),
            tls_policy: Entries::Owned(tls_policy),
            settings,
        }
    }

    fn shown(steps: &[Step<'_>]) -> Vec<(Which, String)> {
        let text = |lines: &[MapEntry<'_>]| {
            lines.iter().map(|it| format!("{} {}", it.key, it.value)).collect::<Vec<_>>().join("; ")
        };
        steps.iter().map(|step| (step.map, text(&step.lines))).collect()
    }

    #[test]
    fn policies_come_before_the_transports_that_need_them_and_go_after() {
        let may = Settings::new(Version::series(3, 7), SecurityLevel::May);
        let before = side("a.example smtp:[old]", "[old] secure match=mx.a.example", &may);
        let after = side("a.example smtp:[new]", "[new] secure match=mx.a.example", &may);
        assert_eq!(
            shown(&steps(&before, &after).unwrap()),
            [
                (
                    Which::TlsPolicy,
                    "[new] secure match=mx.a.example; [old] secure match=mx.a.example".to_owned()
                ),
                (Which::Transport, "a.example smtp:[new]".to_owned()),
                (Which::TlsPolicy, "[new] secure match=mx.a.example".to_owned()),
            ]
        );
    }

    /// With the new value at once, mail for a.example would go to the new owner of the address.
    #[test]
    fn a_next_hop_that_changes_hands_is_left_by_way_of_the_mx() {
        let may = Settings::new(Version::series(3, 7), SecurityLevel::May);
        let before = side(
            "a.example smtp:[x],a.example\nb.example smtp:[y],b.example",
            "[x] secure match=mx.a.example\n[y] secure match=mx.b.example\n\
             a.example secure match=mx.a.example\nb.example secure match=mx.b.example",
            &may,
        );
        let after = side(
            "a.example smtp:[z],a.example\nb.example smtp:[x],b.example",
            "[x] secure match=mx.b.example\n[z] secure match=mx.a.example\n\
             a.example secure match=mx.a.example\nb.example secure match=mx.b.example",
            &may,
        );
        let steps = steps(&before, &after).unwrap();
        let maps: Vec<Which> = steps.iter().map(|step| step.map).collect();
        assert_eq!(
            maps,
            [
                Which::TlsPolicy,
                Which::Transport,
                Which::TlsPolicy,
                Which::Transport,
                Which::TlsPolicy
            ]
        );
        assert_eq!(shown(&steps)[1].1, "b.example smtp:[y],b.example");
    }

    fn any_side() -> impl Strategy<Value = (String, String)> {
        let domain = prop::sample::select(vec!["a.example", "b.example"]);
        let hop = prop::sample::select(vec!["[x]", "[y]", "[x],a.example", "a.example"]);
        let key = prop::sample::select(vec!["[x]", "[y]", "a.example", "b.example", ".example"]);
        let value = prop::sample::select(vec![
            "may",
            "encrypt",
            "secure match=mx.a.example",
            "secure match=mx.b.example",
            "secur",
        ]);
        let transport = prop::collection::btree_map(domain, hop, 0..3);
        let policy = prop::collection::btree_map(key, value, 0..5);
        (transport, policy).prop_map(|(transport, policy)| {
            let transport: Vec<_> =
                transport.iter().map(|(key, hop)| format!("{key} smtp:{hop}")).collect();
            let policy: Vec<_> =
                policy.iter().map(|(key, value)| format!("{key} {value}")).collect();
            (transport.join("\n"), policy.join("\n"))
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn nobody_is_weaker_on_the_way_than_both_before_and_after(
            old in any_side(),
            new in any_side(),
        ) {
            let may = Settings::new(Version::series(3, 7), SecurityLevel::May);
            let before = side(&old.0, &old.1, &may);
            let after = side(&new.0, &new.1, &may);
            if let Ok(steps) = steps(&before, &after) {
                let (mut transport, mut policy) = (before.transport.to_vec(), before.tls_policy.to_vec());
                for step in &steps {
                    match step.map {
                        Which::Transport => transport.clone_from(&step.lines),
                        Which::TlsPolicy => policy.clone_from(&step.lines),
                    }
                    let now = Side { transport: Entries::Borrowed(&transport), tls_policy: Entries::Borrowed(&policy), settings: &may };
                    for domain in ["a.example", "b.example", "c.example", "other.test"] {
                        let of = |side: &Side<'_>| Promises::of_delivery(&side.deliver(domain));
                        let (old, meanwhile, new) = (of(&before), of(&now), of(&after));
                        prop_assert!(
                            holds(meanwhile.as_ref(), old.as_ref()) || holds(meanwhile.as_ref(), new.as_ref()),
                            "{domain} at {:?}", step
                        );
                    }
                }
                prop_assert!(differences(&transport, &after.transport).is_empty());
                prop_assert!(differences(&policy, &after.tls_policy).is_empty());
            }
        }
    }
}
