//! How mxward grows with the repository, measured beside `postmap` and `diff` on the same data.
//!
//! `cargo bench --bench scale` prints the table of README.md and fails when a limit is missed;
//! `-- --smoke` does the same with few domains and judges nothing, so that CI keeps it running;
//! `-- --large` goes to ten million domains, and `-- --peers` measures beside jinja2-cli and octoDNS,
//! which it installs from their registry. Needs postmap(1) with lmdb and diff(1).
#![expect(
    clippy::disallowed_methods,
    clippy::panic,
    reason = "a bench stands outside of the program's world"
)]
#![expect(clippy::print_stdout, reason = "the table is the result")]

mod folder;
mod measure;
mod peers;
mod repository;
mod size;
#[expect(dead_code, reason = "another bench uses more of it")]
mod table;

use folder::{empty, fresh};
use measure::{Cost, measure};
use repository::{Repository, State};
use size::Size;
use std::path::Path;
use std::process::ExitCode;
use table::{Limit, Table};

/// The program.
const MXWARD: &str = env!("CARGO_BIN_EXE_mxward");

/// How often everything is run, in turns; the middle one counts.
const ROUNDS: usize = 5;

/// How often the small repository is checked.
const CHECKS: usize = 50;

fn main() -> ExitCode {
    measure::bench(run)
}

/// Measures everything and prints the table; whether all limits are kept.
fn run(smoke: bool) -> bool {
    let mut table = Table::default();
    let wants = |flag: &str| std::env::args().any(|arg| arg == flag);
    if wants("--large") {
        let (domains, rounds) = if smoke { (1_000, 1) } else { (1_000_000, ROUNDS) };
        large(domains, rounds, &mut table);
        print!("{table}");
        return table.met();
    }
    if wants("--peers") {
        peers::peers(if smoke { 100 } else { 10_000 }, if smoke { 1 } else { ROUNDS }, &mut table);
        print!("{table}");
        return true;
    }
    let (small, large, rounds, checks) =
        if smoke { (1_000, 10_000, 1, 3) } else { (100_000, 1_000_000, ROUNDS, CHECKS) };
    let [[one, _], [ten, _]] = sizes([(small, 150.0), (large, 1024.0)], rounds, &mut table);
    let what = format!("compile, {large} domains");
    table.ratio(&what, ten, &format!("{small} domains"), one, Limit::AtMost(12.0));
    check(checks, &mut table);
    print!("{table}");
    table.met()
}

/// Measures at a size and at ten times of it.
fn large(domains: u32, rounds: usize, table: &mut Table) {
    let [one, ten] = sizes([(domains, 8192.0), (10 * domains, 8192.0)], rounds, table);
    for (what, at) in [("compile", 0), ("diff", 1)] {
        let what = format!("{what}, {} domains", 10 * domains);
        // A domain costs at most 1.3 times as much.
        table.ratio(&what, ten[at], &format!("{domains} domains"), one[at], Limit::AtMost(13.0));
    }
}

/// Measures everything at two sizes, each with the MiB that it may take, and gives what `compile` and `diff`
/// cost. They take turns: a machine is not as fast at every time.
fn sizes(sizes: [(u32, f64); 2], rounds: usize, table: &mut Table) -> [[Cost; 2]; 2] {
    let mut sizes = sizes.map(|(domains, memory)| (Size::new(domains), memory));
    for _ in 0..rounds {
        for (size, _) in &mut sizes {
            size.round();
        }
    }
    sizes.map(|(size, memory)| size.told(Limit::AtMost(memory), table))
}

/// Puts the maps of the state before into `deployed`, as a pipeline would have copied them.
fn deploy(folder: &Path, domains: u32) {
    let before = folder.join("before");
    repository(domains, State::Before).write(&before).expect("the repository can be written");
    measure(&before, &[0], &[MXWARD, "compile", "--frozen", "--quiet", "--out", "out"]);
    std::fs::rename(before.join("out/mx"), folder.join("deployed")).expect("one file system");
    empty(&before);
}

fn repository(domains: u32, state: State) -> Repository<'static> {
    let target =
        "{ postfix: \"3.7\", security_level: may, map_type: lmdb, deployed: \"file:deployed\" }";
    Repository { domains, state, pins: true, target }
}

/// `check` of a repository of ordinary size, as an editor or a hook runs it.
fn check(runs: usize, table: &mut Table) {
    let folder = fresh("scale", "500");
    repository(500, State::After).write(&folder).expect("the repository can be written");
    let check = || measure(&folder, &[0], &[MXWARD, "check"]);
    let cost = Cost::middle((0..runs).map(|_| check()).collect());
    table.time("check, 500 domains", cost, Limit::AtMost(30.0));
}
