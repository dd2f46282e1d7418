//! `mxward logs`

mod compare;
mod json;
mod markdown;
mod text;
mod yaml;

use crate::cli::args::{Logs, MxFrom};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::printer::Render;
use crate::diag::{Style, printable};
use crate::lock::LockMode;
use crate::logs::{
    Basis, Collector, Doubt, Evidence, Proposal, Shortfall, Thresholds, begins, decoded, read,
};
use crate::names::DomainName;
use crate::postfix::SecurityLevel;
use jiff::civil::Date;
use serde_json::Value;
use std::io;
use std::path::{Path, PathBuf};

/// What the logs prove, and what comes of it.
struct Report {
    evidence: Evidence,
    /// How many logs were read.
    logs: usize,
    /// Whether domains were asked for by name, so that all details are wanted.
    is_detailed: bool,
    advice: Advice,
}

/// What comes of the evidence.
#[derive(Default)]
struct Advice {
    /// Whether there was a repository to compare with.
    is_compared: bool,
    raises: Vec<Raise>,
    held: Vec<Held>,
    missed: Vec<Missed>,
    exceptions: Vec<Exception>,
}

/// A domain that can be raised.
struct Raise {
    domain: DomainName,
    to: Proposal,
    basis: Basis,
    /// The policy on each target, where there are any.
    now: Vec<(String, String)>,
    /// Where it is declared.
    declared: Option<String>,
    /// A template that all its hosts fit, whose policy asks for more.
    template: Option<String>,
}

/// A domain for which the evidence is not enough.
struct Held {
    domain: DomainName,
    to: Proposal,
    doubts: Vec<Doubt>,
}

/// A policy that would have kept mail waiting.
struct Missed {
    domain: DomainName,
    target: String,
    policy: String,
    shortfall: Shortfall,
    sent: u64,
}

/// A declaration with a `reason` or an end.
struct Exception {
    domain: DomainName,
    place: String,
    need: Need,
}

/// Whether an exception is needed.
enum Need {
    /// The domain can be raised.
    Over(SecurityLevel),
    /// Mail went in plain text, or TLS failed.
    Needed(Vec<Doubt>),
    /// The evidence is not enough.
    Open(Vec<Doubt>),
    /// The log does not tell.
    Untold,
    /// The log has no mail for it.
    NoMail,
}

pub(super) fn run(context: &mut Context<'_, '_>, options: &Logs) -> Result<Exit, Exit> {
    let mut wanted = Vec::with_capacity(options.domain.len());
    for name in &options.domain {
        wanted.push(context.domain(name)?);
    }
    if options.write.as_deref() == Some(Path::new("-")) && context.printer.reports_to_stdout() {
        context.printer.error("`--write -` and a report cannot both go to standard output");
        return Err(Exit::Usage);
    }
    let has_repository = context.world.exists(&context.path("mxward.yaml"));
    let compiled = if has_repository {
        Some(context.compile(LockMode::Frozen)?)
    } else {
        let folder = Context::shown(&context.global.directory);
        let note = format!("no mxward.yaml in `{folder}`: nothing declared is compared");
        context.printer.note(&note);
        None
    };
    let today = options.today.unwrap_or_else(|| context.world.today());
    let mut evidence = gather(context, &options.files, today, options.max_domains)?;
    if !wanted.is_empty() {
        evidence.retain(|name| wanted.contains(name));
    }
    let thresholds = Thresholds {
        messages: options.min_messages,
        days: options.min_days,
        every_mx: options.mx != MxFrom::Any,
    };
    let asks_dns = options.mx == MxFrom::Dns;
    let advice = match &compiled {
        None => compare::alone(context, &evidence, thresholds, asks_dns)?,
        Some(compiled) => compare::with(context, compiled, &evidence, thresholds, asks_dns)?,
    };
    let logs = options.files.len();
    let report = Report { evidence, logs, is_detailed: !wanted.is_empty(), advice };
    match options.write.as_deref() {
        Some(path) if path == Path::new("-") => {
            let text = yaml::yaml(&report);
            context.printer.out(&text);
        }
        Some(path) => {
            if let Err(error) = context.world.write(path, yaml::yaml(&report).as_bytes()) {
                let path = Context::shown(path);
                context.printer.error(&format!("cannot write `{path}`: {error}"));
                return Err(Exit::Failed);
            }
            context.printer.report(&report);
        }
        None => context.printer.report(&report),
    }
    Ok(Exit::Done)
}

/// Reads all logs, the oldest first, since a connection may begin in one and end in the next; says what
/// keeps the evidence from being whole.
///
/// # Errors
///
/// The status to exit with; what is wrong was said.
pub(super) fn gather(
    context: &mut Context<'_, '_>,
    paths: &[PathBuf],
    today: Date,
    max_domains: usize,
) -> Result<Evidence, Exit> {
    let mut files: Vec<(Option<i64>, &PathBuf)> = Vec::with_capacity(paths.len());
    for path in paths {
        let begin = if context.world.is_file(path) {
            open(context, path).and_then(|mut input| begins(&mut *input, today))
        } else {
            // What can be read only once, such as a pipe, is likely to be the newest.
            Ok(Some(i64::MAX))
        };
        files.push((begin.map_err(|error| unreadable(context, path, &error))?, path));
    }
    files.sort_by_key(|(begin, _)| *begin);
    let mut collector = Collector::new(today, max_domains);
    for (_, path) in files {
        open(context, path)
            .and_then(|mut input| read(&mut *input, &mut collector))
            .map_err(|error| unreadable(context, path, &error))?;
    }
    let evidence = collector.finish();
    warn(context, max_domains, &evidence);
    Ok(evidence)
}

fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

fn open(context: &Context<'_, '_>, path: &Path) -> io::Result<Box<dyn io::Read>> {
    decoded(context.world.input((!is_stdin(path)).then_some(path))?)
}

fn unreadable(context: &mut Context<'_, '_>, path: &Path, error: &io::Error) -> Exit {
    let path = Context::shown(path);
    context.printer.error(&format!("cannot read `{path}`: {}", printable(&error.to_string())));
    Exit::Failed
}

/// Says what keeps the evidence from being whole.
fn warn(context: &mut Context<'_, '_>, max_domains: usize, evidence: &Evidence) {
    let totals = evidence.totals;
    let mut notes = Vec::new();
    if evidence.domains().len() == 0 {
        notes.push("no delivery by Postfix to a domain stands in it: is it a mail log?".to_owned());
    }
    if evidence.silent > 0 {
        notes.push(format!(
            "{} of Postfix say nothing of TLS, so nobody knows whether their mail was encrypted: \
             set smtp_tls_loglevel = 1 there",
            crate::report::counted(evidence.silent, "instance")
        ));
    }
    if totals.beyond > 0 {
        notes.push(format!(
            "{} deliveries to domains beyond the first {} are not told apart: see --max-domains",
            totals.beyond, max_domains
        ));
    }
    if totals.ambiguous > 0 {
        notes.push(format!(
            "{} deliveries were left out: an address or a reply in the line reads like a part of it",
            totals.ambiguous
        ));
    }
    if totals.too_long > 0 {
        notes.push(format!("{} lines were left out, longer than any of Postfix", totals.too_long));
    }
    for (trouble, count) in &evidence.troubles {
        notes.push(format!("{}: {count} times", trouble.as_str()));
    }
    for note in notes {
        context.printer.note(&format!("note: {note}"));
    }
}

/// The day of a time, in the zone of the log.
fn day(time: jiff::Timestamp) -> Date {
    jiff::tz::Offset::UTC.to_datetime(time).date()
}

impl Render for Report {
    fn text(&self, style: &Style) -> String {
        text::text(self, style)
    }

    fn json(&self) -> Value {
        json::json(self)
    }

    fn markdown(&self) -> String {
        markdown::markdown(self)
    }
}
