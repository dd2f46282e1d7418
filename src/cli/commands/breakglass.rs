//! `mxward breakglass`

mod against;
mod asked;
mod before;
mod compiled;
mod edits;
mod foreign;
mod judged;
mod sharing;
mod text;
mod until;
mod wanted;
mod write;

use super::edited::{Declared, Edited, declared, only_these_differ};
use super::sides::{Sides, texts};
use super::test;
use crate::cli::args::Breakglass;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::compile::Repository;
use crate::diag::{Diagnostics, shell_word};
use crate::diff::Compared;
use crate::model::Body;
use crate::names::Recipients;
use crate::postfix::SecurityLevel;
use crate::source::SourceMap;
use crate::world::Files;
use against::Against;
use asked::{Asked, Written};
use before::Before;
use compiled::{Denied, failing, lints, maps, sides};
use edits::{end_of, except};
use jiff::civil::Date;
use std::collections::BTreeMap;
use wanted::{Wanted, wanted};
use write::write;

/// What was written, or would have been, as a report.
struct Report<'a> {
    written: &'a [Written],
    /// The exception; `None` where one was ended.
    exception: Option<(SecurityLevel, Date)>,
    /// The first words of commands that go on from here.
    mxward: &'a str,
    /// What `plan` and `apply` need on their command lines.
    flags: String,
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

pub(super) fn run(context: &mut Context<'_, '_>, options: &Breakglass) -> Result<Exit, Exit> {
    let wanted = wanted(context, options)?;
    let mxward = match &*Context::shown(&context.global.directory) {
        "." => "mxward".to_owned(),
        folder => format!("mxward -C {}", shell_word(folder)),
    };
    let files = context.world.repository(&context.global.directory).map_err(|error| {
        let folder = Context::shown(&context.global.directory);
        context.printer.error(&format!("cannot read `{folder}`: {error}"));
        Exit::Failed
    })?;
    let mut before = read(context, &*files, &wanted.named)?;
    let mut old = context.compile_files(&*files)?;
    let was_so = |context: &mut Context<'_, '_>| {
        context.printer.error("nothing was written: put right first what was so before");
    };
    let failed = test::failures(context, &mut old).inspect_err(|_| was_so(context))?;
    let was = maps(context, &old, &old.repository.config.targets);
    let was = was.inspect_err(|_| was_so(context))?;
    before.kept = before::kept(&wanted.named, &old.repository.config.targets, &was);
    let mut edited = Edited::new(&*files);
    let written = edit(context, &mut edited, &before, &wanted, options)?;
    let mut new = match context.compile_files(&edited) {
        // What comes back may need facts that were dropped meanwhile.
        Err(Exit::LockOutdated) if options.end => {
            let back = "the entry is back; look up what it needs before you apply";
            if options.dry_run {
                context.printer.note(&format!("nothing was written; it would be: {back}"));
            } else {
                write(context, &*files, &edited, options.end)?;
                context.printer.note(back);
            }
            return Ok(Exit::LockOutdated);
        }
        Err(Exit::Findings) => {
            context.printer.error("nothing was written: the repository would not compile any more");
            return Err(Exit::Findings);
        }
        compiled => compiled?,
    };
    let stop = |context: &mut Context<'_, '_>, why: &str| {
        context.printer.error(&format!("nothing was written: {why}"));
        Exit::Findings
    };
    let uncompiled = |context: &mut Context<'_, '_>, exit| {
        let why = sharing::why_uncompiled(context, &before, &wanted, &old, &mxward);
        stop(context, &why);
        exit
    };
    let notes = failing(context, &failed, &mut new);
    let mut notes = notes.map_err(|exit| uncompiled(context, exit))?;
    let sides = sides(context, was, &new).map_err(|exit| uncompiled(context, exit))?;
    let texts = texts(context, &sides, &BTreeMap::new())?;
    let computed: Vec<_> = texts.iter().map(|it| it.compute()).collect();
    let targets: Vec<_> = sides.iter().zip(computed.iter().map(|it| &it.compared)).collect();
    if let Some((level, ..)) = wanted.exception {
        let judged = judged::without_effect(&written, &targets, level)
            .and_then(|()| judged::goes_by_less(&written, &targets, level));
        judged.map_err(|why| stop(context, &why))?;
        let foreign = foreign::foreign(context, &old, &targets)?;
        for why in &foreign.found {
            stop(context, why);
        }
        if !foreign.found.is_empty() {
            return Err(Exit::Findings);
        }
        notes.extend(foreign.notes);
        notes.extend(judged::stronger(&written, &targets));
        notes.extend(judged::elsewhere(&wanted.named, &targets, level));
    }
    let against = against::against(context, options, &wanted.named, (&computed, &texts), &new);
    let is_read = against.is_ok();
    let against = match against {
        // What is wrong with protect.yaml was said, and does not keep an exception in force.
        Err(exit) if options.end && exit != Exit::Usage => Against::default(),
        against => against.inspect_err(|_| context.printer.error("nothing was written"))?,
    };
    let mut refused = against.refused;
    if options.end {
        // What asks for more than before is never kept from coming back.
        let told = refused.drain(..).filter(|it| it.flag.is_none());
        notes.extend(
            told.map(|it| format!("`plan` refuses it: target {}: {}", it.target, it.message)),
        );
    }
    let denied = lints(context, &old, &new, options.end);
    let stopped = !refused.is_empty() || (denied == Denied::Caused && !options.end);
    let done = !stopped && !options.dry_run;
    if done {
        write(context, &*files, &edited, options.end)?;
    }
    let report = Report {
        written: &written,
        exception: wanted.exception.as_ref().map(|(level, _, until)| (*level, *until)),
        mxward: &mxward,
        flags: against.flags,
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
        (true, Denied::Nothing) if !is_read => Exit::Findings,
        (true, Denied::Nothing) => Exit::Done,
    })
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
    let (mut written, mut failed): (Vec<Written>, _) = (Vec::new(), Vec::new());
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
    if failed.is_empty() {
        match proven(edited, before, &written) {
            Ok(after) => {
                for it in written.iter_mut().filter(|it| it.expected.is_none()) {
                    let body = after.entries.get(&it.of);
                    it.back = body.and_then(|it| {
                        let level = it.policy.level.as_ref().map(|it| it.value);
                        Some((level, it.until.as_ref()?.value))
                    });
                }
            }
            Err(why) => failed.push(why),
        }
    }
    for why in &failed {
        context.printer.error(&format!("nothing was written: {why}"));
    }
    if failed.is_empty() { Ok(written) } else { Err(Exit::Findings) }
}

/// What the files declare now, where that is what was meant.
fn proven(edited: &Edited<'_>, before: &Before, written: &[Written]) -> Result<Declared, String> {
    let after = declared(edited)?;
    let mut expected = before.declared.entries.clone();
    // What an ended exception leaves behind may be nothing.
    let is_there = |key: &Recipients| after.entries.contains_key(key);
    expected.retain(|key, _| written.iter().all(|it| it.of != *key) || is_there(key));
    let there = written.iter().filter(|it| is_there(&it.of));
    let entries = there.map(|it| (it.of.clone(), |body: &Body| it.says(body)));
    only_these_differ(&before.declared, expected, &after, entries)?;
    Ok(after)
}
