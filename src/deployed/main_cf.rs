//! The running parameters of the Postfix beside the maps.

use super::files::split;
use super::hosts::{Hosts, place};
use crate::diag::printable;
use crate::model::Target;
use crate::postfix::main_cf::{
    MainCfDifference, PostconfOutput, Presence, Requirements, Running, differences,
};
use crate::tables::{Lowered, requirements};
use crate::world::{Host, HostError, Place};
use std::path::Path;

/// What keeps the maps of a target from meaning what it says. Nothing where no main.cf lies beside the
/// maps; where it cannot be read, that is among the notes.
pub(super) fn compare(
    hosts: &mut Hosts<'_>,
    repository: &Path,
    target: &Target,
    lowered: &Lowered<'_>,
    notes: &mut Vec<String>,
) -> Result<Vec<MainCfDifference>, HostError> {
    let locations = [&target.transport, &target.tls_policy];
    let maps = locations.map(|it| place(&it.as_ref()?.value, repository));
    let mut config = None;
    let mut paths = [Vec::new(), Vec::new()];
    for (map, paths) in maps.iter().zip(&mut paths) {
        let Some((at, path)) = map else { continue };
        let host = hosts.host(at)?;
        let mut host = host.borrow_mut();
        let (folder, _) = split(path);
        let real;
        (*paths, real) = named_paths(&mut **host, path)?;
        let Some(real) = real else { continue };
        if config.is_none() && host.list(folder)?.iter().any(|it| it == "main.cf") {
            // As it is written, for that is what people and commands say.
            let folder = if folder.starts_with('/') { folder.to_owned() } else { real };
            config = Some((at.clone(), folder));
        }
    }
    let Some((at, folder)) = config else { return Ok(Vec::new()) };
    let host = hosts.host(&at)?;
    let tables = lowered.tables();
    let required = requirements(target, &tables, paths, lowered.leaves_any());
    let running = running(&mut **host.borrow_mut(), &folder, &required)?;
    match running {
        Ok(running) => Ok(differences(&running, &required)),
        Err(why) => {
            let folder = printable(&folder).into_owned();
            notes.push(format!("`{folder}/main.cf` was not compared: {why}"));
            Ok(Vec::new())
        }
    }
}

/// The paths under which main.cf may name a map, the best one first, and its folder without symbolic links,
/// if it is there.
pub(super) fn named_paths(
    host: &mut dyn Host,
    path: &str,
) -> Result<(Vec<String>, Option<String>), HostError> {
    let (folder, name) = split(path);
    let real = host.real_folder(folder)?;
    let resolved = real.as_ref().map(|folder| format!("{}/{name}", folder.trim_end_matches('/')));
    let written = path.starts_with('/').then(|| path.to_owned());
    Ok((written.into_iter().chain(resolved).collect(), real))
}

/// The folder of main.cf beside a map, for `-c` of Postfix's commands; `None` when there is none.
///
/// # Errors
///
/// [`HostError`] when the folder cannot be read.
pub fn config_folder(
    hosts: &mut Hosts<'_>,
    at: &Place,
    path: &str,
) -> Result<Option<String>, HostError> {
    let (folder, _) = split(path);
    let there = hosts.host(at)?.borrow_mut().list(folder)?.iter().any(|it| it == "main.cf");
    Ok(there.then(|| folder.to_owned()))
}

/// The running parameters, or why postconf(1) does not say them.
fn running(
    host: &mut dyn Host,
    folder: &str,
    required: &Requirements<'_>,
) -> Result<Result<Running, String>, HostError> {
    let mut running = match postconf(host, Some(folder))? {
        Ok(running) => running,
        Err(why) => return Ok(Err(why)),
    };
    for path in running.files(required) {
        // What may not be looked at is not known.
        if let Ok(found) = find(host, &path) {
            running.set_found(&path, found);
        }
    }
    Ok(Ok(running))
}

/// The same without looking for the files that they name; without a folder those of the Postfix that the
/// commands were built for.
pub(super) fn postconf(
    host: &mut dyn Host,
    folder: Option<&str>,
) -> Result<Result<Running, String>, HostError> {
    let mut ask = |option: &str| -> Result<Result<(String, String), String>, HostError> {
        let mut args: Vec<&str> = folder.iter().flat_map(|folder| ["-c", folder]).collect();
        args.push(option);
        let output = match host.run("postconf", &args, b"") {
            Ok(output) => output,
            Err(HostError::Failed(why)) => return Ok(Err(why)),
            Err(error) => return Err(error),
        };
        let [stdout, stderr] =
            [output.stdout, output.stderr].map(|it| String::from_utf8_lossy(&it).into_owned());
        if output.status == Some(0) {
            return Ok(Ok((stdout, stderr)));
        }
        Ok(Err(printable(stderr.lines().last().unwrap_or("postconf failed")).into_owned()))
    };
    let (set, warnings) = match ask("-n")? {
        Ok(printed) => printed,
        Err(why) => return Ok(Err(why)),
    };
    let (all, _) = match ask("-x")? {
        Ok(printed) => printed,
        Err(why) => return Ok(Err(why)),
    };
    // Without a master.cf, and before Postfix 2.11, there is nothing to say about services.
    let mut optional = |option| Ok(ask(option)?.unwrap_or_default().0);
    let (services, overrides) = (optional("-M")?, optional("-Px")?);
    let types = optional("-m")?;
    let output = PostconfOutput { set, all, services, overrides, types, warnings };
    let mut running = Running::parse(&output);
    for folder in running.table_folders() {
        if let Ok(Some(real)) = host.real_folder(&folder) {
            running.set_real_folder(&folder, &real);
        }
    }
    Ok(Ok(running))
}

/// What lies under a path.
fn find(host: &mut dyn Host, path: &str) -> Result<Presence, HostError> {
    let (folder, name) = split(path);
    let is_listed = host.list(folder)?.iter().any(|it| it == name);
    // A link to a folder is listed, too.
    match host.real_folder(path) {
        Ok(Some(_)) => Ok(Presence::Folder),
        Ok(None) | Err(HostError::Failed(_)) if is_listed => Ok(Presence::File),
        Ok(None) | Err(HostError::Failed(_)) => Ok(Presence::Absent),
        Err(error) => Err(error),
    }
}
