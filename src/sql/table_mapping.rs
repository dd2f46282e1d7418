//! What the columns of a table mean.

use super::Dialect;
use std::fmt;

/// The name of a table or column: letters, digits and `_`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Identifier(String);

impl Identifier {
    /// The longest name that all databases take. [PostgreSQL `NAMEDATALEN`]
    const MAX: usize = 63;

    /// Checks a name; `None` when it has other characters, none, or too many.
    pub fn parse(name: &str) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let good = !name.is_empty() && name.len() <= Self::MAX && name.bytes().all(plain);
        good.then(|| Self(name.to_owned()))
    }

    /// The name, without quotes.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A table, and what its columns mean.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TableMapping {
    /// The table.
    pub table: Identifier,
    /// The column with the lookup key.
    pub key: Identifier,
    /// The column with the right-hand side, or with its first word where [`Self::rest`] is given.
    pub value: Identifier,
    /// The column with everything behind the first word; NULL or empty when there is nothing.
    pub rest: Option<Identifier>,
    /// Columns with a fixed text: set in new rows, and other rows are not looked at.
    pub fixed: Vec<(Identifier, String)>,
    /// How many characters the columns hold, for tables that nobody has asked.
    pub length: usize,
}

impl TableMapping {
    /// `domain`, `policy` (the level) and `params` (the attributes) of `tlspolicies`.
    pub fn tls_policies() -> Self {
        Self::new("tlspolicies", "policy", Some("params"))
    }

    /// `domain` and `transport` of `transport`.
    pub fn transports() -> Self {
        Self::new("transport", "transport", None)
    }

    fn new(table: &str, value: &str, rest: Option<&str>) -> Self {
        let name = |name: &str| Identifier(name.to_owned());
        Self {
            table: name(table),
            key: name("domain"),
            value: name(value),
            rest: rest.map(name),
            fixed: Vec::new(),
            length: 255,
        }
    }

    /// The expression for the right-hand side of a row, which is what [`Self::query`] gives Postfix.
    ///
    /// A plain concatenation with NULL gives NULL, which Postfix takes as "not found".
    /// [Postfix `db_common.c`; `mysql_table(5)`, `pgsql_table(5)`, `sqlite_table(5)`]
    pub fn answer(&self, dialect: Dialect) -> String {
        let value = dialect.name(&self.value);
        let Some(rest) = &self.rest else { return value };
        let rest = dialect.name(rest);
        match dialect {
            Dialect::Mysql | Dialect::Postgres => {
                format!("CONCAT_WS(' ', {value}, NULLIF({rest}, ''))")
            }
            // concat_ws() is younger than what Postfix is linked with.
            Dialect::Sqlite => format!("{value} || COALESCE(' ' || NULLIF({rest}, ''), '')"),
        }
    }

    /// The condition for rows that are looked at; `None` when all are.
    pub fn condition(&self, dialect: Dialect) -> Option<String> {
        let column = |(column, text): &(Identifier, String)| {
            format!("{} = {}", dialect.name(column), dialect.quote(text))
        };
        let columns: Vec<String> = self.fixed.iter().map(column).collect();
        (!columns.is_empty()).then(|| columns.join(" AND "))
    }

    /// The fixed texts, each behind a comma, for the values of a new row.
    pub fn fixed_values(&self, dialect: Dialect) -> String {
        let add = |mut list: String, (_, text): &(Identifier, String)| {
            list.push_str(", ");
            list.push_str(&dialect.quote(text));
            list
        };
        self.fixed.iter().fold(String::new(), add)
    }

    /// The query of the lookup file: one column, in which an absent rest leaves no trace.
    pub fn query(&self, dialect: Dialect) -> String {
        let (table, key) = (dialect.name(&self.table), dialect.name(&self.key));
        let more = self.condition(dialect).map_or_else(String::new, |it| format!(" AND {it}"));
        format!("SELECT {} FROM {table} WHERE {key} = '%s'{more}", self.answer(dialect))
    }

    /// Splits a right-hand side into what the columns hold.
    pub fn split<'v>(&self, value: &'v str) -> (&'v str, Option<&'v str>) {
        match value.split_once(' ') {
            Some((first, rest)) if self.rest.is_some() => (first, Some(rest)),
            Some(_) | None => (value, None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_be_more_than_a_name_are_refused() {
        assert_eq!(Identifier::parse("tls_policy_2").unwrap().as_str(), "tls_policy_2");
        for name in ["", "a b", "a`b", "a\"b", "a.b", "a;b", "ü", &"x".repeat(64)] {
            assert_eq!(Identifier::parse(name), None, "{name}");
        }
    }

    #[test]
    fn the_query_gives_one_column_in_which_an_absent_rest_leaves_no_trace() {
        let mut table = TableMapping::tls_policies();
        assert_eq!(
            table.query(Dialect::Mysql),
            "SELECT CONCAT_WS(' ', `policy`, NULLIF(`params`, '')) FROM `tlspolicies` WHERE `domain` \
             = '%s'"
        );
        table.fixed.push((Identifier::parse("active").unwrap(), "1".to_owned()));
        assert_eq!(
            table.query(Dialect::Sqlite),
            "SELECT `policy` || COALESCE(' ' || NULLIF(`params`, ''), '') FROM `tlspolicies` WHERE \
             `domain` = '%s' AND `active` = '1'"
        );
        assert_eq!(
            TableMapping::transports().query(Dialect::Postgres),
            "SELECT \"transport\" FROM \"transport\" WHERE \"domain\" = '%s'"
        );
    }
}
