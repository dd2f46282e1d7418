//! What servers have against a plan.

use super::{Report, Scope, probe_targets};
use crate::cli::args::Probing;
use crate::cli::commands::consent::Consented;
use crate::cli::commands::sides::Computed;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::compile::Compiled;
use crate::plan::Refusal;
use crate::report::{counted, some_of, thousands};

/// The name of the guard.
const GUARD: &str = "probe";

/// So many next hops, and domains of each, are named.
const SHOWN: usize = 3;

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
    if report.interrupted {
        // By the user; that was said.
        return Err(Exit::Failed);
    }
    refused.extend(refusals(&report, consented));
    Ok(Some(report))
}

/// What servers have against a change, unless it is agreed to.
pub(in crate::cli::commands) fn refusals(
    report: &Report<'_>,
    consented: &Consented,
) -> Vec<Refusal> {
    let mut refused = Vec::new();
    for target in &report.targets {
        let failing: Vec<_> = report.failures(target).collect();
        let count = failing.len() + target.left;
        if count == 0 || consented.allowed.allows(GUARD, count) {
            continue;
        }
        let mut parts = Vec::new();
        if !failing.is_empty() {
            let hops = counted(failing.len(), "next hop");
            let shown = failing.iter().take(SHOWN).map(|(next_hop, verdict, domains)| {
                let whose = some_of(domains.iter().map(String::as_str), SHOWN);
                let whose = if whose.is_empty() { whose } else { format!(" of {whose}") };
                format!("`{next_hop}`{whose} {verdict}")
            });
            let rest = failing.len().saturating_sub(SHOWN);
            let rest = (rest > 0).then(|| format!("and {} more", thousands(rest)));
            let shown = shown.chain(rest).collect::<Vec<_>>().join("; ");
            parts.push(format!("the servers of {hops} would not take mail: {shown}"));
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
    refused
}
