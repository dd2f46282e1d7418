//! The forms in which logs come.
#![expect(clippy::disallowed_methods, reason = "tests stand outside of the program's world")]

use super::{lines, proved, sent, summary};
use crate::harness::Test;
use flate2::write::GzEncoder;
use std::fmt::Write as _;
use std::io::Write as _;

const EXPECTED: &str = "a.example: 1 verified TLSv1.3 TLS_AES_256_GCM_SHA384;\n";

/// The two lines of a delivery behind a head, such as `Nov 24 15:24:31 mx1`.
fn with_head(head: &str) -> String {
    let texts = [summary("Verified"), sent("0A1B2C")];
    texts.map(|text| format!("{head} postfix/smtp[153]: {text}\n")).concat()
}

/// [RFC 3164 §4.1.2]
#[test]
fn syslog_with_stamps_of_rfc_3164() {
    assert_eq!(proved(with_head("Nov 24 15:24:31 mx1")), EXPECTED);
    assert_eq!(proved(with_head("Nov  4 15:24:31 mx1")), EXPECTED);
    assert_eq!(proved(with_head("<22>Nov 24 15:24:31 mx1")), EXPECTED);
    assert_eq!(proved(with_head("Nov 24 15:24:31 mx1").replace('\n', "\r\n")), EXPECTED);
}

/// [RFC 3339 §5.6]
#[test]
fn syslog_with_stamps_of_rfc_3339() {
    assert_eq!(proved(with_head("2026-11-24T15:24:31.123456+01:00 mx1")), EXPECTED);
    assert_eq!(proved(with_head("2026-11-24T15:24:31Z mx1")), EXPECTED);
}

/// [RFC 5424 §6]
#[test]
fn syslog_of_rfc_5424() {
    let texts = [summary("Verified"), sent("0A1B2C")];
    let line =
        |text: &String| format!("<22>1 2026-11-24T15:24:31Z mx1 postfix/smtp 153 - - {text}\n");
    assert_eq!(proved(texts.iter().map(line).collect::<String>()), EXPECTED);
}

/// [journalctl(1) `--output`]
#[test]
fn what_journalctl_prints_in_its_short_forms() {
    for head in [
        "Nov 24 15:24:31 mx1",
        "Nov 24 15:24:31.123456 mx1",
        "Tue 2026-11-24 15:24:31 CET mx1",
        "2026-11-24T15:24:31+0100 mx1",
        "2026-11-24T15:24:31.123456+01:00 mx1",
        "1764000000.123456 mx1",
        "[ 1234.567890] mx1",
        "Nov 24 15:24:31",
    ] {
        assert_eq!(proved(with_head(head)), EXPECTED, "{head}");
    }
}

/// [postconf(5) `maillog_file`, `syslog_name`]
#[test]
fn names_of_instances_and_services() {
    for name in ["postfix/relay/smtp", "postfix-out/smtp", "postfix-out/relay/smtp", "mx/a/b/smtp"]
    {
        let log = with_head("Nov 24 15:24:31 mx1").replace("postfix/smtp", name);
        assert_eq!(proved(log), EXPECTED, "{name}");
    }
}

fn entry(text: &str, is_binary: bool) -> Vec<u8> {
    let mut entry = String::from(
        "__CURSOR=s=1;i=2\n__REALTIME_TIMESTAMP=1764000000123456\n_HOSTNAME=mx1\n\
         SYSLOG_IDENTIFIER=postfix/smtp\nSYSLOG_PID=153\n_PID=1\n",
    );
    if !is_binary {
        write!(entry, "MESSAGE={text}\n\n").unwrap();
        return entry.into_bytes();
    }
    entry.push_str("MESSAGE\n");
    let length = (text.len() as u64).to_le_bytes();
    [entry.as_bytes(), &length, text.as_bytes(), b"\n\n"].concat()
}

/// [systemd.io, "Journal Export Formats"]
#[test]
fn the_export_of_the_journal() {
    for is_binary in [false, true] {
        let log = [entry(&summary("Verified"), is_binary), entry(&sent("0A1B2C"), is_binary)];
        assert_eq!(proved(log.concat()), EXPECTED);
        assert_eq!(
            proved(&log.concat()[..log.concat().len() - 1]),
            EXPECTED,
            "no empty line at the end"
        );
    }
    // An entry that is longer than what is read at once is passed over.
    let long = entry(&"x".repeat(1 << 20), true);
    let log = [entry(&summary("Verified"), false), long, entry(&sent("0A1B2C"), false)];
    assert_eq!(proved(log.concat()), EXPECTED);
}

#[test]
fn the_journal_as_json() {
    let line = |text: &str| {
        let value = serde_json::json!({
            "__REALTIME_TIMESTAMP": "1764000000123456", "_HOSTNAME": "mx1",
            "SYSLOG_IDENTIFIER": "postfix/smtp", "_PID": "153", "MESSAGE": text,
        });
        format!("{value}\n")
    };
    let bytes = serde_json::to_string(summary("Verified").as_bytes()).unwrap();
    let summary = line("X").replace("\"X\"", &bytes);
    assert_eq!(proved(summary + &line(&sent("0A1B2C"))), EXPECTED);
}

#[test]
fn a_line_that_is_too_long_is_left_out_and_the_next_one_is_not() {
    let log = lines(&[summary("Verified"), "x".repeat(600_000), sent("0A1B2C")]);
    let evidence = super::evidence(&log);
    assert_eq!((super::shown(&evidence).as_str(), evidence.totals.too_long), (EXPECTED, 1));
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn zstd(text: &str) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(text.as_bytes(), ruzstd::encoding::CompressionLevel::Fastest)
}

/// A connection may begin in one file and end in the next, whatever the order of the names.
#[test]
fn compressed_files_are_read_in_the_order_of_their_times() {
    let [first, second] = [line_of("Nov 23 23:59:59", 0), line_of("Nov 24 00:00:00", 1)];
    for compress in [gzip, zstd] {
        Test::new()
            .file("mail.log.2", compress(&first))
            .file("mail.log", second.as_bytes())
            .args([
                "logs",
                "mail.log",
                "mail.log.2",
                "--today",
                "2026-11-24",
                "--domain",
                "a.example",
            ])
            .stderr("no mxward.yaml in `.`: nothing declared is compared\n")
            .stdout_has("  TLSv1.3 TLS_AES_256_GCM_SHA384, verified: 1\n")
            .run();
        // Several parts in a row, as `cat` makes them.
        let both = [compress(&first), compress(&second)].concat();
        let mut input = mxward::logs::decoded(Box::new(std::io::Cursor::new(both))).unwrap();
        let mut text = String::new();
        input.read_to_string(&mut text).unwrap();
        assert_eq!(text, format!("{first}{second}"));
    }
}

/// As the shell gives for `<(zcat mail.log.2.gz)`.
#[test]
fn a_pipe_is_read_once_and_last() {
    let test = Test::new().file("mail.log", line_of("Nov 23 23:59:59", 0));
    let pipe = test.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let second = gzip(&line_of("Nov 24 00:00:00", 1));
    let writer = std::thread::spawn(move || std::fs::write(pipe, second));
    test.args(["logs", "pipe", "mail.log", "--today", "2026-11-24", "--domain", "a.example"])
        .any_stderr()
        .stdout_has("  TLSv1.3 TLS_AES_256_GCM_SHA384, verified: 1\n")
        .run();
    writer.join().unwrap().unwrap();
}

fn line_of(stamp: &str, at: usize) -> String {
    let text = [summary("Verified"), sent("0A1B2C")][at].clone();
    format!("{stamp} mx1 postfix/smtp[153]: {text}\n")
}

#[test]
fn what_cannot_be_read_is_an_error_that_says_what_to_do() {
    Test::new()
        .file("a.xz", b"\xfd7zXZ\0rest")
        .args(["logs", "a.xz"])
        .stderr_has("error: cannot read `a.xz`: cannot be read: pipe what `xz -dc` writes into `mxward logs -`\n")
        .status(1)
        .run();
    Test::new()
        .args(["logs", "nowhere"])
        .stderr_has("error: cannot read `nowhere`: No such file or directory")
        .status(1)
        .run();
    Test::new()
        .file("a.gz", b"\x1f\x8bnot gzip")
        .args(["logs", "a.gz"])
        .any_stderr()
        .status(1)
        .run();
}

#[test]
fn a_file_that_is_no_mail_log_is_told() {
    Test::new()
        .file("mxward.yaml", "version: 1\n")
        .args(["logs", "mxward.yaml"])
        .stdout("1 log, 1 line: 0 deliveries to 0 domains\n")
        .stderr("note: no delivery by Postfix to a domain stands in it: is it a mail log?\n")
        .run();
}
