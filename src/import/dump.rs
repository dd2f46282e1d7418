//! Dumps of a table: statements of mysqldump(1), `sqlite3 .dump` and `pg_dump(1)`.

use super::rows::{MAILCOW, StoredRow};
use super::source::Source;
use crate::plan::Which;
use crate::postfix::fold_key;
use std::collections::BTreeMap;

/// A table of a dump: its columns, and its rows with the line of each.
#[derive(Default)]
struct Table {
    columns: Vec<String>,
    rows: Vec<(u32, Vec<Option<String>>)>,
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
    let starts = ["CREATE TABLE ", "INSERT INTO ", "COPY "];
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

/// What a statement is made of.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Token {
    /// A word without quotes, or a number.
    Word(String),
    /// A name in quotes.
    Name(String),
    /// A text.
    Text(String),
    /// Anything else.
    Sign(char),
}

/// Every table of a dump.
fn tables(text: &str) -> Result<BTreeMap<String, Table>, String> {
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    // Names in backquotes are written by MariaDB and MySQL alone, whose texts have escapes.
    let mut lexer = Lexer { text, at: 0, line: 1, escapes: text.contains('`') };
    loop {
        let statement = lexer.statement()?;
        let Some(first) = statement.first() else {
            if lexer.at >= text.len() {
                return Ok(tables);
            }
            continue;
        };
        let rest = &statement[1..];
        match &first.1 {
            Token::Word(word) if word.eq_ignore_ascii_case("create") => create(rest, &mut tables),
            Token::Word(word) if word.eq_ignore_ascii_case("insert") => insert(rest, &mut tables),
            Token::Word(word) if word.eq_ignore_ascii_case("copy") => {
                let (name, columns) = named(rest);
                let table = tables.entry(name).or_default();
                if !columns.is_empty() {
                    table.columns = columns;
                }
                lexer.copied(&mut table.rows);
            }
            Token::Word(_) | Token::Name(_) | Token::Text(_) | Token::Sign(_) => {}
        }
    }
}

/// The table that a statement is about, without its schema, and the columns in brackets behind it.
fn named(tokens: &[(u32, Token)]) -> (String, Vec<String>) {
    let skip =
        ["table", "into", "if", "not", "exists", "or", "ignore", "replace", "only", "temporary"];
    let (mut name, mut columns, mut inside) = (String::new(), Vec::new(), false);
    for (_, token) in tokens {
        match token {
            Token::Word(word) if !inside && skip.iter().any(|it| word.eq_ignore_ascii_case(it)) => {
            }
            Token::Word(word) if !inside && word.eq_ignore_ascii_case("values") => break,
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

/// `INSERT INTO name (columns) VALUES (…), (…)`
fn insert(tokens: &[(u32, Token)], tables: &mut BTreeMap<String, Table>) {
    let (name, columns) = named(tokens);
    let table = tables.entry(name).or_default();
    // Columns in another order than those of the table.
    let places: Option<Vec<Option<usize>>> = (!columns.is_empty()).then(|| {
        if table.columns.is_empty() {
            table.columns.clone_from(&columns);
        }
        columns.iter().map(|it| table.columns.iter().position(|known| known == it)).collect()
    });
    let is_values = |it: &(u32, Token)| matches!(&it.1, Token::Word(word) if word.eq_ignore_ascii_case("values"));
    let Some(start) = tokens.iter().position(is_values) else { return };
    let (mut row, mut start_line, mut depth) = (Vec::new(), 0, 0_u32);
    for (line, token) in &tokens[start + 1..] {
        match token {
            Token::Sign('(') => {
                depth += 1;
                if depth == 1 {
                    (row, start_line) = (Vec::new(), *line);
                }
            }
            Token::Sign(')') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    let cells = std::mem::take(&mut row);
                    let cells = match &places {
                        None => cells,
                        Some(places) => {
                            let mut ordered = vec![None; table.columns.len()];
                            for (place, cell) in places.iter().zip(cells) {
                                if let Some(slot) = place.and_then(|at| ordered.get_mut(at)) {
                                    *slot = cell;
                                }
                            }
                            ordered
                        }
                    };
                    table.rows.push((start_line, cells));
                }
            }
            Token::Text(text) => row.push(Some(text.clone())),
            Token::Word(word) if word.eq_ignore_ascii_case("null") => row.push(None),
            Token::Word(word) | Token::Name(word) => row.push(Some(word.clone())),
            Token::Sign(_) => {}
        }
    }
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    line: u32,
    escapes: bool,
}

impl Lexer<'_> {
    /// The tokens up to the next `;`, each with its line.
    fn statement(&mut self) -> Result<Vec<(u32, Token)>, String> {
        let mut tokens = Vec::new();
        while let Some(c) = self.peek() {
            let line = self.line;
            match c {
                ';' => {
                    self.next();
                    break;
                }
                c if c.is_whitespace() => {
                    self.next();
                }
                '-' if self.text[self.at..].starts_with("--") => self.skip_line(),
                '#' => self.skip_line(),
                '/' if self.text[self.at..].starts_with("/*") => {
                    let end = self.text[self.at..]
                        .find("*/")
                        .map_or(self.text.len(), |it| self.at + it + 2);
                    while self.at < end {
                        self.next();
                    }
                }
                '\'' => tokens.push((line, Token::Text(self.quoted('\'')?))),
                '`' | '"' => tokens.push((line, Token::Name(self.quoted(c)?))),
                c if c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '+' | '\\') => {
                    let start = self.at;
                    let word = |c: char| {
                        c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '+' | '$' | '\\')
                    };
                    while self.peek().is_some_and(word) {
                        self.next();
                    }
                    tokens.push((line, Token::Word(self.text[start..self.at].to_owned())));
                }
                c => {
                    self.next();
                    tokens.push((line, Token::Sign(c)));
                }
            }
        }
        Ok(tokens)
    }

    /// A text or name in quotes.
    fn quoted(&mut self, quote: char) -> Result<String, String> {
        let start = self.line;
        self.next();
        let mut text = String::new();
        while let Some(c) = self.next() {
            if c == quote {
                if self.peek() != Some(quote) {
                    return Ok(text);
                }
                self.next();
                text.push(quote);
            } else if c == '\\' && self.escapes && quote == '\'' {
                match self.next() {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some('r') => text.push('\r'),
                    Some('0') => text.push('\0'),
                    Some(other) => text.push(other),
                    None => {}
                }
            } else {
                text.push(c);
            }
        }
        Err(format!("line {start}: a quote is never closed"))
    }

    /// The rows behind `COPY … FROM stdin;`, up to `\.`.
    fn copied(&mut self, rows: &mut Vec<(u32, Vec<Option<String>>)>) {
        self.skip_line();
        while self.at < self.text.len() {
            let (start, line) = (self.at, self.line);
            self.skip_line();
            let row = self.text[start..self.at].trim_end_matches(['\r', '\n']);
            if row == "\\." {
                return;
            }
            let cell = |text: &str| {
                (text != "\\N")
                    .then(|| text.replace("\\t", "\t").replace("\\n", "\n").replace("\\\\", "\\"))
            };
            rows.push((line, row.split('\t').map(cell).collect()));
        }
    }

    fn skip_line(&mut self) {
        while let Some(c) = self.next() {
            if c == '\n' {
                return;
            }
        }
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        self.line += u32::from(c == '\n');
        Some(c)
    }
}
