//! What can be typed.

mod breakglass;
mod consent;
mod discover;
mod global;
mod import;
mod logs;
mod probing;
mod watching;

pub use breakglass::{Breakglass, ExceptionLevel};
pub use consent::Consent;
pub use discover::DiscoverOptions;
pub use global::{Color, Global, Validation};
pub use import::{ForeignArg, Import, MapForm, NoneArg};
pub use logs::{Logs, MxFrom, PageOptions};
pub use probing::Probing;
pub use watching::Watching;

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
    /// on; 8 done, and Postfix answers something else, or its log says that it cannot use the maps.
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
        /// The look at the log.
        #[command(flatten)]
        watching: Watching,
        /// What is agreed to.
        #[command(flatten)]
        consent: Consent,
    },
    /// Go back to what was deployed before the last apply
    ///
    /// As safe as an apply, judged and guarded as one, with the same exit status. Entries that were never
    /// ours stay as they are now. Another rollback goes one apply further back.
    Rollback {
        /// The look at the log.
        #[command(flatten)]
        watching: Watching,
        /// What is agreed to.
        #[command(flatten)]
        consent: Consent,
    },
    /// Write an exception for a domain whose mail waits, and say how it ends
    ///
    /// The entry asks less of the domain's servers until a day, says why, and stands in for what was there
    /// before, which stays as a comment; another exception takes its place. What it changes is shown by its
    /// effect before it is written; where other domains would lose security, or protect.yaml forbids it, nothing
    /// is written. Nothing is deployed and no network is used: `plan` and `apply` put it in force.
    ///
    /// Exit status: 0 written; 1 could not be written; 3 the repository is invalid, the exception would relax
    /// nothing, or ask less than its level, or take over a row that nobody declares, or a lint denies it; also
    /// where it was written, and a lint denies what was there before or what came back; 4 the lock lacks facts;
    /// 5 refused for the sake of other domains or by protect.yaml, and nothing was written.
    Breakglass(Box<Breakglass>),
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
            Self::Breakglass(_) => "breakglass",
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
            | Self::Breakglass(_)
            | Self::Probe(_)
            | Self::Test => true,
        }
    }
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
    /// The output of `breakglass --report json`
    BreakglassReport,
    /// The output of `discover --report json`
    DiscoverReport,
    /// The output of `import --report json`
    ImportReport,
    /// The output of `logs --report json`
    LogsReport,
    /// A line of `--report jsonl`
    ReportLine,
}
