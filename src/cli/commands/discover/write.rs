//! `--write`: proposed entries into a file of the repository.

use super::found::Discovered;
use crate::cli::commands::edited::{Edited, NOT_INSIDE, declared, is_inside, only_these_differ};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::compile::Repository;
use crate::diag::{Diagnostics, printable};
use crate::discover::Entry;
use crate::edit::insert;
use crate::model::Body;
use crate::names::{DomainName, Recipients};
use crate::postfix::SecurityLevel;
use crate::report::counted;
use crate::source::SourceMap;
use std::io;

/// What stands for a file that is yet to be made.
const NOTHING: &str = "domains: {}\n";

/// Reads the repository as if the file to be written were there, so that an include that names it alone
/// is no mistake.
pub(super) fn load(
    context: &mut Context<'_, '_>,
    file: &str,
    diagnostics: &mut Diagnostics,
) -> Result<Repository, Exit> {
    let path = file.strip_prefix("./").unwrap_or(file);
    if context.world.exists(&context.path(path))
        || !context.world.exists(&context.path("mxward.yaml"))
    {
        return context.load(diagnostics);
    }
    match context.world.repository(&context.global.directory) {
        Ok(files) => Ok(Repository::load(&Edited::one(&*files, path, NOTHING), diagnostics)),
        Err(error) => {
            let folder = Context::shown(&context.global.directory);
            context.printer.error(&format!("cannot read `{folder}`: {error}"));
            Err(Exit::Failed)
        }
    }
}

/// Adds the entries of domains that are not declared yet. The repository is read with the new text before
/// that is written: all that was declared must be there as it was, and the new entries as proposed.
pub(super) fn add(
    context: &mut Context<'_, '_>,
    file: &str,
    found: &Discovered,
) -> Result<(), Exit> {
    let entries: Vec<(DomainName, Entry)> = found
        .outcomes
        .iter()
        .filter(|outcome| !found.declared.contains(&outcome.domain))
        .filter_map(|outcome| Some((outcome.domain.clone(), outcome.entry.clone()?)))
        .collect();
    let path = file.strip_prefix("./").unwrap_or(file);
    if entries.is_empty() {
        context.printer.note(&format!("nothing to add to `{}`", printable(path)));
        return Ok(());
    }
    let text = changed(context, path, &entries).map_err(|(exit, message)| {
        context.printer.error(&format!("cannot add to `{}`: {message}", printable(path)));
        exit
    })?;
    if let Err(error) = context.world.write(&context.path(path), text.as_bytes()) {
        context.printer.error(&format!("cannot write `{}`: {error}", printable(path)));
        return Err(Exit::Failed);
    }
    let count = counted(entries.len(), "domain");
    context.printer.note(&format!("{count} added to `{}`", printable(path)));
    Ok(())
}

/// The new text of the file.
fn changed(
    context: &Context<'_, '_>,
    path: &str,
    entries: &[(DomainName, Entry)],
) -> Result<String, (Exit, String)> {
    if !is_inside(path) {
        return Err((Exit::Usage, NOT_INSIDE.to_owned()));
    }
    let failed = |error: io::Error| (Exit::Failed, error.to_string());
    let files = context.world.repository(&context.global.directory).map_err(failed)?;
    let old = match files.read(path) {
        Ok(bytes) => {
            String::from_utf8(bytes).map_err(|_| (Exit::Findings, "it is not UTF-8".to_owned()))?
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(failed(error)),
    };
    let id = SourceMap::new().add(path, old.as_str());
    let refused = |message: String| (Exit::Findings, message);
    let lines: Vec<String> = entries.iter().map(|(domain, entry)| entry.line(domain)).collect();
    let new = insert(&old, id, &lines).map_err(|error| refused(error.to_string()))?;
    // A glob that has no file yet but this one is no mistake.
    let stand_in = if old.is_empty() { NOTHING } else { old.as_str() };
    let before = declared(&Edited::one(&*files, path, stand_in)).map_err(refused)?;
    let after = declared(&Edited::one(&*files, path, &new)).map_err(refused)?;
    let new_ones = entries.iter().map(|(domain, entry)| {
        let says = move |body: &Body| says(body, entry);
        (Recipients::Domain(domain.clone()), says)
    });
    only_these_differ(&before, before.entries.clone(), &after, new_ones).map_err(refused)?;
    Ok(new)
}

/// Whether a declaration says what was proposed.
fn says(body: &Body, entry: &Entry) -> bool {
    let provider = body.provider.as_ref().map(|it| it.value.as_str());
    let route = body.route.as_ref().map(|it| it.value);
    let level = body.policy.level.as_ref().map(|it| it.value);
    let leave_to = body.leave_to.as_ref().map(|it| it.value.as_str());
    let names = body.policy.values("match").unwrap_or_default();
    let names: Vec<&str> = names.iter().map(|it| it.value.as_str()).collect();
    match entry {
        Entry::Level { level: wanted, matches } => {
            let wanted_names: Vec<String> = matches.iter().map(ToString::to_string).collect();
            (provider, route, leave_to) == (None, None, None)
                && level == Some(*wanted)
                && names == wanted_names
        }
        Entry::Provider { name, route: wanted } => {
            (provider, level, leave_to) == (Some(name.as_str()), None, None) && route == *wanted
        }
        Entry::LeaveToMtaSts => (provider, level, leave_to) == (None, None, Some("mta-sts")),
        Entry::Frozen { hosts, until, .. } => {
            (provider, route, leave_to) == (None, None, None)
                && level == Some(SecurityLevel::Secure)
                && names.iter().eq(hosts.iter().map(DomainName::as_str).collect::<Vec<_>>().iter())
                && body.until.as_ref().is_some_and(|it| it.value == *until)
        }
    }
}
