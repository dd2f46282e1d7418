//! How fast `discover` asks, and what many discoveries cost.
//!
//! `cargo bench --bench discover` prints a table and fails when a limit is missed; `-- --smoke` does the
//! same with few names and judges nothing. Needs unbound and ldnsutils; with dnsperf(1) its rate stands
//! beside.
#![expect(
    clippy::disallowed_methods,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a bench stands outside of the program's world"
)]
#![expect(clippy::print_stdout, reason = "the table is the result")]

#[expect(dead_code, unused_imports, reason = "shared with the tests")]
#[path = "../../tests/lab/mod.rs"]
mod lab;
mod lookups;
#[expect(dead_code, reason = "shared with the other bench")]
#[path = "../scale/measure.rs"]
mod measure;

#[path = "../../tests/harness/wait.rs"]
mod wait;

#[path = "../../tests/discover"]
mod servers {
    #![expect(dead_code, reason = "shared with the tests")]
    mod certificates;
    #[path = "../../benches/discover/crowd.rs"]
    mod crowd;
    mod https;
    mod smtp;
    mod tls;

    pub(crate) use crowd::Crowd;
}

/// What lab and servers take from the harness of the tests.
mod harness {
    pub(crate) use crate::wait::wait_for;

    /// `PATH` with the folders in which Debian keeps the programs of name servers.
    pub(crate) fn path() -> String {
        format!("/usr/sbin:/sbin:{}", std::env::var("PATH").unwrap_or_default())
    }
}

use lookups::{Rate, bare, dnsperf, ours};
use servers::Crowd;
use std::process::ExitCode;

/// The program.
const MXWARD: &str = env!("CARGO_BIN_EXE_mxward");

/// How often everything is run, in turns; the middle one counts.
const ROUNDS: usize = 5;

fn main() -> ExitCode {
    measure::bench(run)
}

/// Measures everything and prints the table; whether all limits are kept.
fn run(smoke: bool) -> bool {
    let (names, domains, rounds) = if smoke { (500, 80, 1) } else { (20_000, 2_000, ROUNDS) };
    println!("| | rate | beside | limit | |\n|---|--:|--:|--:|---|");
    rates(names, rounds) & memory(domains)
}

/// MX lookups of distinct names.
fn rates(names: usize, rounds: usize) -> bool {
    let lab = lookups::lab(names);
    let mut kept = true;
    for (zone, what) in [("unsigned", "an unsigned zone"), ("signed", "a signed zone")] {
        let list = lookups::names(zone, names);
        // Beside each is a client that has the same work with the same server.
        for (trusting, who) in [(false, "validated here"), (true, "validated by the resolver")] {
            let server = if trusting { lab.validating() } else { lab.plain() };
            let validates = !trusting && zone == "signed";
            let [mut rates, mut bare_rates] = [const { Vec::new() }; 2];
            for _ in 0..rounds {
                bare_rates.push(bare(server, validates.then(|| lab.anchor()), &list));
                rates.push(ours(&lab, &list, trusting));
            }
            let (rate, beside) = (middle(rates), middle(bare_rates));
            let client = if validates {
                "bare hickory client that validates"
            } else {
                "bare hickory client"
            };
            let ratio = rate.0 / beside.0;
            let good = ratio >= 0.5;
            kept &= good;
            let verdict = if good { "kept" } else { "**missed**" };
            println!(
                "| MX of {names} names in {what}, {who} | {rate} | {client}: {beside}, {ratio:.2}× | 0.5× | {verdict} |"
            );
        }
        if let Some(rate) = dnsperf(lab.plain(), &list) {
            println!("| the same names, dnsperf | {rate} | | | |");
        }
    }
    kept
}

/// Whole discoveries.
fn memory(domains: usize) -> bool {
    let crowd = Crowd::new(domains);
    let args = crowd.args();
    let mut command = vec![MXWARD];
    command.extend(args.iter().map(String::as_str));
    let start = std::time::Instant::now();
    let cost = measure::measure(crowd.folder(), &[0], &command);
    let seconds = start.elapsed().as_secs_f64();
    crowd.check();
    let good = cost.memory <= 200.0;
    println!(
        "| {domains} discoveries: DANE, MTA-STS, providers, own servers | {:.1} s, {:.0} ms CPU | peak memory {:.0} MiB | 200 MiB | {} |",
        seconds,
        cost.cpu,
        cost.memory,
        if good { "kept" } else { "**missed**" }
    );
    good
}

fn middle(mut rates: Vec<Rate>) -> Rate {
    rates.sort_by(|a, b| a.0.total_cmp(&b.0));
    rates[rates.len() / 2]
}
