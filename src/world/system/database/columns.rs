//! What the server says about a table and its columns.

use super::link::{Fault, Link};
use crate::sql::{Dialect, Identifier, TableMapping};

/// What is known of a table.
#[derive(Clone, Debug, Default)]
pub(super) struct Columns {
    /// `table`, `view`, or what else it is; empty when there is none of its name.
    pub(super) kind: String,
    /// Whether changes of it can be undone together.
    pub(super) transactions: bool,
    /// How it is stored, in the server's words.
    pub(super) engine: String,
    list: Vec<Column>,
    /// The columns of each unique key.
    unique: Vec<Vec<String>>,
}

/// What is known of a column.
#[derive(Clone, Debug, Default)]
pub(super) struct Column {
    pub(super) name: String,
    /// The type without a length, as a cast may name it.
    pub(super) type_name: String,
    /// How many characters it holds, where there is a limit.
    pub(super) length: Option<usize>,
    /// Whether it takes NULL.
    nullable: bool,
    /// The expression for its value in new rows that say nothing.
    default: Option<String>,
    /// The only texts that it takes, where these are listed.
    pub(super) labels: Option<Vec<String>>,
    /// Whether the server fills it by itself.
    filled: bool,
    /// Whether it takes texts as equal that differ in more than their letter case, or pads them.
    pub(super) folds: bool,
}

impl Column {
    /// What it holds when there is nothing to hold: NULL where it has that by itself, because some
    /// queries pass over NULL only; else an empty text, because others lose the row by a NULL.
    pub(super) fn nothing(&self) -> Option<&'static str> {
        let default = self.default.as_deref().unwrap_or("NULL");
        (!self.nullable || default.is_empty() || default.starts_with("''")).then_some("")
    }
}

impl Columns {
    /// The column of a name.
    pub(super) fn get(&self, name: &Identifier) -> Option<&Column> {
        self.list.iter().find(|column| column.name == name.as_str())
    }

    /// ` ::type` behind an argument for a column, where arguments do not adapt by themselves.
    pub(super) fn cast(&self, name: &Identifier, dialect: Dialect) -> String {
        match (dialect, self.get(name)) {
            (Dialect::Postgres, Some(column)) => format!("::{}", column.type_name),
            (Dialect::Postgres | Dialect::Mysql | Dialect::Sqlite, _) => String::new(),
        }
    }

    /// Whether each key stands at most once among the rows that are looked at.
    pub(super) fn is_unique(&self, table: &TableMapping) -> bool {
        let ours = |name: &String| {
            let same = |column: &Identifier| column.as_str() == name;
            same(&table.key) || table.fixed.iter().any(|(column, _)| same(column))
        };
        self.unique.iter().any(|key| key.iter().all(ours))
    }

    /// Whether each key stands at most once among all rows.
    pub(super) fn is_unique_alone(&self, table: &TableMapping) -> bool {
        self.unique.iter().any(|key| matches!(key.as_slice(), [name] if name == table.key.as_str()))
    }

    /// The columns that must be given a value in new rows, and are not.
    pub(super) fn without_value(&self, table: &TableMapping) -> Vec<&str> {
        let given = |name: &str| {
            let given = [Some(&table.key), Some(&table.value), table.rest.as_ref()];
            let fixed = table.fixed.iter().map(|(column, _)| column);
            given.into_iter().flatten().chain(fixed).any(|column| column.as_str() == name)
        };
        let needs = |column: &&Column| {
            !column.nullable && !column.filled && column.default.is_none() && !given(&column.name)
        };
        self.list.iter().filter(needs).map(|column| column.name.as_str()).collect()
    }

    /// Asks the server.
    pub(super) fn ask(
        link: &mut dyn Link,
        dialect: Dialect,
        table: &Identifier,
    ) -> Result<Self, Fault> {
        let mut columns = Self::default();
        for row in texts(link, &table_query(dialect, table))? {
            let [kind, engine, transactions] = cells(row);
            columns.kind = kind.unwrap_or_default();
            columns.engine = engine.unwrap_or_default();
            columns.transactions = transactions.as_deref() == Some("1");
        }
        if columns.kind.is_empty() {
            return Ok(columns);
        }
        for row in texts(link, &columns_query(dialect, table))? {
            let [name, type_name, length, nullable, default, labels, filled, folds] = cells(row);
            columns.list.push(Column {
                name: name.unwrap_or_default(),
                type_name: type_name.unwrap_or_default(),
                length: length.and_then(|it| it.parse().ok()),
                nullable: nullable.as_deref() == Some("1"),
                // MariaDB writes NULL where MySQL has none.
                default: default.filter(|it| !it.eq_ignore_ascii_case("NULL")),
                labels: labels.as_deref().map(read_labels),
                filled: filled.as_deref() == Some("1"),
                folds: folds.as_deref() == Some("1"),
            });
        }
        let mut last = None;
        for row in texts(link, &unique_query(dialect, table))? {
            let [index, column] = cells(row);
            if last != index || columns.unique.is_empty() {
                columns.unique.push(Vec::new());
                last = index;
            }
            if let Some(key) = columns.unique.last_mut() {
                key.push(column.unwrap_or_default());
            }
        }
        Ok(columns)
    }
}

type Texts = Vec<Option<String>>;

/// All rows of a statement.
pub(super) fn texts(link: &mut dyn Link, sql: &str) -> Result<Vec<Texts>, Fault> {
    let mut rows = Vec::new();
    link.each(sql, &[], &mut |row| {
        let text = |cell: Option<&[u8]>| Some(String::from_utf8_lossy(cell?).into_owned());
        rows.push(row.iter().copied().map(text).collect());
    })?;
    Ok(rows)
}

/// The first text of the first row.
pub(super) fn text(link: &mut dyn Link, sql: &str) -> Result<Option<String>, Fault> {
    Ok(texts(link, sql)?.into_iter().next().and_then(|row| row.into_iter().next().flatten()))
}

fn cells<const N: usize>(row: Texts) -> [Option<String>; N] {
    let mut row = row.into_iter();
    std::array::from_fn(|_| row.next().flatten())
}

/// Reads `enum('none','may')`.
fn read_labels(text: &str) -> Vec<String> {
    let inner = text.split_once('(').and_then(|(_, it)| it.rsplit_once(')')).map(|(it, _)| it);
    let labels = inner.unwrap_or_default().split(',');
    labels.map(|label| label.trim_matches('\'').replace("''", "'")).collect()
}

/// What the table is, how it is stored, and whether that has transactions.
fn table_query(dialect: Dialect, table: &Identifier) -> String {
    let quoted = dialect.quote(table.as_str());
    match dialect {
        Dialect::Mysql => format!(
            "SELECT IF(t.TABLE_TYPE LIKE '%BASE TABLE', 'table', LOWER(t.TABLE_TYPE)), t.ENGINE, \
             IF(e.TRANSACTIONS = 'YES', '1', '0') FROM information_schema.TABLES t LEFT JOIN \
             information_schema.ENGINES e ON e.ENGINE = t.ENGINE WHERE t.TABLE_SCHEMA = DATABASE() AND \
             t.TABLE_NAME = {quoted}"
        ),
        Dialect::Postgres => format!(
            "SELECT CASE WHEN relkind IN ('r', 'p') THEN 'table' WHEN relkind = 'v' THEN 'view' ELSE \
             'no table' END, '', '1' FROM pg_class WHERE oid = to_regclass('\"{table}\"')"
        ),
        Dialect::Sqlite => format!(
            "SELECT type, '', '1' FROM sqlite_master WHERE name = {quoted} COLLATE NOCASE AND type IN \
             ('table', 'view')"
        ),
    }
}

/// Name, type, length, whether NULL is taken, default, labels, whether it is filled by itself, and
/// whether it folds more than letter case, of each column.
fn columns_query(dialect: Dialect, table: &Identifier) -> String {
    let quoted = dialect.quote(table.as_str());
    match dialect {
        Dialect::Mysql => format!(
            "SELECT COLUMN_NAME, DATA_TYPE, IF(DATA_TYPE IN ('char', 'varchar'), \
             CHARACTER_MAXIMUM_LENGTH, NULL), IF(IS_NULLABLE = 'YES', '1', '0'), COLUMN_DEFAULT, \
             IF(DATA_TYPE = 'enum', COLUMN_TYPE, NULL), IF(EXTRA LIKE '%auto_increment%' OR EXTRA LIKE \
             '%GENERATED%', '1', '0'), '0' FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = \
             DATABASE() AND TABLE_NAME = {quoted} ORDER BY ORDINAL_POSITION"
        ),
        Dialect::Postgres => format!(
            "SELECT a.attname::text, format_type(a.atttypid, NULL), CASE WHEN t.typname = 'varchar' AND \
             a.atttypmod > 4 THEN (a.atttypmod - 4)::text END, CASE WHEN a.attnotnull THEN '0' ELSE '1' \
             END, pg_get_expr(d.adbin, d.adrelid), CASE WHEN t.typtype = 'e' THEN (SELECT 'enum(' || \
             string_agg(quote_literal(enumlabel), ',') || ')' FROM pg_enum WHERE enumtypid = t.oid) END, \
             CASE WHEN a.attidentity <> '' OR a.attgenerated <> '' THEN '1' ELSE '0' END, CASE WHEN \
             t.typname = 'bpchar' OR NOT COALESCE(c.collisdeterministic, true) THEN '1' ELSE '0' END FROM \
             pg_attribute a JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_attrdef d ON d.adrelid = \
             a.attrelid AND d.adnum = a.attnum LEFT JOIN pg_collation c ON c.oid = a.attcollation WHERE \
             a.attrelid = to_regclass('\"{table}\"') AND a.attnum > 0 AND NOT a.attisdropped ORDER BY \
             a.attnum"
        ),
        Dialect::Sqlite => format!(
            "SELECT name, type, NULL, CASE WHEN \"notnull\" THEN '0' ELSE '1' END, dflt_value, NULL, CASE \
             WHEN hidden OR (pk AND type = 'INTEGER' COLLATE NOCASE) THEN '1' ELSE '0' END, '0' FROM \
             pragma_table_xinfo({quoted})"
        ),
    }
}

/// The name and one column of each unique key, those of one key together.
fn unique_query(dialect: Dialect, table: &Identifier) -> String {
    let quoted = dialect.quote(table.as_str());
    match dialect {
        // A key on the first characters only makes keys unique that are no longer than these.
        Dialect::Mysql => format!(
            "SELECT INDEX_NAME, IF(SUB_PART IS NULL, COLUMN_NAME, '(') FROM \
             information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = {quoted} AND \
             NON_UNIQUE = 0 ORDER BY INDEX_NAME, SEQ_IN_INDEX"
        ),
        Dialect::Postgres => format!(
            "SELECT i.indexrelid::text, a.attname::text FROM pg_index i CROSS JOIN LATERAL \
             unnest(i.indkey::int2[]) WITH ORDINALITY AS k(number, place) JOIN pg_attribute a ON \
             a.attrelid = i.indrelid AND a.attnum = k.number WHERE i.indrelid = to_regclass('\"{table}\"') \
             AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL AND k.place \
             <= i.indnkeyatts ORDER BY i.indexrelid, k.place"
        ),
        Dialect::Sqlite => format!(
            "SELECT l.name, i.name FROM pragma_index_list({quoted}) l, pragma_index_info(l.name) i WHERE \
             l.\"unique\" AND NOT l.partial ORDER BY l.name, i.seqno"
        ),
    }
}
