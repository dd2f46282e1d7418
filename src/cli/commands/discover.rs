//! `mxward discover`

mod domains;
mod found;
mod write;

use crate::cli::args::DiscoverOptions;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::progress::Progress;
use crate::compile::Repository;
use crate::diag::{Diagnostics, printable};
use crate::discover::{Journal, Judge, Options, Outcome, Verdict, discover};
use crate::model::{Config, Provider, catalogue};
use crate::names::{DomainName, Recipients};
use crate::report::counted;
use crate::world::{Ended, NetSettings};
use found::Discovered;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

/// Works without a repository too: then there are only the built-in templates.
pub(super) fn run(
    context: &mut Context<'_, '_>,
    domains: &[String],
    from: Option<&Path>,
    options: &DiscoverOptions,
) -> Result<Exit, Exit> {
    if context.global.offline || context.global.frozen {
        context
            .printer
            .error("`discover` asks the network, which `--offline` and `--frozen` forbid");
        return Err(Exit::Usage);
    }
    let domains = domains::read(context, domains, from)?;
    let (config, providers) = templates(context, options.write.as_deref())?;
    let (settings, how) = settings(context, &config, options)?;
    let mut outcomes = journal(context, options.resume.as_deref(), &domains)?;
    let ended =
        ask(context, &settings, &how, &config, &providers, &domains, &mut outcomes, options)?;
    let declared = declared(&config, &domains);
    let missing = domains.len() - outcomes.len();
    let unknown = outcomes.values().filter(|it| it.verdict == Verdict::Unknown).count();
    // In the order in which they were named.
    let list = domains.iter().filter_map(|domain| outcomes.remove(domain)).collect();
    let found = Discovered { outcomes: list, declared, missing };
    context.printer.report(&found);
    if missing > 0 {
        let why = match ended {
            Ended::OutOfTime => "the time of `--deadline` is over",
            Ended::Interrupted | Ended::Done => "interrupted",
        };
        let resume = if options.resume.is_some() {
            "the same command goes on"
        } else {
            "`--resume FILE` keeps what is found"
        };
        let missing = counted(missing, "domain");
        context.printer.error(&format!("{why}: {missing} not looked at; {resume}"));
    }
    if let Some(file) = &options.write {
        write::add(context, file, &found)?;
    }
    Ok(if missing > 0 || unknown > 0 { Exit::Failed } else { Exit::Done })
}

/// The configuration, an empty one where there is no repository, and every template.
fn templates(
    context: &mut Context<'_, '_>,
    write: Option<&str>,
) -> Result<(Config, BTreeMap<String, Provider>), Exit> {
    let is_repository = context.world.exists(&context.path("mxward.yaml"));
    let mut diagnostics = Diagnostics::new();
    let mut repository = match write {
        Some(file) => write::load(context, file, &mut diagnostics)?,
        None if is_repository => context.load(&mut diagnostics)?,
        None => Repository::empty(),
    };
    let mut providers = std::mem::take(&mut repository.config.providers);
    catalogue::add_all(&mut providers, &mut repository.sources, &mut diagnostics);
    diagnostics.sort();
    context.printer.diagnostics(&diagnostics, &repository.sources);
    if diagnostics.has_errors() {
        return Err(Exit::Findings);
    }
    Ok((repository.config, providers))
}

fn settings(
    context: &mut Context<'_, '_>,
    config: &Config,
    options: &DiscoverOptions,
) -> Result<(NetSettings, Options), Exit> {
    let dns = context.dns(&config.dns);
    let helo = DomainName::parse(&options.helo)
        .map_err(|error| format!("`{}` is not a name: {error}", printable(&options.helo)));
    let (dns, helo) = match (dns, helo) {
        (Ok(dns), Ok(helo)) => (dns, helo),
        (Err(message), _) | (_, Err(message)) => {
            context.printer.error(&message);
            return Err(Exit::Usage);
        }
    };
    let net = NetSettings {
        dns,
        ca: options.ca.clone(),
        per_host: options.per_host.into(),
        step_ms: u32::from(options.timeout) * 1000,
    };
    let how = Options {
        allow: config.lock.allow_addresses.clone(),
        https_port: options.https_port,
        smtp_port: options.smtp_port,
        starttls: !options.no_starttls,
        helo,
        ca: options.ca.clone(),
        step: Duration::from_secs(options.timeout.into()),
        window: options.jobs.into(),
        total: options.deadline.map(|seconds| Duration::from_secs(seconds.into())),
    };
    Ok((net, how))
}

/// What another run has found out about these domains.
fn journal(
    context: &mut Context<'_, '_>,
    file: Option<&Path>,
    domains: &[DomainName],
) -> Result<BTreeMap<DomainName, Outcome>, Exit> {
    let mut known = BTreeMap::new();
    let Some(file) = file else { return Ok(known) };
    let shown = Context::shown(file);
    let mut fail = |message: String| {
        context.printer.error(&format!("`{shown}`: {message}"));
        Err(Exit::Failed)
    };
    let text = match context.world.read(file) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return fail(error.to_string()),
    };
    let journal = match Journal::read(&text) {
        Ok(journal) => journal,
        Err(error) => return fail(error.to_string()),
    };
    if text.is_empty() || journal.torn {
        let lines = journal.outcomes.iter().map(Journal::line).collect::<String>();
        if let Err(error) = context.world.write(file, (Journal::head() + &lines).as_bytes()) {
            return fail(format!("cannot write it: {error}"));
        }
    }
    let wanted: BTreeSet<&DomainName> = domains.iter().collect();
    let outcomes = journal.outcomes.into_iter();
    // What could not be found out is asked for again.
    let outcomes = outcomes.filter(|it| it.verdict != Verdict::Unknown);
    for outcome in outcomes.filter(|it| wanted.contains(&it.domain)) {
        known.insert(outcome.domain.clone(), outcome);
    }
    if !known.is_empty() {
        let count = counted(known.len(), "domain");
        context.printer.note(&format!("{count} known from `{shown}`"));
    }
    Ok(known)
}

/// Asks for the domains that are not known yet.
#[expect(clippy::too_many_arguments, reason = "the parts of one command")]
fn ask(
    context: &mut Context<'_, '_>,
    settings: &NetSettings,
    how: &Options,
    config: &Config,
    providers: &BTreeMap<String, Provider>,
    domains: &[DomainName],
    outcomes: &mut BTreeMap<DomainName, Outcome>,
    options: &DiscoverOptions,
) -> Result<Ended, Exit> {
    let left: Vec<DomainName> =
        domains.iter().filter(|it| !outcomes.contains_key(*it)).cloned().collect();
    let freeze = options.freeze.then(|| context.world.today());
    let judge = Judge::new(providers, config.default_route.as_ref().map(|it| it.value), freeze);
    let mut progress = Progress::new(context.world, left.len(), "domain");
    let mut failure = None;
    let ended = match context.world.net(settings) {
        Ok(net) => discover(&*net, &judge, how, &left, &mut |outcome| {
            if let Some(file) = &options.resume
                && let Err(error) = context.world.append(file, Journal::line(&outcome).as_bytes())
            {
                failure.get_or_insert(error);
            }
            outcomes.insert(outcome.domain.clone(), outcome);
            progress.step(context.world, context.printer);
        }),
        Err(error) => Err(error),
    };
    progress.end(context.printer);
    if let (Some(error), Some(file)) = (failure, &options.resume) {
        let file = Context::shown(file);
        context.printer.error(&format!("cannot write `{file}`: {error}"));
    }
    ended.map_err(|error| context.cannot_ask(&error))
}

/// The domains that the repository declares already.
fn declared(config: &Config, domains: &[DomainName]) -> BTreeSet<DomainName> {
    let wanted: BTreeSet<&DomainName> = domains.iter().collect();
    let declared = config.declarations.iter().filter_map(|it| match &it.recipients {
        Recipients::Domain(name) if wanted.contains(name) => Some(name.clone()),
        Recipients::Domain(_) | Recipients::Subdomains(_) => None,
    });
    declared.collect()
}
