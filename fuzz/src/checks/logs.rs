//! Logs of mail.

use mxward::logs::{Collector, Evidence, Totals, begins, decoded, read};
use std::fmt::Write as _;
use std::io::Read;

const TODAY: jiff::civil::Date = jiff::civil::date(2026, 11, 24);

/// What a log proves does not depend on how its bytes arrive, and is a text for people.
pub(super) fn logs(data: &[u8]) {
    let (whole, totals) = evidence(&mut { data });
    let (bytes, again) = evidence(&mut Slowly(data));
    assert_eq!((bytes, again), (whole.clone(), totals));
    assert!(!whole.contains(|c: char| c.is_control() && c != '\n'), "{whole:?}");
    let lines = data.split_inclusive(|byte| *byte == b'\n').count() as u64;
    assert!(totals.lines <= lines && totals.too_long == 0, "{totals:?}");
    assert!(begins(&mut { data }, TODAY).is_ok());
    // A bomb is read on for as long as somebody wants to.
    if let Ok(log) = decoded(Box::new(data)) {
        let mut collector = Collector::new(TODAY, 3);
        if read(&mut log.take(1 << 16), &mut collector).is_ok() {
            shown(&collector.finish());
        }
    }
}

fn evidence(input: &mut dyn Read) -> (String, Totals) {
    let mut collector = Collector::new(TODAY, 3);
    read(input, &mut collector).expect("bytes in memory can be read");
    let evidence = collector.finish();
    assert!(evidence.domains().len() <= 3);
    (shown(&evidence), evidence.totals)
}

fn shown(evidence: &Evidence) -> String {
    let mut text = String::new();
    for domain in evidence.domains() {
        // Writing to a String cannot fail.
        let _ = write!(text, "{} {:?} {}", domain.name(), domain.seen(), domain.messages());
        for it in domain.connections() {
            let _ = write!(text, " {} {:?} {:?}", it.deliveries, it.protocol, it.cipher);
        }
        for it in domain.hosts() {
            let _ = write!(text, " {:?} {} {}", it.name, it.address, it.deliveries);
        }
        for it in domain.failures() {
            let _ = write!(text, " {} {}: {};", it.count, it.failed.as_str(), it.reason);
        }
        text.push('\n');
    }
    for (trouble, count) in &evidence.troubles {
        let _ = writeln!(text, "{trouble:?} {count}");
    }
    text
}

/// Gives one byte at a time.
struct Slowly<'a>(&'a [u8]);

impl Read for Slowly<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = buffer.len().min(1);
        self.0.read(&mut buffer[..count])
    }
}
