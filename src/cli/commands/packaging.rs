//! `mxward schema` and `completions`: for editors and packages.

use crate::cli::args::{Args, SchemaKind};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::model::schema;
use crate::plan;
use crate::report;
use clap::CommandFactory as _;

impl SchemaKind {
    /// The schema, as it is printed.
    pub(super) fn text(self) -> String {
        match self {
            Self::Mxward => schema::mxward(),
            Self::Domains => schema::domains(),
            Self::Provider => schema::provider(),
            Self::Protect => schema::protect(),
            Self::Tests => schema::tests(),
            Self::CheckReport => report::schema::check(),
            Self::DiffReport => report::schema::diff(),
            Self::Plan => plan::schema::plan(),
            Self::PlanReport => plan::schema::report(),
            Self::ProbeReport => report::schema::probe(),
            Self::BreakglassReport => report::schema::breakglass(),
            Self::DiscoverReport => report::schema::discover(),
            Self::ImportReport => report::schema::import(),
            Self::LogsReport => report::schema::logs(),
            Self::ReportLine => report::schema::lines(),
        }
    }
}

pub(super) fn schema(context: &mut Context<'_, '_>, kind: SchemaKind) -> Exit {
    context.printer.out(&kind.text());
    Exit::Done
}

pub(super) fn completions(context: &mut Context<'_, '_>, shell: clap_complete::Shell) -> Exit {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "mxward", &mut text);
    context.printer.out(&String::from_utf8_lossy(&text));
    Exit::Done
}
