//! `mxward plan`

mod text;

use super::apply::left_out;
use super::change::{judge, obstacles, open};
use super::changes::{self, Shown, code};
use super::check::denied;
use super::consent::Consented;
use super::probe;
use super::sides::{Computed, texts};
use crate::cli::args::Consent;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::printer::Render;
use crate::deployed::MAPS;
use crate::diag::{Severity, Style};
use crate::plan::{Plan, Refusal, TargetPlan};
use crate::report::{self, Item, Rule};
use crate::source::SourceMap;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// A plan and what is against it, as a report.
pub(super) struct Report<'a> {
    command: &'static str,
    plan: &'a Plan,
    refused: &'a [Refusal],
    /// The targets of the plan, in its order.
    shown: Vec<Shown<'a>>,
    /// What should be known of them, each with its target.
    notes: Vec<(&'a str, String)>,
    /// What the servers of what changes do, where that was asked for.
    probed: Option<&'a probe::Report<'a>>,
}

impl<'a> Report<'a> {
    pub(super) fn new(
        command: &'static str,
        (plan, refused): (&'a Plan, &'a [Refusal]),
        computed: &'a [Computed<'_>],
        sources: &'a SourceMap,
    ) -> Self {
        let shown: Vec<Shown<'_>> = computed.iter().map(|it| it.shown(sources)).collect();
        let notes = computed
            .iter()
            .zip(&shown)
            .filter_map(|(it, shown)| Some((shown.name, changes::overruled(&it.compared.diff)?)));
        let waiting =
            computed.iter().zip(&shown).zip(&plan.targets).flat_map(|((it, shown), plan)| {
                it.waiting(plan).into_iter().map(|note| (shown.name, note))
            });
        let notes = notes.chain(waiting).collect();
        Self { command, plan, refused, shown, notes, probed: None }
    }

    /// Adds what servers do.
    pub(super) fn with_probe(mut self, probed: Option<&'a probe::Report<'a>>) -> Self {
        self.probed = probed;
        self
    }

    /// Whether something is against it.
    pub(super) fn is_refused(&self) -> bool {
        !self.refused.is_empty()
    }

    fn targets(&self) -> impl Iterator<Item = (&Shown<'a>, &TargetPlan)> {
        self.shown.iter().zip(&self.plan.targets)
    }
}

pub(super) fn run(
    context: &mut Context<'_, '_>,
    out: Option<&Path>,
    (exit_code, probe): (bool, bool),
    consent: &Consent,
) -> Result<Exit, Exit> {
    let compiled = context.compile(context.lock_mode())?;
    denied(context, &compiled)?;
    let consented = Consented::read(context, consent)?;
    let mut hosts = context.hosts();
    let opened = open(context, &mut hosts, &compiled, false)?;
    let (sides, mut stores): (Vec<_>, Vec<_>) =
        opened.into_iter().map(|it| (it.sides, it.stores)).unzip();
    let texts = texts(context, &sides, &BTreeMap::new())?;
    let computed: Vec<_> = texts.iter().map(|it| it.compute()).collect();
    let today = context.world.today();
    let (plan, mut refused) = judge(&computed, &texts, &compiled, &consented, today);
    refused.extend(obstacles(context, stores.iter_mut(), &computed)?);
    refused.extend(left_out(&consented, &computed));
    let probed = probe::guard(context, &compiled, &computed, &consented, probe, &mut refused)?;
    let sources = &compiled.repository.sources;
    let report = Report::new("plan", (&plan, &refused), &computed, sources);
    context.printer.report(&report.with_probe(probed.as_ref()));
    if let Some(out) = out
        && let Err(error) = context.world.write(out, plan.write().as_bytes())
    {
        let shown = Context::shown(out);
        context.printer.error(&format!("cannot write `{shown}`: {error}"));
        return Err(Exit::Failed);
    }
    let changes = plan.targets.iter().any(|it| !it.is_empty());
    Ok(match (refused.is_empty(), changes && exit_code) {
        (false, _) => Exit::Refused,
        (true, true) => Exit::Changes,
        (true, false) => Exit::Done,
    })
}

impl Render for Report<'_> {
    fn text(&self, style: &Style) -> String {
        text::text(self, style)
    }

    fn json(&self) -> Value {
        let notes =
            self.notes.iter().map(|(target, note)| json!({ "target": target, "note": note }));
        let mut object = json!({
            "format_version": 1,
            "plan": self.plan,
            "refused": changes::refusals_json(self.refused),
            "notes": notes.collect::<Vec<_>>(),
        });
        if let (Some(probed), Value::Object(object)) = (self.probed, &mut object) {
            object.insert("probe".to_owned(), probed.json());
        }
        object
    }

    fn markdown(&self) -> String {
        text::markdown(self)
    }

    fn findings(&self) -> Option<report::Report> {
        let mut items = changes::items(&self.shown);
        for (name, note) in &self.notes {
            let message = format!("target {}: {note}", code(name));
            items.push(Item::new(Severity::Note, "target/note", message));
        }
        for refusal in self.refused {
            let known = self.shown.iter().find(|it| it.name == refusal.target);
            let item = changes::refusal_item("plan/refused", refusal);
            items.push(known.into_iter().fold(item, |it, shown| it.at(shown.span, shown.sources)));
        }
        for (shown, plan) in self.targets() {
            for (which, map) in MAPS.into_iter().enumerate() {
                let of_map = plan.drift.iter().filter(|it| it.map == map);
                let keys: Vec<&str> = of_map.map(|it| it.what.as_str()).collect();
                items.extend(changes::drift(shown, which, keys.into_iter()));
            }
        }
        let probed = self.probed.and_then(Render::findings);
        items.extend(probed.into_iter().flat_map(|it| it.items));
        let lines =
            self.targets().map(|(it, plan)| format!("{}: {}", it.name, text::summary(plan)));
        let summary = match lines.collect::<Vec<_>>() {
            none if none.is_empty() => "no targets".to_owned(),
            lines => lines.join("; "),
        };
        let mut list = report::Report::new(self.command, summary, items);
        let refused = Rule {
            code: "plan/refused",
            summary: "a guard or protect.yaml stops the plan".to_owned(),
            help: "Nothing is applied while one stands. Correct what it names, or allow it with the flag."
                .to_owned(),
        };
        list.rules = changes::rules().chain([changes::drift_rule(), refused]).collect();
        Some(list)
    }
}
