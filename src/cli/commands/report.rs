//! `mxward report`

mod class;
mod data;
mod html;
mod overview;
mod page;

use crate::cli::args::PageOptions;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::lock::LockMode;

pub(super) fn run(context: &mut Context<'_, '_>, options: &PageOptions) -> Result<Exit, Exit> {
    if context.printer.reports_to_stdout() || !context.global.report.is_empty() {
        context
            .printer
            .error("`report` writes HTML: name its file with `--out FILE`, without `--report`");
        return Err(Exit::Usage);
    }
    let today = options.today.unwrap_or_else(|| context.world.today());
    let compiled = context.compile(LockMode::Frozen)?;
    let targets = context.targets(&compiled.repository.config.targets)?;
    let evidence = if options.logs.is_empty() {
        None
    } else {
        Some(super::logs::gather(context, &options.logs, today, 250_000)?)
    };
    let mut diagnostics = crate::diag::Diagnostics::new();
    let overview =
        overview::overview(&compiled, &targets, evidence.as_ref(), today, &mut diagnostics);
    diagnostics.sort();
    context.printer.diagnostics(&diagnostics, &compiled.repository.sources);
    let page = page::page(&overview.ok_or(Exit::Findings)?);
    match &options.out {
        None => context.printer.out(&page),
        Some(path) => {
            let shown = Context::shown(path);
            match context.world.write(path, page.as_bytes()) {
                Ok(changed) => {
                    let what = if changed { "Wrote" } else { "Unchanged" };
                    context.printer.note(&format!("{what} {shown}"));
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
