//! Targets that are changed first: the others follow when the servers of what changes take the mail.

use super::end;
use crate::apply::{Ending, Ready};
use crate::cli::commands::consent::Consented;
use crate::cli::commands::probe::{self, Report, Scope, may_connect, probe_targets};
use crate::cli::commands::seen::look;
use crate::cli::commands::sides::{Computed, Texts};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::printer::Render as _;
use crate::compile::Compiled;
use crate::deployed::Hosts;
use crate::diag::printable;
use crate::model::Target;
use crate::plan::Refusal;
use serde_json::{Value, json};

/// The targets that go first.
pub(super) struct Canary<'c> {
    compiled: &'c Compiled,
    consented: &'c Consented,
    /// Their places among the targets of the run.
    at: Vec<usize>,
}

/// What protect.yaml has against a change that leaves out a canary that it names.
pub(in crate::cli::commands) fn left_out(
    consented: &Consented,
    computed: &[Computed<'_>],
) -> Vec<Refusal> {
    let changes = computed.iter().any(|it| it.compared.diff.is_change());
    let missing = |name: &&String| changes && computed.iter().all(|it| it.name() != **name);
    let missing = consented.protect.canary.iter().filter(missing);
    let refusal = |name: &String| Refusal {
        guard: "protect",
        target: name.clone(),
        message: "protect.yaml wants it to go first, as the canary, and this run leaves it out"
            .to_owned(),
        flag: None,
    };
    missing.map(refusal).collect()
}

impl<'c> Canary<'c> {
    /// The targets that `--canary` and protect.yaml name; `None` where neither does, and where nothing
    /// changes.
    ///
    /// # Errors
    ///
    /// The status to exit with; everything was said.
    pub(super) fn new(
        context: &mut Context<'_, '_>,
        (compiled, consented): (&'c Compiled, &'c Consented),
        names: &[String],
        computed: &[Computed<'_>],
    ) -> Result<Option<Self>, Exit> {
        for name in names {
            context.target(&compiled.repository.config.targets, name)?;
            if computed.iter().all(|it| it.name() != name) {
                context.printer.error(&format!(
                    "`--canary {name}`: the target is no part of this run: `--target` leaves it out, or it \
                     does not say where its maps live"
                ));
                return Err(Exit::Usage);
            }
        }
        let is_named = |name: &str| {
            names.iter().chain(&consented.protect.canary).any(|it| it.as_str() == name)
        };
        let at: Vec<usize> =
            (0..computed.len()).filter(|at| is_named(computed[*at].name())).collect();
        if at.is_empty() || !computed.iter().any(|it| it.compared.diff.is_change()) {
            return Ok(None);
        }
        may_connect(context)?;
        Ok(Some(Self { compiled, consented, at }))
    }

    /// The places of all targets, in the order in which they are changed.
    pub(super) fn order(&self, targets: usize) -> Vec<usize> {
        let others = (0..targets).filter(|at| !self.at.contains(at));
        self.at.iter().copied().chain(others).collect()
    }

    /// How many targets go first.
    pub(super) fn len(&self) -> usize {
        self.at.len()
    }

    /// Changes the canaries and probes; takes them back where servers would not take the mail.
    ///
    /// # Errors
    ///
    /// The status to exit with, when the others must not follow; everything was said.
    pub(super) fn run(
        &self,
        context: &mut Context<'_, '_>,
        hosts: &mut Hosts<'_>,
        ready: &mut Ready<'_, '_>,
        targets: &[(&Texts<'_>, &Computed<'_>)],
    ) -> Result<(), Exit> {
        let world = context.world;
        let pause = |seconds| world.pause(seconds);
        if let Err(why) = ready.watch() {
            return Err(end(context, Ending::Nothing(why)));
        }
        let ending = ready.switch(self.at.len(), &mut |line| context.printer.note(line), &pause);
        if ending != Ending::Done {
            return Err(end(context, ending));
        }
        let first: Vec<_> = self.at.iter().map(|at| targets[*at]).collect();
        let names: Vec<&str> = first.iter().map(|(_, computed)| computed.name()).collect();
        let tell = |context: &mut Context<'_, '_>, outcome: &str, probe: Option<Value>| {
            let value = json!({ "targets": names, "outcome": outcome, "probe": probe });
            context.printer.add("canary", &value);
        };
        let shown = names.join(", ");
        let shown = printable(&shown);
        let in_force = look(context, hosts, first.iter().copied());
        if in_force != Exit::Done {
            tell(context, "not-in-force", None);
            context.printer.error(&format!(
                "canary {shown}: written, but not in force as it was written; no other target was touched"
            ));
            return Err(in_force);
        }
        let (probed, refused) = self.probe(context, targets);
        let probed = match probed {
            Ok(report) if refused.is_empty() => {
                for (name, summary) in report.summaries() {
                    context
                        .printer
                        .note(&format!("   Probed canary {}: {summary}", printable(name)));
                }
                tell(context, "passed", Some(report.json()));
                return Ok(());
            }
            probed => probed,
        };
        for refusal in &refused {
            context.printer.error(&format!("canary {}: {}", refusal.target, refusal.message));
            if let Some(flag) = &refusal.flag {
                context.printer.note(&format!("if that is meant: {flag}"));
            }
        }
        let has_changed =
            first.iter().any(|(_, it)| it.steps.as_ref().is_ok_and(|it| !it.is_empty()));
        let returned = ready.take_back(&mut |line| context.printer.note(line), &pause);
        let (outcome, exit) = match &returned {
            Ok(()) if has_changed => ("taken-back", Exit::Refused),
            Ok(()) => ("stays", Exit::Refused),
            Err(_) => ("in-part", Exit::InPart),
        };
        let (probe, exit) = match probed {
            Ok(report) => (Some(report.json()), exit),
            Err(_) if exit == Exit::InPart => (None, exit),
            Err(failed) => (None, failed),
        };
        tell(context, outcome, probe);
        context.printer.error(&match returned {
            Ok(()) if has_changed => {
                format!("canary {shown}: taken back; no other target was touched")
            }
            Ok(()) => format!(
                "canary {shown}: applied by a run before this one, and stays; no other target was touched"
            ),
            Err(name) => format!(
                "canary {}: could not be taken back, and the next apply goes on from here; no other target \
                 was touched",
                printable(&name)
            ),
        });
        Err(exit)
    }

    /// Probes what changes, by the policies of the canaries. What another run has changed on them, and
    /// did not come to probe, changes on the others still.
    fn probe(
        &self,
        context: &mut Context<'_, '_>,
        targets: &[(&Texts<'_>, &Computed<'_>)],
    ) -> (Result<Report<'c>, Exit>, Vec<Refusal>) {
        let known = &self.compiled.repository.config.targets;
        let mut scopes: Vec<(&Target, Scope)> = Vec::with_capacity(self.at.len());
        for at in &self.at {
            let (_, canary) = targets[*at];
            let target = known.iter().find(|it| it.name.value == canary.name());
            let all = targets.iter().map(|(_, it)| &it.compared);
            scopes.extend(target.map(|it| (it, Scope::of_diffs(&canary.compared, all))));
        }
        match probe_targets(context, self.compiled, &scopes, &crate::cli::args::Probing::changes())
        {
            // The user ended it; that was said.
            Ok(report) if report.interrupted => (Err(Exit::Failed), Vec::new()),
            Ok(report) => {
                let refused = probe::refusals(&report, self.consented);
                (Ok(report), refused)
            }
            Err(Exit::Usage) => (Err(Exit::Failed), Vec::new()),
            Err(exit) => (Err(exit), Vec::new()),
        }
    }
}
