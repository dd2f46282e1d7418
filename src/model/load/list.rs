//! Plain lists: one domain a line.

use super::loader::{bad_domain, empty_file};
use crate::diag::Diagnostics;
use crate::model::Declaration;
use crate::names::Recipients;
use crate::source::{FileId, Span};

/// The name in a line of a list; empty where none is there.
pub(crate) fn listed(line: &str) -> &str {
    let line = match memchr::memchr(b'#', line.as_bytes()) {
        Some(0) => "",
        Some(hash) if line.as_bytes()[hash - 1].is_ascii_whitespace() => &line[..hash],
        Some(_) | None => line,
    };
    line.trim()
}

/// Reads a list. Blank lines and lines that start with `#` are passed over, as is what stands between
/// a blank followed by `#` and the end of a line.
pub(super) fn read_list(
    declarations: &mut Vec<Declaration>,
    text: &str,
    file: FileId,
    body: u32,
    diagnostics: &mut Diagnostics,
) {
    let mut is_empty = true;
    // Editors that write a byte order mark mean nothing by it.
    let (mut start, text) = match text.strip_prefix('\u{feff}') {
        Some(rest) => ('\u{feff}'.len_utf8(), rest),
        None => (0, text),
    };
    for line in text.split_inclusive('\n') {
        let at = start;
        start += line.len();
        let name = listed(line);
        if name.is_empty() {
            continue;
        }
        is_empty = false;
        let at = at + (line.len() - line.trim_start().len());
        let place = |byte: usize| u32::try_from(byte).expect("files are smaller than 4 GiB");
        let span = Span::new(file, place(at), place(at + name.len()));
        match Recipients::parse(name) {
            Ok(recipients) => declarations.push(Declaration { recipients, span, body }),
            Err(error) => diagnostics.push(bad_domain(name, span, &error)),
        }
    }
    if is_empty {
        diagnostics.push(empty_file(Span::new(file, 0, 0), "the list names no domain"));
    }
}
