//! From tables to the files of a target.

mod main_cf;
mod map;
mod map_writer;
mod sink;
mod sql;
mod templates;

pub use sink::Sink;

use crate::compile::Repository;
use crate::diag::Diagnostics;
use crate::model::{Location, Target};
use crate::tables::Rows;
use sink::{Nowhere, Unsealed};
use sql::SqlMap;

/// One file of a target.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Artifact<S = String> {
    /// Its name inside of the target's folder.
    pub name: String,
    /// What is in it.
    pub text: S,
    /// How many entries it has, for maps.
    pub entries: Option<usize>,
}

/// Writes everything that a target needs; each entry of a map is read back and compared before it is
/// given.
///
/// `None` after an error: a line that would be read differently, or a template that fails.
pub fn emit(
    repository: &Repository,
    target: &Target,
    tables: &impl Rows,
    diagnostics: &mut Diagnostics,
) -> Option<Vec<Artifact>> {
    emit_into(repository, target, tables, |_| String::new(), diagnostics)
}

/// Whether [`emit`] would give everything that `target` needs; reports what it would report.
pub fn is_emitted(
    repository: &Repository,
    target: &Target,
    tables: &impl Rows,
    diagnostics: &mut Diagnostics,
) -> bool {
    emit_into(repository, target, tables, |_| Nowhere, diagnostics).is_some()
}

/// As [`emit`], each file into the sink that `sink` gives for its name. After an error the sinks may
/// have got a part.
pub fn emit_into<S: Sink>(
    repository: &Repository,
    target: &Target,
    tables: &impl Rows,
    mut sink: impl FnMut(&str) -> S,
    diagnostics: &mut Diagnostics,
) -> Option<Vec<Artifact<S>>> {
    let mut artifacts = Vec::new();
    // Small files are made whole.
    let mut others = Vec::new();
    match target.transport.as_ref().map(|location| &location.value) {
        Some(Location::Sql { database, table }) => {
            let (name, parameter) = ("transport", "transport_maps");
            // Every entry is parsed back there.
            map::transport(repository, target, tables, Nowhere, diagnostics)?;
            let map = SqlMap { name, parameter, database, table };
            let rows = tables.transport_rows();
            others.extend(sql::files(repository, target, &map, rows, diagnostics)?);
        }
        Some(Location::File(_) | Location::Ssh { .. }) => {
            artifacts.push(map::transport(
                repository,
                target,
                tables,
                sink("transport"),
                diagnostics,
            )?);
        }
        None if target.tls_policy.is_none() => {
            artifacts.push(map::transport(
                repository,
                target,
                tables,
                sink("transport"),
                diagnostics,
            )?);
        }
        None => {}
    }
    match target.tls_policy.as_ref().map(|location| &location.value) {
        Some(Location::Sql { database, table }) => {
            let (name, parameter) = ("tlspolicies", "smtp_tls_policy_maps");
            // Every entry is parsed back there.
            map::tls_policy(repository, target, tables, Nowhere, diagnostics)?;
            let map = SqlMap { name, parameter, database, table };
            let rows = tables.policy_rows();
            others.extend(sql::files(repository, target, &map, rows, diagnostics)?);
        }
        Some(Location::File(_) | Location::Ssh { .. }) | None => {
            let policies =
                map::tls_policy(repository, target, tables, sink("tls_policy"), diagnostics)?;
            artifacts.push(policies);
        }
    }
    others.push(main_cf::required(repository, target, tables));
    others.extend(templates::render(repository, target, tables, diagnostics)?);
    artifacts.extend(others.into_iter().map(|Artifact { name, text: whole, entries }| {
        let mut text = sink(&name);
        text.add(&whole);
        Artifact { name, text, entries }
    }));
    Some(artifacts)
}

/// Both maps as text, also where the target keeps them in another form: for comparison.
///
/// `None` after an error.
pub fn maps(
    repository: &Repository,
    target: &Target,
    tables: &impl Rows,
    diagnostics: &mut Diagnostics,
) -> Option<[Artifact; 2]> {
    maps_into(repository, target, tables, rooms(tables), diagnostics)
}

/// As [`maps`], each into its sink. After an error the sinks may have got a part.
///
/// `None` after an error.
pub fn maps_into<S: Sink>(
    repository: &Repository,
    target: &Target,
    tables: &impl Rows,
    [transport, tls_policy]: [S; 2],
    diagnostics: &mut Diagnostics,
) -> Option<[Artifact<S>; 2]> {
    let transport = map::transport(repository, target, tables, transport, diagnostics)?;
    Some([transport, map::tls_policy(repository, target, tables, tls_policy, diagnostics)?])
}

/// As [`maps`], with zeros in the place of the digests: for who only compares.
///
/// `None` after an error.
pub fn unsealed_maps(
    repository: &Repository,
    target: &Target,
    tables: &impl Rows,
    diagnostics: &mut Diagnostics,
) -> Option<[Artifact; 2]> {
    let maps = maps_into(repository, target, tables, rooms(tables).map(Unsealed), diagnostics)?;
    Some(maps.map(|Artifact { name, text, entries }| Artifact { name, text: text.0, entries }))
}

/// Room for both maps. What is not written to takes no memory, and a long text that has to move does.
fn rooms(tables: &impl Rows) -> [String; 2] {
    let counts = tables.counts();
    [counts.transport, counts.tls_policy].map(|it| String::with_capacity(1024 + it * ROOM))
}

/// The bytes that are set aside for an entry: more than most need.
const ROOM: usize = 160;

/// The first lines of every file: what made it, and from what.
fn header(digest: &str, target: &Target, what: &str) -> String {
    format!(
        "# @generated by mxward: {what} of target {}. Edit the repository, not this file.\n\
         # source sha256:{digest}\n",
        target.name.value
    )
}
