//! What `logs` and `report` read.

use clap::{ValueEnum, ValueHint};
use std::path::PathBuf;

/// What to read of logs, and how much evidence is enough.
#[derive(clap::Args, Debug)]
pub struct Logs {
    /// The logs, in any order; `-` is standard input
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub files: Vec<PathBuf>,
    /// Only this domain, with all details; repeatable
    #[arg(long, value_name = "DOMAIN")]
    pub domain: Vec<String>,
    /// Propose nothing for fewer messages
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub min_messages: u64,
    /// Propose nothing when fewer days lie between the first and the last of them
    #[arg(long, value_name = "N", default_value_t = 7)]
    pub min_days: i64,
    /// Each MX host must have taken mail: which they are is known from mxward.lock, or DNS is asked too;
    /// or it does not matter
    #[arg(long, value_name = "FROM", default_value = "lock")]
    pub mx: MxFrom,
    /// Write the proposals as YAML; `-` is standard output
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub write: Option<PathBuf>,
    /// Stamps without a year are of the last year in which they do not lie behind this day
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub today: Option<jiff::civil::Date>,
    /// Tell so many domains apart; deliveries to others are only counted
    #[arg(long, value_name = "N", default_value_t = 250_000)]
    pub max_domains: usize,
}

/// Where the MX hosts of a domain are known from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum MxFrom {
    /// mxward.lock.
    Lock,
    /// mxward.lock, or else DNS.
    Dns,
    /// They do not matter.
    Any,
}

/// What the page of `report` is made from.
#[derive(clap::Args, Debug)]
pub struct PageOptions {
    /// The file to write; without it the page goes to standard output
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub out: Option<PathBuf>,
    /// Mail logs, to weigh domains by their mail; `-` is standard input
    #[arg(long, value_name = "FILE", num_args = 1.., value_hint = ValueHint::FilePath)]
    pub logs: Vec<PathBuf>,
    /// Judge expiry and age as on this day, instead of today
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub today: Option<jiff::civil::Date>,
}
