//! Entries in the text of a file, and what stands above an exception.

use super::exception::{ExceptionError, FORMER};
use super::insert::{column, line_end, line_start, value_end};
use super::mark::Mark;
use crate::names::Recipients;
use crate::source::FileId;
use crate::source::yaml::Reader;
use std::ops::Range;

/// Where an entry of `domains` stands.
pub(super) struct Entry {
    /// Whole lines.
    pub(super) lines: Range<usize>,
    /// Where its key begins.
    pub(super) key: usize,
    /// Whether something may refer to its value.
    pub(super) has_anchor: bool,
}

impl Entry {
    pub(super) fn find(
        text: &str,
        file: FileId,
        of: &Recipients,
    ) -> Result<Option<Self>, ExceptionError> {
        let mut reader = Reader::new(file, text);
        let mut found = None;
        if reader.enter_mapping() {
            while let Some(key) = reader.next_key() {
                if key.value == "domains" && reader.enter_mapping() {
                    let mut last = key.span.end as usize;
                    while let Some(key) = reader.next_key() {
                        let start = key.span.start as usize;
                        let end = value_end(text, key.span, &mut reader);
                        let end = end.ok_or(ExceptionError::Form)?;
                        if Recipients::parse(&key.value).is_ok_and(|it| it == *of) {
                            let value = reader.value_span().map_or(0, |it| it.start as usize);
                            let between = text.get(key.span.end as usize..value);
                            let has_anchor = between.is_some_and(|it| it.contains('&'));
                            found = Some((last, start, end, has_anchor));
                        }
                        last = end;
                    }
                }
            }
        }
        if reader.failed() {
            return Err(ExceptionError::Form);
        }
        let Some((last, key, end, has_anchor)) = found else { return Ok(None) };
        let start = line_start(text, key);
        let lines = start..line_end(text, end);
        let alone = start >= last
            && text[start..key].bytes().all(|byte| byte == b' ')
            && column(text, key) > 0
            // What follows on the last line is a comment or nothing: a brace would close what is around.
            && {
                let behind = text[end.min(lines.end)..lines.end].trim();
                behind.is_empty() || behind.starts_with('#')
            };
        if alone { Ok(Some(Self { lines, key, has_anchor })) } else { Err(ExceptionError::Form) }
    }
}

/// What `breakglass` wrote above an exception.
pub(super) struct Above<'t> {
    /// The line of the mark, with its end.
    pub(super) mark_line: Range<usize>,
    pub(super) mark: Mark,
    /// The lines that stood there before and what ends each, from below.
    pub(super) former: Vec<(&'t str, &'t str)>,
}

impl<'t> Above<'t> {
    pub(super) fn find(
        text: &'t str,
        entry: &Entry,
        of: &Recipients,
    ) -> Result<Self, ExceptionError> {
        let (mut end, mut former) = (entry.lines.start, Vec::new());
        loop {
            let above = text[..end].strip_suffix('\n').ok_or(ExceptionError::NotOurs)?;
            let start = line_start(above, above.len());
            let (line, newline) = split_end(&text[start..end]);
            let line = line.trim_start();
            match line.strip_prefix(FORMER) {
                Some(_) if line.contains('\r') => return Err(ExceptionError::NotOurs),
                Some(old) => former.push((old, newline)),
                None => {
                    let mark = Mark::parse(line).filter(|it| it.of == *of);
                    let mark = mark.ok_or(ExceptionError::NotOurs)?;
                    return Ok(Self { mark_line: start..end, mark, former });
                }
            }
            end = start;
        }
    }
}

/// A line, and what ends it.
pub(super) fn split_end(line: &str) -> (&str, &str) {
    let text = line.strip_suffix('\n').map_or(line, |it| it.strip_suffix('\r').unwrap_or(it));
    line.split_at(text.len())
}
