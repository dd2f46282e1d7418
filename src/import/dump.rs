//! Dumps of a table: statements of mysqldump(1), `sqlite3 .dump` and `pg_dump(1)`.

mod lexer;

use super::rows::{MAILCOW, StoredRow};
use super::source::Source;
use crate::plan::Which;
use crate::postfix::fold_key;
use lexer::{Lexer, Token};
use std::collections::BTreeMap;

/// A table of a dump: its columns, and its rows with the line of each.
#[derive(Default)]
struct Table {
    columns: Vec<String>,
    rows: Vec<(u32, Vec<Option<String>>)>,
    /// The first statement that changes rows and does not say them, with its line.
    unread: Option<(u32, &'static str)>,
}

/// Which columns hold what.
struct Columns {
    key: usize,
    value: usize,
    rest: Option<usize>,
    active: Option<usize>,
}

/// Whether a text is a dump: a line starts as a statement does that makes or fills a table.
pub fn is_dump(text: &str) -> bool {
    let starts = ["CREATE TABLE ", "INSERT INTO ", "REPLACE INTO ", "COPY "];
    text.lines().any(|line| {
        starts
            .iter()
            .any(|it| line.get(..it.len()).is_some_and(|head| head.eq_ignore_ascii_case(it)))
    })
}

impl Source {
    /// Reads a dump. The table is the one with the columns `domain` and `policy` (for a transport map
    /// `transport`), or mailcow's `tls_policy_override`.
    ///
    /// # Errors
    ///
    /// What was not found, or cannot be read, in a phrase.
    pub fn of_dump(name: &str, map: Which, text: &str) -> Result<Self, String> {
        let tables = tables(text)?;
        let mut found =
            tables.iter().filter_map(|(name, table)| Some((table, columns(name, map, table)?)));
        let (table, columns) = found.next().ok_or_else(|| {
            let value = if map == Which::TlsPolicy { "policy" } else { "transport" };
            format!("it has no table with the columns `domain` and `{value}`")
        })?;
        if let Some((line, statement)) = table.unread {
            return Err(format!(
                "line {line} has {statement}, which does not say rows: a dump has them as `INSERT INTO … VALUES` or `COPY`"
            ));
        }
        let rows = table.rows.iter().map(|(line, row)| {
            let cell = |at: usize| row.get(at).cloned().flatten();
            let filled = |at: usize| cell(at).filter(|it| !it.trim().is_empty());
            let key = cell(columns.key).unwrap_or_default();
            let value = filled(columns.value).map(|value| match columns.rest.and_then(filled) {
                Some(rest) => format!("{value} {rest}"),
                None => value,
            });
            let active = columns.active.is_none_or(|at| cell(at).as_deref() == Some("1"));
            let lookup = fold_key(key.trim_end()).into_owned();
            let lookup =
                (!lookup.is_empty() && !lookup.contains(char::is_whitespace)).then_some(lookup);
            StoredRow { key, lookup, value, line: *line, active }
        });
        Ok(Self::of_rows(name, map, rows.collect()))
    }
}

fn columns(name: &str, map: Which, table: &Table) -> Option<Columns> {
    let at = |name: &str| table.columns.iter().position(|it| it.eq_ignore_ascii_case(name));
    let (key, value, rest, active) = match map {
        Which::TlsPolicy if name == MAILCOW => ("dest", "policy", "parameters", "active"),
        Which::TlsPolicy => ("domain", "policy", "params", "active"),
        Which::Transport => ("domain", "transport", "", "active"),
    };
    Some(Columns { key: at(key)?, value: at(value)?, rest: at(rest), active: at(active) })
}

/// Every table of a dump.
fn tables(text: &str) -> Result<BTreeMap<String, Table>, String> {
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    let mut lexer = Lexer::new(text);
    loop {
        let statement = lexer.statement()?;
        let Some(first) = statement.first() else {
            if lexer.is_at_end() {
                return Ok(tables);
            }
            continue;
        };
        let (line, rest) = (first.0, &statement[1..]);
        let Token::Word(word) = &first.1 else { continue };
        match word.to_ascii_lowercase().as_str() {
            "create" => create(rest, &mut tables),
            "insert" => insert((line, "an `INSERT` without `VALUES`"), rest, &mut tables),
            "replace" => insert((line, "a `REPLACE` without `VALUES`"), rest, &mut tables),
            "copy" => {
                let (name, columns) = named(rest);
                let table = tables.entry(name).or_default();
                if !columns.is_empty() {
                    table.columns = columns;
                }
                lexer.copied(&mut table.rows);
            }
            "update" => unread((line, "an `UPDATE`"), rest, &mut tables),
            "delete" => unread((line, "a `DELETE`"), rest, &mut tables),
            _ => {}
        }
    }
}

/// Notes a statement that changes rows in another way than dumps do. `statement` has its line.
fn unread(
    statement: (u32, &'static str),
    tokens: &[(u32, Token)],
    tables: &mut BTreeMap<String, Table>,
) {
    let table = tables.entry(named(before(tokens, &["set", "where", "using"])).0).or_default();
    table.unread.get_or_insert(statement);
}

/// The tokens before the first of some words; all when it has none of them.
fn before<'t>(tokens: &'t [(u32, Token)], words: &[&str]) -> &'t [(u32, Token)] {
    let is_one = |it: &(u32, Token)| matches!(&it.1, Token::Word(word) if words.iter().any(|it| word.eq_ignore_ascii_case(it)));
    &tokens[..tokens.iter().position(is_one).unwrap_or(tokens.len())]
}

/// The table that a statement is about, without its schema, and the columns in brackets behind it.
fn named(tokens: &[(u32, Token)]) -> (String, Vec<String>) {
    let skip = [
        "table",
        "into",
        "from",
        "if",
        "not",
        "exists",
        "or",
        "ignore",
        "replace",
        "only",
        "temporary",
    ];
    let (mut name, mut columns, mut inside) = (String::new(), Vec::new(), false);
    for (_, token) in tokens {
        match token {
            Token::Word(word) if !inside && skip.iter().any(|it| word.eq_ignore_ascii_case(it)) => {
            }
            Token::Word(word) | Token::Name(word) if inside => columns.push(word.clone()),
            Token::Word(word) | Token::Name(word) => {
                word.rsplit('.').next().unwrap_or(word).clone_into(&mut name);
            }
            Token::Sign('(') => inside = true,
            Token::Sign(')') => break,
            Token::Sign(_) | Token::Text(_) => {}
        }
    }
    (name, columns)
}

/// `CREATE TABLE name (column …, column …)`
fn create(tokens: &[(u32, Token)], tables: &mut BTreeMap<String, Table>) {
    if !matches!(tokens.first(), Some((_, Token::Word(word))) if word.eq_ignore_ascii_case("table"))
    {
        return;
    }
    let name = named(tokens).0;
    let constraints =
        ["primary", "unique", "key", "constraint", "index", "check", "foreign", "fulltext"];
    let (mut depth, mut fresh, mut columns) = (0_u32, false, Vec::new());
    for (_, token) in tokens {
        match token {
            Token::Sign('(') => {
                depth += 1;
                fresh = depth == 1;
                continue;
            }
            Token::Sign(')') => depth = depth.saturating_sub(1),
            Token::Sign(',') if depth == 1 => {
                fresh = true;
                continue;
            }
            Token::Name(column) if fresh => columns.push(column.clone()),
            Token::Word(column)
                if fresh && !constraints.iter().any(|it| column.eq_ignore_ascii_case(it)) =>
            {
                columns.push(column.clone());
            }
            Token::Word(_) | Token::Name(_) | Token::Text(_) | Token::Sign(_) => {}
        }
        fresh = false;
    }
    tables.entry(name).or_default().columns = columns;
}

/// `INSERT INTO name (columns) VALUES (…), (…)`; `statement` is what it is without `VALUES`.
fn insert(
    statement: (u32, &'static str),
    tokens: &[(u32, Token)],
    tables: &mut BTreeMap<String, Table>,
) {
    let (name, columns) = named(before(tokens, &["values", "select", "set"]));
    let table = tables.entry(name).or_default();
    // Columns in another order than those of the table.
    let places: Option<Vec<Option<usize>>> = (!columns.is_empty()).then(|| {
        if table.columns.is_empty() {
            table.columns.clone_from(&columns);
        }
        columns.iter().map(|it| table.columns.iter().position(|known| known == it)).collect()
    });
    let start = before(tokens, &["values"]).len();
    if start == tokens.len() {
        table.unread.get_or_insert(statement);
        return;
    }
    let (mut row, mut cell, mut start_line, mut inside) = (Vec::new(), Vec::new(), 0, false);
    for (line, token) in &tokens[start + 1..] {
        match token {
            Token::Sign('(') if !inside => {
                (inside, start_line) = (true, *line);
            }
            Token::Sign(sign @ (',' | ')')) if inside => {
                match value(&std::mem::take(&mut cell)) {
                    Ok(value) => row.push(value),
                    Err(what) => {
                        table.unread.get_or_insert((*line, what));
                        return;
                    }
                }
                inside = *sign == ',';
                if !inside {
                    let cells = std::mem::take(&mut row);
                    table
                        .rows
                        .push((start_line, ordered(cells, places.as_deref(), table.columns.len())));
                }
            }
            token if inside => cell.push(token),
            Token::Sign(_) | Token::Word(_) | Token::Name(_) | Token::Text(_) => {}
        }
    }
}

/// What stands between two commas: a text, a number or `NULL`; an error for what has to be computed, such
/// as `char(10)`.
fn value(tokens: &[&Token]) -> Result<Option<String>, &'static str> {
    match tokens {
        [Token::Word(word)] if word.eq_ignore_ascii_case("null") => Ok(None),
        [Token::Text(text) | Token::Word(text) | Token::Name(text)] => Ok(Some(text.clone())),
        // A character set. [MariaDB, "Character Set Introducer"]
        [Token::Word(set), Token::Text(text)] if set.starts_with('_') => Ok(Some(text.clone())),
        _ => Err("a value that is computed"),
    }
}

/// The cells of a row in the order of the table's columns; `places` has the place of each where the statement
/// names columns.
fn ordered(
    cells: Vec<Option<String>>,
    places: Option<&[Option<usize>]>,
    columns: usize,
) -> Vec<Option<String>> {
    let Some(places) = places else { return cells };
    let mut ordered = vec![None; columns];
    for (place, cell) in places.iter().zip(cells) {
        if let Some(slot) = place.and_then(|at| ordered.get_mut(at)) {
            *slot = cell;
        }
    }
    ordered
}
