//! What an exception does, to whom it is meant for and to others.

use super::asked::Written;
use crate::cli::commands::sides::Sides;
use crate::diff::{Compared, Group, Recipient, describe};
use crate::names::Recipients;
use crate::postfix::{
    Delivery, Effect, Hop, HopPolicy, Outcome, Promises, SecurityLevel, TlsPolicy,
};
use crate::report::some_of;
use std::collections::BTreeMap;

/// A target, and what changes there.
pub(super) type Judged<'a> = (&'a Sides<'a>, &'a Compared<'a>);

/// A domain that mail for somebody is for.
pub(super) fn example(of: &Recipients) -> String {
    let key = of.key().to_string();
    let recipient =
        if of.is_subdomains() { Recipient::Subdomains(key) } else { Recipient::Domain(key) };
    recipient.example()
}

pub(super) fn is_named(named: &[Recipients], recipient: &str) -> bool {
    Recipients::parse(recipient).is_ok_and(|it| named.contains(&it))
}

/// The groups of a target that somebody is in.
fn groups_of<'a>(of: &Recipients, compared: &'a Compared<'_>) -> impl Iterator<Item = &'a Group> {
    let named = [of.clone()];
    compared
        .diff
        .groups
        .iter()
        .filter(move |it| it.recipients.iter().any(|name| is_named(&named, name)))
}

/// Whether a target does anything else with mail for somebody that matters.
fn has_effect(of: &Recipients, compared: &Compared<'_>) -> bool {
    groups_of(of, compared).any(|it| it.effect != Effect::Neutral)
}

/// An exception that changes nothing helps nobody, and somebody has to look elsewhere. One that was there before
/// may go on.
///
/// # Errors
///
/// About whom it changes nothing, and what decides.
pub(super) fn without_effect(
    written: &[Written],
    targets: &[Judged<'_>],
    level: SecurityLevel,
) -> Result<(), String> {
    if targets.is_empty() {
        return Err("mxward.yaml names no target, so that no policy is compiled".to_owned());
    }
    for of in written.iter().filter(|it| it.former != Some(level)).map(|it| &it.of) {
        if targets.iter().any(|(_, compared)| has_effect(of, compared)) {
            continue;
        }
        let now = targets.iter().map(|(sides, compared)| {
            let delivery = compared.before.deliver(&example(of));
            format!("{}: {}", sides.target.name.value, describe(&delivery))
        });
        let now: Vec<String> = now.collect();
        return Err(format!(
            "`{level}` would change nothing for `{of}`, whose mail goes out so: {}; `mxward explain` shows why",
            some_of(now.iter().map(String::as_str), 3)
        ));
    }
    Ok(())
}

/// Mail that leaves its way must not go by less than what was asked for, because of what else it meets.
///
/// # Errors
///
/// Whose mail would, and how.
pub(super) fn goes_by_less(
    written: &[Written],
    targets: &[Judged<'_>],
    level: SecurityLevel,
) -> Result<(), String> {
    for (sides, compared) in targets {
        for it in written.iter().filter(|it| has_effect(&it.of, compared)) {
            let delivery = compared.after.deliver(&example(&it.of));
            let keeps = own_hops(&delivery)
                .is_some_and(|mut hops| hops.all(|hop| is_as_asked(hop, it, level)));
            if !keeps {
                return Err(format!(
                    "on target {} mail for `{}` would go out so: {}, which is not by the `{level}` that is asked for; \
                     write the exception by hand, with the `next_hop` or `transport` that its mail shall take",
                    sides.target.name.value,
                    it.of,
                    describe(&delivery)
                ));
            }
        }
    }
    Ok(())
}

/// The next hops that are not from `smtp_fallback_relay`, to which mail goes with and without an exception.
fn own_hops(delivery: &Delivery) -> Option<impl Iterator<Item = &Hop>> {
    let Outcome::Smtp { hops, .. } = &delivery.outcome else { return None };
    Some(hops.iter().filter(|it| !it.is_fallback_relay))
}

/// Whether mail goes there by the policy that was written, or by one that promises as much as its level.
fn is_as_asked(hop: &Hop, written: &Written, level: SecurityLevel) -> bool {
    let HopPolicy::Valid(policy) = &hop.policy else { return false };
    if policy.level == level && hop.policy_key.as_ref().is_some_and(|it| written.is_key(it)) {
        return true;
    }
    let promised = |policy: &TlsPolicy| Promises::of(policy, &hop.next_hop);
    match (promised(policy), promised(&TlsPolicy::new(level))) {
        (Some(there), Some(asked)) => there >= asked,
        // What is not delivered is read by nobody.
        (None, _) => true,
        (Some(_), None) => false,
    }
}

/// Where an exception changes nothing, and mail does not go out as it asks.
pub(super) fn elsewhere(
    named: &[Recipients],
    targets: &[Judged<'_>],
    level: SecurityLevel,
) -> Vec<String> {
    let is_level = |hop: &Hop| matches!(&hop.policy, HopPolicy::Valid(it) if it.level == level);
    let mut notes = Vec::new();
    for (sides, compared) in targets {
        let mut ways: BTreeMap<String, Vec<&Recipients>> = BTreeMap::new();
        for of in named.iter().filter(|of| !has_effect(of, compared)) {
            let delivery = compared.after.deliver(&example(of));
            if !own_hops(&delivery).is_some_and(|mut hops| hops.all(is_level)) {
                ways.entry(describe(&delivery)).or_default().push(of);
            }
        }
        for (way, names) in ways {
            let names: Vec<String> = names.iter().map(ToString::to_string).collect();
            notes.push(format!(
                "on target {} it changes nothing for {}: mail goes out so: {way}",
                sides.target.name.value,
                some_of(names.iter().map(String::as_str), 3)
            ));
        }
    }
    notes
}

/// Where an exception asks for more than what is compiled now, and that was none: right only where something else
/// than these maps makes mail wait.
pub(super) fn stronger(written: &[Written], targets: &[Judged<'_>]) -> Vec<String> {
    let first = written.iter().filter(|it| it.former.is_none());
    let named: Vec<Recipients> = first.map(|it| it.of.clone()).collect();
    let mut notes = Vec::new();
    for (sides, compared) in targets {
        let of_target = compared.diff.groups.iter().filter(|it| it.effect == Effect::Stronger);
        let names: Vec<&str> = of_target
            .flat_map(|it| &it.recipients)
            .filter(|it| is_named(&named, it))
            .map(String::as_str)
            .collect();
        if !names.is_empty() {
            notes.push(format!(
                "on target {} this asks for more than the maps do now, about {}: it helps only where a resolver \
                 for MTA-STS behind them makes mail wait",
                sides.target.name.value,
                some_of(names.into_iter(), 3)
            ));
        }
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Body;
    use crate::postfix::{NextHop, Version};
    use crate::source::{SourceMap, Span};

    fn hop(next_hop: &str, key: Option<&str>, policy: &str) -> Hop {
        Hop {
            next_hop: NextHop::parse(next_hop).unwrap(),
            is_fallback_relay: false,
            policy_key: key.map(Into::into),
            policy: HopPolicy::Valid(TlsPolicy::parse(policy, Version::NEWEST).unwrap()),
        }
    }

    /// Only [`goes_by_less`] stands between an exception and what nobody thought of.
    #[test]
    fn mail_goes_by_what_was_written_or_by_as_much() {
        let of = Recipients::parse("kunde.example").unwrap();
        let body = Body::new(Span::new(SourceMap::new().add("", ""), 0, 0));
        let written = Written::new(&of, "a.yaml", body);
        for (next_hop, key, policy, is_asked) in [
            ("kunde.example", Some("kunde.example"), "encrypt", true),
            ("kunde.example", Some(".example"), "encrypt", true),
            ("kunde.example", None, "may", false),
            ("kunde.example", Some(".example"), "may", false),
            ("[relay.example]", None, "may", false),
            ("[relay.example]", None, "dane", false),
            ("[relay.example]", None, "encrypt", true),
            ("[relay.example]", Some("[relay.example]"), "secure match=relay.example", true),
            ("[192.0.2.1]", Some("[192.0.2.1]"), "may", false),
        ] {
            let hop = hop(next_hop, key, policy);
            let kept = is_as_asked(&hop, &written, SecurityLevel::Encrypt);
            assert_eq!(kept, is_asked, "{next_hop} {policy}");
        }
    }
}
