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
#[expect(dead_code, reason = "another bench uses more of it")]
mod table;

use folder::{empty, fresh};
use measure::{Cost, measure};
use repository::{Repository, State};
use std::path::Path;
use std::process::ExitCode;
use table::{Limit, Table};

/// The program.
const MXWARD: &str = env!("CARGO_BIN_EXE_mxward");

/// How often everything is run, in turns; the middle one counts.
const ROUNDS: usize = 5;

/// How often with ten million domains.
const ROUNDS_OF_MANY: usize = 3;

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
        large(if smoke { 1_000 } else { 1_000_000 }, &mut table);
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
    let [one, _] = size(small, rounds, Limit::AtMost(150.0), &mut table);
    let [ten, _] = size(large, rounds, Limit::AtMost(1024.0), &mut table);
    let what = format!("compile, {large} domains");
    table.ratio(&what, ten, &format!("{small} domains"), one, Limit::AtMost(12.0));
    check(checks, &mut table);
    print!("{table}");
    table.met()
}

/// Imports the maps that were compiled.
fn import(folder: &Path) -> Cost {
    empty(&folder.join("imported"));
    let words = "import --quiet --transport out/mx/transport --tls-policy out/mx/tls_policy \
                 --security-level dane --out imported";
    let command: Vec<&str> = std::iter::once(MXWARD).chain(words.split_whitespace()).collect();
    measure(folder, &[0], &command)
}

/// Measures at a size and at ten times of it.
fn large(domains: u32, table: &mut Table) {
    let memory = Limit::AtMost(8192.0);
    let one = size(domains, ROUNDS_OF_MANY, memory, table);
    let ten = size(10 * domains, ROUNDS_OF_MANY, memory, table);
    for (what, at) in [("compile", 0), ("diff", 1)] {
        let what = format!("{what}, {} domains", 10 * domains);
        // A domain costs at most 1.3 times as much.
        table.ratio(&what, ten[at], &format!("{domains} domains"), one[at], Limit::AtMost(13.0));
    }
}

/// Measures everything at one size, and gives what `compile` and `diff` cost.
fn size(domains: u32, rounds: usize, memory: Limit, table: &mut Table) -> [Cost; 2] {
    let folder = fresh("scale", &domains.to_string());
    deploy(&folder, domains);
    repository(domains, State::After).write(&folder).expect("the repository can be written");
    let compile_once = || {
        empty(&folder.join("out"));
        measure(&folder, &[0], &[MXWARD, "compile", "--frozen", "--quiet", "--out", "out"])
    };
    let index = |map_type: &str| {
        let maps = ["transport", "tls_policy"].map(|map| format!("{map_type}:out/mx/{map}"));
        measure(&folder, &[0], &["postmap", "-c", "postfix", &maps[0], &maps[1]])
    };
    let imports = domains <= 1_000_000;
    let [mut compile, mut postmap, mut diff, mut gnu_diff] = [const { Vec::new() }; 4];
    let [mut imported, mut hash] = [const { Vec::new() }; 2];
    for _ in 0..rounds {
        compile.push(compile_once());
        postmap.push(index("lmdb"));
        if imports {
            hash.push(index("hash"));
            imported.push(import(&folder));
        }
        diff.push(measure(&folder, &[0], &[MXWARD, "diff", "--frozen"]));
        let both = ["transport", "tls_policy"].map(|map| {
            let files = [format!("deployed/{map}"), format!("out/mx/{map}")];
            measure(&folder, &[1], &["diff", &files[0], &files[1]])
        });
        gnu_diff.push(both[0].and(both[1]));
    }
    let [compile, postmap, diff, gnu_diff] = [compile, postmap, diff, gnu_diff].map(Cost::middle);
    let what = format!("compile, {domains} domains");
    table.ratio(&what, compile, "postmap lmdb: of both maps", postmap, Limit::AtMost(1.0));
    if imports {
        let [import, hash] = [imported, hash].map(Cost::middle);
        let what = format!("import, {domains} domains");
        // What postmap(1) makes on Debian where no type is named.
        table.ratio(&what, import, "postmap hash: of both maps", hash, Limit::AtMost(5.0));
        table.ratio(&what, import, "postmap lmdb: of both maps", postmap, Limit::None);
        table.memory(&what, import, Limit::None);
    }
    table.memory(&what, compile, memory);
    let what = format!("diff, {domains} domains, 1 % changed");
    table.ratio(&what, diff, "compile", compile, Limit::AtMost(1.5));
    table.ratio(&what, diff, "GNU diff of both maps", gnu_diff, Limit::None);
    table.memory(&what, diff, memory);
    [compile, diff]
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
