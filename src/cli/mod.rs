//! The command line: arguments in, a status and two streams out.

mod args;
mod commands;
mod context;
mod environment;
mod exit;
mod format;
mod page;
mod printer;
mod progress;
mod stopped;

pub use args::{
    Args, Breakglass, Ci, Color, Command, Consent, DiscoverOptions, ExceptionLevel, ForeignArg,
    Global, Import, Logs, MapForm, MxFrom, NoneArg, PageOptions, Probing, ProvidersCommand,
    SchemaKind, Validation, Watching,
};
pub use context::Context;
pub use environment::ENVIRONMENT;
pub use exit::Exit;
pub use format::Format;
pub use printer::{Printer, Render};

use crate::world::World;
use clap::Parser as _;
use clap::error::ErrorKind;
use std::ffi::OsString;
use std::io::Write;

/// Runs mxward in-process: `args` with the program's name first.
///
/// Reports go to `stdout`, everything else to `stderr`; nothing else is touched but `world`.
pub fn run(
    args: impl IntoIterator<Item = OsString>,
    world: &dyn World,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> Exit {
    let args = match Args::try_parse_from(args) {
        Ok(args) => args,
        Err(error) => {
            let help = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            let text = error.render().to_string();
            let shown = if help {
                stdout.write_all(text.as_bytes())
            } else {
                stderr.write_all(text.as_bytes())
            };
            return match (help, shown) {
                (true, Ok(())) => Exit::Done,
                (true, Err(_)) => Exit::Failed,
                (false, _) => Exit::Usage,
            };
        }
    };
    let mut printer = Printer::new(&args.global, args.command.name(), world, stdout, stderr);
    let mut context = Context { world, global: &args.global, printer: &mut printer };
    let exit = commands::run(&args.command, &mut context);
    printer.finish(exit)
}
