//! Writing the files of an exception, in the order that leaves nobody undeclared.

use crate::cli::commands::edited::{Edited, is_yaml};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::diag::printable;
use crate::world::Files;
use std::io::ErrorKind;

/// Writes the files. If this ends in between, a domain that leaves a list for a YAML file, or comes back to it,
/// is declared twice, which is an error, and never not at all.
///
/// # Errors
///
/// The status to exit with; what could not be written was said, and what that means for the other files.
pub(super) fn write(
    context: &mut Context<'_, '_>,
    files: &dyn Files,
    edited: &Edited<'_>,
    ends: bool,
) -> Result<(), Exit> {
    let mut texts: Vec<_> = edited.texts.iter().collect();
    texts.sort_by_key(|(path, _)| is_yaml(path) == ends);
    let olds: Vec<_> = texts.iter().map(|(path, _)| files.read(path)).collect();
    for (at, (path, text)) in texts.iter().enumerate() {
        let Err(error) = context.world.write(&context.path(path), text.as_bytes()) else {
            continue;
        };
        context.printer.error(&format!("cannot write `{}`: {error}", printable(path)));
        for ((path, _), old) in texts[..at].iter().zip(olds) {
            let back = old.and_then(|old| context.world.write(&context.path(path), &old));
            let path = printable(path);
            match back {
                Ok(_) => context.printer.note(&format!("`{path}` is as it was before")),
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    context.printer.error(&format!("`{path}` is new: remove it by hand"));
                }
                Err(error) => context.printer.error(&format!(
                    "`{path}` was written, and cannot be taken back: {error}; bring back by hand what it was"
                )),
            }
        }
        return Err(Exit::Failed);
    }
    Ok(())
}
