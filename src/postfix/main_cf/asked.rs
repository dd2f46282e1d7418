//! The tables that are asked for the entries of a map.

use super::requirements::RequiredTable;
use super::running::{Running, View};
use super::table_list::{TableName, tables};

/// The tables that some service asks, in the order of asking.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskedTables {
    /// The parameter that names them; one that master.cf sets for a service is
    /// `SERVICE/TYPE/PARAMETER`, as postconf(1) writes it.
    pub parameter: String,
    /// Its value, expanded.
    pub value: String,
    /// The tables.
    pub tables: Vec<AskedTable>,
}

/// One of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskedTable {
    /// As the list names it.
    pub text: String,
    /// For postmap(1): with a type, and not through proxymap(8), whose socket others may not open.
    pub map: String,
    /// Whether it is the one that was asked about.
    pub is_ours: bool,
    pub(super) kind: TableKind,
}

/// How a table answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum TableKind {
    /// For the keys that stand in it, and no other.
    Exact,
    /// By patterns. `transport_maps` asks it for whole addresses only. [transport(5) REGULAR
    /// EXPRESSION TABLES]
    Pattern,
    /// A program answers, now this and then that. `transport_maps` asks it for whole addresses only.
    /// [transport(5) TCP-BASED TABLES]
    Program,
    /// In some other way.
    Other,
}

impl TableKind {
    /// How tables of a type answer.
    pub(super) fn of(map_type: &str) -> Self {
        match map_type {
            "hash" | "btree" | "lmdb" | "cdb" | "dbm" | "sdbm" | "texthash" | "inline"
            | "environ" => Self::Exact,
            "regexp" | "pcre" | "cidr" => Self::Pattern,
            "socketmap" | "tcp" => Self::Program,
            _ => Self::Other,
        }
    }
}

impl AskedTable {
    /// Whether a program answers, and no table.
    pub fn is_program(&self) -> bool {
        self.kind == TableKind::Program
    }
}

impl AskedTables {
    /// The lists of `transport_maps`, each once; `ours` is the table that should be in them.
    pub fn of_transport(running: &Running, ours: &RequiredTable) -> Vec<Self> {
        Self::of(running.rewrite_views(), "transport_maps", ours)
    }

    /// The same of `smtp_tls_policy_maps`, for `smtp` and the services of these names.
    pub fn of_policy<'s>(
        running: &Running,
        ours: &RequiredTable,
        services: impl Iterator<Item = &'s str>,
    ) -> Vec<Self> {
        Self::of(running.smtp_views(services), "smtp_tls_policy_maps", ours)
    }

    fn of(views: Vec<View<'_>>, parameter: &str, ours: &RequiredTable) -> Vec<Self> {
        let mut lists: Vec<Self> = Vec::new();
        for view in views {
            let value = view.text(parameter);
            if lists.iter().any(|list| list.value == value) {
                continue;
            }
            let parameter = match view.owner(parameter) {
                Some(service) => format!("{}/{}/{parameter}", service.name, service.kind),
                None => parameter.to_owned(),
            };
            let tables =
                tables(value).into_iter().map(|it| AskedTable::new(it, view.running, ours));
            lists.push(Self { parameter, value: value.to_owned(), tables: tables.collect() });
        }
        lists
    }
}

impl AskedTable {
    fn new(table: TableName<'_>, running: &Running, ours: &RequiredTable) -> Self {
        let default = || running.get("default_database_type").unwrap_or("hash");
        let kind = table.kind.unwrap_or_else(default);
        // The file of a database may have any name.
        let is_there = ours.paths.is_empty() || running.lies_at(table, &ours.paths);
        Self {
            text: table.text.to_owned(),
            map: format!("{kind}:{}", table.name),
            is_ours: kind == ours.map_type && is_there,
            kind: TableKind::of(kind),
        }
    }
}
