//! The repository as it was and as it is going to be, compiled.

use crate::cli::commands::sides::Sides;
use crate::cli::commands::{check, diff, test};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::compile::Compiled;
use crate::deployed::DeployedMap;
use crate::diag::{Diagnostic, Diagnostics, Severity};
use crate::model::Target;

/// The maps of every target as the repository is.
pub(super) fn maps(
    context: &mut Context<'_, '_>,
    old: &Compiled,
    targets: &[Target],
) -> Result<Vec<[DeployedMap; 2]>, Exit> {
    let one = |target| Ok(diff::output(context, old, target)?.1.map(diff::as_deployed));
    targets.iter().map(one).collect()
}

/// Both sides of every target: as the repository is, and as it is going to be.
pub(super) fn sides<'c>(
    context: &mut Context<'_, '_>,
    was: Vec<[DeployedMap; 2]>,
    new: &'c Compiled,
) -> Result<Vec<Sides<'c>>, Exit> {
    let mut list = Vec::new();
    for (target, maps) in new.repository.config.targets.iter().zip(was) {
        let after = diff::output(context, new, target)?;
        list.push(Sides::new(target, (maps, target.settings()), after));
    }
    Ok(list)
}

/// What `tests/*.yaml` expects and does not get any more.
pub(super) fn failing(
    context: &mut Context<'_, '_>,
    before: &Diagnostics,
    new: &mut Compiled,
) -> Result<Vec<String>, Exit> {
    let after = test::failures(context, new)?;
    let known = |it: &&Diagnostic| before.iter().any(|old| old.message == it.message);
    let failing = after.iter().filter(|it| !known(it)).map(|it| {
        let place = it.span.map(|span| new.repository.sources.place(span)).unwrap_or_default();
        format!(
            "`mxward test` fails from now on, and pipelines that run it: {place}: {}; change what is expected \
             in the same commit",
            it.message
        )
    });
    Ok(failing.collect())
}

/// What denied lints are about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Denied {
    Nothing,
    /// What was there before.
    Before,
    /// The change.
    Caused,
}

/// Shows what lints find that they did not find before, and everything that they deny.
pub(super) fn lints(
    context: &mut Context<'_, '_>,
    old: &Compiled,
    new: &Compiled,
    ends: bool,
) -> Denied {
    let today = context.world.today();
    let mut found = [old, new].map(|compiled| {
        let targets = compiled.repository.config.targets.iter().collect();
        let mut diagnostics = Diagnostics::new();
        check::judge(compiled, targets, Severity::Warning, today, &mut diagnostics);
        diagnostics.sort();
        diagnostics
    });
    let [before, after] = &mut found;
    let is_new = |it: &Diagnostic| {
        before.iter().all(|old| (old.code, &old.message) != (it.code, &it.message))
    };
    let (mut shown, mut denied) = (Diagnostics::new(), Denied::Nothing);
    for it in after.iter() {
        let (is_error, is_new) = (it.severity == Severity::Error, is_new(it));
        if is_error && denied != Denied::Caused {
            denied = if is_new { Denied::Caused } else { Denied::Before };
        }
        if is_error || is_new {
            shown.push(it.clone());
        }
    }
    context.printer.diagnostics(&shown, &new.repository.sources);
    match denied {
        Denied::Nothing => {}
        Denied::Before => context.printer.error(
            "`check` denies what was there before, and `plan` and `apply` refuse every change until that is put right",
        ),
        Denied::Caused if ends => context.printer.error(
            "`check` denies what comes back, and `plan` and `apply` refuse every change until that is put right",
        ),
        Denied::Caused => {
            context.printer.error("nothing was written: `plan` and `apply` would refuse it");
        }
    }
    denied
}
