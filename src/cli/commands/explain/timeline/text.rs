//! The phases, for people.

use super::{Begin, Phase, Report, Timeline};
use crate::cli::page::Page;
use crate::diag::Style;
use crate::explain::{Lookup, meaning};
use crate::postfix::{Effect, Outcome};
use anstyle::{AnsiColor, Style as Paint};

pub(super) fn text(report: &Report, style: &Style) -> String {
    let mut page = Page::new(style);
    for (at, target) in report.targets.iter().enumerate() {
        if at > 0 {
            page.line("");
        }
        page.heading(&format!("target {}: mail for {}", target.target, report.recipient));
        timeline(&mut page, target);
    }
    page.text
}

fn timeline(page: &mut Page<'_>, target: &Timeline) {
    if let Some(resolver) = &target.left_to {
        page.paragraph(2, &format!("declared with leave_to: {resolver}, so mxward emits nothing"));
    }
    for phase in &target.phases {
        page.line("");
        page.paragraph(0, &title(phase, target));
        match &phase.step {
            Begin::Step { .. } if !phase.changes => page.line("    as before"),
            Begin::After if target.phases.len() == 2 && !phase.changes => {
                page.line("    as now");
            }
            Begin::After if !phase.changes => verdict(page, phase),
            Begin::Now | Begin::Step { .. } | Begin::After => {
                lookups(page, phase, target);
                if !matches!(phase.step, Begin::Now) {
                    verdict(page, phase);
                }
            }
        }
    }
}

fn title(phase: &Phase, target: &Timeline) -> String {
    match &phase.step {
        Begin::Now => "now".to_owned(),
        Begin::Step { number, map, what } => {
            format!("step {number}, {}: {what}", map.as_str())
        }
        Begin::After if !target.exposed.is_empty() => {
            let whom = match target.exposed.as_slice() {
                [only] => only.clone(),
                list => format!("{} domains", list.len()),
            };
            format!(
                "after, if there were a safe order of steps: there is none for {whom}, so apply is refused"
            )
        }
        Begin::After => "after".to_owned(),
    }
}

/// The entries that decide, and what they mean.
fn lookups(page: &mut Page<'_>, phase: &Phase, target: &Timeline) {
    let explanation = &phase.explanation;
    let found = explanation.transport.iter().find(|it| it.found.is_some());
    if let Some(found) = found {
        entry(page, 4, found);
    }
    match &explanation.delivery.outcome {
        Outcome::Smtp { hops, .. } => {
            for (hop, asked) in hops.iter().zip(&explanation.policies) {
                let what = match (hop.next_hop.bare_domain(), hop.is_fallback_relay) {
                    (_, true) => ", the smtp_fallback_relay",
                    (Some(_), false) => ", by its MX records",
                    (None, false) => "",
                };
                page.paragraph(4, &format!("{}{what}", hop.next_hop));
                match asked.iter().find(|it| it.found.is_some()) {
                    Some(found) => entry(page, 6, found),
                    None => page.paragraph(
                        6,
                        &format!("no entry: smtp_tls_security_level = {}", target.security_level),
                    ),
                }
                page.paragraph(6, &format!("=> {}", meaning(&hop.policy, &hop.next_hop)));
            }
        }
        Outcome::Other(transport) => page.paragraph(
            4,
            &format!("to the service `{}`, where no policy applies", transport.service),
        ),
        Outcome::Fatal(error) => page.paragraph(
            4,
            &format!("smtp(8) ends with a fatal error, and all its mail waits: {error}"),
        ),
    }
}

fn entry(page: &mut Page<'_>, indent: usize, lookup: &Lookup<String>) {
    if let Some((value, place)) = &lookup.found {
        page.paragraph(indent, &format!("{}: {value}", lookup.key));
        page.paragraph(indent + 4, &format!("from {place}"));
    }
}

/// What is different from now.
fn verdict(page: &mut Page<'_>, phase: &Phase) {
    let (word, paint) = match phase.effect {
        None => ("as now", Paint::new()),
        Some(Effect::Breaks) => ("breaks what is now", AnsiColor::Red.on_default().bold()),
        Some(Effect::Weaker) => ("weaker than now", AnsiColor::Red.on_default().bold()),
        Some(Effect::Different) => ("different from now", AnsiColor::Yellow.on_default().bold()),
        Some(Effect::Stronger) => ("stronger than now", AnsiColor::Green.on_default().bold()),
        Some(Effect::Neutral) => ("as safe as now", Paint::new()),
    };
    let word = page.paint(paint, word);
    page.line(&format!("    {word}: {}", crate::diag::printable(&phase.summary)));
}
