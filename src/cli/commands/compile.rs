//! `mxward compile`

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::diag::Diagnostics;
use crate::emit::{Artifact, emit};
use std::path::Path;

pub(super) fn run(context: &mut Context<'_, '_>, out: Option<&Path>) -> Result<Exit, Exit> {
    if out.is_none() && context.printer.reports_to_stdout() {
        let message =
            "maps and reports cannot share standard output: name a folder with `--out DIR`";
        context.printer.error(message);
        return Err(Exit::Usage);
    }
    let compiled = context.compile(context.lock_mode())?;
    let targets = context.targets(&compiled.repository.config.targets)?;
    let mut diagnostics = Diagnostics::new();
    let mut artifacts: Vec<(String, Vec<Artifact>)> = Vec::with_capacity(targets.len());
    // Everything is made before anything is written: an error in one target writes none.
    for target in &targets {
        if let Some(lowered) = compiled.lowered(target, &mut diagnostics)
            && let Some(files) = emit(&compiled.repository, target, &lowered, &mut diagnostics)
        {
            artifacts.push((target.name.value.clone(), files));
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
    if let Some(folder) = out {
        write(context, folder, &artifacts)
    } else {
        for (target, files) in &artifacts {
            for file in files {
                context.printer.out(&format!("# ==> {target}/{} <==\n", file.name));
                context.printer.out(&file.text);
            }
        }
        Ok(Exit::Done)
    }
}

fn write(
    context: &mut Context<'_, '_>,
    folder: &Path,
    artifacts: &[(String, Vec<Artifact>)],
) -> Result<Exit, Exit> {
    for (target, files) in artifacts {
        for file in files {
            let path = folder.join(target).join(&file.name);
            let shown = Context::shown(&path);
            match context.world.write(&path, file.text.as_bytes()) {
                Ok(changed) => {
                    let what = if changed { "   Wrote" } else { "Unchanged" };
                    let entries = file.entries.map_or(String::new(), |n| match n {
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
