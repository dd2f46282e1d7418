//! What changes, for platforms: an item for each group of domains.

use super::text::{place, reason, rotated};
use super::{Compared, Outcome, Report, TargetReport};
use crate::diag::Severity;
use crate::diff::{Cause, Group, MapDiff};
use crate::postfix::Effect;
use crate::postfix::main_cf;
use crate::report::{self, Item, Rule, counted, shortened, some_of, thousands};
use std::collections::{BTreeMap, BTreeSet};

/// So many names or lines of an item are shown.
const SHOWN: usize = 10;

/// So many characters of what happens before and after are shown; some policies name many hosts.
const PHRASE: usize = 400;

/// So many characters of a deployed line are shown.
const LINE: usize = 100;

/// What makes groups of several targets one item, in the order of the report.
type Key<'a> = (
    Effect,
    Option<&'a str>,
    &'a str,
    &'a str,
    &'a [String],
    &'a BTreeSet<String>,
    &'a BTreeSet<String>,
);

/// A group with the targets that see it.
struct Shared<'a> {
    group: &'a Group,
    /// The first target.
    first: (&'a TargetReport, &'a Compared),
    targets: Vec<&'a str>,
}

/// An item for each group, and for what should be known of how a target was compared. What is the
/// same for several targets is said once.
pub(super) fn findings(report: &Report<'_>) -> report::Report {
    let mut groups: BTreeMap<Key<'_>, Shared<'_>> = BTreeMap::new();
    let mut others = Vec::new();
    for target in &report.targets {
        remarks(target, report, &mut others);
        let Some(compared) = target.compared() else { continue };
        for group in &compared.diff.groups {
            let first = (target, compared);
            let shared = groups.entry(key(group)).or_insert_with(|| Shared {
                group,
                first,
                targets: Vec::new(),
            });
            shared.targets.push(&target.name);
        }
    }
    let mut items: Vec<Item> = groups.values().map(|it| item(it, report)).collect();
    items.append(&mut others);
    let lines = report.targets.iter().map(|it| format!("{}: {}", it.name, it.summary()));
    let summary = match lines.collect::<Vec<_>>() {
        none if none.is_empty() => "no targets".to_owned(),
        lines => lines.join("; "),
    };
    let rules = RULES.iter().map(|[code, summary, help]| Rule {
        code,
        summary: (*summary).to_owned(),
        help: (*help).to_owned(),
    });
    report::Report { rules: rules.collect(), ..report::Report::new("diff", summary, items) }
}

fn key(group: &Group) -> Key<'_> {
    (
        group.effect,
        group.template.as_deref(),
        &group.before,
        &group.after,
        &group.recipients,
        &group.new_addresses,
        &group.old_addresses,
    )
}

fn item(shared: &Shared<'_>, report: &Report<'_>) -> Item {
    let Shared { group, first: (target, compared), targets } = shared;
    let severity = match group.effect {
        Effect::Breaks | Effect::Weaker => Severity::Error,
        Effect::Different => Severity::Warning,
        Effect::Stronger | Effect::Neutral => Severity::Note,
    };
    let whom = match group.recipients.as_slice() {
        // `(every other domain)` is no name.
        [only] if only.starts_with('(') => only.trim_matches(['(', ')']).to_owned(),
        [only] => code(only),
        list => counted(list.len(), "domain"),
    };
    let template = group.template.as_deref();
    let template = template.map_or_else(String::new, |it| format!(" of template {}", code(it)));
    let what = if group.before == group.after {
        rotated(group)
    } else {
        format!(
            "{} becomes {}",
            code(&shortened(&group.before, PHRASE)),
            code(&shortened(&group.after, PHRASE))
        )
    };
    let message = format!("{} for {whom}{template}: {what}", group.effect);
    let identity = [group.template.as_deref().unwrap_or_default(), &group.before, &group.after];
    let identity = format!("{}\0{}", identity.join("\0"), targets.join("\0"));
    let mut item = Item::new(severity, rule(group.effect), message).same_by(identity);
    if group.recipients.len() > 1 {
        let names = some_of(group.recipients.iter().map(String::as_str), SHOWN);
        item = item.detail(format!("domains: {names}"));
    }
    if report.targets.len() > 1 {
        let noun = if targets.len() == 1 { "target" } else { "targets" };
        item = item.detail(format!("{noun}: {}", some_of(targets.iter().copied(), SHOWN)));
    }
    match group.cause {
        Cause::Declared(span) => item.at(span, report.sources),
        Cause::Deployed(..) | Cause::Settings => item
            .detail(place(group.cause, compared, report.sources))
            .at(target.span, report.sources),
    }
}

/// What should be known of how a target was compared, and of lines that are there.
fn remarks(target: &TargetReport, report: &Report<'_>, items: &mut Vec<Item>) {
    let name = code(&target.name);
    let mut push = |severity, rule, message: String, details: Vec<String>| {
        let item = Item::new(severity, rule, message).at(target.span, report.sources);
        items.push(details.into_iter().fold(item, Item::detail));
    };
    match &target.outcome {
        Outcome::Compared(compared) => {
            for note in &target.notes {
                push(Severity::Note, "diff/note", format!("target {name}: {note}"), Vec::new());
            }
            for difference in target.main_cf_faults() {
                let severity = match difference.severity {
                    main_cf::Severity::Breaks | main_cf::Severity::Weaker => Severity::Error,
                    main_cf::Severity::Different => Severity::Warning,
                    main_cf::Severity::Note => Severity::Note,
                };
                let message = format!("target {name}: {difference}");
                let details = difference.command.iter().map(|it| format!("run {}", code(it)));
                push(severity, "diff/main-cf", message, details.collect());
            }
            let maps = [&compared.diff.transport, &compared.diff.tls_policy];
            for (map, file) in maps.into_iter().zip(&compared.names) {
                for (rule, what, lines) in lines(map) {
                    if lines.is_empty() {
                        continue;
                    }
                    let message = format!("target {name}: {} has {what}", code(file));
                    push(Severity::Note, rule, message, some_lines(lines));
                }
            }
        }
        Outcome::NotDeployed => {
            let message = format!("target {name} was {}", target.summary());
            push(Severity::Note, "diff/not-deployed", message, Vec::new());
        }
        Outcome::Unread(_) => {
            let message = format!("target {name} was {}", target.summary());
            push(Severity::Error, "diff/unread", message, Vec::new());
        }
    }
}

/// Deployed lines to know of: the code, what is said of them, and each of them.
fn lines(map: &MapDiff) -> [(&'static str, String, Vec<String>); 2] {
    let ignored = map.ignored.iter().map(|it| {
        let text = code(&shortened(&it.text, LINE));
        format!("line {}: {text} ({})", it.line, reason(&it.kind))
    });
    let dead = map.dead.iter().map(|it| format!("line {}: {}", it.line, code(&it.key)));
    let misleading = counted(ignored.len(), "misleading line");
    let entries = counted(dead.len(), "entry");
    [
        ("diff/misleading-lines", misleading, ignored.collect()),
        ("diff/dead-entries", format!("{entries} that no lookup asks for"), dead.collect()),
    ]
}

fn some_lines(mut lines: Vec<String>) -> Vec<String> {
    let rest = lines.len().saturating_sub(SHOWN);
    if rest > 1 {
        lines.truncate(SHOWN);
        lines.push(format!("and {} more", thousands(rest)));
    }
    lines
}

/// A value as messages show it.
fn code(value: &str) -> String {
    format!("`{}`", value.replace('`', "'"))
}

fn rule(effect: Effect) -> &'static str {
    match effect {
        Effect::Breaks => "diff/breaks",
        Effect::Weaker => "diff/weaker",
        Effect::Different => "diff/different",
        Effect::Stronger => "diff/stronger",
        Effect::Neutral => "diff/neutral",
    }
}

/// What the codes mean: the code, what is found, and what to do.
const RULES: &[[&str; 3]] = &[
    [
        "diff/breaks",
        "mail that was delivered would be deferred or returned",
        "Postfix refuses the new entry, or no server can satisfy it. Correct the entry before it is deployed.",
    ],
    [
        "diff/weaker",
        "an attacker on the path could do more than before",
        "The new policy promises less than the deployed one. Accept it only where that is meant, and say why beside the domain with `reason`.",
    ],
    [
        "diff/different",
        "neither stronger nor weaker than before",
        "Another trust root decides, or mail starts to flow that did not. Check that the new one is meant.",
    ],
    [
        "diff/stronger",
        "an attacker on the path could do less than before",
        "Mail is deferred where servers do not satisfy the new policy. Nothing to do if they do.",
    ],
    [
        "diff/neutral",
        "nothing that an attacker would notice",
        "Addresses have changed, or the same is written in another way. Nothing to do.",
    ],
    [
        "diff/unread",
        "a target was not compared, since its maps could not be read",
        "Nothing is known of what would change there.",
    ],
    [
        "diff/not-deployed",
        "a target was not compared, since it does not say where its maps are",
        "Set `deployed` for the target.",
    ],
    [
        "diff/main-cf",
        "the Postfix beside the maps is not as they need it",
        "What the maps promise does not hold until main.cf is changed; mxward does not change it. Run the command, then `postfix reload`.",
    ],
    ["diff/note", "how the maps of a target were read", "Worth knowing."],
    [
        "diff/misleading-lines",
        "lines of a deployed map that do not do what they seem to",
        "Postfix passes over them, or reads them otherwise than they look. Remove or correct them.",
    ],
    [
        "diff/dead-entries",
        "entries of a deployed map that no lookup asks for",
        "They protect nobody. Put them under the next hop that mail is really sent to, or remove them.",
    ],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_effect_is_explained() {
        for effect in Effect::ALL {
            assert!(RULES.iter().any(|[code, ..]| *code == rule(*effect)));
        }
    }
}
