//! The line above an exception.

use crate::names::Recipients;
use crate::postfix::SecurityLevel;
use jiff::civil::Date;
use std::fmt;

/// How the line above an exception begins.
const MARK: &str = "# breakglass ";

/// What stands in a mark before the domain.
const COMMAND: &str = ": `mxward breakglass ";

/// What stands behind it.
const END: &str = " --end`";

/// What stands in a mark before the list that an entry was taken from.
const BACK: &str = " takes it back to ";

/// What a mark says where there is no list.
const HERE: &str = " brings back what was here before";

/// The line above an exception, with what ends it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mark {
    /// Whose exception it is.
    pub of: Recipients,
    /// The level that was written.
    pub level: SecurityLevel,
    /// The last day that was written.
    pub until: Date,
    /// The list that the domain was taken from.
    pub list: Option<String>,
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { of, level, until, list } = self;
        write!(f, "{MARK}{level} until {until}{COMMAND}{of}{END}")?;
        match list {
            Some(list) => write!(f, "{BACK}{list}"),
            None => f.write_str(HERE),
        }
    }
}

impl Mark {
    /// Reads what was written by [`fmt::Display`].
    pub(super) fn parse(line: &str) -> Option<Self> {
        let (level, rest) = line.strip_prefix(MARK)?.split_once(" until ")?;
        let (until, rest) = rest.split_once(COMMAND)?;
        let (of, does) = rest.split_once(END)?;
        let list = match does.strip_prefix(BACK) {
            Some(list) => Some(list.to_owned()),
            None if does == HERE => None,
            None => return None,
        };
        let (of, level) = (Recipients::parse(of).ok()?, SecurityLevel::parse(level)?);
        Some(Self { of, level, until: until.parse().ok()?, list })
    }
}
