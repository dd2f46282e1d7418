//! What servers have against a plan.

use super::{Report, Scope, probe_targets};
use crate::cli::args::Probing;
use crate::cli::commands::consent::Consented;
use crate::cli::commands::sides::Computed;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::compile::Compiled;
use crate::plan::Refusal;
use crate::report::counted;

/// The name of the guard.
const GUARD: &str = "probe";

/// Probes what changes, where that is wanted, and adds what is against it. Without a probe protect.yaml
/// may be against it.
///
/// # Errors
///
/// The status to exit with; everything was said.
pub(in crate::cli::commands) fn guard<'c>(
    context: &mut Context<'_, '_>,
    compiled: &'c Compiled,
    computed: &[Computed<'_>],
    consented: &Consented,
    wanted: bool,
    refused: &mut Vec<Refusal>,
) -> Result<Option<Report<'c>>, Exit> {
    if !wanted {
        let changes = |it: &&Computed<'_>| it.compared.diff.is_change();
        let demanded = computed.iter().filter(|_| consented.protect.probe).filter(changes);
        refused.extend(demanded.map(|it| {
            Refusal {
                guard: "protect",
                target: it.name().to_owned(),
                message:
                    "protect.yaml wants the servers of what changes to be probed: run this with \
                      `--probe`"
                        .to_owned(),
                flag: None,
            }
        }));
        return Ok(None);
    }
    let mut scopes = Vec::with_capacity(computed.len());
    for it in computed {
        let known = compiled.repository.config.targets.iter();
        let target = known.into_iter().find(|target| target.name.value == it.name());
        scopes.extend(target.map(|target| (target, Scope::of_diff(&it.compared))));
    }
    let report = probe_targets(context, compiled, &scopes, &Probing::changes())?;
    if report.targets.len() < scopes.len() {
        // The user ended it; that was said.
        return Err(Exit::Failed);
    }
    for target in &report.targets {
        let failing: Vec<(&str, String)> = report
            .failures()
            .filter(|(name, ..)| *name == target.name)
            .map(|(_, next_hop, verdict)| (next_hop, verdict))
            .collect();
        let count = failing.len() + target.left;
        if count == 0 || consented.allowed.allows(GUARD, count) {
            continue;
        }
        let first = failing.first().map(|(next_hop, verdict)| format!("`{next_hop}` {verdict}"));
        let mut parts = Vec::new();
        if let Some(first) = first {
            let hops = counted(failing.len(), "next hop");
            parts.push(format!("the servers of {hops} would not take mail: {first}"));
        }
        if target.left > 0 {
            parts.push(format!("{} were not probed", counted(target.left, "next hop")));
        }
        refused.push(Refusal {
            guard: GUARD,
            target: target.name.clone(),
            message: parts.join("; "),
            flag: Some(format!("--allow {GUARD}={count}")),
        });
    }
    Ok(Some(report))
}
