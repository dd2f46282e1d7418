//! What happens with mail for a recipient in each phase of an apply.

mod text;

use super::{outcome, place, read};
use crate::cli::commands::diff::output;
use crate::cli::commands::sides::{Computed, Sides, Texts};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::printer::Render;
use crate::compile::Compiled;
use crate::diag::Style;
use crate::diff::{Entries, Side, describe, find};
use crate::explain::{Explanation, Recipient, explain};
use crate::formats::MapEntry;
use crate::model::Target;
use crate::plan::Which;
use crate::postfix::Effect;
use crate::source::SourceMap;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// What happens with mail for a recipient, for every target.
struct Report {
    recipient: Recipient,
    targets: Vec<Timeline>,
}

/// What happens on one target.
struct Timeline {
    target: String,
    security_level: &'static str,
    /// The resolver that a declaration leaves the recipient to.
    left_to: Option<String>,
    /// Now, after each step, and at the end.
    phases: Vec<Phase>,
    /// Recipients that no order of steps keeps safe; an apply is refused where there are any.
    exposed: Vec<String>,
}

/// One phase.
struct Phase {
    /// What is done at its beginning.
    step: Begin,
    /// The lookups, and what comes of them.
    explanation: Explanation<String>,
    /// What happens, in few words.
    summary: String,
    /// What is different from now; `None` when nothing is.
    effect: Option<Effect>,
    /// Whether it is treated otherwise than in the phase before.
    changes: bool,
}

/// How a phase begins.
enum Begin {
    /// Nothing was done yet.
    Now,
    /// With a step, by its number from 1.
    Step { number: usize, map: Which, what: &'static str },
    /// Everything is done.
    After,
}

pub(super) fn run(
    context: &mut Context<'_, '_>,
    compiled: &Compiled,
    targets: &[&Target],
    recipient: Recipient,
) -> Result<Exit, Exit> {
    let mut hosts = context.hosts();
    let mut timelines = Vec::with_capacity(targets.len());
    for target in targets {
        let deployed = read(context, &mut hosts, target)?;
        let after = output(context, compiled, target)?;
        let before = ([deployed.transport, deployed.tls_policy], target.settings());
        let sides = Sides::new(target, before, after);
        let texts = sides.texts(context.world.now(), &BTreeSet::new()).map_err(|why| {
            context.printer.error(&format!("target `{}`: {why}", target.name.value));
            Exit::Failed
        })?;
        let sources = &compiled.repository.sources;
        let timeline = Timeline::new(&texts, &texts.compute(), &recipient, sources);
        let left_to = compiled.left_to(&recipient.domain).map(str::to_owned);
        timelines.push(Timeline { left_to, ..timeline });
    }
    context.printer.report(&Report { recipient, targets: timelines });
    Ok(Exit::Done)
}

impl Timeline {
    fn new(
        texts: &Texts<'_>,
        computed: &Computed<'_>,
        recipient: &Recipient,
        sources: &SourceMap,
    ) -> Self {
        let target = &texts.sides.target;
        let (before, after) = (&computed.compared.before, &computed.compared.after);
        let place_of = |map: Which, line: &MapEntry<'_>| {
            let (wanted, old, deployed) = match map {
                Which::Transport => (&after.transport, &before.transport, &texts.sides.before[0]),
                Which::TlsPolicy => (&after.tls_policy, &before.tls_policy, &texts.sides.before[1]),
            };
            let is_new = find(wanted, &line.key).is_some_and(|it| it.value == line.value);
            let origin = texts.sides.origin(map, &line.key).filter(|_| is_new);
            match (origin, find(old, &line.key)) {
                (Some(origin), _) => place(&origin, sources),
                (None, Some(old)) if deployed.has_lines => {
                    format!("{}:{}", deployed.name, old.line)
                }
                (None, _) => deployed.name.clone(),
            }
        };
        let explained = |side: &Side<'_>| {
            let transport = |key: &str| {
                let line = find(&side.transport, key)?;
                Some((&*line.value, place_of(Which::Transport, line)))
            };
            let tls_policy = |key: &str| {
                let line = find(&side.tls_policy, key)?;
                Some((&*line.value, place_of(Which::TlsPolicy, line)))
            };
            explain(recipient, &transport, &tls_policy, side.settings)
        };
        let now = explained(before);
        let mut phases = vec![Phase::new(Begin::Now, now.clone(), &now, None)];
        let steps = computed.steps.as_deref().unwrap_or_default();
        let (mut transport, mut tls_policy) = (&*before.transport, &*before.tls_policy);
        for (number, step) in (1..).zip(steps) {
            match step.map {
                Which::Transport => transport = &step.lines,
                Which::TlsPolicy => tls_policy = &step.lines,
            }
            let side = Side {
                transport: Entries::Borrowed(transport),
                tls_policy: Entries::Borrowed(tls_policy),
                settings: after.settings,
            };
            let begin = Begin::Step { number, map: step.map, what: step.what };
            phases.push(Phase::new(begin, explained(&side), &now, phases.last()));
        }
        phases.push(Phase::new(Begin::After, explained(after), &now, phases.last()));
        let exposed = computed.steps.as_ref().err().into_iter().flatten();
        Self {
            target: target.name.value.clone(),
            security_level: target.security_level.value.as_str(),
            left_to: None,
            phases,
            exposed: exposed.map(|it| it.recipient.clone()).collect(),
        }
    }
}

impl Phase {
    fn new(
        step: Begin,
        explanation: Explanation<String>,
        now: &Explanation<String>,
        previous: Option<&Self>,
    ) -> Self {
        let (old, new) = (&now.delivery, &explanation.delivery);
        let alike = |a: &Explanation<String>| a.delivery.outcome.treats_alike(&new.outcome);
        Self {
            effect: (!alike(now)).then(|| Effect::between(old, new)),
            changes: previous.is_some_and(|it| !alike(&it.explanation)),
            summary: describe(new),
            step,
            explanation,
        }
    }

    fn json(&self) -> Value {
        let mut object = Map::new();
        let phase = match &self.step {
            Begin::Now => "now",
            Begin::Step { number, map, what } => {
                object.insert("step".to_owned(), (*number).into());
                object.insert("map".to_owned(), map.as_str().into());
                object.insert("what".to_owned(), (*what).into());
                "step"
            }
            Begin::After => "after",
        };
        object.insert("phase".to_owned(), phase.into());
        object.insert("changes".to_owned(), self.changes.into());
        object.insert("effect".to_owned(), self.effect.map(Effect::as_str).into());
        object.insert("summary".to_owned(), self.summary.as_str().into());
        outcome(&self.explanation, &mut object);
        Value::Object(object)
    }
}

impl Render for Report {
    fn text(&self, style: &Style) -> String {
        text::text(self, style)
    }

    fn json(&self) -> Value {
        let targets = self.targets.iter().map(|it| {
            json!({
                "target": it.target,
                "security_level": it.security_level,
                "leave_to": it.left_to,
                "phases": it.phases.iter().map(Phase::json).collect::<Vec<_>>(),
                "exposed": it.exposed,
            })
        });
        json!({
            "format_version": 1,
            "recipient": self.recipient.to_string(),
            "targets": targets.collect::<Vec<_>>(),
        })
    }

    fn markdown(&self) -> String {
        let text = text::text(self, &Style::default());
        // Four backticks: nothing in a map or a name ends the block.
        format!("### mxward explain --timeline\n\n````text\n{text}````\n")
    }
}
