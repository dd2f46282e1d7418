//! The command around the discovery.

use super::https::policy;
use super::internet::{CONFIG, DIGEST, ENFORCE, Internet};
use super::lines;
use super::smtp::Act;
use crate::harness::{Ran, Test, valid, wait_for};
use crate::lab::{Act as Dns, Fake, Lab, Zone};
use hickory_resolver::proto::op::ResponseCode;
use std::collections::BTreeMap;
use std::process::{Command, Stdio};

/// The seed of an administrator's table: DANE, MTA-STS, a provider, own servers, no mail.
fn some(internet: &mut Internet) {
    internet.domain(
        "torproject",
        "signed",
        &format!(
            "torproject MX 10 eugeni\neugeni A 192.0.2.1\n_25._tcp.eugeni TLSA 3 1 1 {DIGEST}"
        ),
    );
    internet.sts("openwrt", policy(ENFORCE));
    internet.domain("github", "unsigned", "github MX 1 aspmx.l.google.com.");
    internet.server("mail", "unsigned", |authority, name| {
        Act::Tls(BTreeMap::from([(String::new(), authority.identity(&[name]))]))
    });
    internet.domain("kunde", "unsigned", "kunde MX 10 mail");
    internet.domain("null", "unsigned", "null MX 0 .");
}

const TABLE: &str = "\
Domain                    Provider          Published  TLS Policy  Parameter
torproject.signed.example  self              DANE       dane-only   none
openwrt.unsigned.example   self              MTA-STS    none        none
github.unsigned.example    google-workspace  none       secure      match=mx.google.com
kunde.unsigned.example     self              none       secure      match=mail.unsigned.example
null.unsigned.example      none              none       none        none
";

#[test]
fn the_table_has_a_row_for_each_domain() {
    let mut internet = Internet::new();
    some(&mut internet);
    let ran = internet.run(Test::any_stdout);
    let table = ran.stdout.split("\n\n").next().unwrap();
    let table: Vec<Vec<&str>> = table.lines().map(|it| it.split_whitespace().collect()).collect();
    let expected: Vec<Vec<&str>> =
        TABLE.lines().map(|it| it.split_whitespace().collect()).collect();
    assert_eq!(table, expected);
    for part in [
        "kunde.unsigned.example: { level: secure, match: [mail.unsigned.example] }: all its servers",
        "\n    mx: 10 mail.unsigned.example; unsigned\n",
        "github.unsigned.example: { provider: google-workspace, route: mx }: ",
        "\n  no entry: it takes no mail\n",
    ] {
        assert!(ran.stdout.contains(part), "{part}: {}", ran.stdout);
    }
}

#[test]
fn the_table_as_comma_separated_values() {
    let mut internet = Internet::new();
    some(&mut internet);
    let ran = internet.run(|test| test.args(["--report", "csv"]).any_stdout());
    let lines: Vec<&str> = ran.stdout.split("\r\n").collect();
    assert_eq!(lines.len(), 7, "{}", ran.stdout);
    assert_eq!(lines[0], "Domain,Provider,Published,TLS Policy,Parameter,Entry,Reason");
    assert!(lines[1].starts_with(
        "torproject.signed.example,self,DANE,dane-only,none,{ level: dane-only },\"DANE secures"
    ));
    assert!(lines[3].starts_with(
        "github.unsigned.example,google-workspace,none,secure,match=mx.google.com,\"{ provider: google-workspace, route: mx }\","
    ));
    assert_eq!(lines[6], "");
}

#[test]
fn no_mail_server_is_connected_to_where_that_is_forbidden() {
    let mut internet = Internet::new();
    some(&mut internet);
    let ran = internet.run(|test| test.args(["--no-starttls", "--report", "json"]).any_stdout());
    assert!(ran.stdout.contains("its servers were not asked for their certificates"));
    assert!(!ran.stdout.contains("\"certificate\""), "{}", ran.stdout);
}

/// A repository as somebody keeps it.
const KEPT: &str = "\
# Who gets what.
version: 1
lock: { allow_addresses: [127.0.0.0/8, \"::1\"] }

domains:
  # by hand, since 2019
  zzz.example: { level: encrypt }   # why not

  kunde.unsigned.example:
    level: may     # they asked for it

# The servers come last.
targets: {}
";

#[test]
fn entries_are_added_and_nothing_else_is_touched() {
    let mut internet = Internet::new();
    some(&mut internet);
    let ran = internet.run(|test| {
        test.file("mxward.yaml", KEPT)
            .args(["--write", "mxward.yaml"])
            .any_stdout()
            .stderr("3 domains added to `mxward.yaml`\n")
    });
    let added = "    level: may     # they asked for it
  torproject.signed.example: { level: dane-only }
  openwrt.unsigned.example: { leave_to: mta-sts }
  github.unsigned.example: { provider: google-workspace, route: mx }
";
    let kept = "    level: may     # they asked for it\n";
    assert_eq!(ran.read("mxward.yaml"), KEPT.replace(kept, added));
    assert!(ran.stdout.contains("declared in the repository already"), "{}", ran.stdout);
    ran.then().args(["check"]).any_stdout().run();
}

#[test]
fn a_policy_is_frozen_for_the_hosts_it_covers_until_it_ends() {
    let mut internet = Internet::new();
    let wide = "version: STSv1\nmode: enforce\nmx: *.unsigned.example\nmax_age: 864000\n";
    internet.sts("openwrt", policy(wide));
    internet.records("unsigned", "openwrt MX 20 a.b");
    let ran = internet.run(|test| {
        test.args([
            "--freeze",
            "--write",
            "mxward.yaml",
            "--report",
            "text",
            "--report",
            "json=out.json",
        ])
        .any_stdout()
        .stderr("1 domain added to `mxward.yaml`\n")
    });
    valid("discover-report", &ran.read("out.json"));
    let text = ran.read("mxward.yaml");
    // Not `a.b.unsigned.example`, which the wildcard does not cover and `.unsigned.example` would.
    let entry = "domains:\n  openwrt.unsigned.example: { level: secure, match: [mx.unsigned.example], \
                 servername: hostname, reason: \"MTA-STS policy 20300101\", until: ";
    let day = text.split_once(entry).unwrap().1.trim_end_matches(" }\n");
    // The day before the end of the tenth is fine, and the day behind it is not.
    let day: jiff::civil::Date = day.parse().unwrap();
    let behind = day.tomorrow().unwrap().to_string();
    let check = |today: &str| ran.then().args(["check", "--deny-warnings", "--today", today]);
    check(&behind).stdout_has("exception-expired").status(3).run();
    let start = (day - jiff::Span::new().days(10)).to_string();
    check(&start).any_stdout().any_stderr().run();
}

/// A run of a small Internet with `--write FILE`.
fn write_to(file: &str, prepare: impl FnOnce(Test) -> Test) -> Ran {
    let mut internet = Internet::new();
    internet.domain("null", "unsigned", "null MX 0 .");
    internet.domain("github", "unsigned", "github MX 1 aspmx.l.google.com.");
    internet.run(|test| prepare(test).args(["--write", file]).any_stdout())
}

const GITHUB: &str =
    "domains:\n  github.unsigned.example: { provider: google-workspace, route: mx }\n";

#[test]
fn entries_go_into_a_new_file_that_is_included() {
    let config = format!("{CONFIG}include: domains/*.yaml\n");
    let ran = write_to("domains/new.yaml", |test| {
        test.file("mxward.yaml", config).any_stderr().expect_file("domains/new.yaml", GITHUB)
    });
    // They are there now.
    ran.then().args(["check"]).any_stdout().run();
}

#[test]
fn a_file_that_nobody_reads_is_not_written() {
    write_to("other.yaml", |test| {
        test.stderr_has("`github.unsigned.example` would not be read: does mxward.yaml include it?")
            .status(3)
            .expect_no_file("other.yaml")
    });
}

#[test]
fn files_that_lines_cannot_be_added_to_stay_as_they_are() {
    for (text, message) in [
        ("domains: {}\n", "is not written as one domain a line"),
        ("domains: { a.example: { level: encrypt } }\n", "is not written as one domain a line"),
        ("- a\n", "it is no mapping"),
    ] {
        let config = format!("{CONFIG}include: [d.yaml]\n");
        // What is no mapping is refused before anybody is asked.
        let stderr = if text.starts_with('-') { "must be a mapping" } else { message };
        write_to("d.yaml", |test| {
            test.file("mxward.yaml", config)
                .file("d.yaml", text)
                .stderr_has(stderr)
                .status(3)
                .expect_file("d.yaml", text)
        });
    }
}

#[test]
fn paths_that_lead_out_of_the_repository_are_refused() {
    for path in ["../a.yaml", "/tmp/a.yaml", "a//b.yaml"] {
        write_to(path, |test| test.stderr_has("name a file of the repository").status(64));
    }
}

#[test]
fn what_is_no_domain_is_told_before_anybody_is_asked() {
    Test::new()
        .file("list", "# a list\na.example  # fine\n\nb example\n[192.0.2.1]\n\u{1b}[2J.example\n")
        .args(["discover", "10.0.0.1", "--from", "list"])
        .stderr(
            "error: `10.0.0.1` is not a domain: the last label is a number, as in an address\n\
             error: list:4: `b example` is not a domain: ` ` cannot stand in a name\n\
             error: list:5: `[192.0.2.1]` is not a domain: `[` cannot stand in a name\n\
             error: list:6: `\\u{1b}[2J.example` is not a domain: `\\u{1b}` cannot stand in a name\n",
        )
        .status(64)
        .run();
    Test::new()
        .args(["discover"])
        .stderr("error: no domain: name some, or a file with `--from FILE`\n")
        .status(64)
        .run();
    Test::new()
        .args(["discover", "--offline", "a.example"])
        .stderr("error: `discover` asks the network, which `--offline` and `--frozen` forbid\n")
        .status(64)
        .run();
    Test::new()
        .args(["discover", "a.example", "--report", "sarif"])
        .stderr_has("finds nothing that `sarif` could list")
        .status(64)
        .run();
}

/// How many connections one server saw at once, of ten domains with hosts of their own at its address, when
/// it waits for so many.
fn connections(args: &[&str], until: usize) -> usize {
    let mut internet = Internet::new();
    let (ip, most) = super::smtp::start_counting(internet.smtp, until);
    for n in 0..10 {
        internet.domain(&format!("d{n}"), "unsigned", &format!("d{n} MX 10 h{n}\nh{n} A {ip}"));
    }
    let ran = internet.run(|test| test.args(args.iter().copied()).any_stdout());
    assert_eq!(ran.stdout.matches("offers no STARTTLS").count(), 20, "{}", ran.stdout);
    most.load(std::sync::atomic::Ordering::SeqCst)
}

#[test]
fn one_connection_an_address_is_open_at_once_unless_more_are_allowed() {
    assert_eq!(connections(&[], 1), 1);
    assert!(connections(&["--per-host", "10"], 2) > 1);
}

#[test]
fn the_manual_names_every_finding() {
    let read = |path: &str| {
        #[expect(clippy::disallowed_methods, reason = "reads files of the project")]
        std::fs::read_to_string(crate::harness::root().join(path)).unwrap()
    };
    let page = read("docs/discover.md");
    let code = regex::Regex::new(
        r#"(?:finding|fails)\(\s*"([a-z-]+)"|=> \("([a-z-]+)", "|=> \(\s*"([a-z-]+)",\s"#,
    )
    .unwrap();
    let mut count = 0;
    for file in ["findings", "judge", "servers"] {
        for found in code.captures_iter(&read(&format!("src/discover/{file}.rs"))) {
            let code = (1..4).find_map(|at| found.get(at)).unwrap().as_str();
            assert!(page.contains(&format!("`{code}`")), "{code}");
            count += 1;
        }
    }
    assert!(count > 30, "{count}");
}

/// A name server in front of a lab that says nothing about names with `dead` in them.
fn half_dead(lab: &Lab) -> Fake {
    let server = lab.plain();
    Fake::new(
        move |asked| {
            if asked.name.contains("dead") { Dns::Silence } else { Dns::Forward(server) }
        },
    )
}

fn lab() -> Lab {
    let records = lines(40, |n| format!("n{n} MX 0 ."));
    Lab::new([Zone::unsigned("unsigned.example", &records)])
}

fn args(lab: &Lab, fake: &Fake) -> Vec<String> {
    let mut args = lab.validates_itself(fake.address());
    args.extend(["discover", "--from", "list", "--resume", "journal"].map(str::to_owned));
    args
}

/// The domains of a journal, in the order in which they were judged.
fn judged(text: &str) -> Vec<String> {
    let objects = text.lines().skip(1);
    let object = |line| serde_json::from_str::<serde_json::Value>(line).unwrap();
    objects.map(|line| object(line)["domain"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_dead_name_server_does_not_hold_up_the_others() {
    let lab = lab();
    let fake = half_dead(&lab);
    let dead = lines(250, |n| format!("dead{n}.unsigned.example"));
    let good = lines(40, |n| format!("n{n}.unsigned.example"));
    let ran = Test::new()
        .file("list", dead + &good)
        .args(args(&lab, &fake).iter().map(String::as_str))
        .any_stdout()
        .any_stderr()
        .status(1)
        .run();
    let judged = judged(&ran.read("journal"));
    assert_eq!(judged.len(), 290);
    let first_dead = judged.iter().position(|it| it.starts_with("dead")).unwrap();
    assert_eq!(first_dead, 40, "{judged:?}");
}

#[test]
fn another_run_goes_on_where_one_ended() {
    let lab = lab();
    let fake = half_dead(&lab);
    let list = lines(5, |n| format!("n{n}.unsigned.example"));
    let ran = Test::new()
        .file("list", list)
        .args(args(&lab, &fake).iter().map(String::as_str))
        .any_stdout()
        .run();
    let first = ran.stdout.clone();
    let journal = ran.read("journal");
    let asked = fake.asked().len();
    // Nobody is asked twice, and the report is the same.
    let again = ran.then().args(args(&lab, &fake).iter().map(String::as_str)).stdout(first.clone());
    let ran = again.stderr("5 domains known from `journal`\n").run();
    assert_eq!(fake.asked().len(), asked);
    // The last line is torn, as by a kill.
    let torn = &journal[..journal.len() - 20];
    let again = ran.then().file("journal", torn);
    let again = again.args(args(&lab, &fake).iter().map(String::as_str)).stdout(first);
    let ran = again.stderr("4 domains known from `journal`\n").run();
    assert!(fake.asked().len() > asked);
    let mut sorted = judged(&ran.read("journal"));
    sorted.sort();
    assert_eq!(sorted.len(), 5);
    // Something else is not written over.
    for other in [
        "important\n",
        "{\"mxward\":\"plan\"}\n",
        "{\"mxward\":\"discover\",\"format_version\":2}\n",
    ] {
        ran.then()
            .file("journal", other)
            .args(args(&lab, &fake).iter().map(String::as_str))
            .stderr_has("error: `journal`: it ")
            .status(1)
            .expect_file("journal", other)
            .run();
    }
}

#[test]
fn what_could_not_be_found_out_is_asked_for_again() {
    let lab = lab();
    let failing = Fake::new(|_| Dns::Code(ResponseCode::ServFail));
    let ran = Test::new()
        .file("list", "n1.unsigned.example\n")
        .args(args(&lab, &failing).iter().map(String::as_str))
        // What nobody answered is not absent.
        .stdout_has("n1.unsigned.example  unknown   unknown    unknown     unknown\n")
        .status(1)
        .run();
    let fake = half_dead(&lab);
    let again = ran.then().args(args(&lab, &fake).iter().map(String::as_str));
    let ran = again.stdout_has("no-mail").stdout_has("null-mx").any_stdout().run();
    assert_eq!(judged(&ran.read("journal")), ["n1.unsigned.example"; 2]);
}

#[test]
fn partial_results_are_kept_when_the_time_is_over() {
    let lab = lab();
    let fake = half_dead(&lab);
    let ran = Test::new()
        .file("mxward.yaml", "version: 1\ndns: { timeout: 60 }\n")
        .file("list", "dead.unsigned.example\nn1.unsigned.example\n")
        .args(args(&lab, &fake).iter().map(String::as_str))
        .args(["--deadline", "3"])
        .stdout_has("n1.unsigned.example")
        .stderr("error: the time of `--deadline` is over: 1 domain not looked at; the same command goes on\n")
        .status(1)
        .run();
    assert_eq!(judged(&ran.read("journal")), ["n1.unsigned.example"]);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a program that is interrupted while it runs")]
fn partial_results_are_kept_when_somebody_interrupts() {
    let lab = lab();
    let fake = half_dead(&lab);
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    std::fs::write(file("mxward.yaml"), "version: 1\ndns: { timeout: 60 }\n").unwrap();
    std::fs::write(file("list"), "dead.unsigned.example\nn1.unsigned.example\n").unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_mxward"))
        .args(args(&lab, &fake))
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let journal = || std::fs::read_to_string(file("journal")).unwrap_or_default();
    wait_for("the journal", || (journal().lines().count() >= 2).then_some(()));
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(stdout.contains("n1.unsigned.example"), "{stdout}");
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "error: interrupted: 1 domain not looked at; the same command goes on\n"
    );
}
