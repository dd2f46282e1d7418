//! `mxward update`, and what it shares with `mxward lock`.

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::compile::{LOCK_FILE, Repository};
use crate::diag::{Diagnostics, printable};
use crate::lock::{Lock, Needs};
use crate::names::DomainName;
use crate::report::counted;
use crate::resolve::{Offline, Refreshed, Scope, needs, refresh};
use jiff::civil::Date;
use std::collections::BTreeSet;

pub(super) fn run(
    context: &mut Context<'_, '_>,
    names: &[String],
    today: Option<Date>,
) -> Result<Exit, Exit> {
    if context.global.offline || context.global.frozen {
        context.printer.error("`update` looks names up, which `--offline` and `--frozen` forbid");
        return Err(Exit::Usage);
    }
    if names.is_empty() {
        return refresh_lock(context, &Scope::All, today);
    }
    let mut wanted = BTreeSet::new();
    for name in names {
        match DomainName::parse(name) {
            Ok(name) => {
                wanted.insert(name);
            }
            Err(error) => {
                context.printer.error(&format!("`{}` is not a name: {error}", printable(name)));
                return Err(Exit::Usage);
            }
        }
    }
    refresh_lock(context, &Scope::Named(wanted), today)
}

/// Looks facts up and writes the lock. What could not be looked up is told, and fails the run; the
/// rest is written all the same, since it is no weaker than before.
pub(super) fn refresh_lock(
    context: &mut Context<'_, '_>,
    scope: &Scope,
    today: Option<Date>,
) -> Result<Exit, Exit> {
    let mut diagnostics = Diagnostics::new();
    let mut repository = context.load(&mut diagnostics)?;
    let Some(destinations) = repository.expand(&mut diagnostics) else {
        diagnostics.sort();
        context.printer.diagnostics(&diagnostics, &repository.sources);
        return Err(Exit::Findings);
    };
    let needs = needs(&repository.config, &destinations);
    check_names(context, scope, &needs, &repository.lock)?;
    let today = today.unwrap_or_else(|| context.world.today());
    let refreshed = ask(context, &repository, &needs, scope, today)?;
    let failed = refreshed.failed;
    diagnostics.extend(refreshed.diagnostics);
    diagnostics.sort();
    for event in &refreshed.events {
        context.printer.note(&event.to_string());
    }
    context.printer.diagnostics(&diagnostics, &repository.sources);
    let findings = diagnostics.has_errors();
    write(context, &repository.lock, &refreshed.lock, failed)?;
    Ok(match (failed, findings) {
        (true, _) => Exit::Failed,
        (false, true) => Exit::Findings,
        (false, false) => Exit::Done,
    })
}

/// A name that nothing needs is a slip of the pen.
fn check_names(
    context: &mut Context<'_, '_>,
    scope: &Scope,
    needs: &Needs,
    lock: &Lock,
) -> Result<(), Exit> {
    let Scope::Named(names) = scope else { return Ok(()) };
    let unknown = |name: &&DomainName| {
        !needs.domains.contains_key(*name)
            && !needs.hosts.contains_key(*name)
            && !lock.hosts.contains_key(*name)
    };
    let Some(name) = names.iter().find(unknown) else { return Ok(()) };
    context.printer.error(&format!("nothing in the repository needs facts about `{name}`"));
    Err(Exit::Usage)
}

/// Asks DNS; a run that may not change the lock, or not use the network, only sees whether it would.
fn ask(
    context: &mut Context<'_, '_>,
    repository: &Repository,
    needs: &Needs,
    scope: &Scope,
    today: Date,
) -> Result<Refreshed, Exit> {
    let (global, settings) = (context.global, &repository.config.lock);
    let missing = *scope == Scope::Missing;
    if global.offline || global.frozen || (global.locked && missing) {
        let refreshed = refresh(&repository.lock, needs, scope, settings, today, &Offline);
        return match refreshed {
            Ok(refreshed) if !refreshed.failed => Ok(refreshed),
            Ok(Refreshed { mut diagnostics, .. }) => {
                diagnostics.sort();
                Err(context.lacks_facts(&diagnostics, &repository.sources))
            }
            Err(error) => Err(context.cannot_ask(&error)),
        };
    }
    let dns = match context.dns(&repository.config.dns) {
        Ok(dns) => dns,
        Err(message) => {
            context.printer.error(&message);
            return Err(Exit::Usage);
        }
    };
    let asked = context
        .world
        .dns(&dns)
        .and_then(|dns| refresh(&repository.lock, needs, scope, settings, today, &*dns));
    asked.map_err(|error| context.cannot_ask(&error))
}

/// Writes the lock when its facts differ. A file in which a merge put lines in another order stays.
fn write(context: &mut Context<'_, '_>, old: &Lock, new: &Lock, failed: bool) -> Result<(), Exit> {
    let path = context.path(LOCK_FILE);
    let changes = new != old || (!failed && !context.world.exists(&path));
    if changes && (context.global.locked || context.global.frozen) {
        context.printer.error(&format!(
            "`{LOCK_FILE}` would change, and `--locked` forbids that: run this without `--locked`"
        ));
        return Err(Exit::LockOutdated);
    }
    if changes && let Err(error) = context.world.write(&path, new.write().as_bytes()) {
        context.printer.error(&format!("cannot write `{LOCK_FILE}`: {error}"));
        return Err(Exit::Failed);
    }
    let what = if changes { "Locked" } else { "Unchanged" };
    let hosts = counted(new.hosts.len(), "host");
    let domains = counted(new.domains.len(), "domain");
    let of_hosts = new.hosts.values().filter(|it| it.stale.is_some()).count();
    let of_domains = new.domains.values().filter(|it| it.stale.is_some()).count();
    let stale = match of_hosts + of_domains {
        0 => String::new(),
        count => format!(", {count} of them stale"),
    };
    context.printer.note(&format!("{what:>9} {hosts}, {domains}{stale}"));
    Ok(())
}
