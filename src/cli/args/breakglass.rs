//! An exception at night.

use crate::postfix::SecurityLevel;
use clap::{ValueEnum, ValueHint};
use std::path::PathBuf;

/// Which exception, and for how long.
#[derive(clap::Args, Debug)]
pub struct Breakglass {
    /// The domains whose mail waits, or `.DOMAIN` for all subdomains of one
    #[arg(required = true, value_name = "DOMAIN")]
    pub domains: Vec<String>,
    /// The last day of the exception: YYYY-MM-DD, or days or weeks from today such as 3d or 2w; at most 30 days
    #[arg(long, value_name = "WHEN", required_unless_present = "end")]
    pub until: Option<String>,
    /// Why, in words that the others understand tomorrow; best with the number of a ticket
    #[arg(long, value_name = "TEXT", required_unless_present = "end")]
    pub reason: Option<String>,
    /// What is still asked of servers
    #[arg(long, value_name = "LEVEL", default_value = "encrypt")]
    pub level: ExceptionLevel,
    /// The YAML file that takes the entry of a domain that stands in a list or nowhere; without it
    /// domains/breakglass.yaml where mxward.yaml includes that, else mxward.yaml
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: Option<String>,
    /// End the exceptions: what stood there before comes back
    #[arg(long, conflicts_with_all = ["until", "reason", "level", "file"])]
    pub end: bool,
    /// Show everything, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Let what happens to other domains pass, up to a number: `weaker=3`, `different`, `breaks`; repeatable
    #[arg(long, value_name = "GUARD[=N]")]
    pub allow: Vec<String>,
    /// Limits and waivers, instead of protect.yaml in the repository
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub protect: Option<PathBuf>,
}

/// Levels that need no names of servers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum ExceptionLevel {
    /// Plain text, also where the server offers TLS
    None,
    /// TLS where the server offers it, else plain text
    May,
    /// TLS with whoever answers
    Encrypt,
    /// TLSA records where there are usable ones, else as `may`
    Dane,
    /// Usable TLSA records, or no mail
    DaneOnly,
}

impl ExceptionLevel {
    /// The level in Postfix.
    pub fn level(self) -> SecurityLevel {
        match self {
            Self::None => SecurityLevel::None,
            Self::May => SecurityLevel::May,
            Self::Encrypt => SecurityLevel::Encrypt,
            Self::Dane => SecurityLevel::Dane,
            Self::DaneOnly => SecurityLevel::DaneOnly,
        }
    }
}
