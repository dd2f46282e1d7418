//! `mxward logs`

mod advice;
mod anything;
mod forms;
mod grammar;
mod privacy;

use mxward::logs::{Collector, Evidence, Failed, Reached, read};
use std::fmt::Write as _;

/// Stamps without a year are of this day's year, or of the one before.
const TODAY: jiff::civil::Date = jiff::civil::date(2026, 11, 24);

/// What a log proves.
fn evidence(log: impl AsRef<[u8]>) -> Evidence {
    let mut collector = Collector::new(TODAY, 1000);
    read(&mut log.as_ref(), &mut collector).unwrap();
    collector.finish()
}

/// What a log proves, a line for each domain: the connections of what was taken, and the failures.
fn proved(log: impl AsRef<[u8]>) -> String {
    shown(&evidence(log))
}

fn shown(evidence: &Evidence) -> String {
    let mut text = String::new();
    for domain in evidence.domains() {
        write!(text, "{}:", domain.name()).unwrap();
        for it in domain.connections() {
            let how = [it.protocol, it.cipher].map(|it| it.map(|it| format!(" {it}")));
            let how: String = how.into_iter().flatten().collect();
            write!(text, " {} {}{how};", it.deliveries, it.reached.as_str()).unwrap();
        }
        for it in domain.failures() {
            write!(text, " {} {}: {};", it.count, it.failed.as_str(), it.reason).unwrap();
        }
        text.push('\n');
    }
    text
}

/// A line of smtp(8) with this number.
fn line(pid: u32, text: &str) -> String {
    format!("Nov 24 15:24:31 mx1 postfix/smtp[{pid}]: {text}\n")
}

/// The summary of a connection to `mx.a.example`.
fn summary(level: &str) -> String {
    format!(
        "{level} TLS connection established to mx.a.example[192.0.2.1]:25: TLSv1.3 with cipher \
         TLS_AES_256_GCM_SHA384 (256/256 bits)"
    )
}

/// A recipient at `a.example` of the message `id`, sent there.
fn sent(id: &str) -> String {
    format!(
        "{id}: to=<anna@a.example>, relay=mx.a.example[192.0.2.1]:25, delay=1, delays=0.1/0/0.5/0.4, \
         dsn=2.0.0, status=sent (250 2.0.0 Ok: queued)"
    )
}

/// The same, deferred for this reason.
fn deferred(id: &str, why: &str) -> String {
    format!(
        "{id}: to=<anna@a.example>, relay=mx.a.example[192.0.2.1]:25, delay=1, delays=0.1/0/0.5/0.4, \
         dsn=4.7.5, status=deferred ({why})"
    )
}

/// Lines of one process.
fn lines(texts: &[String]) -> String {
    texts.iter().map(|text| line(153, text)).collect()
}

#[test]
fn levels_are_ordered_as_reports_list_them() {
    assert!(Reached::ALL.is_sorted());
    assert!(Reached::Verified.is_encrypted() && !Reached::None.is_encrypted());
    assert_eq!(Failed::PassedOver.as_str(), "passed over");
}
