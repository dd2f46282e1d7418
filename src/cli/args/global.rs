//! Flags that work before and after the command.

use clap::{ValueEnum, ValueHint};
use std::path::PathBuf;

/// Flags that work before and after the command.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// The repository's folder
    #[arg(short = 'C', global = true, value_name = "DIR", default_value = ".", value_hint = ValueHint::DirPath)]
    pub directory: PathBuf,
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
    /// Say only what is wrong
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// Report as text, json, jsonl, markdown, sarif, junit, github, gitlab, rdjsonl or csv, to standard
    /// output or to a file; repeatable
    #[arg(long, global = true, value_name = "FORMAT[=FILE]")]
    pub report: Vec<String>,
    /// Use no network
    #[arg(long, global = true)]
    pub offline: bool,
    /// Fail when mxward.lock would change; the default where CI is set, but for `lock` and `update`
    #[arg(long, global = true)]
    pub locked: bool,
    /// As --offline and --locked together
    #[arg(long, global = true)]
    pub frozen: bool,
    /// Only this target; repeatable
    #[arg(long, global = true, value_name = "NAME")]
    pub target: Vec<String>,
    /// Ask this name server, `ADDRESS:PORT`, `tls://ADDRESS#NAME` or `https://ADDRESS#NAME`; repeatable
    #[arg(long, global = true, value_name = "SERVER")]
    pub dns_server: Vec<String>,
    /// Validate DNSSEC from the keys in this file
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub dns_trust_anchor: Option<PathBuf>,
    /// Who validates DNSSEC
    #[arg(long, global = true, value_name = "WHO")]
    pub dns_validation: Option<Validation>,
}

/// When to use colours.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Color {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Who validates DNSSEC.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Validation {
    /// This program.
    Local,
    /// The resolver, on a loopback address.
    Resolver,
}
