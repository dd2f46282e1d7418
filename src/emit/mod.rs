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
use sink::Unsealed;
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
    emit_into(repository, target, tables, |_| None::<String>, diagnostics).is_some()
}

/// As [`emit`], each file into the sink that `sink` gives for its name. After an error the sinks may
/// have got a part.
pub fn emit_into<S: Sink + Send>(
    repository: &Repository,
    target: &Target,
    tables: &(impl Rows + Sync),
    mut sink: impl FnMut(&str) -> S,
    diagnostics: &mut Diagnostics,
) -> Option<Vec<Artifact<S>>> {
    let locations = [&target.transport, &target.tls_policy];
    let sql = locations.map(|it| match it.as_ref().map(|it| &it.value) {
        Some(Location::Sql { database, table }) => Some((database, table)),
        Some(Location::File(_) | Location::Ssh { .. }) | None => None,
    });
    // Of a map that goes into a table the text is wanted by nobody, and is read back all the same.
    let has_transport = target.transport.is_some() || target.tls_policy.is_none();
    let into_transport = has_transport.then(|| sql[0].is_none().then(|| sink("transport")));
    let into_policies = sql[1].is_none().then(|| sink("tls_policy"));
    let maps = side_by_side(
        |found| {
            let Some(sink) = into_transport else { return Some(None) };
            map::transport(repository, target, tables, sink, found).map(Some)
        },
        |found| map::tls_policy(repository, target, tables, into_policies, found),
        diagnostics,
    )?;
    let kept = |Artifact { name, text, entries }: Artifact<Option<S>>| {
        Some(Artifact { name, text: text?, entries })
    };
    let mut artifacts: Vec<Artifact<S>> =
        [maps.0, Some(maps.1)].into_iter().flatten().filter_map(kept).collect();
    // Small files are made whole.
    let mut others = Vec::new();
    if let Some((database, table)) = sql[0] {
        let map = SqlMap { parameter: "transport_maps", database, table };
        let rows = tables.transport_rows();
        others.extend(sql::files(repository, target, &map, rows, diagnostics)?);
    }
    if let Some((database, table)) = sql[1] {
        let map = SqlMap { parameter: "smtp_tls_policy_maps", database, table };
        let rows = tables.policy_rows();
        others.extend(sql::files(repository, target, &map, rows, diagnostics)?);
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
