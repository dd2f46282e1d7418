//! What Postfix answers for deployed maps, through all the tables that its main.cf names.

use super::MAPS;
use super::files::split;
use super::hosts::{Hosts, place};
use super::main_cf::{named_paths, postconf};
use crate::diag::printable;
use crate::model::{Location, Target};
use crate::postfix::main_cf::{Answers, AskedTable, AskedTables, RequiredTable, answers};
use crate::world::{Host, HostError, Place};
use std::collections::BTreeSet;
use std::path::Path;

/// What one Postfix answers for one map.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seen {
    /// `transport` or `tls_policy`.
    pub map: &'static str,
    /// Where the Postfix is: the folder of its main.cf, or its host.
    pub postfix: String,
    /// The parameter that names the tables, and its value.
    pub parameter: String,
    /// See [`Self::parameter`].
    pub tables: String,
    /// Whether the map is one of them.
    pub is_named: bool,
    /// What is answered.
    pub answers: Answers,
}

/// The entries that both maps should have, keys with right-hand sides, sorted by key.
pub(crate) type Entries<'a> = [Vec<(&'a str, &'a str)>; 2];

/// A Postfix that reads the maps.
pub(super) struct Postfix {
    pub(super) place: Place,
    /// The folder of its main.cf; `None` is the one that it was built for.
    pub(super) config: Option<String>,
}

/// Asks each Postfix that reads the maps of a target for all of their entries. `services` are those that
/// transports name. What was not looked at is among the notes.
///
/// # Errors
///
/// [`HostError`] when a connection is lost.
pub fn seen(
    hosts: &mut Hosts<'_>,
    repository: &Path,
    target: &Target,
    entries: &Entries<'_>,
    services: &BTreeSet<&str>,
    notes: &mut Vec<String>,
) -> Result<Vec<Seen>, HostError> {
    let postfixes = postfixes(hosts, repository, target)?;
    let mut list = Vec::new();
    let locations = [&target.transport, &target.tls_policy];
    for ((location, entries), map) in locations.into_iter().zip(entries).zip(MAPS) {
        let Some(location) = location else { continue };
        let mut is_read = false;
        for postfix in &postfixes {
            let Some(ours) = required(hosts, repository, target, &location.value, postfix)? else {
                continue;
            };
            is_read = true;
            let host = hosts.host(&postfix.place)?;
            let mut host = host.borrow_mut();
            let running = match postconf(&mut **host, postfix.config.as_deref())? {
                Ok(running) => running,
                Err(why) => {
                    let postfix = printable(&postfix.to_string()).into_owned();
                    notes.push(format!(
                        "what the Postfix of {postfix} answers for {map} was not looked at: {why}"
                    ));
                    continue;
                }
            };
            let is_transport = map == "transport";
            let lists = if is_transport {
                AskedTables::of_transport(&running, &ours)
            } else {
                AskedTables::of_policy(&running, &ours, services.iter().copied())
            };
            for asked in lists {
                let mut ask = |table: &AskedTable, keys: &[&str]| {
                    ask(&mut **host, postfix.config.as_deref(), table, keys)
                };
                list.push(Seen {
                    map,
                    postfix: postfix.to_string(),
                    is_named: asked.tables.iter().any(|table| table.is_ours),
                    answers: answers(&asked, is_transport, entries, &mut ask),
                    parameter: asked.parameter,
                    tables: asked.value,
                });
            }
        }
        if !is_read {
            notes.push(format!(
                "what Postfix answers for {map} was not looked at: no main.cf lies beside the map, and \
                 `reload` names no Postfix that reads it"
            ));
        }
    }
    Ok(list)
}

/// The Postfix beside each map, and those that are told of changes.
pub(super) fn postfixes(
    hosts: &mut Hosts<'_>,
    repository: &Path,
    target: &Target,
) -> Result<Vec<Postfix>, HostError> {
    let mut found: BTreeSet<(Place, Option<String>)> = BTreeSet::new();
    for location in [&target.transport, &target.tls_policy].into_iter().flatten() {
        let Some((place, path)) = place(&location.value, repository) else { continue };
        let (folder, _) = split(&path);
        let host = hosts.host(&place)?;
        let mut host = host.borrow_mut();
        if host.list(folder)?.iter().any(|it| it == "main.cf") {
            // The commands of Postfix want an absolute path.
            found.insert((place, host.real_folder(folder)?));
        }
    }
    for reload in &target.reload {
        let Some((place, path)) = place(&reload.value, repository) else { continue };
        let config = match path.as_str() {
            "" | "/" => None,
            path => hosts
                .host(&place)?
                .borrow_mut()
                .real_folder(path)?
                .or_else(|| Some(path.to_owned())),
        };
        found.insert((place, config));
    }
    Ok(found.into_iter().map(|(place, config)| Postfix { place, config }).collect())
}

/// The table that a Postfix should name to read a map; `None` when the map is on another host.
fn required(
    hosts: &mut Hosts<'_>,
    repository: &Path,
    target: &Target,
    location: &Location,
    postfix: &Postfix,
) -> Result<Option<RequiredTable>, HostError> {
    if let Location::Sql { database, .. } = location {
        let map_type = database.dialect().map_type();
        return Ok(Some(RequiredTable { map_type, paths: Vec::new() }));
    }
    let Some((at, path)) = place(location, repository).filter(|(at, _)| *at == postfix.place)
    else {
        return Ok(None);
    };
    let (paths, _) = named_paths(&mut **hosts.host(&at)?.borrow_mut(), &path)?;
    Ok(Some(RequiredTable { map_type: target.map_type.value.as_str(), paths }))
}

/// Asks a table for some keys. [postmap(1) -q]
fn ask(
    host: &mut dyn Host,
    config: Option<&str>,
    table: &AskedTable,
    keys: &[&str],
) -> Result<String, String> {
    let mut args: Vec<&str> = config.iter().flat_map(|config| ["-c", config]).collect();
    args.extend(["-q", "-", &table.map]);
    let stdin: String = keys.iter().flat_map(|key| [key, "\n"]).collect();
    let output = host.run("postmap", &args, stdin.as_bytes()).map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stderr);
    let fails = |line: &&str| {
        // A daemon has no such table at all where postmap only warns. [Postfix `dict_thash.c`]
        let is_dead = table.map.starts_with("texthash:") && line.contains("duplicate entry");
        line.contains("fatal:") || line.contains("error:") || is_dead
    };
    if let Some(line) = said.lines().rfind(fails) {
        return Err(printable(line).into_owned());
    }
    // 1 means that nothing was found.
    match output.status {
        Some(0 | 1) => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        _ => Err("postmap failed".to_owned()),
    }
}

impl std::fmt::Display for Postfix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.place, &self.config) {
            (Place::Here, Some(folder)) => f.write_str(folder),
            (Place::Here, None) => f.write_str("this host"),
            (Place::Ssh(host), Some(folder)) => write!(f, "ssh://{host}{folder}"),
            (Place::Ssh(host), None) => write!(f, "ssh://{host}"),
        }
    }
}
