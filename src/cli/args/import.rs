//! What is imported.

use clap::{ValueEnum, ValueHint};
use std::path::PathBuf;

/// What to import, and what the maps do not say.
#[derive(clap::Args, Debug)]
pub struct Import {
    /// The TLS policy map: a path, `TYPE:PATH` as in main.cf, `ssh://HOST/PATH`, or the URL of a table
    /// (`sqlite:`, `mysql:`, `postgres:`); also a dump of a table, EFF's policy.json or what
    /// `postfix-tlspol -query` prints
    #[arg(long, value_name = "MAP", value_hint = ValueHint::FilePath)]
    pub tls_policy: Option<String>,
    /// The transport map, in the same forms
    #[arg(long, value_name = "MAP", value_hint = ValueHint::FilePath)]
    pub transport: Option<String>,
    /// The TLS policy map is this table
    #[arg(long, value_name = "URL", conflicts_with = "tls_policy")]
    pub sql: Option<String>,
    /// The TLS policy map is EFF's STARTTLS policy list
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["tls_policy", "sql"])]
    pub eff: Option<String>,
    /// The TLS policy map is what `postfix-tlspol -query` prints, one object or many
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["tls_policy", "sql", "eff"])]
    pub tlspol: Option<String>,
    /// The form of the TLS policy map, where it is not recognised
    #[arg(long, value_name = "FORM")]
    pub format: Option<MapForm>,
    /// The folder of the new repository, empty or not there yet
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub out: PathBuf,
    /// The version of Postfix that reads the maps, as `postconf -h mail_version` prints it [assumed: 3.7]
    #[arg(long, value_name = "VERSION")]
    pub postfix: Option<String>,
    /// What `postconf -h smtp_tls_security_level` prints [a row `_default`, else assumed: may]
    #[arg(long, value_name = "LEVEL")]
    pub security_level: Option<String>,
    /// The type of the maps, such as hash or lmdb [assumed: hash]
    #[arg(long, value_name = "TYPE")]
    pub map_type: Option<String>,
    /// `relayhost` there
    #[arg(long, value_name = "NEXT-HOP")]
    pub relayhost: Option<String>,
    /// What the level `none` means: that no policy is needed, or plain text, which is what Postfix does
    #[arg(long, value_name = "WHAT")]
    pub none: Option<NoneArg>,
    /// What to do with entries that a repository cannot say: stop, or let them stay in the maps
    #[arg(long, value_name = "WHAT", default_value = "error")]
    pub foreign: ForeignArg,
    /// The environment variable with the password of the database
    #[arg(long, value_name = "VARIABLE")]
    pub password_env: Option<String>,
    /// Record this day instead of today
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub today: Option<jiff::civil::Date>,
}

/// The form of a policy map.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum MapForm {
    /// The source text of a map.
    Map,
    /// Statements that fill a table.
    Dump,
    /// EFF's STARTTLS policy list.
    Eff,
    /// What `postfix-tlspol -query` prints.
    Tlspol,
}

/// What the level `none` means.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum NoneArg {
    /// No policy is needed.
    Absent,
    /// Plain text.
    Keep,
}

/// What to do with entries that cannot be said.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum ForeignArg {
    /// Stop.
    Error,
    /// They stay in the maps.
    Keep,
}
