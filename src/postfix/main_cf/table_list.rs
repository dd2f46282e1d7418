//! Lists of lookup tables, and other lists of main.cf.

/// What separates the elements of lists. [Postfix `CHARS_COMMA_SP`]
const SEPARATORS: [char; 5] = [' ', '\t', '\r', '\n', ','];

/// One lookup table. [Postfix `DATABASE_README`]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct TableName<'a> {
    /// The whole text.
    pub(super) text: &'a str,
    /// Whether it is asked through proxymap(8), or wrapped otherwise without another meaning.
    pub(super) wrapped: bool,
    /// The type; `None` means `default_database_type`.
    pub(super) kind: Option<&'a str>,
    /// What stands behind the type.
    pub(super) name: &'a str,
}

impl<'a> TableName<'a> {
    pub(super) fn parse(text: &'a str) -> Self {
        let (mut rest, mut wrapped) = (text, false);
        while let Some(inner) = ["proxy:", "debug:"].iter().find_map(|it| rest.strip_prefix(it)) {
            (rest, wrapped) = (inner, true);
        }
        let typed = rest.split_once(':').filter(|(kind, _)| !kind.contains('/'));
        let (kind, name) = match typed {
            Some((kind, name)) => (Some(kind), name),
            None => (None, rest),
        };
        Self { text, wrapped, kind, name }
    }

    /// The file that Postfix opens for it, where `default` is the type of tables that are named without one;
    /// `None` for types that have no such file, and for names that start nowhere. [Postfix `dict_open.c`]
    pub(super) fn file(&self, default: &str) -> Option<String> {
        let suffix = match self.kind.unwrap_or(default) {
            "texthash" | "regexp" | "pcre" | "cidr" | "mysql" | "pgsql" | "sqlite" | "ldap"
            | "memcache" => "",
            map_type => index_suffix(map_type)?,
        };
        self.name.starts_with('/').then(|| format!("{}{suffix}", self.name))
    }

    /// Whether an element of a list of domains is a table or file, into which nobody looks here.
    pub(super) fn is_one(text: &str) -> bool {
        text.contains(':') || text.starts_with('/')
    }
}

/// What stands behind the name of the text in the name of the index that Postfix reads instead; `None` for
/// types that have none. [postmap(1)]
pub fn index_suffix(map_type: &str) -> Option<&'static str> {
    match map_type {
        "hash" | "btree" => Some(".db"),
        "lmdb" => Some(".lmdb"),
        "cdb" => Some(".cdb"),
        _ => None,
    }
}

/// The tables of a list, in the order of asking.
pub(super) fn tables(list: &str) -> Vec<TableName<'_>> {
    elements(list).into_iter().map(TableName::parse).collect()
}

/// The elements of a list; what stands in braces is one. [Postfix `mystrtokq.c`]
pub(super) fn elements(list: &str) -> Vec<&str> {
    let (mut found, mut depth, mut start) = (Vec::new(), 0_usize, None);
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        let separates = depth == 0 && SEPARATORS.contains(&c);
        match start {
            None if !separates => start = Some(at),
            Some(from) if separates => {
                found.push(&list[from..at]);
                start = None;
            }
            None | Some(_) => {}
        }
    }
    found.extend(start.map(|from| &list[from..]));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_hold_an_element_together() {
        assert_eq!(
            elements("lmdb:/a, inline:{ {x = y z}, {k = v} },,\tproxy:pgsql:/b "),
            ["lmdb:/a", "inline:{ {x = y z}, {k = v} }", "proxy:pgsql:/b"]
        );
        assert_eq!(elements(" , "), [""; 0]);
    }

    #[test]
    fn the_file_of_a_table_is_its_index_where_it_has_one() {
        let file = |text| TableName::parse(text).file("hash");
        for (table, found) in [
            ("lmdb:/etc/a", Some("/etc/a.lmdb")),
            ("proxy:cdb:/etc/a", Some("/etc/a.cdb")),
            ("btree:/etc/a", Some("/etc/a.db")),
            ("/etc/a", Some("/etc/a.db")),
            ("texthash:/etc/a", Some("/etc/a")),
            ("pcre:/etc/a", Some("/etc/a")),
            ("lmdb:a", None),
            ("proxy:mysql:/etc/a.cf", Some("/etc/a.cf")),
            ("ldap:a", None),
            ("socketmap:unix:/run/a:x", None),
        ] {
            assert_eq!(file(table).as_deref(), found, "{table}");
        }
    }

    #[test]
    fn tables_have_a_type_or_the_default_one() {
        let parts = |text| {
            let table = TableName::parse(text);
            (table.wrapped, table.kind.map(str::to_owned), table.name.to_owned())
        };
        let typed =
            |wrapped, kind: &str, name: &str| (wrapped, Some(kind.to_owned()), name.to_owned());
        assert_eq!(parts("lmdb:/etc/a"), typed(false, "lmdb", "/etc/a"));
        assert_eq!(parts("proxy:mysql:/etc/a.cf"), typed(true, "mysql", "/etc/a.cf"));
        assert_eq!(
            parts("socketmap:inet:127.0.0.1:8461:x"),
            typed(false, "socketmap", "inet:127.0.0.1:8461:x")
        );
        assert_eq!(parts("/etc/a:b"), (false, None, "/etc/a:b".to_owned()));
    }
}
