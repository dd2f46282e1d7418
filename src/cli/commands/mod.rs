//! One file per command; this is the table of contents.

mod apply;
mod breakglass;
mod change;
mod changes;
mod check;
mod compile;
mod consent;
mod diff;
mod discover;
mod edited;
mod explain;
mod import;
mod init;
mod lock;
mod logs;
mod manual;
mod packaging;
mod plan;
mod probe;
mod providers;
mod report;
mod seen;
mod sides;
mod test;
mod update;

use super::args::Command;
use super::context::Context;
use super::exit::Exit;

/// Runs a command.
pub(super) fn run(command: &Command, context: &mut Context<'_, '_>) -> Exit {
    if !context.printer.usable() {
        return Exit::Usage;
    }
    if let Err(exit) = context.printer.expects_findings(command.has_findings()) {
        return exit;
    }
    let result = match command {
        Command::Init { folder, ci } => init::run(context, folder.as_deref(), ci),
        Command::Check { deny_warnings, today } => check::run(context, *deny_warnings, *today),
        Command::Compile { out } => compile::run(context, out.as_deref()),
        Command::Lock { today } => lock::run(context, *today),
        Command::Update { names, today } => update::run(context, names, *today),
        Command::Diff { text, from, exit_code } => {
            diff::run(context, *text, from.as_deref(), *exit_code)
        }
        Command::Plan { out, exit_code, probe, consent } => {
            plan::run(context, out.as_deref(), (*exit_code, *probe), consent)
        }
        Command::Apply { plan, probe, canary, watching, consent } => {
            apply::apply(context, plan.as_deref(), (*probe, canary, watching), consent)
        }
        Command::Rollback { watching, consent } => apply::rollback(context, watching, consent),
        Command::Breakglass(options) => breakglass::run(context, options),
        Command::Probe(probing) => probe::run(context, probing),
        Command::Test => test::run(context),
        Command::Explain { address, deployed, timeline } => {
            explain::run(context, address, *deployed, *timeline)
        }
        Command::Discover { domains, from, options } => {
            discover::run(context, domains, from.as_deref(), options)
        }
        Command::Logs(options) => logs::run(context, options),
        Command::Report(options) => report::run(context, options),
        Command::Import(options) => import::run(context, options),
        Command::Providers { command } => providers::run(context, command.as_ref()),
        Command::Schema { kind } => Ok(packaging::schema(context, *kind)),
        Command::Completions { shell } => Ok(packaging::completions(context, *shell)),
        Command::Man { out } => manual::man(context, out),
    };
    result.unwrap_or_else(|exit| exit)
}
