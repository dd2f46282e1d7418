//! Rows of deployed maps that nobody declares, and that an exception would take over.

use super::judged::Judged;
use crate::cli::commands::{diff, sides::Sides};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::compile::Compiled;
use crate::deployed::{Hosts, MAPS, read_deployed};
use crate::diag::printable;
use crate::diff::{DeployedLine, Diff, differences};
use crate::import::policy_fields;
use crate::model::{Location, Target};
use crate::names::Recipients;
use crate::postfix::{TlsPolicy, Version};
use crate::report::some_of;
use crate::source::yaml::scalar;
use crate::sql::DatabaseLocation;
use std::collections::BTreeSet;

/// What is known of rows that stand in deployed maps only.
#[derive(Default)]
pub(super) struct Foreign {
    /// A row that would be lost, with what to do about it.
    pub(super) found: Vec<String>,
    /// Where nobody looked, or could.
    pub(super) notes: Vec<String>,
}

/// Looks for rows under the keys that are new. No other host is asked, and no server.
///
/// # Errors
///
/// The status to exit with; everything was said.
pub(super) fn foreign(
    context: &mut Context<'_, '_>,
    old: &Compiled,
    targets: &[Judged<'_>],
) -> Result<Foreign, Exit> {
    let mut result = Foreign::default();
    let mut hosts = Hosts::new(context.world, true);
    for (sides, compared) in targets {
        let (before, after) = (&compared.before, &compared.after);
        let new = [
            differences(&before.transport, &after.transport),
            differences(&before.tls_policy, &after.tls_policy),
        ];
        let new = new.each_ref().map(|list| {
            let added = list.iter().filter(|it| it.before.is_none());
            added.map(|it| it.key).collect::<BTreeSet<&str>>()
        });
        let mut target = sides.target.clone();
        let state = target.state.clone();
        let is_here = |it: &Location| is_here(it, state.as_ref().map(|it| &it.value));
        for (at, location) in
            [&mut target.transport, &mut target.tls_policy].into_iter().enumerate()
        {
            let wanted = location.take().filter(|_| !new[at].is_empty());
            let (here, there) = match wanted {
                Some(it) if is_here(&it.value) => (Some(it), None),
                other => (None, other),
            };
            *location = here;
            if there.is_some() {
                result.notes.push(format!(
                    "nobody looked whether {} of target {} has a row of somebody else under {}: `plan` shows what \
                     happens to it, and `--end` does not bring it back",
                    MAPS[at],
                    target.name.value,
                    some_of(new[at].iter().copied(), 3)
                ));
            }
        }
        if target.transport.is_none() && target.tls_policy.is_none() {
            continue;
        }
        let name = &target.name.value;
        match compare(context, &mut hosts, old, (&sides.target, &target))? {
            Ok(diff) => {
                for (at, rows) in rows(&diff, &new).into_iter().enumerate() {
                    for row in rows {
                        result.found.push(said(at, row, &target, &diff));
                    }
                }
            }
            Err(why) => result.notes.push(format!(
                "nobody knows whether the maps of target {name} have rows of somebody else under the same keys, which \
                 `--end` would not bring back: {}",
                printable(&why)
            )),
        }
    }
    Ok(result)
}

/// Whether a map is read without asking another host, or a server.
fn is_here(location: &Location, state: Option<&Location>) -> bool {
    match location {
        Location::File(_) => true,
        Location::Sql { database: DatabaseLocation::Sqlite(_), .. } => {
            state.is_none_or(|it| matches!(it, Location::File(_)))
        }
        Location::Ssh { .. } | Location::Sql { .. } => false,
    }
}

/// What is deployed against the repository as it was; `here` is the target with the maps that are read.
fn compare(
    context: &mut Context<'_, '_>,
    hosts: &mut Hosts<'_>,
    old: &Compiled,
    (target, here): (&Target, &Target),
) -> Result<Result<Diff, String>, Exit> {
    let deployed = match read_deployed(hosts, &context.global.directory, here, None) {
        Ok(deployed) => [deployed.transport, deployed.tls_policy],
        Err(why) => return Ok(Err(why)),
    };
    let after = diff::output(context, old, target)?;
    let sides = Sides::new(target, (deployed, target.settings()), after);
    let texts = sides.texts(context.world.now(), &BTreeSet::new());
    Ok(texts.map(|texts| texts.compare().diff))
}

/// The foreign rows of both maps under keys.
fn rows<'d>(diff: &'d Diff, keys: &[BTreeSet<&str>; 2]) -> [Vec<&'d DeployedLine>; 2] {
    let of = |at: usize, rows: &'d [DeployedLine]| {
        rows.iter().filter(|it| keys[at].contains(&*it.key)).collect()
    };
    [of(0, &diff.transport.foreign), of(1, &diff.tls_policy.foreign)]
}

/// What is to be said of a row.
fn said(at: usize, row: &DeployedLine, target: &Target, diff: &Diff) -> String {
    let DeployedLine { key, value, .. } = row;
    let line = format!("{key} {value}");
    let entry = entry(at, row, target.postfix, diff);
    let by_hand = entry.map(|it| format!("or by hand: `{}`", printable(&it)));
    format!(
        "{} of target {} has a row `{}` that the repository does not declare; the exception would take it over, and \
         `--end` leave none; declare it first, with `mxward import` {}",
        MAPS[at],
        target.name.value,
        printable(&line),
        by_hand.unwrap_or_else(|| "or by hand".to_owned())
    )
}

/// The entry that says what a row says, where that is one row alone.
fn entry(at: usize, row: &DeployedLine, version: Version, diff: &Diff) -> Option<String> {
    let key = Recipients::parse(&row.key).ok()?;
    let other = [&diff.tls_policy, &diff.transport][at];
    if other.foreign.iter().any(|it| it.key == row.key) {
        return None;
    }
    let fields = if at == 0 {
        vec![format!("transport: {}", scalar(&row.value))]
    } else {
        policy_fields(&TlsPolicy::parse(&row.value, version).ok()?)
    };
    Some(format!("{}: {{ {} }}", scalar(&key.key_text()), fields.join(", ")))
}
