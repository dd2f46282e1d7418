//! What must hold of every reader, whatever it is given.
//!
//! Each check takes bytes and panics where a promise is broken: not only when a reader ends the program,
//! but when what it took is not written back, or is taken by one reader and refused by the next. The
//! fuzz targets call these checks, and so does `cargo test`, over `fuzz/corpus`.

mod grammar;
mod import;
mod lock;
mod logs;
mod map;
mod memory;
mod published;
mod repository;
mod written;
mod yaml;

pub(crate) use memory::Memory;

#[cfg(test)]
pub(crate) use import::{Ran, run as import};
#[cfg(test)]
pub(crate) use repository::judge;
#[cfg(test)]
pub(crate) use yaml::difference;

use mxward::diag::{Diagnostics, Severity, Style, render, render_short};
use mxward::source::SourceMap;
use std::collections::BTreeMap;

/// Panics where what must hold does not.
type Check = fn(&[u8]);

/// Every check by its name, which is also that of the fuzz target and of the folder in `fuzz/corpus`.
pub(crate) const CHECKS: &[(&str, Check)] = &[
    ("cdb", map::cdb),
    ("eff", import::eff),
    ("expectations", lock::expectations),
    ("import", import::maps),
    ("journal", written::journal),
    ("lock", lock::lock),
    ("logs", logs::logs),
    ("map", map::map),
    ("mta_sts_policy", published::policy),
    ("mta_sts_record", published::record),
    ("names", grammar::names),
    ("next_hop", grammar::next_hop),
    ("plan", written::plan),
    ("policy", grammar::policy),
    ("protect", lock::protect),
    ("record", written::record),
    ("repository", repository::repository),
    ("sql_dump", import::dump),
    ("sql_url", grammar::sql_url),
    ("tlsa", published::tlsa),
    ("tlspol", import::tlspol),
    ("transport", grammar::transport),
    ("yaml", yaml::yaml),
];

/// The bytes as text; what is none is not for readers of text.
fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}

/// Several files in one input: lines `=== NAME` begin a file, and what stands before the first is `first`.
fn files(data: &[u8], first: &str) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::from([(first.to_owned(), Vec::new())]);
    let mut name = first.to_owned();
    for line in data.split_inclusive(|byte| *byte == b'\n') {
        if let Some(next) = line.strip_prefix(b"=== ").and_then(text) {
            next.trim().clone_into(&mut name);
            files.entry(name.clone()).or_default();
        } else {
            files.entry(name.clone()).or_default().extend_from_slice(line);
        }
    }
    files
}

/// Messages have a text, places in their files, and no orders for the terminal.
pub(crate) fn readable(found: &mut Diagnostics, sources: &SourceMap) {
    found.sort();
    let text = render(found, sources, &Style::default()) + &render_short(found, sources);
    let acts = |c: char| c.is_control() && c != '\n';
    assert_eq!(text.find(acts), None, "{text}");
    for message in found.iter().filter(|it| it.severity == Severity::Error) {
        assert!(!message.code.is_empty() && !message.message.is_empty());
        for span in message.span.iter().chain(message.related.iter().map(|(span, _)| span)) {
            let text = sources.text(span.file);
            let (start, end) = (span.start as usize, span.end as usize);
            assert!(text.get(start..end).is_some(), "{start}..{end} of {text:?}: {message:?}");
        }
    }
}
