//! `mxward breakglass`

mod edits;
mod judged;
mod text;
mod until;
mod write;

use super::edited::{Edited, NOT_INSIDE, declared, is_inside, only_these_differ};
use super::sides::{Sides, texts};
use super::{check, diff, test};
use crate::cli::args::Breakglass;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::compile::{Compiled, Repository};
use crate::deployed::DeployedMap;
use crate::diag::{Diagnostic, Diagnostics, Severity, printable};
use crate::diff::Compared;
use crate::model::{Body, Target};
use crate::names::Recipients;
use crate::postfix::SecurityLevel;
use crate::source::SourceMap;
use crate::world::Files;
use edits::{Asked, Before, Written, end_of, except};
use jiff::civil::Date;
use std::collections::BTreeMap;
use write::write;

/// So many characters of a reason fit into a line.
const REASON: usize = 200;

/// What was written, or would have been, as a report.
struct Report<'a> {
    written: &'a [Written],
    /// The exception; `None` where one was ended.
    exception: Option<(SecurityLevel, Date)>,
    /// The first words of commands that go on from here.
    mxward: &'a str,
    targets: Vec<(&'a Sides<'a>, &'a Compared<'a>)>,
    /// The repository with the change.
    sources: &'a SourceMap,
    notes: Vec<String>,
    refused: Vec<crate::plan::Refusal>,
    /// Whether that keeps it from being written, or a denied lint does.
    stopped: bool,
    /// Whether files were changed.
    done: bool,
}

/// What the command line asks for.
struct Wanted {
    named: Vec<Recipients>,
    /// Level, reason and last day; `None` ends exceptions.
    exception: Option<(SecurityLevel, String, Date)>,
}

pub(super) fn run(context: &mut Context<'_, '_>, options: &Breakglass) -> Result<Exit, Exit> {
    let wanted = wanted(context, options)?;
    let mxward = match &*Context::shown(&context.global.directory) {
        "." => "mxward".to_owned(),
        folder if folder.bytes().all(|it| it.is_ascii_alphanumeric() || b"/._-".contains(&it)) => {
            format!("mxward -C {folder}")
        }
        folder => format!("mxward -C '{}'", folder.replace('\'', "'\\''")),
    };
    let files = context.world.repository(&context.global.directory).map_err(|error| {
        let folder = Context::shown(&context.global.directory);
        context.printer.error(&format!("cannot read `{folder}`: {error}"));
        Exit::Failed
    })?;
    let before = read(context, &*files, &wanted.named)?;
    let mut old = context.compile_files(&*files)?;
    let mut edited = Edited::new(&*files);
    let written = edit(context, &mut edited, &before, &wanted, options)?;
    let mut new = match context.compile_files(&edited) {
        // What comes back may need facts that were dropped meanwhile.
        Err(Exit::LockOutdated) if options.end && !options.dry_run => {
            write(context, &*files, &edited, options.end)?;
            context.printer.note("the entry is back; look up what it needs before you apply");
            return Ok(Exit::LockOutdated);
        }
        Err(Exit::Findings) => {
            context.printer.error("nothing was written: the repository would not compile any more");
            return Err(Exit::Findings);
        }
        compiled => compiled?,
    };
    let was_so = |context: &mut Context<'_, '_>| {
        context.printer.error("nothing was written: put right first what was so before");
    };
    let failed = test::failures(context, &mut old).inspect_err(|_| was_so(context))?;
    let was = maps(context, &old, &new.repository.config.targets);
    let was = was.inspect_err(|_| was_so(context))?;
    let uncompiled = |context: &mut Context<'_, '_>| {
        let why = why_uncompiled(&before, &wanted, &mxward);
        context.printer.error(&format!("nothing was written: {why}"));
    };
    let notes = failing(context, &failed, &mut new);
    let mut notes = notes.inspect_err(|_| uncompiled(context))?;
    let sides = sides(context, was, &new).inspect_err(|_| uncompiled(context))?;
    let texts = texts(context, &sides, &BTreeMap::new())?;
    let compared: Vec<_> = texts.iter().map(|it| it.compare()).collect();
    let targets: Vec<_> = sides.iter().zip(&compared).collect();
    let mut refused = Vec::new();
    if let Some((level, ..)) = wanted.exception {
        judged::without_effect(&wanted.named, &targets, level).map_err(|why| {
            context.printer.error(&format!("nothing was written: {why}"));
            Exit::Findings
        })?;
        refused = judged::refusals(context, options, &wanted.named, &targets)?;
        notes.extend(judged::stronger(&wanted.named, &targets));
    }
    let denied = lints(context, &old, &new);
    let stopped = !refused.is_empty() || denied == Denied::Caused;
    let done = !stopped && !options.dry_run;
    if done {
        write(context, &*files, &edited, options.end)?;
    }
    let report = Report {
        written: &written,
        exception: wanted.exception.as_ref().map(|(level, _, until)| (*level, *until)),
        mxward: &mxward,
        targets,
        sources: &new.repository.sources,
        notes,
        refused,
        stopped,
        done,
    };
    context.printer.report(&report);
    Ok(match (report.refused.is_empty(), denied) {
        (false, _) => Exit::Refused,
        (true, Denied::Caused | Denied::Before) => Exit::Findings,
        (true, Denied::Nothing) => Exit::Done,
    })
}

/// Reads the command line; everything that is wrong with it is said.
fn wanted(context: &mut Context<'_, '_>, options: &Breakglass) -> Result<Wanted, Exit> {
    let (mut named, mut errors) = (Vec::new(), Vec::new());
    for text in &options.domains {
        match Recipients::parse(text) {
            Ok(recipients) if named.contains(&recipients) => {}
            Ok(recipients) => named.push(recipients),
            Err(error) => errors.push(format!("`{}` is no domain: {error}", printable(text))),
        }
    }
    if options.file.as_ref().is_some_and(|it| !is_inside(it.strip_prefix("./").unwrap_or(it))) {
        errors.push(format!("`--file`: {NOT_INSIDE}"));
    }
    if !context.global.target.is_empty() {
        errors.push(
            "`--target`: an exception stands in the repository, and so holds on every target; give the option to \
             `plan` and `apply`"
                .to_owned(),
        );
    }
    for text in &options.allow {
        let guard = text.split_once('=').map_or(text.as_str(), |(guard, _)| guard);
        if !judged::GUARDS.iter().any(|(_, known, _)| *known == guard) {
            let known = judged::GUARDS.map(|(_, known, _)| known).join(", ");
            errors.push(format!("`--allow {}`: use {known}", printable(text)));
        }
    }
    let mut exception = None;
    if let (Some(until), Some(reason), false) = (&options.until, &options.reason, options.end) {
        let reason = reason.trim();
        if reason.is_empty()
            || reason.chars().count() > REASON
            || reason.chars().any(char::is_control)
            || printable(reason) != reason
        {
            errors.push(format!(
                "`--reason`: write one line of at most {REASON} characters, all of them to be seen"
            ));
        }
        match until::until(until, context.world.today()) {
            Ok(day) => exception = Some((options.level.level(), reason.to_owned(), day)),
            Err(why) => errors.push(why),
        }
    }
    for error in &errors {
        context.printer.error(error);
    }
    if errors.is_empty() { Ok(Wanted { named, exception }) } else { Err(Exit::Usage) }
}

/// What the repository declares.
fn read(
    context: &mut Context<'_, '_>,
    files: &dyn Files,
    named: &[Recipients],
) -> Result<Before, Exit> {
    let mut diagnostics = Diagnostics::new();
    let repository = Repository::load(files, &mut diagnostics);
    if diagnostics.has_errors() {
        diagnostics.sort();
        context.printer.diagnostics(&diagnostics, &repository.sources);
        return Err(Exit::Findings);
    }
    Ok(Before::new(repository.config, &repository.sources, named))
}

/// Changes the files in memory, and makes sure that nothing else is read otherwise.
fn edit(
    context: &mut Context<'_, '_>,
    edited: &mut Edited<'_>,
    before: &Before,
    wanted: &Wanted,
    options: &Breakglass,
) -> Result<Vec<Written>, Exit> {
    let mut written = Vec::new();
    let mut failed = Vec::new();
    for of in &wanted.named {
        let result = match &wanted.exception {
            Some((level, reason, until)) => {
                let (level, until) = (*level, *until);
                let asked = Asked { level, reason, until, file: options.file.as_deref() };
                except(edited, before, of, &asked)
            }
            None => end_of(edited, before, of),
        };
        match result {
            Ok(one) => written.push(one),
            Err(why) => failed.push(why),
        }
    }
    if failed.is_empty()
        && let Err(why) = proven(edited, before, &written)
    {
        failed.push(why);
    }
    for why in &failed {
        context.printer.error(&format!("nothing was written: {why}"));
    }
    if failed.is_empty() { Ok(written) } else { Err(Exit::Findings) }
}

fn proven(edited: &Edited<'_>, before: &Before, written: &[Written]) -> Result<(), String> {
    let after = declared(edited)?;
    let mut expected = before.declared.entries.clone();
    // What an ended exception leaves behind may be nothing.
    let is_there = |key: &Recipients| after.entries.contains_key(key);
    expected.retain(|key, _| written.iter().all(|it| it.of != *key) || is_there(key));
    let there = written.iter().filter(|it| is_there(&it.of));
    let entries = there.map(|it| (it.of.clone(), |body: &Body| it.says(body)));
    only_these_differ(&before.declared, expected, &after, entries)
}

/// Why the repository would not compile any more: others may share a next hop, which has one policy.
fn why_uncompiled(before: &Before, wanted: &Wanted, mxward: &str) -> String {
    if let Some(next_hop) = before.of_next_hops(&wanted.named) {
        return format!(
            "the policy of `{next_hop}` stands in `next_hops:`, and holds for everybody whose mail goes there; if all \
             of them shall have less, change it there by hand, and back afterwards"
        );
    }
    let sharing = before.sharing(&wanted.named);
    if sharing.is_empty() {
        return "the repository would not compile any more".to_owned();
    }
    let all = wanted.named.iter().chain(sharing).map(ToString::to_string);
    let all = all.collect::<Vec<_>>().join(" ");
    let (what, end) = if wanted.exception.is_some() {
        ("if all of them shall have the exception", "…")
    } else {
        ("to end the exception of all of them", "--end")
    };
    format!(
        "Postfix has one policy for a next hop, and others use this one too; {what}: \
         `{mxward} breakglass {all} {end}`"
    )
}

/// The maps of every target as the repository is.
fn maps(
    context: &mut Context<'_, '_>,
    old: &Compiled,
    targets: &[Target],
) -> Result<Vec<[DeployedMap; 2]>, Exit> {
    let one = |target| Ok(diff::output(context, old, target)?.1.map(diff::as_deployed));
    targets.iter().map(one).collect()
}

/// Both sides of every target: as the repository is, and as it is going to be.
fn sides<'c>(
    context: &mut Context<'_, '_>,
    was: Vec<[DeployedMap; 2]>,
    new: &'c Compiled,
) -> Result<Vec<Sides<'c>>, Exit> {
    let mut list = Vec::new();
    for (target, maps) in new.repository.config.targets.iter().zip(was) {
        let after = diff::output(context, new, target)?;
        list.push(Sides::new(target, (maps, target.settings()), after));
    }
    Ok(list)
}

/// What `tests/*.yaml` expects and does not get any more.
fn failing(
    context: &mut Context<'_, '_>,
    before: &Diagnostics,
    new: &mut Compiled,
) -> Result<Vec<String>, Exit> {
    let after = test::failures(context, new)?;
    let known = |it: &&Diagnostic| before.iter().any(|old| old.message == it.message);
    let failing = after.iter().filter(|it| !known(it)).map(|it| {
        let place = it.span.map(|span| new.repository.sources.place(span)).unwrap_or_default();
        format!(
            "`mxward test` fails from now on, and pipelines that run it: {place}: {}; change what is expected \
             in the same commit",
            it.message
        )
    });
    Ok(failing.collect())
}

/// What denied lints are about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Denied {
    Nothing,
    /// What was there before.
    Before,
    /// The change.
    Caused,
}

/// Shows what lints find that they did not find before, and everything that they deny.
fn lints(context: &mut Context<'_, '_>, old: &Compiled, new: &Compiled) -> Denied {
    let today = context.world.today();
    let mut found = [old, new].map(|compiled| {
        let targets = compiled.repository.config.targets.iter().collect();
        let mut diagnostics = Diagnostics::new();
        check::judge(compiled, targets, Severity::Warning, today, &mut diagnostics);
        diagnostics.sort();
        diagnostics
    });
    let [before, after] = &mut found;
    let is_new = |it: &Diagnostic| {
        before.iter().all(|old| (old.code, &old.message) != (it.code, &it.message))
    };
    let (mut shown, mut denied) = (Diagnostics::new(), Denied::Nothing);
    for it in after.iter() {
        let (is_error, is_new) = (it.severity == Severity::Error, is_new(it));
        if is_error && denied != Denied::Caused {
            denied = if is_new { Denied::Caused } else { Denied::Before };
        }
        if is_error || is_new {
            shown.push(it.clone());
        }
    }
    context.printer.diagnostics(&shown, &new.repository.sources);
    match denied {
        Denied::Nothing => {}
        Denied::Before => context.printer.error(
            "`check` denies what was there before, and `plan` and `apply` refuse every change until that is put right",
        ),
        Denied::Caused => {
            context.printer.error("nothing was written: `plan` and `apply` would refuse it");
        }
    }
    denied
}
