//! What it costs to compare with a table of MariaDB and to change it, measured beside mysqldump(1) and
//! diff(1) on the same data.
//!
//! `cargo bench --bench sql` prints the table of README.md and fails when a limit is missed; `-- --smoke`
//! does the same with few rows and judges nothing. Needs a MariaDB server and its clients, of which it
//! starts one of its own, and diff(1). What the server itself spends is in no number.
#![expect(
    clippy::disallowed_methods,
    clippy::panic,
    reason = "a bench stands outside of the program's world"
)]
#![expect(clippy::print_stdout, reason = "the table is the result")]

#[path = "../scale/folder.rs"]
mod folder;
#[path = "../scale/measure.rs"]
mod measure;
#[path = "../scale/repository.rs"]
mod repository;
mod server;
#[expect(dead_code, reason = "another bench uses more of it")]
#[path = "../scale/table.rs"]
mod table;

use folder::{empty, fresh};
use measure::{Cost, measure};
use repository::{Repository, State};
use server::Server;
use std::path::Path;
use std::process::ExitCode;
use std::str::FromStr;
use table::{Limit, Table};

/// The program.
const MXWARD: &str = env!("CARGO_BIN_EXE_mxward");

/// How often each comparison is run, in turns; the middle one counts.
const ROUNDS: usize = 5;

/// The question how many rows the server was told to add so far. A change is counted too, because it is
/// an INSERT with ON DUPLICATE KEY UPDATE, and even one that changes nothing.
const TRIED: &str = "SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = \
                     'HANDLER_WRITE'";

fn main() -> ExitCode {
    measure::bench(run)
}

/// Measures everything and prints the table; whether all limits are kept.
fn run(smoke: bool) -> bool {
    let (small, large, rounds) =
        if smoke { (1_000, 10_000, 1) } else { (100_000, 1_000_000, ROUNDS) };
    let server = Server::start();
    let mut table = Table::default();
    let one = size(&server, small, rounds, Limit::None, &mut table);
    let ten = size(&server, large, rounds, Limit::AtMost(1024.0), &mut table);
    let what = format!("diff, {large} rows");
    table.ratio(&what, ten, &format!("{small} rows"), one, Limit::AtMost(12.0));
    print!("{table}");
    table.met()
}

/// Measures everything at one size, and gives what comparing costs.
fn size(server: &Server, rows: u32, rounds: usize, memory: Limit, table: &mut Table) -> Cost {
    let folder = fresh("sql", &rows.to_string());
    let (is, wanted) = (format!("is_{rows}"), format!("wanted_{rows}"));
    for (database, state) in [(&is, State::Before), (&wanted, State::After)] {
        let target = "{ postfix: \"3.7\", security_level: may, map_type: texthash }";
        write(&folder, rows, state, target);
        measure(&folder, &[0], &[MXWARD, "compile", "--frozen", "--quiet", "--out", "out"]);
        server.load(database, &folder.join("out/mx/tls_policy"));
        empty(&folder.join("out"));
        std::fs::create_dir(folder.join(database)).expect("a folder of the build");
    }
    let target = format!(
        "{{ postfix: \"3.7\", security_level: may, map_type: texthash, transport: \"file:transport\", \
         tls_policy: \"mysql://root@/{is}?socket={}\" }}",
        server.socket()
    );
    write(&folder, rows, State::After, &target);
    let loaded: u32 = answer(server, &format!("SELECT COUNT(*) FROM {is}.tlspolicies"));
    assert_eq!(loaded, rows);

    let (mut diff, mut dump) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        diff.push(measure(&folder, &[0], &[MXWARD, "diff"]));
        dump.push(dumps(server, &folder, &is, &wanted, 1));
    }
    let [diff, dump] = [diff, dump].map(Cost::middle);
    let what = format!("diff, {rows} rows, 1 % changed");
    let beside = "mysqldump of both states, GNU diff";
    table.ratio(&what, diff, beside, dump, Limit::None);
    table.wall(&what, diff, beside, dump);
    table.memory(&what, diff, memory);

    let differ = "SELECT COUNT(*) FROM {is}.tlspolicies JOIN {wanted}.tlspolicies w USING (domain) WHERE \
                  NOT (tlspolicies.policy <=> w.policy AND tlspolicies.params <=> w.params)";
    let differ: f64 = answer(server, &differ.replace("{is}", &is).replace("{wanted}", &wanted));
    server.sql("FLUSH TABLE_STATISTICS");
    let before: f64 = answer(server, TRIED);
    let apply = measure(&folder, &[0], &[MXWARD, "apply", "--quiet", "--allow", "different"]);
    let tried = answer::<f64>(server, TRIED) - before;
    let written = answer(server, &changed(&is, "= 'tlspolicies'"));
    let parts: u32 = answer(server, &changed(&is, "LIKE 'mxward%'"));
    dumps(server, &folder, &is, &wanted, 0);
    measure(&folder, &[0], &[MXWARD, "diff", "--exit-code"]);
    let what = format!("apply, {rows} rows, 1 % changed");
    table.ratio(&what, apply, "diff", diff, Limit::None);
    table.memory(&what, apply, memory);
    let beside = "rows that differ";
    let (what, of) = (format!("{what}: rows written"), format!("{beside}: {differ}"));
    table.number(&what, &of, written, "", Limit::AtMost(differ));
    let what = format!("apply, {rows} rows, 1 % changed: rows sent to be written, all tables");
    let of = format!("rows that differ, and those of what is kept: {}", differ + f64::from(parts));
    table.number(&what, &of, tried, "", Limit::AtMost(differ + f64::from(parts)));
    for kept_in in ["mxward_applied", "mxward_generations"] {
        let sum = format!("SELECT SUM(LENGTH(content)) / 1048576 FROM {is}.{kept_in}");
        let what = format!("apply, {rows} rows: text in `{kept_in}`");
        let of = format!("rows written in both: {parts}");
        table.number(&what, &of, answer(server, &sum), " MiB", Limit::None);
    }
    server.sql(&format!("DROP DATABASE {is}; DROP DATABASE {wanted}"));
    diff
}

/// Dumps both databases, one row a line, and compares them; `status` is what diff(1) must end with.
fn dumps(server: &Server, folder: &Path, is: &str, wanted: &str, status: i32) -> Cost {
    let socket = format!("--socket={}", server.socket());
    let [one, other] = [is, wanted].map(|database| {
        let options = [
            "--no-defaults",
            "--user=root",
            &socket,
            "--compact",
            "--no-create-info",
            "--skip-extended-insert",
        ];
        let mut command = vec!["mysqldump"];
        command.extend(options);
        command.extend([database, "tlspolicies"]);
        measure(&folder.join(database), &[0], &command)
    });
    let files = [is, wanted].map(|database| format!("{database}/stdout"));
    one.and(other).and(measure(folder, &[status], &["diff", &files[0], &files[1]]))
}

/// The question how many rows of some tables the server has changed since it began to count.
fn changed(database: &str, names: &str) -> String {
    format!(
        "SELECT COALESCE(SUM(ROWS_CHANGED), 0) FROM information_schema.TABLE_STATISTICS WHERE TABLE_SCHEMA \
         = '{database}' AND TABLE_NAME {names}"
    )
}

/// The answer to a question that is a number.
fn answer<N: FromStr>(server: &Server, question: &str) -> N {
    let answer = server.sql(question);
    answer.trim().parse().unwrap_or_else(|_| panic!("{question}: {answer:?}"))
}

/// Writes a repository without pins: each domain is one row.
fn write(folder: &Path, domains: u32, state: State, target: &str) {
    let repository = Repository { domains, state, pins: false, target };
    repository.write(folder).expect("the repository can be written");
}
