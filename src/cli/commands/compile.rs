//! `mxward compile`

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::compile::Compiled;
use crate::diag::Diagnostics;
use crate::emit::{Artifact, Sink, emit_into};
use crate::world::Staged;
use std::io;
use std::path::Path;

pub(super) fn run(context: &mut Context<'_, '_>, out: Option<&Path>) -> Result<Exit, Exit> {
    if out.is_none() && context.printer.reports_to_stdout() {
        let message =
            "maps and reports cannot share standard output: name a folder with `--out DIR`";
        context.printer.error(message);
        return Err(Exit::Usage);
    }
    let compiled = context.compile(context.lock_mode())?;
    let done = match out {
        Some(folder) => write(context, &compiled, folder),
        None => print(context, &compiled),
    };
    // The process is about to end, and the system takes its memory back faster than we give it.
    std::mem::forget(compiled);
    done
}

/// Prints everything; an error in one target prints nothing.
fn print(context: &mut Context<'_, '_>, compiled: &Compiled) -> Result<Exit, Exit> {
    for (target, files) in make(context, compiled, |_, _| String::new())? {
        for file in files {
            context.printer.out(&format!("# ==> {target}/{} <==\n", file.name));
            context.printer.out(&file.text);
        }
    }
    Ok(Exit::Done)
}

/// Writes everything beside the files that are there, and then puts it in place; an error in one
/// target replaces nothing.
fn write(context: &mut Context<'_, '_>, compiled: &Compiled, folder: &Path) -> Result<Exit, Exit> {
    let world = context.world;
    let made = make(context, compiled, |target, name| {
        StagedText(world.stage(&folder.join(target).join(name)))
    })?;
    for (target, files) in made {
        for Artifact { name, text, entries } in files {
            let shown = Context::shown(&folder.join(&target).join(name));
            match text.0.and_then(Staged::commit) {
                Ok(changed) => {
                    let what = if changed { "   Wrote" } else { "Unchanged" };
                    let entries = entries.map_or(String::new(), |n| match n {
                        1 => " (1 entry)".to_owned(),
                        n => format!(" ({n} entries)"),
                    });
                    context.printer.note(&format!("{what:>9} {shown}{entries}"));
                }
                Err(error) => {
                    context.printer.error(&format!("cannot write `{shown}`: {error}"));
                    return Err(Exit::Failed);
                }
            }
        }
    }
    Ok(Exit::Done)
}

/// The name of a target with its files.
type Made<S> = (String, Vec<Artifact<S>>);

/// Makes the files of every target, by the names of the targets; `sink` takes the target and the file.
fn make<S: Sink + Send>(
    context: &mut Context<'_, '_>,
    compiled: &Compiled,
    sink: impl Fn(&str, &str) -> S,
) -> Result<Vec<Made<S>>, Exit> {
    let targets = context.targets(&compiled.repository.config.targets)?;
    let mut diagnostics = Diagnostics::new();
    let mut made = Vec::with_capacity(targets.len());
    for target in &targets {
        let name = &target.name.value;
        let sink = |file: &str| sink(name, file);
        if let Some(lowered) = compiled.lowered(target, &mut diagnostics)
            && let Some(files) =
                emit_into(&compiled.repository, target, &lowered, sink, &mut diagnostics)
        {
            made.push((name.clone(), files));
        }
    }
    diagnostics.sort();
    context.printer.diagnostics(&diagnostics, &compiled.repository.sources);
    if diagnostics.has_errors() {
        return Err(Exit::Findings);
    }
    if targets.is_empty() {
        context.printer.note("no targets: mxward.yaml names none, so there is nothing to write");
    }
    Ok(made)
}

/// A text on its way into a file. After an error nothing more is written, and the error waits.
struct StagedText(io::Result<Box<dyn Staged>>);

impl StagedText {
    fn with(&mut self, write: impl FnOnce(&mut dyn Staged) -> io::Result<()>) {
        if let Ok(staged) = &mut self.0
            && let Err(error) = write(&mut **staged)
        {
            self.0 = Err(error);
        }
    }
}

impl Sink for StagedText {
    fn add(&mut self, piece: &str) {
        self.with(|staged| staged.append(piece.as_bytes()));
    }

    fn overwrite(&mut self, at: usize, piece: &str) {
        self.with(|staged| staged.overwrite(at as u64, piece.as_bytes()));
    }
}
