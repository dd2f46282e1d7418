//! What can be typed.

use clap::{Parser, Subcommand, ValueEnum, ValueHint};
use std::path::PathBuf;

/// Compiles a YAML repository into Postfix transport and TLS policy maps, and shows what a change
/// does to the security of every domain
#[derive(Parser, Debug)]
#[command(name = "mxward", version, max_term_width = 100, disable_help_subcommand = true)]
pub struct Args {
    /// Flags of every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

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

/// What to do.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Start a repository: a first configuration, tests, workflows for CI, and schemas for editors
    ///
    /// Nothing that is there is overwritten. What it writes passes `check` as it is.
    Init {
        /// The folder, made where it is missing; without it that of -C
        #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
        folder: Option<PathBuf>,
        /// Whose workflows to write; repeatable
        #[arg(long, value_name = "PLATFORM", default_values = ["github", "gitlab"])]
        ci: Vec<Ci>,
    },
    /// Say everything that is wrong with the repository; opens no network connection
    Check {
        /// Treat warnings as errors
        #[arg(long)]
        deny_warnings: bool,
        /// Judge expiry and age as on this day, instead of today
        #[arg(long, value_name = "YYYY-MM-DD")]
        today: Option<jiff::civil::Date>,
    },
    /// Write the maps of every target
    Compile {
        /// The folder to write into, with a folder for each target; without it everything is printed
        #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
        out: Option<PathBuf>,
    },
    /// Look up what mxward.lock lacks, and drop what nobody needs
    ///
    /// Facts that are there are not asked for again, and nothing is asked when nothing is missing: with
    /// --locked or --offline this only tells whether the lock is complete.
    ///
    /// Exit status: 0 the lock is complete; 1 a fact could not be looked up; 3 an answer has to be looked
    /// at; 4 facts are missing or to be dropped, and --locked or --offline forbids that.
    Lock {
        /// Record this day instead of today
        #[arg(long, value_name = "YYYY-MM-DD")]
        today: Option<jiff::civil::Date>,
    },
    /// Look everything up again, or what is named, and say what changed
    ///
    /// What cannot be confirmed stays in the lock and is marked stale, which changes nothing that is
    /// compiled. When no question at all gets a usable answer, the lock is not touched.
    ///
    /// Exit status: 0 done, also where facts stay stale; 1 a fact that the lock lacks could not be looked
    /// up, or no question got a usable answer; 3 an answer has to be looked at: a domain left its
    /// provider, takes no mail or lost DNSSEC or DANE, or an address is refused; 4 the lock would change,
    /// and --locked forbids that.
    Update {
        /// Domains, with the MX hosts they need, or MX hosts; the loss of DNSSEC or DANE is accepted for
        /// what is named here
        #[arg(value_name = "NAME")]
        names: Vec<String>,
        /// Record this day instead of today, and judge by it how long addresses are gone
        #[arg(long, value_name = "YYYY-MM-DD")]
        today: Option<jiff::civil::Date>,
    },
    /// Show what would change where the maps are deployed, by its effect on every domain
    ///
    /// Maps on other hosts are read through one `ssh` for each host, with your own configuration of it;
    /// the environment variable `MXWARD_SSH` holds the program and arguments to use instead, such as
    /// `ssh -F FILE`. Where a main.cf lies beside the maps, the parameters that run are compared with
    /// what the maps need; --verbose tells also what is only good to know.
    Diff {
        /// Show the lines of the files instead
        #[arg(long)]
        text: bool,
        /// Compare with this revision of the repository instead of what is deployed
        #[arg(long, value_name = "REVISION", allow_hyphen_values = true)]
        from: Option<String>,
        /// Exit with 2 when something changes
        #[arg(long)]
        exit_code: bool,
    },
    /// Show what apply would do where the maps are deployed, and write it to a file for review
    ///
    /// Nothing is written but the file. Entries that somebody else changed since the last apply are shown
    /// with what apply does with them, and everything that would stop it, with the flag that lets it pass.
    ///
    /// Exit status: 0 done, also where there is something to do; 1 maps could not be read; 2 there is
    /// something to do, with --exit-code; 3 the repository is invalid, or a lint is denied; 5 a guard or
    /// protect.yaml refuses it.
    Plan {
        /// The file to write
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        out: Option<PathBuf>,
        /// Exit with 2 when something would be done
        #[arg(long)]
        exit_code: bool,
        /// Probe the servers of what changes, and refuse what would make mail wait
        #[arg(long)]
        probe: bool,
        /// What is agreed to.
        #[command(flatten)]
        consent: Consent,
    },
    /// Change the deployed maps: exactly as in a plan that was reviewed, where one is given
    ///
    /// Goes by steps in an order in which no mail is less safe on the way than both before and after, tells
    /// Postfix, and asks it at the end for every entry through the tables that it is configured with. What
    /// a plan says of effects is judged anew, and guards are asked again, with the flags given here.
    ///
    /// Exit status: 0 done, also where there was nothing to do; 1 it could not be done, or another run is
    /// at work, and everything is as it was; 3 the repository is invalid, or a lint is denied; 5 a guard or
    /// protect.yaml refuses it, or the canary was taken back; 6 the plan is stale or was edited; 7 done in part, and the next apply goes
    /// on; 8 done, and Postfix answers something else.
    Apply {
        /// The plan
        #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
        plan: Option<PathBuf>,
        /// Probe the servers of what changes, and refuse what would make mail wait
        #[arg(long)]
        probe: bool,
        /// Change this target first, and the others when the servers of what changes take the mail; else
        /// it is taken back; repeatable
        #[arg(long, value_name = "TARGET")]
        canary: Vec<String>,
        /// What is agreed to.
        #[command(flatten)]
        consent: Consent,
    },
    /// Go back to what was deployed before the last apply
    ///
    /// As safe as an apply, judged and guarded as one, with the same exit status. Entries that were never
    /// ours stay as they are now. Another rollback goes one apply further back.
    Rollback {
        /// What is agreed to.
        #[command(flatten)]
        consent: Consent,
    },
    /// Connect to the servers of every compiled policy as Postfix would, and say what it would do
    ///
    /// Each next hop is looked up, and each of its servers is spoken with up to the TLS handshake: no mail
    /// is sent. Certificates are judged with the CA file that the target names, by Postfix's own rules.
    ///
    /// Exit status: 0 mail would go out; 1 something was not reached; 3 mail would wait or return.
    Probe(Probing),
    /// Test what tests/*.yaml expects of the compiled maps; exit with 3 where it does not hold
    Test,
    /// Show every lookup Postfix would do for an address, and what decides
    Explain {
        /// A mail address or domain
        address: String,
        /// Explain what is deployed instead of what would be compiled
        #[arg(long)]
        deployed: bool,
        /// Show what happens in each phase of an apply: now, after each of its steps, and at the end
        #[arg(long, conflicts_with = "deployed")]
        timeline: bool,
    },
    /// Find out what domains publish about their mail, and propose an entry for each
    ///
    /// Asks for MX records, addresses, TLSA records and MTA-STS policies, and, where nothing of that
    /// decides, for the certificates of the mail servers, on port 25. Proposed is, in this order: `dane-only`
    /// for domains that DANE secures, `leave_to: mta-sts` for those with an MTA-STS policy, the template of
    /// the provider, `secure` with the names in valid certificates of their own servers, `encrypt`.
    ///
    /// Exit status: 0 every domain was judged; 1 some could not be, or the run was ended early: with
    /// --resume, the next one goes on there; 3 the file of --write cannot take the entries.
    Discover {
        /// Domains
        #[arg(value_name = "DOMAIN")]
        domains: Vec<String>,
        /// More domains, one a line; `#` begins a comment
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        from: Option<PathBuf>,
        /// How to look.
        #[command(flatten)]
        options: Box<DiscoverOptions>,
    },
    /// Show what the mail log proves of each recipient domain, and what may be raised
    ///
    /// Reads what Postfix writes with `smtp_tls_loglevel = 1`: files of syslog or of `maillog_file`, also
    /// compressed with gzip or zstd, and what `journalctl -o short-iso`, `-o export` or `-o json` prints.
    /// Where -C names a repository, what it declares is compared with what was delivered. Uses no
    /// network but with `--mx dns`. Addresses of people are neither kept nor shown.
    Logs(Logs),
    /// Write a page of HTML about the whole policy: coverage, every entry, exceptions, the lock
    ///
    /// The page needs nothing but itself, and shows what the lock knew. Uses no network.
    Report(PageOptions),
    /// Make a repository of maps that are there
    ///
    /// Entries that a template gives are written as that template, and match lists that repeat become
    /// templates of your own. What Postfix passes over is said line by line and kept as comments. In the
    /// end the new repository is compiled, and its effect is compared with that of the old maps for every
    /// key. Nothing that is there is changed, and no network is used but for a map that is elsewhere.
    ///
    /// Exit status: 0 imported, with the same effect but for what was asked for; 1 a map could not be
    /// read, or the folder not written; 3 lines that a repository cannot say, or `none` without --none,
    /// and nothing was written; or the effect is not the same.
    Import(Box<Import>),
    /// The catalogue of provider templates
    Providers {
        /// What to show.
        #[command(subcommand)]
        command: Option<ProvidersCommand>,
    },
    /// Print the JSON Schema of a kind of file, for editors
    Schema {
        /// The kind of file
        #[arg(default_value = "mxward")]
        kind: SchemaKind,
    },
    /// Print the completions of a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write the manual pages
    Man {
        /// The folder to write into
        #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
        out: PathBuf,
    },
}

/// Whose workflows a new repository gets.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Ci {
    /// GitHub Actions.
    Github,
    /// GitLab CI.
    Gitlab,
    /// Nobody's.
    None,
}

/// What is probed, and how.
#[derive(clap::Args, Debug)]
pub struct Probing {
    /// Only this recipient domain; repeatable
    #[arg(long, value_name = "DOMAIN")]
    pub domain: Vec<String>,
    /// Only what differs from what is deployed
    #[arg(long, conflicts_with = "domain")]
    pub changed: bool,
    /// The name to greet servers with; without it that of this host
    #[arg(long, value_name = "NAME")]
    pub helo: Option<String>,
    /// Seconds for each step of a conversation; all steps together have three times as long
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub timeout: u64,
    /// Seconds for everything together; what was found until then is told
    #[arg(long, value_name = "SECONDS")]
    pub deadline: Option<u64>,
    /// Next hops that are probed at once; each address is spoken with by one at a time
    #[arg(long, value_name = "NUMBER", default_value_t = 64)]
    pub connections: u16,
}

impl Probing {
    /// What changes, within ten minutes.
    pub fn changes() -> Self {
        Self {
            domain: Vec::new(),
            changed: true,
            helo: None,
            timeout: 10,
            deadline: Some(600),
            connections: 64,
        }
    }
}

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

impl Command {
    /// The name on the command line.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Init { .. } => "init",
            Self::Check { .. } => "check",
            Self::Compile { .. } => "compile",
            Self::Lock { .. } => "lock",
            Self::Update { .. } => "update",
            Self::Diff { .. } => "diff",
            Self::Plan { .. } => "plan",
            Self::Apply { .. } => "apply",
            Self::Rollback { .. } => "rollback",
            Self::Probe(_) => "probe",
            Self::Test => "test",
            Self::Explain { .. } => "explain",
            Self::Discover { .. } => "discover",
            Self::Logs(_) => "logs",
            Self::Report(_) => "report",
            Self::Import(_) => "import",
            Self::Providers { .. } => "providers",
            Self::Schema { .. } => "schema",
            Self::Completions { .. } => "completions",
            Self::Man { .. } => "man",
        }
    }
}

impl Command {
    /// Whether it finds or changes something, as platforms show it.
    pub fn has_findings(&self) -> bool {
        match self {
            Self::Init { .. }
            | Self::Explain { .. }
            | Self::Discover { .. }
            | Self::Logs(_)
            | Self::Report(_)
            | Self::Import(_)
            | Self::Providers { .. }
            | Self::Schema { .. }
            | Self::Completions { .. }
            | Self::Man { .. } => false,
            Self::Check { .. }
            | Self::Compile { .. }
            | Self::Lock { .. }
            | Self::Update { .. }
            | Self::Diff { .. }
            | Self::Plan { .. }
            | Self::Apply { .. }
            | Self::Rollback { .. }
            | Self::Probe(_)
            | Self::Test => true,
        }
    }
}

/// What to show of the catalogue.
#[derive(Subcommand, Debug)]
pub enum ProvidersCommand {
    /// All templates, those of the repository included
    List,
    /// One template with its evidence
    Show {
        /// Its name
        name: String,
    },
    /// The provider of the MX hosts of one domain
    Detect {
        /// The MX hosts
        #[arg(required = true, value_name = "HOST")]
        hosts: Vec<String>,
    },
}

/// The kinds of files that have a schema.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum SchemaKind {
    /// mxward.yaml
    Mxward,
    /// domains/*.yaml
    Domains,
    /// providers/*.yaml
    Provider,
    /// protect.yaml
    Protect,
    /// tests/*.yaml
    Tests,
    /// The output of `check --report json`
    CheckReport,
    /// The output of `diff --report json`
    DiffReport,
    /// The file of `plan --out`
    Plan,
    /// The output of `plan`, `apply` and `rollback` with `--report json`
    PlanReport,
    /// The output of `probe --report json`
    ProbeReport,
    /// The output of `discover --report json`
    DiscoverReport,
    /// The output of `logs --report json`
    LogsReport,
    /// A line of `--report jsonl`
    ReportLine,
}
