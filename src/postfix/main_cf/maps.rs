//! Whether the maps are asked, and asked first.

use super::asked::TableKind;
use super::checker::Checker;
use super::difference::{MainCfDifference, Severity};
use super::requirements::{RequiredMap, RequiredTable};
use super::running::View;
use super::table_list::{TableName, tables};
use crate::diag::shell_word;

impl Checker<'_> {
    pub(super) fn maps(&mut self) {
        let required = self.required;
        for view in self.rewrite_views() {
            self.map(view, "transport_maps", &required.transport);
            self.files(view, "transport_maps", &required.transport);
        }
        for view in self.smtp_views() {
            self.map(view, "smtp_tls_policy_maps", &required.tls_policy);
            self.files(view, "smtp_tls_policy_maps", &required.tls_policy);
            self.resolver(view);
        }
        let tables = [&required.transport.table, &required.tls_policy.table];
        for table in tables.into_iter().flatten() {
            if !self.running.has_type(table.map_type) {
                self.missing_type(table.map_type);
            }
        }
    }

    fn map(&mut self, view: View<'_>, parameter: &str, required: &RequiredMap<'_>) {
        let list = view.text(parameter);
        let tables = tables(list);
        let Some(table) = &required.table else {
            if !tables.is_empty() {
                let why =
                    "the target manages no such map, and what these tables say is not looked into";
                self.noted(view, Severity::Different, parameter, why);
            }
            return;
        };
        let ours = table.name(parameter);
        let others = |but: usize| {
            let rest = tables.iter().enumerate().filter(|(at, _)| *at != but);
            let rest = rest.map(|(_, table)| table.text);
            std::iter::once(ours.as_str()).chain(rest).collect::<Vec<_>>().join(", ")
        };
        let of_type = |it: &TableName<'_>| it.kind == Some(table.map_type);
        // The file of a database may have any name.
        let is_ours = |it: &TableName<'_>| {
            if table.is_in_database() {
                of_type(it)
            } else {
                self.running.lies_at(*it, &table.paths)
            }
        };
        // The one with the right type counts, though another may read a file of the same name.
        let at = tables.iter().position(|it| is_ours(it) && of_type(it));
        let at = at.or_else(|| tables.iter().position(is_ours));
        let Some(at) = at else { return self.absent(view, parameter, required, &ours) };
        let found = tables[at];
        match found.kind {
            Some(kind) if kind == table.map_type => {}
            Some(_) => {
                let why = "the type decides which file is read, and this is another one";
                return self.wrong(view, Severity::Weaker, parameter, &others(at), why);
            }
            None => {
                let default = self.running.get("default_database_type").unwrap_or_default();
                let (severity, why) = if default == table.map_type {
                    let why = format!(
                        "without a type it is that of `default_database_type`, `{default}` now and \
                         perhaps another one after an upgrade"
                    );
                    (Severity::Note, why)
                } else {
                    let why = format!(
                        "without a type it is that of `default_database_type`, `{default}`, which is \
                         another file"
                    );
                    (Severity::Weaker, why)
                };
                return self.wrong(view, severity, parameter, &others(at), &why);
            }
        }
        if at > 0 {
            let first = tables[0].text;
            let why = format!(
                "`{first}` is asked first: of a key that it knows, the entry of the repository does not count"
            );
            return self.wrong(view, Severity::Different, parameter, &others(at), &why);
        }
        if tables.len() > 1 && required.keys.iter().any(|key| key.starts_with('.')) {
            let why = "all tables are asked for one key before the next key: a domain in a later table wins \
                       over `.parent` in the first one";
            self.noted(view, Severity::Note, parameter, why);
        }
    }

    /// Tables whose files are not there: to Postfix each lookup in one is an error, not "not found".
    /// [Postfix `dict_surrogate.c`]
    fn files(&mut self, view: View<'_>, parameter: &str, required: &RequiredMap<'_>) {
        let tables = tables(view.text(parameter));
        for (at, table) in tables.iter().enumerate() {
            let Some(file) = self.running.file_of(*table) else { continue };
            if self.running.is_present(&file) != Some(false) {
                continue;
            }
            let is_ours = required.table.as_ref().is_some_and(|ours| {
                table.kind == Some(ours.map_type) && self.running.lies_at(*table, &ours.paths)
            });
            let has_text = self.running.is_present(table.name) == Some(true);
            let is_index = file != table.name;
            let map = format!("{}:{}", table.kind.unwrap_or_default(), table.name);
            let map = if table.kind.is_some() { map.as_str() } else { table.name };
            let touch = format!("touch {}", shell_word(table.name));
            // An empty map in the place of one with entries would send mail by less than these say.
            let may_be_empty = is_ours && required.keys.is_empty();
            let command = match (is_index, has_text, may_be_empty) {
                (true, true, _) => Some(self.postmap(map)),
                (true, false, true) => Some(format!("{touch} && {}", self.postmap(map))),
                (false, _, true) => Some(touch),
                (_, _, false) => None,
            };
            let whose = if at > 0 { " for which no table before it has an answer" } else { "" };
            let is_database =
                |ours: &RequiredTable| ours.is_in_database() && table.kind == Some(ours.map_type);
            let what = if is_ours {
                "; `mxward apply` makes it"
            } else if required.table.as_ref().is_some_and(is_database) {
                "; `mxward compile` writes one beside the SQL"
            } else if command.is_none() {
                "; make it, or take the table out of the list"
            } else {
                ""
            };
            let why = format!(
                "`{file}` is not there, so every lookup in this table fails, and Postfix defers all mail{whose}{what}"
            );
            self.tell(view, Severity::Breaks, parameter, None, &why, command);
        }
    }

    /// Somebody decides about domains that are left to a resolver.
    fn resolver(&mut self, view: View<'_>) {
        let parameter = "smtp_tls_policy_maps";
        let ours = self.required.tls_policy.table.as_ref();
        let default = self.running.get("default_database_type").unwrap_or("hash");
        let may_resolve = |table: &TableName<'_>| {
            let kind = table.kind.unwrap_or(default);
            let is_ours = ours.is_some_and(|ours| ours.map_type == kind);
            let answers = TableKind::of(kind);
            kind != "static"
                && (answers == TableKind::Program || answers == TableKind::Other && !is_ours)
        };
        if self.required.left_to && !tables(view.text(parameter)).iter().any(may_resolve) {
            let why = "it names no resolver, so entries with `leave_to` do nothing, and \
                       `smtp_tls_security_level` holds for their domains: put one behind the map, such as \
                       `socketmap:inet:127.0.0.1:8461:postfix`";
            self.noted(view, Severity::Weaker, parameter, why);
        }
    }

    fn absent(&mut self, view: View<'_>, parameter: &str, required: &RequiredMap<'_>, ours: &str) {
        let (severity, why) = match (required.keys.is_empty(), parameter) {
            (true, _) => (Severity::Note, "no lookup will reach the map, which is empty now"),
            (false, "transport_maps") => (
                Severity::Weaker,
                "no lookup reaches the entries: mail goes to the MX hosts of its domain, and the policies of \
                 other next hops are not asked",
            ),
            (false, _) => (
                Severity::Weaker,
                "no lookup reaches the policies: `smtp_tls_security_level` holds for all mail",
            ),
        };
        // What is written keeps its variables.
        let rest = match view.owner(parameter) {
            Some(_) => view.text(parameter),
            None => self.running.written(parameter).unwrap_or_else(|| view.text(parameter)),
        };
        let needed = if rest.is_empty() { ours.to_owned() } else { format!("{ours}, {rest}") };
        let file = self.running.file_of_name(ours);
        let missing = file.filter(|file| self.running.is_present(file) == Some(false));
        let first = match missing {
            None => return self.wrong(view, severity, parameter, &needed, why),
            Some(file) if required.table.as_ref().is_some_and(RequiredTable::is_in_database) => {
                format!(
                    "put `{file}` there first, as `mxward compile` writes it and with how to connect"
                )
            }
            Some(_) => "make the map first, as `mxward apply` does".to_owned(),
        };
        let why = format!("{why}; but {first}, or Postfix defers all mail");
        self.wrong(view, severity, parameter, &needed, &why);
    }

    fn missing_type(&mut self, map_type: &str) {
        let package = match map_type {
            "lmdb" | "cdb" | "mysql" | "pgsql" | "sqlite" => {
                format!("; Debian has it in the package `postfix-{map_type}`")
            }
            _ => String::new(),
        };
        self.other(MainCfDifference {
            severity: Severity::Breaks,
            parameter: format!("{map_type}:"),
            found: None,
            needed: None,
            why: format!("mail that asks a table of this type waits{package}"),
            source: "postconf(1) -m".to_owned(),
            command: None,
        });
    }
}
