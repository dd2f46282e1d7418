//! `mxward update`, and what it shares with `mxward lock`.

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::compile::LOCK_FILE;
use crate::diag::{Diagnostics, Style, printable, summary};
use crate::names::DomainName;
use crate::resolve::{Scope, needs, refresh};
use std::collections::BTreeSet;

pub(super) fn run(context: &mut Context<'_, '_>, names: &[String]) -> Result<Exit, Exit> {
    if names.is_empty() {
        return refresh_lock(context, &Scope::All);
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
    refresh_lock(context, &Scope::Named(wanted))
}

/// Looks facts up and writes the lock. What could not be looked up is told, and fails the run; the
/// rest is written all the same, since it is no weaker than before.
pub(super) fn refresh_lock(context: &mut Context<'_, '_>, scope: &Scope) -> Result<Exit, Exit> {
    let mut diagnostics = Diagnostics::new();
    let mut repository = context.load(&mut diagnostics)?;
    let Some(destinations) = repository.expand(&mut diagnostics) else {
        diagnostics.sort();
        context.printer.diagnostics(&diagnostics, &repository.sources);
        return Err(Exit::Findings);
    };
    let needs = needs(&repository.config, &destinations);
    if let Scope::Named(names) = scope {
        let unknown = |name: &&DomainName| {
            !needs.domains.contains_key(*name)
                && !needs.hosts.contains_key(*name)
                && !repository.lock.hosts.contains_key(*name)
        };
        if let Some(name) = names.iter().find(unknown) {
            context.printer.error(&format!("nothing in the repository needs facts about `{name}`"));
            return Err(Exit::Usage);
        }
    }
    let settings = match context.dns(&repository.config.dns) {
        Ok(settings) => settings,
        Err(message) => {
            context.printer.error(&message);
            return Err(Exit::Usage);
        }
    };
    if context.global.offline || context.global.frozen {
        context.printer.error("this command looks names up, which `--offline` forbids");
        return Err(Exit::Usage);
    }
    let dns = match context.world.dns(&settings) {
        Ok(dns) => dns,
        Err(error) => {
            context.printer.error(&format!("cannot ask DNS: {error}"));
            return Err(Exit::Failed);
        }
    };
    let today = context.world.today();
    let refreshed = refresh(&repository.lock, &needs, scope, &repository.config.lock, today, &*dns);
    diagnostics.extend(refreshed.diagnostics);
    diagnostics.sort();
    for event in &refreshed.events {
        context.printer.note(&event.to_string());
    }
    context.printer.diagnostics(&diagnostics, &repository.sources);
    let text = refreshed.lock.write();
    if context.global.locked {
        let path = context.path(LOCK_FILE);
        if context.world.read(&path).is_ok_and(|old| old == text.as_bytes()) {
            return Ok(Exit::Done);
        }
        context.printer.error(&format!(
            "`{LOCK_FILE}` would change, and `--locked` forbids that: run this without `--locked`"
        ));
        return Err(Exit::LockOutdated);
    }
    let path = context.path(LOCK_FILE);
    match context.world.write(&path, text.as_bytes()) {
        Err(error) => {
            context.printer.error(&format!("cannot write `{LOCK_FILE}`: {error}"));
            Err(Exit::Failed)
        }
        Ok(_) if diagnostics.has_errors() => {
            let style = Style::default();
            context.printer.error(&format!(
                "not everything could be looked up ({}); what is known stays in `{LOCK_FILE}`",
                summary(&diagnostics, &style)
            ));
            Err(Exit::Failed)
        }
        Ok(changed) => {
            let (hosts, domains) = (refreshed.lock.hosts.len(), refreshed.lock.domains.len());
            let what = if changed { "Locked" } else { "Unchanged" };
            context.printer.note(&format!("{what:>9} {hosts} hosts, {domains} domains"));
            Ok(Exit::Done)
        }
    }
}
