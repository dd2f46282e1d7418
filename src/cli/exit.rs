//! Exit statuses.

/// How a run ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// Everything asked for was done.
    Done,
    /// It could not be done: files, DNS or SQL failed.
    Failed,
    /// `diff` or `plan` with `--exit-code` found changes.
    Changes,
    /// The input is wrong, or a lint that is denied found something.
    Findings,
    /// The lock is missing or out of date, and the mode forbids to change it.
    LockOutdated,
    /// protect.yaml or a guard refuses it.
    Refused,
    /// The plan that was reviewed is not the one that would be applied now.
    Stale,
    /// Some of it was done, and some was not.
    InPart,
    /// Everything was done, and Postfix answers something else all the same.
    NotInForce,
    /// The command line is wrong. [sysexits(3) `EX_USAGE`]
    Usage,
}

impl Exit {
    /// Every status, by its number.
    pub const ALL: [Self; 10] = [
        Self::Done,
        Self::Failed,
        Self::Changes,
        Self::Findings,
        Self::LockOutdated,
        Self::Refused,
        Self::Stale,
        Self::InPart,
        Self::NotInForce,
        Self::Usage,
    ];

    /// The status for the system.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Changes => 2,
            Self::Findings => 3,
            Self::LockOutdated => 4,
            Self::Refused => 5,
            Self::Stale => 6,
            Self::InPart => 7,
            Self::NotInForce => 8,
            Self::Usage => 64,
        }
    }

    /// The reason, as reports repeat it.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Changes => "changes",
            Self::Findings => "findings",
            Self::LockOutdated => "lock-outdated",
            Self::Refused => "refused",
            Self::Stale => "stale",
            Self::InPart => "in-part",
            Self::NotInForce => "not-in-force",
            Self::Usage => "usage",
        }
    }

    /// What it means, in Markdown, as README.md repeats it.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "could not do it: files, DNS, a database",
            Self::Changes => "changes found (`diff` or `plan` with `--exit-code`)",
            Self::Findings => {
                "findings: the repository is invalid, a denied lint found something, an expectation does \
                 not hold (`test`), or servers would not take the mail (`probe`)"
            }
            Self::LockOutdated => {
                "the lock is missing or out of date, and `--locked` forbids to change it (the default \
                 where `CI` is set)"
            }
            Self::Refused => {
                "refused by a guard or protect.yaml: the message names the flag; or the servers of a \
                 canary refused, and it was put back"
            }
            Self::Stale => {
                "the plan is stale: the repository or a deployed map has changed since it was made"
            }
            Self::InPart => "applied in part: the next apply goes on from there",
            Self::NotInForce => {
                "applied, and Postfix answers something else: another table comes first, or main.cf does \
                 not name the map; or its log says that it cannot use the maps (`--watch-log`)"
            }
            Self::Usage => "the command line is wrong",
        }
    }
}
