//! `mxward import`

mod done;
mod read;

use crate::cli::args::{ForeignArg, Import, NoneArg};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::compile::{Repository, compile};
use crate::diag::{Diagnostics, Severity, nearest, printable};
use crate::import::{Imported, NoneMeans, Options, Placed, Proof, Templates, import, prove};
use crate::lock::LockMode;
use crate::model::MapType;
use crate::plan::Which;
use crate::postfix::{NextHop, SecurityLevel, Version};
use crate::report::counted;
use crate::world::{DnsSettings, Files};
use done::Done;
use std::collections::BTreeMap;
use std::io;

/// The version of Postfix where nobody names one: that of Debian 12.
const POSTFIX: Version = Version::series(3, 7);

pub(super) fn run(context: &mut Context<'_, '_>, args: &Import) -> Result<Exit, Exit> {
    let mut options = options(context, args)?;
    free(context, args)?;
    let named = args.tls_policy.as_ref().or(args.sql.as_ref()).or(args.eff.as_ref());
    let named = named.or(args.tlspol.as_ref());
    if named.is_none() && args.transport.is_none() {
        context.printer.error("nothing to import: name a map with `--tls-policy` or `--transport`");
        return Err(Exit::Usage);
    }
    let mut sources = [None, None];
    for (map, spec) in [(Which::Transport, args.transport.as_ref()), (Which::TlsPolicy, named)] {
        let Some(spec) = spec else { continue };
        let read = read::source(context, args, map, spec, &mut options)?;
        sources[usize::from(map == Which::TlsPolicy)] = Some(read);
    }
    let is_empty = sources.iter().flatten().all(|it| it.entries.is_empty());
    let imported = import(sources, &options, &Templates::builtin());
    if is_empty {
        context.printer.report(&Done { imported, proof: None, out: args.out.clone() });
        context.printer.error("there is no entry to import");
        return Err(Exit::Findings);
    }
    let errors = imported.findings.iter().filter(|it| it.severity == Severity::Error).count();
    if errors > 0 {
        let done = Done { imported, proof: None, out: args.out.clone() };
        context.printer.report(&done);
        let lines = counted(errors, "entry");
        context.printer.error(&format!("{lines} cannot be imported, and nothing was written"));
        return Ok(Exit::Findings);
    }
    let proof = proof(context, &imported)?;
    write(context, args, &imported.files)?;
    let exit = if proof.differences.is_empty() { Exit::Done } else { Exit::Findings };
    context.printer.report(&Done { imported, proof: Some(proof), out: args.out.clone() });
    Ok(exit)
}

/// What the maps do not say.
fn options(context: &mut Context<'_, '_>, args: &Import) -> Result<Options, Exit> {
    let mut usage = |message: String| {
        context.printer.error(&message);
        Exit::Usage
    };
    let version = match &args.postfix {
        None => POSTFIX,
        Some(text) => Version::parse(text).map_err(|error| usage(error.to_string()))?,
    };
    let security_level = match &args.security_level {
        None => None,
        Some(text) => Some(SecurityLevel::parse(text).ok_or_else(|| {
            let names = SecurityLevel::ALL.iter().map(|level| level.as_str());
            usage(unknown(text, "security level", names))
        })?),
    };
    let map_type = match &args.map_type {
        None => MapType::Hash,
        Some(text) => {
            let known = MapType::ALL.iter().find(|(name, _)| name == text);
            let names = MapType::ALL.iter().map(|(name, _)| *name);
            known.map(|it| it.1).ok_or_else(|| usage(unknown(text, "type of map", names)))?
        }
    };
    let relayhost = match &args.relayhost {
        None => None,
        Some(text) => Some(NextHop::parse(text).map_err(|error| usage(error.to_string()))?),
    };
    Ok(Options {
        version,
        version_given: args.postfix.is_some(),
        security_level,
        map_type,
        map_type_given: args.map_type.is_some(),
        relayhost,
        none: args.none.map(|it| match it {
            NoneArg::Absent => NoneMeans::Absent,
            NoneArg::Keep => NoneMeans::Keep,
        }),
        keep_foreign: args.foreign == ForeignArg::Keep,
        unicode: true,
        placed: Placed::default(),
        today: args.today.unwrap_or_else(|| context.world.today()),
    })
}

fn unknown<'a>(text: &str, what: &str, names: impl Iterator<Item = &'a str> + Clone) -> String {
    let text = printable(text);
    match nearest(&text, names.clone()) {
        Some(near) => format!("`{text}` is no {what}; did you mean `{near}`?"),
        None => format!("`{text}` is no {what}: {}", names.collect::<Vec<_>>().join(", ")),
    }
}

/// Refuses a folder with something in it.
fn free(context: &mut Context<'_, '_>, args: &Import) -> Result<(), Exit> {
    if !context.world.exists(&args.out) {
        return Ok(());
    }
    let shown = Context::shown(&args.out);
    let inside = context.world.repository(&args.out).and_then(|files| files.list(""));
    match inside {
        Ok(list) if list.is_empty() => Ok(()),
        Ok(list) => {
            let first = printable(&list[0]).into_owned();
            context.printer.error(&format!(
                "`{shown}` is not empty: there is `{first}`; name a folder that is empty or not there yet"
            ));
            Err(Exit::Usage)
        }
        Err(error) => {
            context.printer.error(&format!("cannot look into `{shown}`: {error}"));
            Err(Exit::Failed)
        }
    }
}

/// The files that are about to be written.
struct Made<'a>(&'a BTreeMap<String, String>);

impl Files for Made<'_> {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let text = self.0.get(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(text.as_bytes().to_vec())
    }

    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        let inside = |path: &&String| {
            folder.is_empty() || path.strip_prefix(folder).is_some_and(|it| it.starts_with('/'))
        };
        Ok(self.0.keys().filter(inside).cloned().collect())
    }
}

/// Compiles the new repository, without network, and compares.
fn proof(context: &mut Context<'_, '_>, imported: &Imported) -> Result<Proof, Exit> {
    let mut diagnostics = Diagnostics::new();
    let repository = Repository::load(&Made(&imported.files), &mut diagnostics);
    let dns = DnsSettings::default();
    let compiled = compile(context.world, repository, LockMode::Frozen, &dns, &mut diagnostics);
    let (sources, proof) = match compiled {
        Ok(compiled) => {
            let targets = &compiled.repository.config.targets;
            let target = targets.first();
            let lowered = target.and_then(|it| Some((it, compiled.lowered(it, &mut diagnostics)?)));
            let proof = lowered.map(|(target, rows)| prove(imported, &rows, &target.settings()));
            (compiled.repository.sources, proof)
        }
        Err((_, repository)) => (repository.sources, None),
    };
    proof.ok_or_else(|| {
        diagnostics.sort();
        context.printer.diagnostics(&diagnostics, &sources);
        context.printer.error(
            "what was imported is no valid repository, and nothing was written: this is a fault of mxward",
        );
        Exit::Findings
    })
}

/// Writes the files; without the main one the folder is no repository, so that comes last.
fn write(
    context: &mut Context<'_, '_>,
    args: &Import,
    files: &BTreeMap<String, String>,
) -> Result<(), Exit> {
    let (main, rest): (Vec<_>, Vec<_>) = files.iter().partition(|(path, _)| *path == "mxward.yaml");
    for (path, text) in rest.into_iter().chain(main) {
        let path = args.out.join(path);
        if let Err(error) = context.world.write(&path, text.as_bytes()) {
            let shown = Context::shown(&path);
            context.printer.error(&format!("cannot write `{shown}`: {error}"));
            return Err(Exit::Failed);
        }
        context.printer.note(&format!("   Wrote {}", Context::shown(&path)));
    }
    Ok(())
}
