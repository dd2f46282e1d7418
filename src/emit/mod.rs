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
    tables: &(impl Rows + Sync),
    diagnostics: &mut Diagnostics,
) -> Option<Vec<Artifact>> {
    emit_into(repository, target, tables, |_| String::new(), diagnostics)
}

/// Whether [`emit`] would give everything that `target` needs; reports what it would report.
pub fn is_emitted(
    repository: &Repository,
    target: &Target,
    tables: &(impl Rows + Sync),
    diagnostics: &mut Diagnostics,
) -> bool {
    emit_into(repository, target, tables, |_| Nowhere, diagnostics).is_some()
}

/// What a map comes to: its text, or files that are made whole.
type Made<S> = (Option<Artifact<S>>, Vec<Artifact>);

/// As [`emit`], each file into the sink that `sink` gives for its name. After an error the sinks may
/// have got a part.
pub fn emit_into<S: Sink + Send>(
    repository: &Repository,
    target: &Target,
    tables: &(impl Rows + Sync),
    mut sink: impl FnMut(&str) -> S,
    diagnostics: &mut Diagnostics,
) -> Option<Vec<Artifact<S>>> {
    let [transport, tls_policy] =
        [&target.transport, &target.tls_policy].map(|it| it.as_ref().map(|it| &it.value));
    let is_file = |location| !matches!(location, Some(&Location::Sql { .. }));
    let has_transport = transport.is_some() || tls_policy.is_none();
    let into_transport = (has_transport && is_file(transport)).then(|| sink("transport"));
    let into_policies = is_file(tls_policy).then(|| sink("tls_policy"));
    let make_transport = |found: &mut Diagnostics| -> Option<Made<S>> {
        if let Some(sink) = into_transport {
            let map = map::transport(repository, target, tables, sink, found)?;
            return Some((Some(map), Vec::new()));
        }
        let Some(Location::Sql { database, table }) = transport else {
            return Some((None, Vec::new()));
        };
        // Every entry is parsed back there.
        map::transport(repository, target, tables, Nowhere, found)?;
        let (name, parameter) = ("transport", "transport_maps");
        let map = SqlMap { name, parameter, database, table };
        let files = sql::files(repository, target, &map, tables.transport_rows(), found)?;
        Some((None, files.into()))
    };
    let make_policies = |found: &mut Diagnostics| -> Option<Made<S>> {
        if let Some(sink) = into_policies {
            let map = map::tls_policy(repository, target, tables, sink, found)?;
            return Some((Some(map), Vec::new()));
        }
        let Some(Location::Sql { database, table }) = tls_policy else {
            return Some((None, Vec::new()));
        };
        map::tls_policy(repository, target, tables, Nowhere, found)?;
        let (name, parameter) = ("tlspolicies", "smtp_tls_policy_maps");
        let map = SqlMap { name, parameter, database, table };
        let files = sql::files(repository, target, &map, tables.policy_rows(), found)?;
        Some((None, files.into()))
    };
    let made = side_by_side(make_transport, make_policies, diagnostics)?;
    let [(transport, mut others), (tls_policy, files)] = <[Made<S>; 2]>::from(made);
    others.extend(files);
    others.push(main_cf::required(repository, target, tables));
    others.extend(templates::render(repository, target, tables, diagnostics)?);
    let mut artifacts: Vec<Artifact<S>> = [transport, tls_policy].into_iter().flatten().collect();
    artifacts.extend(others.into_iter().map(|Artifact { name, text: whole, entries }| {
        let mut text = sink(&name);
        text.add(&whole);
        Artifact { name, text, entries }
    }));
    Some(artifacts)
}

/// Makes two maps at the same time, which take much of a run; what is said of the first comes first.
fn side_by_side<A: Send, B>(
    one: impl FnOnce(&mut Diagnostics) -> Option<A> + Send,
    other: impl FnOnce(&mut Diagnostics) -> Option<B>,
    diagnostics: &mut Diagnostics,
) -> Option<(A, B)> {
    let mut found = Diagnostics::new();
    let (one, other) = std::thread::scope(|scope| {
        let one = scope.spawn(|| one(diagnostics));
        let other = other(&mut found);
        (one.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), other)
    });
    diagnostics.extend(found);
    Some((one?, other?))
}

/// Both maps as text, also where the target keeps them in another form: for comparison.
///
/// `None` after an error.
pub fn maps(
    repository: &Repository,
    target: &Target,
    tables: &(impl Rows + Sync),
    diagnostics: &mut Diagnostics,
) -> Option<[Artifact; 2]> {
    maps_into(repository, target, tables, rooms(tables), diagnostics)
}

/// As [`maps`], each into its sink. After an error the sinks may have got a part.
///
/// `None` after an error.
pub fn maps_into<S: Sink + Send>(
    repository: &Repository,
    target: &Target,
    tables: &(impl Rows + Sync),
    [transport, tls_policy]: [S; 2],
    diagnostics: &mut Diagnostics,
) -> Option<[Artifact<S>; 2]> {
    let transport = |found: &mut _| map::transport(repository, target, tables, transport, found);
    let tls_policy = |found: &mut _| map::tls_policy(repository, target, tables, tls_policy, found);
    side_by_side(transport, tls_policy, diagnostics).map(<[_; 2]>::from)
}

/// As [`maps`], with zeros in the place of the digests: for who only compares.
///
/// `None` after an error.
pub fn unsealed_maps(
    repository: &Repository,
    target: &Target,
    tables: &(impl Rows + Sync),
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
