//! Changes as items of a report, for the commands that compare.

use crate::diag::Severity;
use crate::postfix::Effect;
use crate::report::{Item, Place, Rule, counted, shortened, some_of};
use std::collections::BTreeMap;

/// So many names of an item are shown.
const NAMES: usize = 10;

/// So many characters of what happens before and after are shown; some policies name many hosts.
const PHRASE: usize = 400;

/// What happens to some recipients of one target.
pub(super) struct Change<'a> {
    /// The target's name.
    pub(super) target: &'a str,
    /// What it does to them.
    pub(super) effect: Effect,
    /// The template that they get their entries from.
    pub(super) template: Option<&'a str>,
    /// What happens with their mail before, in a phrase.
    pub(super) before: &'a str,
    /// And after.
    pub(super) after: &'a str,
    /// What differs, where both phrases are the same.
    pub(super) rotated: String,
    /// The recipients, sorted; never empty.
    pub(super) recipients: &'a [String],
    /// The declaration that decides; that of the target, where none does.
    pub(super) place: Option<Place>,
    /// What decides, where no declaration does.
    pub(super) undeclared: Option<String>,
}

/// What makes changes of several targets one item, in the order of the report.
type Key<'a> = (Effect, Option<&'a str>, &'a str, &'a str, &'a [String], String);

/// An item for each change, worst first. What is the same for several targets is said once; of how
/// many `targets` there are in all decides whether they are named.
pub(super) fn items<'a>(
    changes: impl IntoIterator<Item = Change<'a>>,
    targets: usize,
) -> Vec<Item> {
    let mut shared: BTreeMap<Key<'a>, (Change<'a>, Vec<&'a str>)> = BTreeMap::new();
    for change in changes {
        let Change { effect, template, before, after, recipients, .. } = change;
        let key = (effect, template, before, after, recipients, change.rotated.clone());
        let target = change.target;
        shared.entry(key).or_insert_with(|| (change, Vec::new())).1.push(target);
    }
    let name_targets = targets > 1;
    shared.into_values().map(|(change, targets)| item(change, &targets, name_targets)).collect()
}

fn item(change: Change<'_>, targets: &[&str], name_targets: bool) -> Item {
    let Change { effect, before, after, recipients, .. } = change;
    let whom = match recipients {
        // `(every other domain)` is no name.
        [only] if only.starts_with('(') => only.trim_matches(['(', ')']).to_owned(),
        [only] => code(only),
        list => counted(list.len(), "domain"),
    };
    let template = change.template.unwrap_or_default();
    let of = if template.is_empty() { "" } else { &format!(" of template {}", code(template)) };
    let what = if before == after {
        change.rotated
    } else {
        let [before, after] = [before, after].map(|it| code(&shortened(it, PHRASE)));
        format!("{before} becomes {after}")
    };
    let message = format!("{effect} for {whom}{of}: {what}");
    let identity = format!("{template}\0{before}\0{after}\0{}", targets.join("\0"));
    let mut item = Item::new(severity(effect), rule(effect)[0], message).same_by(identity);
    item.place = change.place;
    if recipients.len() > 1 {
        let names = some_of(recipients.iter().map(String::as_str), NAMES);
        item = item.detail(format!("domains: {names}"));
    }
    if name_targets {
        let noun = if targets.len() == 1 { "target" } else { "targets" };
        item = item.detail(format!("{noun}: {}", some_of(targets.iter().copied(), NAMES)));
    }
    change.undeclared.into_iter().fold(item, Item::detail)
}

/// A value as messages show it.
pub(super) fn code(value: &str) -> String {
    format!("`{}`", value.replace('`', "'"))
}

/// What the codes of changes mean.
pub(super) fn rules() -> impl Iterator<Item = Rule> {
    let rules = Effect::ALL.iter().map(|effect| rule(*effect));
    rules.map(|[code, summary, help]| Rule {
        code,
        summary: summary.to_owned(),
        help: help.to_owned(),
    })
}

fn severity(effect: Effect) -> Severity {
    match effect {
        Effect::Breaks | Effect::Weaker => Severity::Error,
        Effect::Different => Severity::Warning,
        Effect::Stronger | Effect::Neutral => Severity::Note,
    }
}

/// The code of an effect, what is found, and what to do.
fn rule(effect: Effect) -> [&'static str; 3] {
    match effect {
        Effect::Breaks => [
            "change/breaks",
            "mail that was delivered would be deferred or returned",
            "Postfix refuses the new entry, or no server can satisfy it. Correct the entry before it is deployed.",
        ],
        Effect::Weaker => [
            "change/weaker",
            "an attacker on the path could do more than before",
            "The new policy promises less than the deployed one. Accept it only where that is meant, and say why beside the domain with `reason`.",
        ],
        Effect::Different => [
            "change/different",
            "neither stronger nor weaker than before",
            "Another trust root decides, or mail starts to flow that did not. Check that the new one is meant.",
        ],
        Effect::Stronger => [
            "change/stronger",
            "an attacker on the path could do less than before",
            "Mail is deferred where servers do not satisfy the new policy. Nothing to do if they do.",
        ],
        Effect::Neutral => [
            "change/neutral",
            "nothing that an attacker would notice",
            "Addresses have changed, or the same is written in another way. Nothing to do.",
        ],
    }
}
