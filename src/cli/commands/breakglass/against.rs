//! What is against an exception, and the flags of the commands that put it in force.

use super::judged::is_named;
use crate::cli::args::{Breakglass, Consent};
use crate::cli::commands::change::judge;
use crate::cli::commands::consent::Consented;
use crate::cli::commands::sides::{Computed, Texts};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::compile::Compiled;
use crate::diag::shell_word;
use crate::diff::Compared;
use crate::names::Recipients;
use crate::plan::{Allowed, GUARDS, Refusal};
use crate::postfix::Effect;
use crate::report::{counted, some_of};
use std::collections::BTreeSet;

/// What happens to other domains only where `--allow` names it: the effect, the guard, and what it would be.
pub(super) const OTHERS: [(Effect, &str, &str); 3] = [
    (Effect::Breaks, "breaks", "would not get their mail any more"),
    (Effect::Weaker, "weaker", "would be less safe, too"),
    (Effect::Different, "different", "would be treated otherwise, too"),
];

/// What is against it.
#[derive(Default)]
pub(super) struct Against {
    /// Other domains that lose, and what no flag of `plan` opens.
    pub(super) refused: Vec<Refusal>,
    /// What `plan` and `apply` need on their command lines, each with a blank before.
    pub(super) flags: String,
}

/// Asks the guards of `plan` about what changes in the repository.
///
/// # Errors
///
/// The status to exit with, when flags or protect.yaml are wrong; that was said.
pub(super) fn against(
    context: &mut Context<'_, '_>,
    options: &Breakglass,
    named: &[Recipients],
    (computed, texts): (&[Computed<'_>], &[Texts<'_>]),
    new: &Compiled,
) -> Result<Against, Exit> {
    let (allow, protect) = (options.allow.clone(), options.protect.clone());
    let mut consented = Consented::read(context, &Consent { allow, only: Vec::new(), protect })?;
    // What is allowed here is about others, and the commands say anew what they need.
    let allowed = std::mem::take(&mut consented.allowed);
    let (_, guards) = judge(computed, texts, new, &consented, context.world.today());
    let targets = texts.iter().map(|it| &it.sides.target);
    let deployed = targets.filter(|it| it.transport.is_some() || it.tls_policy.is_some());
    let deployed: BTreeSet<&str> = deployed.map(|it| it.name.value.as_str()).collect();
    let asked: Vec<_> = guards.iter().filter(|it| deployed.contains(&*it.target)).collect();
    let mut flags: String = GUARDS.iter().filter_map(|(guard, _)| flag(guard, &asked)).collect();
    if let Some(path) = &options.protect {
        flags = format!("{flags} --protect {}", shell_word(&path.to_string_lossy()));
    }
    let of_others = computed.iter().flat_map(|it| others(it.name(), &it.compared, named, &allowed));
    let mut refused: Vec<Refusal> = of_others.collect();
    refused.extend(guards.into_iter().filter(|it| it.flag.is_none()));
    Ok(Against { refused, flags })
}

/// The flag that opens a guard on every target.
fn flag(guard: &str, refusals: &[&Refusal]) -> Option<String> {
    let flags = refusals.iter().filter(|it| it.guard == guard).filter_map(|it| it.flag.as_deref());
    let number = |it: &&str| it.rsplit_once('=').and_then(|(_, it)| it.parse::<usize>().ok());
    flags.max_by_key(number).map(|it| format!(" {it}"))
}

/// Other domains that lose on a target.
fn others(
    target: &str,
    compared: &Compared<'_>,
    named: &[Recipients],
    allowed: &Allowed,
) -> Vec<Refusal> {
    let mut list = Vec::new();
    for (effect, guard, what) in OTHERS {
        let of_effect = compared.diff.groups.iter().filter(|it| it.effect == effect);
        let meant = |it: &&String| effect != Effect::Breaks && is_named(named, it);
        let names: Vec<&str> = of_effect
            .flat_map(|it| &it.recipients)
            .filter(|it| !meant(it))
            .map(String::as_str)
            .collect();
        let count = names.len();
        if count > 0 && !allowed.allows(guard, count) {
            let names = some_of(names.into_iter(), 5);
            list.push(Refusal {
                guard,
                target: target.to_owned(),
                message: format!("{} {what}: {names}", counted(count, "domain")),
                flag: Some(format!("--allow {guard}={count}")),
            });
        }
    }
    list
}
