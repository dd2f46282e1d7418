//! What changes, for platforms: an item for each group of domains.

use super::text::reason;
use super::{Outcome, Report, TargetReport};
use crate::cli::commands::changes::{self, Shown, code};
use crate::diag::Severity;
use crate::diff::{Drift, MapDiff};
use crate::postfix::main_cf;
use crate::report::{self, Item, Rule, counted, shortened, thousands};

/// So many lines of an item are shown.
const LINES: usize = 10;

/// So many characters of a deployed line are shown.
const LINE: usize = 100;

/// An item for each group, and for what should be known of how a target was compared.
pub(super) fn findings(report: &Report<'_>) -> report::Report {
    let shown: Vec<Shown<'_>> = report.targets.iter().map(|it| it.shown(report.sources)).collect();
    let mut items = changes::items(&shown);
    for (target, shown) in report.targets.iter().zip(&shown) {
        if let Some(compared) = target.compared() {
            let maps = [&compared.diff.transport, &compared.diff.tls_policy];
            for (which, map) in maps.into_iter().enumerate() {
                let keys: Vec<String> = map.drift.iter().map(Drift::to_string).collect();
                items.extend(changes::drift(shown, which, keys.iter().map(String::as_str)));
            }
        }
        remarks(target, report, &mut items);
    }
    let lines = report.targets.iter().map(|it| format!("{}: {}", it.name, it.summary()));
    let summary = match lines.collect::<Vec<_>>() {
        none if none.is_empty() => "no targets".to_owned(),
        lines => lines.join("; "),
    };
    let own = RULES.iter().map(|[code, summary, help]| Rule {
        code,
        summary: (*summary).to_owned(),
        help: (*help).to_owned(),
    });
    let mut list = report::Report::new("diff", summary, items);
    list.rules = changes::rules().chain([changes::drift_rule()]).chain(own).collect();
    list
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
                push(Severity::Note, "target/note", format!("target {name}: {note}"), Vec::new());
            }
            for difference in target.main_cf_faults() {
                let severity = match difference.severity {
                    main_cf::Severity::Breaks | main_cf::Severity::Weaker => Severity::Error,
                    main_cf::Severity::Different => Severity::Warning,
                    main_cf::Severity::Note => Severity::Note,
                };
                let message = format!("target {name}: {difference}");
                let details = difference.command.iter().map(|it| format!("run {}", code(it)));
                push(severity, "target/main-cf", message, details.collect());
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
            push(Severity::Note, "target/not-deployed", message, Vec::new());
        }
        Outcome::Unread(_) => {
            let message = format!("target {name} was {}", target.summary());
            push(Severity::Error, "target/unread", message, Vec::new());
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
        ("map/misleading-lines", misleading, ignored.collect()),
        ("map/dead-entries", format!("{entries} that no lookup asks for"), dead.collect()),
    ]
}

fn some_lines(mut lines: Vec<String>) -> Vec<String> {
    let rest = lines.len().saturating_sub(LINES);
    if rest > 1 {
        lines.truncate(LINES);
        lines.push(format!("and {} more", thousands(rest)));
    }
    lines
}

/// What the codes of remarks mean: the code, what is found, and what to do.
const RULES: &[[&str; 3]] = &[
    [
        "target/unread",
        "a target was not compared, since its maps could not be read",
        "Nothing is known of what would change there.",
    ],
    [
        "target/not-deployed",
        "a target was not compared, since it does not say where its maps are",
        "Set `deployed` for the target.",
    ],
    [
        "target/main-cf",
        "the Postfix beside the maps is not as they need it",
        "What the maps promise does not hold until main.cf is changed; mxward does not change it. Run the command, then `postfix reload`.",
    ],
    ["target/note", "how the maps of a target were read", "Worth knowing."],
    [
        "map/misleading-lines",
        "lines of a deployed map that do not do what they seem to",
        "Postfix passes over them, or reads them otherwise than they look. Remove or correct them.",
    ],
    [
        "map/dead-entries",
        "entries of a deployed map that no lookup asks for",
        "They protect nobody. Put them under the next hop that mail is really sent to, or remove them.",
    ],
];
