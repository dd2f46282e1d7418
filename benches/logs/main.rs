//! What it costs to read a mail log, measured beside mawk(1), which only counts lines of it.
//!
//! `cargo bench --bench logs` prints the table of README.md and fails when a limit is missed; `-- --smoke`
//! does the same with a small log and judges nothing, so that CI keeps it running. Needs mawk(1).
#![expect(
    clippy::disallowed_methods,
    clippy::panic,
    reason = "a bench stands outside of the program's world"
)]
#![expect(clippy::print_stdout, reason = "the table is the result")]

mod log;
#[expect(dead_code, reason = "the other bench uses more of it")]
#[path = "../scale/measure.rs"]
mod measure;
#[expect(dead_code, reason = "the other bench uses more of it")]
#[path = "../scale/table.rs"]
mod table;

use measure::{Cost, measure};
use std::path::Path;
use std::process::ExitCode;
use table::{Limit, Table};

/// The program.
const MXWARD: &str = env!("CARGO_BIN_EXE_mxward");

/// How often each is run, in turns; the middle one counts.
const ROUNDS: usize = 5;

fn main() -> ExitCode {
    measure::bench(run)
}

/// Measures everything and prints the table; whether all limits are kept.
fn run(smoke: bool) -> bool {
    let (size, name, rounds) =
        if smoke { (1 << 20, "1 MB", 1) } else { (1 << 30, "1 GiB", ROUNDS) };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("logs");
    std::fs::create_dir_all(&folder).expect("a folder of the build");
    let domains = log::write(&folder.join("mail.log"), size).expect("the log can be written");
    let (mut logs, mut mawk) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        logs.push(measure(&folder, &[0], &[MXWARD, "logs", "--quiet", "mail.log"]));
        let count = ["mawk", "/status=/{n++} END{print n}", "mail.log"];
        mawk.push(measure(&folder, &[0], &count));
    }
    std::fs::remove_file(folder.join("mail.log")).expect("what was written");
    let [logs, mawk] = [logs, mawk].map(Cost::middle);
    let what = format!("logs, {name}, {domains} domains");
    let mut table = Table::default();
    table.ratio(&what, logs, "mawk: lines with `status=`", mawk, Limit::AtMost(4.0));
    table.memory(&what, logs, Limit::AtMost(100.0));
    print!("{table}");
    table.met()
}
