//! Tables of an SQL database, as Postfix reads them.

use crate::sql::TableMapping;
use std::fmt;

/// One row: the key and the right-hand side as the lookup of Postfix gives it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Row {
    /// The key as it is stored.
    pub key: String,
    /// What Postfix must ask for to get the row.
    pub lookup: LookupKey<String>,
    /// The right-hand side; `None` where the columns are NULL or empty, which Postfix takes as "not
    /// found". [`mysql_table(5)`, `pgsql_table(5)`, `sqlite_table(5)`]
    pub value: Option<String>,
}

/// What Postfix must ask for to get a row. It asks in lower case and without blanks around; the
/// database decides which stored keys are equal to that.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum LookupKey<T> {
    /// The key as it is stored.
    Stored,
    /// The stored key in lower case, without the blanks at its end.
    Folded(T),
    /// No lookup finds the row.
    Never,
}

/// A [`Row`] while it is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RowRef<'r> {
    /// The key as it is stored.
    pub key: &'r str,
    /// What Postfix must ask for to get the row.
    pub lookup: LookupKey<&'r str>,
    /// The right-hand side; `None` where Postfix takes the row as "not found".
    pub value: Option<&'r str>,
}

impl<'r> RowRef<'r> {
    /// The lookup key under which Postfix finds the row; `None` when no lookup does.
    pub fn lookup_key(&self) -> Option<&'r str> {
        match self.lookup {
            LookupKey::Stored => Some(self.key),
            LookupKey::Folded(key) => Some(key),
            LookupKey::Never => None,
        }
    }

    /// The row for keeps.
    pub fn to_row(&self) -> Row {
        let lookup = match self.lookup {
            LookupKey::Stored => LookupKey::Stored,
            LookupKey::Folded(key) => LookupKey::Folded(key.to_owned()),
            LookupKey::Never => LookupKey::Never,
        };
        Row { key: self.key.to_owned(), lookup, value: self.value.map(str::to_owned) }
    }
}

impl Row {
    /// The lookup key under which Postfix finds the row; `None` when no lookup does.
    pub fn lookup_key(&self) -> Option<&str> {
        match &self.lookup {
            LookupKey::Stored => Some(&self.key),
            LookupKey::Folded(key) => Some(key),
            LookupKey::Never => None,
        }
    }
}

/// One change of a table; keys are unique in a list of changes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct RowChange {
    /// The key as it is stored, or will be.
    pub key: String,
    /// What the row must say before, an empty text where it says nothing; `None` when there must be
    /// none. Otherwise nothing is changed.
    pub before: Option<String>,
    /// What it says after; `None` removes it.
    pub after: Option<String>,
}

/// A connection to a database. Every method fails with a [`DatabaseError`].
#[expect(clippy::missing_errors_doc, reason = "it is said once, for all of them")]
pub trait Database {
    /// Gives all rows to `row`, in no order.
    fn each_row(
        &mut self,
        table: &TableMapping,
        row: &mut dyn FnMut(RowRef<'_>),
    ) -> Result<(), DatabaseError>;

    /// All rows, sorted by key as it is stored.
    fn rows(&mut self, table: &TableMapping) -> Result<Vec<Row>, DatabaseError> {
        let mut rows = Vec::new();
        self.each_row(table, &mut |row| rows.push(row.to_row()))?;
        rows.sort();
        Ok(rows)
    }

    /// What about the database or the table makes these changes impossible or unsafe, in phrases: an
    /// engine without transactions, no unique key, columns that would cut what is written, rows in
    /// the way. Nothing is written; that there is none of them does not promise that all goes well.
    fn obstacles(
        &mut self,
        table: &TableMapping,
        changes: &[RowChange],
    ) -> Result<Vec<String>, DatabaseError>;

    /// Takes the lock for changes of this table, and holds it until the connection ends, however it
    /// ends.
    ///
    /// # Errors
    ///
    /// [`DatabaseError::Locked`] at once when somebody else holds it.
    fn lock(&mut self, table: &TableMapping) -> Result<(), DatabaseError>;

    /// Why this program cannot keep what it knows beside a table, in `mxward_applied` and
    /// `mxward_generations`, in a phrase; `None` where nothing is known to hinder it.
    fn keeps_nothing(&mut self) -> Result<Option<String>, DatabaseError>;

    /// Makes all changes, and puts `record`, if there is one, into the table `mxward_applied` under the
    /// table's name, in one transaction; rows are read back inside of it.
    ///
    /// # Errors
    ///
    /// [`DatabaseError::Moved`] when a row did not say what it must before, and
    /// [`DatabaseError::Failed`] when anything else was refused, or read back otherwise; nothing was
    /// changed then.
    fn change(
        &mut self,
        table: &TableMapping,
        changes: &[RowChange],
        record: Option<&str>,
    ) -> Result<(), DatabaseError>;

    /// What `mxward_applied` holds for a table; `None` when nothing was ever applied, or an empty text
    /// was put there.
    fn record(&mut self, table: &TableMapping) -> Result<Option<String>, DatabaseError>;

    /// Keeps a generation of the table for a rollback in the table `mxward_generations`, in place of
    /// one with the same number, and drops all but the `keep` with the highest numbers.
    fn keep_generation(
        &mut self,
        table: &TableMapping,
        number: u64,
        text: &str,
        keep: u64,
    ) -> Result<(), DatabaseError>;

    /// The numbers of the generations that were kept, with their texts, oldest first.
    fn generations(&mut self, table: &TableMapping) -> Result<Vec<(u64, String)>, DatabaseError>;
}

/// Why something in a database was not done. No text holds a password or a control character.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DatabaseError {
    /// Somebody else holds the lock.
    Locked,
    /// A row is not what it was when the plan was made; the key.
    Moved(String),
    /// It was refused; nothing was changed.
    Failed(String),
    /// The connection is lost: nobody knows whether the change was made.
    Lost(String),
}

impl fmt::Display for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Locked => f.write_str("another apply is at work"),
            Self::Moved(key) => write!(f, "the row of `{key}` has changed meanwhile"),
            Self::Failed(why) => f.write_str(why),
            Self::Lost(why) => write!(f, "the connection is lost: {why}"),
        }
    }
}

impl std::error::Error for DatabaseError {}
