//! What people have agreed to.

use clap::ValueHint;
use std::path::PathBuf;

/// What people have agreed to, and what they have not.
#[derive(clap::Args, Debug)]
pub struct Consent {
    /// Let a guard pass, up to a number: `weaker=3`, `different`, `breaks`, `share`, `foreign`,
    /// `addresses`, `empty`, `stale-lock`, `probe`; repeatable
    #[arg(long, value_name = "GUARD[=N]")]
    pub allow: Vec<String>,
    /// Refuse everything that is not of these effects, such as `stronger,neutral`
    #[arg(long, value_name = "EFFECT,…", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Limits and waivers, instead of protect.yaml in the repository
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub protect: Option<PathBuf>,
}
