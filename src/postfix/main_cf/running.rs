//! What postconf(1) says of a running Postfix.

use super::requirements::Requirements;
use super::table_list::{TableName, tables};
use std::collections::{BTreeMap, BTreeSet};

/// The parameters that name the tables of both maps.
const TABLE_LISTS: [&str; 2] = ["transport_maps", "smtp_tls_policy_maps"];

/// What postconf(1) printed, each by the options named here.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PostconfOutput {
    /// `-n`: the parameters that main.cf sets, as written.
    pub set: String,
    /// `-x`: all parameters, expanded.
    pub all: String,
    /// `-M`: the services of master.cf.
    pub services: String,
    /// `-Px`: the parameters that master.cf sets for services, expanded.
    pub overrides: String,
    /// `-m`: the types of lookup tables.
    pub types: String,
    /// What `-n` printed to standard error.
    pub warnings: String,
}

/// The parameters of a running Postfix.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Running {
    /// Those that main.cf sets, as written.
    set: BTreeMap<String, String>,
    /// All, expanded.
    all: BTreeMap<String, String>,
    services: Vec<Service>,
    types: BTreeSet<String>,
    /// Those of which Postfix knows nothing.
    unused: BTreeMap<String, String>,
    /// What lies under a path.
    found: BTreeMap<String, Presence>,
    /// The folders of tables without symbolic links.
    real: BTreeMap<String, String>,
}

/// What lies under a path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Presence {
    /// Nothing.
    Absent,
    /// Something that is no folder.
    File,
    /// A folder.
    Folder,
}

/// A service of master.cf.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Service {
    pub(super) name: String,
    /// Such as `unix`.
    pub(super) kind: String,
    /// Whether it runs in a chroot; `None` means the default.
    chroot: Option<bool>,
    /// The name of the program.
    pub(super) command: String,
    /// Parameters that it sets for itself, expanded.
    overrides: BTreeMap<String, String>,
}

/// The parameters as one service sees them.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    pub(super) running: &'a Running,
    /// `None` is main.cf itself.
    pub(super) service: Option<&'a Service>,
}

impl Running {
    /// Reads what postconf(1) printed. Lines that cannot be read are passed over.
    pub fn parse(output: &PostconfOutput) -> Self {
        let mut running = Self {
            set: pairs(&output.set),
            all: pairs(&output.all),
            services: output.services.lines().filter_map(service).collect(),
            types: output.types.split_whitespace().map(str::to_owned).collect(),
            unused: pairs(&unused(&output.warnings)),
            ..Self::default()
        };
        for (place, value) in pairs(&output.overrides) {
            let mut parts = place.splitn(3, '/');
            let (Some(name), Some(kind), Some(parameter)) =
                (parts.next(), parts.next(), parts.next())
            else {
                continue;
            };
            let service = running.services.iter_mut().find(|it| it.name == name && it.kind == kind);
            if let Some(service) = service {
                service.overrides.insert(parameter.to_owned(), value);
            }
        }
        running
    }

    /// A parameter of main.cf, expanded. `None` when this Postfix has no such parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all.get(name).map(String::as_str)
    }

    /// As main.cf writes it; `None` when it does not set it.
    pub(super) fn written(&self, name: &str) -> Option<&str> {
        self.set.get(name).map(String::as_str)
    }

    /// Parameters that main.cf sets and nothing uses: most are misspelled.
    pub(super) fn unused(&self) -> &BTreeMap<String, String> {
        &self.unused
    }

    pub(super) fn has_type(&self, name: &str) -> bool {
        // What could not be asked is not denied.
        self.types.is_empty() || self.types.contains(name)
    }

    pub(super) fn service(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|it| it.name == name && it.kind == "unix")
    }

    /// Services whose program is this one.
    pub(super) fn running_program(&self, command: &str) -> impl Iterator<Item = &Service> {
        self.services.iter().filter(move |it| it.command == command)
    }

    /// The services that deliver by SMTP: `smtp`, and those of these names that run smtp(8); main.cf
    /// itself where master.cf says nothing of them.
    pub(super) fn smtp_views<'s>(&self, names: impl Iterator<Item = &'s str>) -> Vec<View<'_>> {
        let services = std::iter::once("smtp").chain(names).filter_map(|name| self.service(name));
        self.views(services.filter(|it| it.command == "smtp"))
    }

    /// The services that decide where mail goes.
    pub(super) fn rewrite_views(&self) -> Vec<View<'_>> {
        self.views(self.running_program("trivial-rewrite"))
    }

    fn views<'a>(&'a self, services: impl Iterator<Item = &'a Service>) -> Vec<View<'a>> {
        let views: Vec<View<'_>> =
            services.map(|service| View { running: self, service: Some(service) }).collect();
        if views.is_empty() { vec![View { running: self, service: None }] } else { views }
    }

    /// Whether master.cf is known at all.
    pub(super) fn knows_services(&self) -> bool {
        !self.services.is_empty()
    }

    /// The files and folders of which it matters whether they are there; see [`Self::set_found`].
    pub fn files(&self, required: &Requirements<'_>) -> BTreeSet<String> {
        let mut files = BTreeSet::new();
        let views = self.services.iter().map(Some).chain([None]);
        for view in views.map(|service| View { running: self, service }) {
            let (file, folder) = (view.text("smtp_tls_CAfile"), view.text("smtp_tls_CApath"));
            files.extend([file, folder].map(str::to_owned));
            if view.is_chrooted() {
                files.extend(view.inside_chroot(folder));
            }
            for name in TABLE_LISTS {
                let tables = tables(view.text(name)).into_iter();
                for (table, file) in tables.filter_map(|it| Some((it, self.file_of(it)?))) {
                    files.extend([table.name.to_owned(), file]);
                }
            }
        }
        for (map, parameter) in
            [&required.transport, &required.tls_policy].into_iter().zip(TABLE_LISTS)
        {
            let name = map.table.as_ref().map(|table| table.name(parameter));
            files.extend(name.and_then(|name| self.file_of_name(&name)));
        }
        for view in self.smtp_views(required.services.iter().copied()) {
            files.extend(required.uses.tafiles.iter().map(|path| view.seen_path(path)));
        }
        files.retain(|path| path.starts_with('/'));
        files
    }

    /// The file that Postfix opens for a table; `None` where nobody knows which one that is.
    pub(super) fn file_of(&self, table: TableName<'_>) -> Option<String> {
        table.file(self.get("default_database_type").unwrap_or("hash"))
    }

    /// The same for a table as main.cf would name it.
    pub(super) fn file_of_name(&self, name: &str) -> Option<String> {
        let folder = self.get("config_directory").unwrap_or("$config_directory");
        self.file_of(TableName::parse(&name.replace("$config_directory", folder)))
    }

    /// Tells what lies under a path.
    pub fn set_found(&mut self, path: &str, found: Presence) {
        self.found.insert(path.to_owned(), found);
    }

    /// What lies there; `None` when nobody looked.
    pub(super) fn found(&self, path: &str) -> Option<Presence> {
        self.found.get(path).copied()
    }

    /// Whether something is there; `None` when nobody looked.
    pub(super) fn is_present(&self, path: &str) -> Option<bool> {
        self.found(path).map(|found| found != Presence::Absent)
    }

    /// The folders of the tables that both maps name; see [`Self::set_real_folder`].
    pub fn table_folders(&self) -> BTreeSet<String> {
        let mut lists: Vec<&str> = Vec::new();
        for name in TABLE_LISTS {
            lists.extend(self.get(name));
            lists.extend(
                self.services.iter().filter_map(|it| it.overrides.get(name)).map(|it| &**it),
            );
        }
        let names = lists.into_iter().flat_map(tables).map(|table| table.name);
        let folders = names.filter_map(|name| name.rsplit_once('/')).map(|(folder, _)| folder);
        folders.filter(|it| it.starts_with('/')).map(str::to_owned).collect()
    }

    /// Tells the path of a folder without symbolic links.
    pub fn set_real_folder(&mut self, folder: &str, real: &str) {
        self.real.insert(folder.to_owned(), real.to_owned());
    }

    /// Whether a table lies under one of these paths.
    pub(super) fn lies_at(&self, table: TableName<'_>, paths: &[String]) -> bool {
        let real = table.name.rsplit_once('/').and_then(|(folder, name)| {
            Some(format!("{}/{name}", self.real.get(folder)?.trim_end_matches('/')))
        });
        paths.iter().any(|path| path == table.name || real.as_ref() == Some(path))
    }
}

impl<'a> View<'a> {
    /// A parameter, expanded. `None` when this Postfix has no such parameter.
    pub(super) fn get(self, name: &str) -> Option<&'a str> {
        let own = self.service.and_then(|it| it.overrides.get(name)).map(String::as_str);
        own.or_else(|| self.running.get(name)).map(str::trim)
    }

    /// The same, empty where there is none.
    pub(super) fn text(self, name: &str) -> &'a str {
        self.get(name).unwrap_or_default()
    }

    /// The same, for yes and no.
    pub(super) fn is_yes(self, name: &str) -> bool {
        self.text(name).eq_ignore_ascii_case("yes")
    }

    /// Where it is set, if it is set in master.cf.
    pub(super) fn owner(self, name: &str) -> Option<&'a Service> {
        self.service.filter(|it| it.overrides.contains_key(name))
    }

    pub(super) fn is_chrooted(self) -> bool {
        let old = || {
            // Before compatibility_level 1 `-` means yes. [master(5)]
            let level = self.running.get("compatibility_level").unwrap_or_default();
            level.split('.').next().is_some_and(|it| it.trim() == "0")
        };
        self.service.is_some_and(|it| it.chroot.unwrap_or_else(old))
    }

    /// Where a path lies when smtp(8) asks for it from inside.
    pub(super) fn inside_chroot(self, path: &str) -> Option<String> {
        let root = self.running.get("queue_directory")?.trim_end_matches('/');
        path.starts_with('/').then(|| format!("{root}{path}"))
    }

    /// Where a path lies that the service opens while it is at work.
    pub(super) fn seen_path(self, path: &str) -> String {
        let inside = if self.is_chrooted() { self.inside_chroot(path) } else { None };
        inside.unwrap_or_else(|| path.to_owned())
    }
}

/// `NAME = VALUE`, one a line.
fn pairs(text: &str) -> BTreeMap<String, String> {
    let pair = |line: &str| {
        let (name, value) = line.split_once('=')?;
        Some((name.trim().to_owned(), value.trim().to_owned()))
    };
    text.lines().filter_map(pair).collect()
}

/// The parameters that postconf(1) warns about, one a line.
fn unused(warnings: &str) -> String {
    let parameters = warnings.lines().filter_map(|line| line.split_once(": unused parameter: "));
    parameters.flat_map(|(_, parameter)| [parameter, "\n"]).collect()
}

/// A line of master.cf. [master(5)]
fn service(line: &str) -> Option<Service> {
    let mut fields = line.split_whitespace();
    let (name, kind) = (fields.next()?, fields.next()?);
    let (_private, _unprivileged, chroot) = (fields.next()?, fields.next()?, fields.next()?);
    let (_wakeup, _maxproc, command) = (fields.next()?, fields.next()?, fields.next()?);
    let chroot = match chroot {
        "y" => Some(true),
        "n" => Some(false),
        _ => None,
    };
    Some(Service {
        name: name.to_owned(),
        kind: kind.to_owned(),
        chroot,
        command: command.to_owned(),
        overrides: BTreeMap::new(),
    })
}
