//! What Postfix answers at the end of `apply` and `rollback`.

use super::sides::{Computed, Texts};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::deployed::{Hosts, Seen, seen};
use crate::diag::printable;
use crate::diff::MapDiff;
use crate::formats::MapEntry;
use crate::report::{counted, shortened, thousands};
use std::collections::BTreeSet;

/// So many entries are shown.
const SHOWN: usize = 3;

/// So many characters of a right-hand side are shown.
const VALUE: usize = 120;

/// Asks each Postfix that reads the maps for all entries that are ours.
pub(super) fn look<'t>(
    context: &mut Context<'_, '_>,
    hosts: &mut Hosts<'_>,
    targets: impl Iterator<Item = (&'t Texts<'t>, &'t Computed<'t>)>,
) -> Exit {
    let mut exit = Exit::Done;
    for (texts, computed) in targets {
        let target = &texts.sides.target;
        let name = &target.name.value;
        let compared = &computed.compared;
        let entries = [
            ours(&compared.after.transport, &compared.diff.transport),
            ours(&compared.after.tls_policy, &compared.diff.tls_policy),
        ];
        let services = services(&entries[0]);
        let mut notes = Vec::new();
        let repository = &context.global.directory;
        match seen(hosts, repository, target, &entries, &services, &mut notes) {
            Ok(list) => {
                for seen in list {
                    if !tell(context, name, &seen) {
                        exit = Exit::NotInForce;
                    }
                }
            }
            Err(error) => {
                context.printer.error(&format!(
                    "target `{name}`: everything was written, but what Postfix answers was not looked at: \
                     {error}"
                ));
                exit = Exit::NotInForce;
            }
        }
        for note in notes {
            context.printer.note(&format!("note: target `{name}`: {note}"));
        }
    }
    exit
}

/// The entries of a map but for those that others wrote.
fn ours<'a>(entries: &'a [MapEntry<'_>], map: &MapDiff) -> Vec<(&'a str, &'a str)> {
    let foreign: BTreeSet<&str> = map.foreign.iter().map(|line| line.key.as_str()).collect();
    let ours = entries.iter().filter(|entry| !foreign.contains(&*entry.key));
    ours.map(|entry| (&*entry.key, &*entry.value)).collect()
}

/// The services of master.cf that transports name.
pub(super) fn services<'a>(transports: &[(&'a str, &'a str)]) -> BTreeSet<&'a str> {
    let services = transports.iter().filter_map(|(_, value)| value.split_once(':'));
    services.map(|(service, _)| service).filter(|it| !it.is_empty()).collect()
}

/// Says what a Postfix answers; whether it answers what it should.
fn tell(context: &mut Context<'_, '_>, target: &str, seen: &Seen) -> bool {
    let Seen { map, postfix, parameter, tables, is_named, answers } = seen;
    let postfix = printable(postfix).into_owned();
    if answers.are_right() {
        if answers.entries > 0 {
            let entries = counted(answers.entries, "entry");
            context.printer.note(&format!(
                " Verified {map}: the Postfix of {postfix} answers {entries} as written"
            ));
        }
        return true;
    }
    let count = |number: usize| {
        if number == answers.entries && number == 1 {
            "its only entry".to_owned()
        } else if number == answers.entries {
            format!("all its {}", counted(number, "entry"))
        } else {
            format!("{} of its {}", thousands(number), counted(answers.entries, "entry"))
        }
    };
    let mut say = |what: String| {
        context.printer.error(&format!(
            "target `{target}`: {map} is written, but the Postfix of {postfix} {}",
            printable(&what)
        ));
    };
    if !is_named && answers.differing.iter().all(|it| it.found.is_none()) {
        say(match tables.as_str() {
            "" => format!("does not ask it: its `{parameter}` is empty"),
            tables => format!("does not ask it: its `{parameter}` is `{tables}`"),
        });
    } else if !answers.differing.is_empty() {
        let shown = answers.differing.iter().take(SHOWN).map(|it| {
            let wanted = shortened(&it.wanted, VALUE);
            match &it.found {
                Some((value, table)) => format!(
                    "`{}` is `{}` by `{table}`, not `{wanted}`",
                    it.key,
                    shortened(value, VALUE)
                ),
                None => format!("`{}` is not found, not `{wanted}`", it.key),
            }
        });
        let rest = answers.differing.len().saturating_sub(SHOWN);
        let rest = (rest > 0).then(|| format!("and {} more", thousands(rest)));
        let shown = shown.chain(rest).collect::<Vec<_>>().join("; ");
        let differing = count(answers.differing.len());
        say(format!("answers otherwise for {differing}: {shown}"));
    }
    for (program, entries) in &answers.programs {
        let entries = count(*entries);
        say(format!("asks `{program}` first for {entries}: what that program knows wins"));
    }
    for (table, why, entries) in &answers.failed {
        let entries = count(*entries);
        say(format!("could not be asked for {entries}, which stand behind `{table}`: {why}"));
    }
    context.printer.note(&format!(
        "the map must come first in `{parameter}`; `mxward diff` shows the command for that"
    ));
    false
}
