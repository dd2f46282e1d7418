//! Changes of targets, for the commands that compare: as text, as Markdown and as items of a report.

mod drift;
mod markdown;
mod refused;
mod text;

pub(super) use drift::{drift, drift_rule};
pub(super) use markdown::{rows, table};
pub(super) use refused::{refusal_item, refusals, refusals_json};
pub(super) use text::{changes, summaries};

use crate::diag::Severity;
use crate::diff::{Cause, Diff, Group};
use crate::postfix::Effect;
use crate::report::{Item, Place, Rule, counted, shortened, some_of, thousands};
use crate::source::{SourceMap, Span};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// So many names of an item are shown.
const NAMES: usize = 10;

/// So many addresses of a change are shown.
const ADDRESSES: usize = 8;

/// So many characters of what happens before and after are shown; some policies name many hosts.
const PHRASE: usize = 400;

/// A target whose changes are shown.
#[derive(Clone, Copy)]
pub(super) struct Shown<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// Where it is declared.
    pub(super) span: Span,
    /// Its recipients that are treated otherwise than before, worst first.
    pub(super) groups: &'a [Group],
    /// The names of both maps as they are before.
    pub(super) files: [&'a str; 2],
    /// Whether the lines of each map have numbers that mean something.
    pub(super) has_lines: [bool; 2],
    /// The files of the repository.
    pub(super) sources: &'a SourceMap,
}

/// What happens to some recipients of one target.
struct Change<'a> {
    /// The target's name.
    target: &'a str,
    /// What happens to whom.
    group: &'a Group,
    /// The declaration that decides; that of the target, where none does.
    place: Place,
    /// Where it is decided, in words.
    decided: String,
}

impl<'a> Shown<'a> {
    /// Its changes, in their order.
    fn changes(self) -> impl Iterator<Item = Change<'a>> {
        self.groups.iter().map(move |group| self.change(group))
    }

    /// One of its changes.
    fn change(&self, group: &'a Group) -> Change<'a> {
        let (span, decided) = match group.cause {
            Cause::Declared(span) => (span, self.sources.place(span)),
            Cause::Deployed(map, line) => {
                let at = usize::from(map != "transport");
                let file = self.files[at];
                let line = if self.has_lines[at] {
                    format!("{file}:{line}")
                } else {
                    format!("in {file}")
                };
                (self.span, format!("not declared any more ({line})"))
            }
            Cause::Settings => (self.span, "by the settings of the target".to_owned()),
        };
        Change { target: self.name, group, place: Place::of(span, self.sources), decided }
    }
}

impl Change<'_> {
    /// What differs where what happens is described alike.
    fn rotated(&self) -> Option<String> {
        let Group { before, after, new_addresses, old_addresses, .. } = self.group;
        if before != after {
            return None;
        }
        let signed = |sign: char, word: &str, list: &BTreeSet<String>| {
            let names: Vec<String> = list.iter().map(|it| format!("{sign}{it}")).collect();
            let shown = some_of(names.iter().map(String::as_str), ADDRESSES);
            (!list.is_empty())
                .then(|| format!("{} {word}: {shown}", counted(list.len(), "address")))
        };
        let parts = [signed('+', "added", new_addresses), signed('-', "removed", old_addresses)];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        let is_order = parts.is_empty();
        Some(if is_order {
            "the same in another order or spelling".to_owned()
        } else {
            parts.join("; ")
        })
    }
}

/// `2 weaker, 3 stronger`, or what there is to say otherwise.
pub(super) fn summary(count: impl Fn(Effect) -> usize, is_change: bool) -> String {
    let counts = counts(Effect::ALL.iter().map(|effect| (count(*effect), effect.as_str())));
    match (counts.is_empty(), is_change) {
        (false, _) => counts,
        (true, true) => "entries change, without effect on any domain".to_owned(),
        (true, false) => "no changes".to_owned(),
    }
}

/// `2 weaker, 3 stronger`; empty where all counts are 0.
pub(super) fn counts<'w>(counts: impl Iterator<Item = (usize, &'w str)>) -> String {
    let counts = counts.filter(|(count, _)| *count > 0);
    let counts = counts.map(|(count, word)| format!("{} {word}", thousands(count)));
    counts.collect::<Vec<_>>().join(", ")
}

/// Groups of recipients for programs.
pub(super) fn groups_json(groups: &[Group]) -> Vec<Value> {
    let group = |it: &Group| {
        json!({
            "effect": it.effect.as_str(),
            "recipients": it.recipients,
            "before": it.before,
            "after": it.after,
        })
    };
    groups.iter().map(group).collect()
}

/// Says about whom entries that stay decide otherwise than what is declared.
pub(super) fn overruled(diff: &Diff) -> Option<String> {
    let list = &diff.overruled;
    let names = some_of(list.iter().map(String::as_str), NAMES);
    let domains = counted(list.len(), "domain");
    let says = format!(
        "foreign entries, which stay, decide otherwise than declared about {domains}: {names}"
    );
    (!list.is_empty()).then_some(says)
}

/// What makes changes of several targets one item, in the order of the report.
type Key<'a> = (Effect, Option<&'a str>, &'a str, &'a str, &'a [String], Option<String>);

/// An item for each change, worst first. What is the same for several targets is said once; they are
/// named where there is more than one in all.
pub(super) fn items<'a>(targets: &[Shown<'a>]) -> Vec<Item> {
    let mut shared: BTreeMap<Key<'a>, (Change<'a>, Vec<&'a str>)> = BTreeMap::new();
    for change in targets.iter().flat_map(|it| it.changes()) {
        let Group { effect, template, before, after, recipients, .. } = change.group;
        let rotated = change.rotated();
        let key = (*effect, template.as_deref(), &**before, &**after, &**recipients, rotated);
        let target = change.target;
        shared.entry(key).or_insert_with(|| (change, Vec::new())).1.push(target);
    }
    let name_targets = targets.len() > 1;
    shared.into_values().map(|(change, targets)| item(change, &targets, name_targets)).collect()
}

fn item(change: Change<'_>, targets: &[&str], name_targets: bool) -> Item {
    let Group { effect, before, after, recipients, .. } = change.group;
    let whom = match &**recipients {
        // `(every other domain)` is no name.
        [only] if only.starts_with('(') => only.trim_matches(['(', ')']).to_owned(),
        [only] => code(only),
        list => counted(list.len(), "domain"),
    };
    let template = change.group.template.as_deref().unwrap_or_default();
    let of = if template.is_empty() { "" } else { &format!(" of template {}", code(template)) };
    let what = change.rotated().unwrap_or_else(|| {
        let [before, after] = [before, after].map(|it| code(&shortened(it, PHRASE)));
        format!("{before} becomes {after}")
    });
    let message = format!("{effect} for {whom}{of}: {what}");
    let identity = format!("{template}\0{before}\0{after}\0{}", targets.join("\0"));
    let mut item = Item::new(severity(*effect), rule(*effect)[0], message).same_by(identity);
    item.place = Some(change.place);
    if recipients.len() > 1 {
        let names = some_of(recipients.iter().map(String::as_str), NAMES);
        item = item.detail(format!("domains: {names}"));
    }
    if name_targets {
        let noun = if targets.len() == 1 { "target" } else { "targets" };
        item = item.detail(format!("{noun}: {}", some_of(targets.iter().copied(), NAMES)));
    }
    let is_declared = matches!(change.group.cause, Cause::Declared(_));
    if is_declared { item } else { item.detail(change.decided) }
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
            "an attacker could do more than before",
            "The new policy promises less than the deployed one. Accept it only where that is meant, and say why beside the domain with `reason`.",
        ],
        Effect::Different => [
            "change/different",
            "neither stronger nor weaker than before",
            "Another trust root decides, or mail starts to flow that did not. Check that the new one is meant.",
        ],
        Effect::Stronger => [
            "change/stronger",
            "an attacker could do less than before",
            "Mail is deferred where servers do not satisfy the new policy. Nothing to do if they do.",
        ],
        Effect::Neutral => [
            "change/neutral",
            "nothing that an attacker would notice",
            "Addresses have changed, or the same is written in another way. Nothing to do.",
        ],
    }
}
