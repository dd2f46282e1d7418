//! How `discover` looks.

use clap::ValueHint;
use std::path::PathBuf;

/// How `discover` looks, and what it does with what it found.
#[derive(clap::Args, Debug)]
pub struct DiscoverOptions {
    /// Add the proposed entries of domains that are not declared yet to this YAML file of the repository
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub write: Option<String>,
    /// Propose MTA-STS policies as they are now, for the MX hosts they cover and until they end, instead of
    /// leaving them to a resolver
    #[arg(long)]
    pub freeze: bool,
    /// Keep what was found out in this file, and do not ask again for domains that are in it
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub resume: Option<PathBuf>,
    /// How many domains are under way at once
    #[arg(long, value_name = "N", default_value_t = 1024, value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: u16,
    /// How many connections to one address may be open at once
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub per_host: u16,
    /// Seconds for each step of a connection
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=300))]
    pub timeout: u16,
    /// Seconds for everything together
    #[arg(long, value_name = "SECONDS")]
    pub deadline: Option<u32>,
    /// Connect to no mail server
    #[arg(long)]
    pub no_starttls: bool,
    /// How to name this host to mail servers
    #[arg(long, value_name = "NAME", default_value = "localhost.localdomain")]
    pub helo: String,
    /// Check certificates with the CAs in this file, instead of those of the system
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub ca: Option<PathBuf>,
    /// Where policy hosts listen
    #[arg(long, value_name = "PORT", default_value_t = 443, hide = true)]
    pub https_port: u16,
    /// Where mail servers listen
    #[arg(long, value_name = "PORT", default_value_t = 25, hide = true)]
    pub smtp_port: u16,
}
