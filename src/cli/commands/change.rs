//! What `plan`, `apply` and `rollback` share: targets that are opened, and what is against a change.

use super::consent::Consented;
use super::diff::output;
use super::sides::{Computed, Sides, Texts};
use crate::apply::{FileStore, Kept, Reload, SqlStore, Store};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::compile::Compiled;
use crate::deployed::{DeployedMap, Hosts, MAPS, read_deployed, state_file};
use crate::emit::Artifact;
use crate::formats::MapEntry;
use crate::formats::record::Record;
use crate::formats::seal::SEAL;
use crate::model::{Location, Target};
use crate::plan::{
    FORMAT_VERSION, Guarded, Plan, Refusal, TargetPlan, WaitingPlan, Which, refusals,
};
use crate::tables::{Lowered, Rows as _};
use crate::world::Place;
use jiff::Unit;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

/// A target that is opened for a change.
pub(super) struct Opened<'c> {
    pub(super) sides: Sides<'c>,
    pub(super) stores: [Option<Box<dyn Store>>; 2],
    pub(super) reloads: Vec<Reload>,
}

/// Why a target cannot be opened.
pub(super) struct Unopened {
    pub(super) exit: Exit,
    pub(super) why: String,
}

/// Opens every target that says where its maps live; takes their locks first where `lock` is set, so
/// that what is read stays as it is.
///
/// # Errors
///
/// The status to exit with; everything was said.
pub(super) fn open<'c>(
    context: &mut Context<'_, '_>,
    hosts: &mut Hosts<'_>,
    compiled: &'c Compiled,
    lock: bool,
) -> Result<Vec<Opened<'c>>, Exit> {
    let mut list = Vec::new();
    let mut locked = BTreeSet::new();
    for target in context.targets(&compiled.repository.config.targets)? {
        if target.transport.is_none() && target.tls_policy.is_none() {
            let name = &target.name.value;
            context.printer.note(&format!("{name}  not deployed: the target does not say where"));
            continue;
        }
        let (tables, artifacts) = output(context, compiled, target)?;
        let opened = open_target(context, hosts, target, tables, artifacts, lock, &mut locked);
        match opened {
            Ok(opened) => list.push(opened),
            Err(Unopened { exit, why }) => {
                context.printer.error(&format!("target `{}`: {why}", target.name.value));
                return Err(exit);
            }
        }
    }
    Ok(list)
}

fn open_target<'c>(
    context: &mut Context<'_, '_>,
    hosts: &mut Hosts<'_>,
    target: &Target,
    tables: Lowered<'c>,
    artifacts: [Artifact; 2],
    lock: bool,
    locked: &mut BTreeSet<(Place, String)>,
) -> Result<Opened<'c>, Unopened> {
    let failed = |why: String| Unopened { exit: Exit::Failed, why };
    let mut stores = [None, None];
    let mut reloads = Vec::new();
    // Each Postfix is told once.
    let mut told: BTreeSet<(Place, Option<String>)> = BTreeSet::new();
    let locations = [&target.transport, &target.tls_policy];
    let mut tables_of = [None, None];
    for (at, location) in locations.into_iter().enumerate() {
        let Some(location) = location else { continue };
        let (place, folder, name) = match &location.value {
            Location::Sql { database, table } => {
                let directory = &context.global.directory;
                let database = hosts
                    .database(directory, database, target.password_variable())
                    .map_err(failed)?;
                if lock {
                    let taken = database.borrow_mut().lock(table);
                    taken.map_err(|error| {
                        failed(format!("cannot lock the table `{}`: {error}", table.table))
                    })?;
                }
                tables_of[at] = Some((database, (**table).clone()));
                continue;
            }
            file @ (Location::File(_) | Location::Ssh { .. }) => {
                folder_of(context, file).ok_or_else(|| failed("it has no path".to_owned()))?
            }
        };
        let host = hosts.host(&place).map_err(|error| failed(error.to_string()))?;
        if lock && locked.insert((place.clone(), folder.clone())) {
            let taken = FileStore::lock(&mut **host.borrow_mut(), &folder);
            taken.map_err(|error| failed(format!("cannot lock `{folder}`: {error}")))?;
        }
        let has_main_cf = {
            let path = format!("{folder}/main.cf");
            let read = host.borrow_mut().read(&path);
            read.map_err(|error| failed(error.to_string()))?.is_some()
        };
        if has_main_cf {
            // The commands of Postfix want an absolute path.
            let config = host.borrow_mut().real_folder(&folder);
            let config = config.map_err(|error| failed(error.to_string()))?;
            if told.insert((place.clone(), config.clone())) {
                let name = format!("postfix of {folder}");
                reloads.push(Reload { host: Rc::clone(&host), name, config });
            }
        }
        let header = header(&artifacts[at].text);
        let comments = if at == 1 { comments(&tables) } else { BTreeMap::new() };
        let map_type = target.map_type.value;
        let store = FileStore::new(host, &folder, &name, map_type, header, has_main_cf);
        stores[at] = Some(Box::new(store.with_comments(comments)) as Box<dyn Store>);
    }
    for reload in &target.reload {
        let (place, config) = match &reload.value {
            Location::File(path) => {
                (Place::Here, Some(context.path(path).to_string_lossy().into_owned()))
            }
            Location::Ssh { destination, path } => {
                // A host without a path means the Postfix that is installed there.
                let config = (!matches!(path.as_str(), "" | "/")).then(|| path.clone());
                (Place::Ssh(destination.clone()), config)
            }
            Location::Sql { .. } => continue,
        };
        let host = hosts.host(&place).map_err(|error| failed(error.to_string()))?;
        let config = match config {
            None => None,
            Some(path) => {
                let real = host.borrow_mut().real_folder(&path);
                Some(real.map_err(|error| failed(error.to_string()))?.unwrap_or(path))
            }
        };
        let name = match &reload.value {
            Location::Ssh { destination, .. } => format!("postfix on {destination}"),
            Location::File(_) | Location::Sql { .. } => "postfix".to_owned(),
        };
        if told.insert((place, config.clone())) {
            reloads.push(Reload { host, name, config });
        }
    }
    let deployed =
        read_deployed(hosts, &context.global.directory, target, Some(&tables)).map_err(failed)?;
    for note in &deployed.notes {
        context.printer.note(&format!("note: {note}"));
    }
    let deployed_maps = [&deployed.transport, &deployed.tls_policy];
    for (at, table) in tables_of.into_iter().enumerate() {
        let Some((database, table)) = table else { continue };
        let mut store = SqlStore::new(database, table, deployed_maps[at].stored.clone());
        let map = MAPS[at];
        if let Some((place, path)) = state_file(&context.global.directory, target, map) {
            let host = hosts.host(&place).map_err(|error| failed(error.to_string()))?;
            if lock && let Some((folder, _)) = path.rsplit_once('/') {
                let made = host.borrow_mut().make_folder(folder);
                made.map_err(|error| failed(error.to_string()))?;
            }
            store = store.with_state(Kept::new(host, &path, &path));
        }
        stores[at] = Some(Box::new(store) as Box<dyn Store>);
        if reloads.is_empty() {
            context.printer.note(&format!(
                "note: no Postfix is told when {map} of target `{}` changes: name those that read it as \
                 `reload`, since resumed TLS sessions keep what was checked before",
                target.name.value
            ));
        }
    }
    let is_unfinished = |map: &DeployedMap| {
        let record = map.record.as_deref().map(Record::read);
        record.is_some_and(|record| record.is_ok_and(|record| record.unfinished))
    };
    if [&deployed.transport, &deployed.tls_policy].into_iter().any(is_unfinished) {
        context.printer.note(&format!(
            "note: the last apply to target `{}` did not come to its end; the next one finishes it",
            target.name.value
        ));
    }
    let before = ([deployed.transport, deployed.tls_policy], target.settings());
    let sides = Sides::new(target, before, (tables, artifacts));
    Ok(Opened { sides, stores, reloads })
}

/// The host, folder and name of a map that is kept in files.
fn folder_of(context: &Context<'_, '_>, location: &Location) -> Option<(Place, String, String)> {
    let (place, path) = match location {
        Location::File(path) => (Place::Here, context.path(path).to_string_lossy().into_owned()),
        Location::Ssh { destination, path } => (Place::Ssh(destination.clone()), path.clone()),
        Location::Sql { .. } => return None,
    };
    let (folder, name) = path.rsplit_once('/').unwrap_or((".", &path));
    Some((place, folder.to_owned(), name.to_owned()))
}

/// The first lines of a compiled map, without the seal: foreign entries may follow.
fn header(text: &str) -> String {
    let head = text.lines().take_while(|line| line.starts_with("# ") && !line.starts_with(SEAL));
    head.flat_map(|line| [line, "\n"]).collect()
}

/// The MX hosts of addresses, for the lines above them.
fn comments(tables: &Lowered<'_>) -> BTreeMap<String, Arc<str>> {
    let rows = tables.policy_rows();
    rows.filter_map(|it| Some((it.key.into_owned(), Arc::clone(it.hosts?)))).collect()
}

/// The policies that wait.
fn waiting(texts: &Texts<'_>, computed: &Computed<'_>) -> Vec<WaitingPlan> {
    let mut list: Vec<WaitingPlan> = texts
        .waiting
        .iter()
        .map(|(key, (since, _))| {
            let until = texts.until(*since);
            let until = until.round(Unit::Second).unwrap_or(until).to_string();
            WaitingPlan { key: key.clone(), until: Some(until) }
        })
        .collect();
    let begin = computed.begin.iter().flatten();
    list.extend(begin.map(|key| WaitingPlan { key: key.clone(), until: None }));
    list.sort_by(|a, b| a.key.cmp(&b.key));
    list
}

/// What databases have against the steps of all targets.
///
/// # Errors
///
/// The status to exit with; everything was said.
pub(super) fn obstacles<'s>(
    context: &mut Context<'_, '_>,
    stores: impl Iterator<Item = &'s mut [Option<Box<dyn Store>>; 2]>,
    computed: &[Computed<'_>],
) -> Result<Vec<Refusal>, Exit> {
    let mut refused = Vec::new();
    for (stores, computed) in stores.zip(computed) {
        let Ok(steps) = &computed.steps else { continue };
        let before = &computed.compared.before;
        for (map, lines) in
            [(Which::Transport, &before.transport), (Which::TlsPolicy, &before.tls_policy)]
        {
            let steps: Vec<&[MapEntry<'_>]> =
                steps.iter().filter(|step| step.map == map).map(|step| &*step.lines).collect();
            let Some(store) = stores[map.at()].as_mut().filter(|_| !steps.is_empty()) else {
                continue;
            };
            let found = store.obstacles(lines, &steps).map_err(|why| {
                context.printer.error(&format!("target `{}`: {why}", computed.name()));
                Exit::Failed
            })?;
            refused.extend(found.into_iter().map(|why| Refusal {
                guard: "database",
                target: computed.name().to_owned(),
                message: format!("the table of {} cannot be changed: {why}", map.as_str()),
                flag: None,
            }));
        }
    }
    Ok(refused)
}

/// The plan over all targets, and what is against it.
pub(super) fn judge(
    computed: &[Computed<'_>],
    texts: &[Texts<'_>],
    compiled: &Compiled,
    consented: &Consented,
    today: Date,
) -> (Plan, Vec<Refusal>) {
    let mut targets = Vec::with_capacity(computed.len());
    let mut refused = Vec::new();
    for (computed, texts) in computed.iter().zip(texts) {
        let name = &texts.sides.target.name.value;
        let steps = computed.steps.as_deref().unwrap_or_default();
        let sources = &compiled.repository.sources;
        targets.push(TargetPlan::new(
            name,
            &computed.compared,
            steps,
            waiting(texts, computed),
            sources,
        ));
        let guarded = Guarded { target: name, compared: &computed.compared };
        let lock = (&compiled.repository.lock, &compiled.repository.config.lock);
        let Consented { allowed, protect, .. } = consented;
        refused.extend(refusals(&guarded, allowed, protect, lock, today));
        refused.extend(consented.beyond(name, |effect| computed.compared.diff.count(effect)));
        if let Err(exposed) = &computed.steps {
            refused.extend(exposed.iter().map(|it| Refusal {
                guard: "order",
                target: name.clone(),
                message: format!(
                    "in every order of steps mail for {} would for a while go {}, less safe than before \
                     and after: move it to `route: mx` first",
                    it.recipient, it.meanwhile
                ),
                flag: None,
            }));
        }
    }
    let plan = Plan {
        format_version: FORMAT_VERSION,
        repository: compiled.repository.digest().to_owned(),
        targets,
    };
    (plan, refused)
}
