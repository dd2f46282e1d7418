//! Tables of an SQL database, as Postfix reads them.

use std::fmt;

/// A table, and what its columns mean.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TableMapping {
    /// The table: letters, digits and `_`.
    pub table: String,
    /// The column with the lookup key.
    pub key: String,
    /// The column with the right-hand side, or with its first word where [`Self::rest`] is given.
    pub value: String,
    /// The column with everything behind the first word; NULL or empty when there is nothing.
    pub rest: Option<String>,
    /// Columns with a fixed text: set in new rows, and other rows are not looked at.
    pub fixed: Vec<(String, String)>,
}

/// One row: the key and the right-hand side as the lookup of Postfix gives it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Row {
    /// The key as it is stored.
    pub key: String,
    /// The right-hand side; `None` where the columns are NULL or empty, which Postfix takes as "not
    /// found". [mysql_table(5), pgsql_table(5), sqlite_table(5)]
    pub value: Option<String>,
}

/// One change of a table; keys are unique in a list of changes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct RowChange {
    /// The key as it is stored.
    pub key: String,
    /// What the row must say before; `None` when there must be none. Otherwise nothing is changed.
    pub before: Option<String>,
    /// What it says after; `None` removes it.
    pub after: Option<String>,
}

/// A connection to a database.
pub trait Database {
    /// All rows, sorted by key.
    ///
    /// # Errors
    ///
    /// [`DatabaseError`], as of every method.
    fn rows(&mut self, table: &TableMapping) -> Result<Vec<Row>, DatabaseError>;

    /// What about the table makes a safe change impossible, in phrases: an engine without
    /// transactions, no unique key, columns that would cut or fold what is written.
    fn obstacles(&mut self, table: &TableMapping) -> Result<Vec<String>, DatabaseError>;

    /// Takes the lock for changes of this table, and holds it until the connection ends, however it
    /// ends.
    ///
    /// # Errors
    ///
    /// [`DatabaseError::Locked`] when somebody else holds it.
    fn lock(&mut self, table: &TableMapping) -> Result<(), DatabaseError>;

    /// Makes all changes, and puts `record` into the table `mxward_applied` under the table's name,
    /// in one transaction; rows are read back inside of it.
    ///
    /// # Errors
    ///
    /// [`DatabaseError::Moved`] when a row did not say what it must before; nothing was changed then.
    fn change(
        &mut self,
        table: &TableMapping,
        changes: &[RowChange],
        record: &str,
    ) -> Result<(), DatabaseError>;

    /// What `mxward_applied` holds for a table; `None` when nothing was ever applied.
    fn record(&mut self, table: &TableMapping) -> Result<Option<String>, DatabaseError>;

    /// Keeps a generation of the table for a rollback, and drops all but the last `keep`.
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

/// Why something in a database was not done. No text holds a password.
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
