//! `mxward plan`

pub(super) mod text;

use super::change::{judge, open};
use super::consent::Consented;
use crate::cli::args::Consent;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::printer::Render;
use crate::diag::Style;
use crate::plan::{Plan, Refusal};
use serde_json::{Value, json};
use std::path::Path;

/// A plan and what is against it, as a report.
pub(super) struct Report<'a> {
    pub(super) plan: &'a Plan,
    pub(super) refused: &'a [Refusal],
}

pub(super) fn run(
    context: &mut Context<'_, '_>,
    out: Option<&Path>,
    exit_code: bool,
    consent: &Consent,
) -> Result<Exit, Exit> {
    let compiled = context.compile(context.lock_mode())?;
    let consented = Consented::read(context, consent)?;
    let opened = open(context, &compiled, false)?;
    let now = context.world.now();
    let texts = opened.iter().map(|it| it.sides.texts(now)).collect::<Result<Vec<_>, String>>();
    let texts = texts.map_err(|why| {
        context.printer.error(&why);
        Exit::Failed
    })?;
    let computed: Vec<_> = texts.iter().map(|it| it.compute()).collect();
    let today = context.world.today();
    let (plan, refused) = judge(&computed, &texts, &compiled, &consented, today);
    context.printer.report(&Report { plan: &plan, refused: &refused });
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
        let refused = self.refused.iter().map(|it| {
            json!({ "guard": it.guard, "target": it.target, "message": it.message, "flag": it.flag })
        });
        json!({
            "format_version": 1,
            "plan": self.plan,
            "refused": refused.collect::<Vec<_>>(),
        })
    }

    fn markdown(&self) -> String {
        text::markdown(self)
    }
}
