//! Adds entries to a YAML file that people write.

use crate::source::yaml::Reader;
use crate::source::{FileId, Span};

/// Why entries cannot be added to a text.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InsertError {
    /// It is no YAML that could be read.
    #[error("it is not valid YAML")]
    Invalid,
    /// The file is a list, or one text.
    #[error("it is no mapping with the key `domains`")]
    NoMapping,
    /// `domains` is written in braces, or is no mapping.
    #[error("its `domains` is not written as one domain a line, which is needed to add lines")]
    NotABlock,
}

/// Adds lines behind the last entry of `domains`, indented as that is; nothing else is touched. A text
/// without `domains` gets it at its end. Where the last line has no end, it has none afterwards.
///
/// # Errors
///
/// When the text is not written so that lines can be added. What comes out has to be read again and
/// compared by the caller: YAML has forms that nobody thinks of.
pub fn insert(text: &str, file: FileId, new_lines: &[String]) -> Result<String, InsertError> {
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let place = Place::find(text, file)?;
    let indent = " ".repeat(place.indent);
    let mut lines = String::new();
    let has_end = place.at == 0 || text[..place.at].ends_with('\n');
    if !has_end {
        lines.push_str(newline);
    }
    if place.key {
        lines.push_str("domains:");
        lines.push_str(newline);
    }
    for line in new_lines {
        lines.push_str(&indent);
        lines.push_str(line);
        lines.push_str(newline);
    }
    if !has_end {
        lines.truncate(lines.len() - newline.len());
    }
    let mut new = text.to_owned();
    new.insert_str(place.at, &lines);
    Ok(new)
}

/// Where lines are added.
struct Place {
    at: usize,
    indent: usize,
    /// Whether the key `domains` has to be added, too.
    key: bool,
}

impl Place {
    fn find(text: &str, file: FileId) -> Result<Self, InsertError> {
        let mut reader = Reader::new(file, text);
        let mut found = None;
        let mapping = reader.enter_mapping();
        if mapping {
            while let Some(key) = reader.next_key() {
                if key.value == "domains" && found.is_none() {
                    found = Some(Self::behind(text, key.span, &mut reader)?);
                }
            }
        } else if reader.value_span().is_some_and(|span| span.start != span.end) {
            return Err(InsertError::NoMapping);
        }
        if reader.failed() || !reader.finish().is_empty() {
            return Err(InsertError::Invalid);
        }
        if let Some(place) = found {
            return Ok(place);
        }
        // A mapping in braces cannot go on behind its end; what is added is read again, and refused.
        Ok(Self { at: text.len(), indent: 2, key: true })
    }

    /// The place behind the last entry of the value of `domains`, whose key is at `key`.
    fn behind(text: &str, key: Span, reader: &mut Reader<'_>) -> Result<Self, InsertError> {
        let start = key.start as usize;
        let Some(value) = reader.value_span() else { return Err(InsertError::Invalid) };
        if value.start == value.end {
            // Nothing stands behind the colon.
            let at = line_end(text, key.end as usize);
            return Ok(Self { at, indent: column(text, start) + 2, key: false });
        }
        let is_elsewhere = value.start < key.end;
        if is_elsewhere || text[value.start as usize..].starts_with('{') || !reader.enter_mapping()
        {
            return Err(InsertError::NotABlock);
        }
        let (mut end, mut indent) = (key.end as usize, None);
        while let Some(entry) = reader.next_key() {
            indent.get_or_insert_with(|| column(text, entry.span.start as usize));
            end = value_end(text, entry.span, reader).ok_or(InsertError::NotABlock)?;
        }
        let indent = indent.unwrap_or_else(|| column(text, start) + 2);
        Ok(Self { at: line_end(text, end), indent, key: false })
    }
}

/// Where the value of a key ends. That of an alias is read where its anchor stands; `None` where the alias is
/// not on the line of its key.
pub(super) fn value_end(text: &str, key: Span, reader: &mut Reader<'_>) -> Option<usize> {
    let key_end = key.end as usize;
    match reader.value_span() {
        Some(value) if value.start == value.end => Some(key_end),
        None => Some(key_end),
        Some(value) if value.start >= key.end => Some(value.end as usize),
        Some(_) => {
            let line = &text[key_end..line_end(text, key_end)];
            let alias = line.trim_start().strip_prefix(':')?.trim_start();
            let name = alias.strip_prefix('*')?;
            let is_end = |c: char| c.is_whitespace() || matches!(c, ',' | '[' | ']' | '{' | '}');
            let behind = name.find(is_end).map_or("", |at| &name[at..]);
            Some(key_end + line.len() - behind.len())
        }
    }
}

/// How many characters stand before a place in its line.
pub(super) fn column(text: &str, at: usize) -> usize {
    text[line_start(text, at)..at].chars().count()
}

/// The beginning of the line that holds a place.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

/// The beginning of the line behind the one that ends at a place or holds it.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    if at > 0 && text[..at].ends_with('\n') {
        return at;
    }
    text[at..].find('\n').map_or(text.len(), |newline| at + newline + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceMap;

    fn added(text: &str) -> Result<String, InsertError> {
        let file = SourceMap::new().add("a.yaml", text);
        insert(text, file, &[NEW.trim_end().to_owned()])
    }

    const NEW: &str = "new.example: { level: encrypt }\n";

    #[test]
    fn entries_stand_behind_the_last_one_and_as_it_is_indented() {
        for (before, behind) in [
            ("domains:\n  a.example: x\n", ""),
            ("# top\ndomains:\n  # a\n  a.example: x  # why\n", "\n# the rest\ntargets: {}\n"),
            ("domains:\n  a.example:\n    level: may\n    reason: b\n", "  # last\nlock: {}\n"),
            ("domains:\n  a.example: { level: may,\n    reason: b }\n", ""),
            ("domains:\n  a.example: |\n    text\n    more\n", "other: x\n"),
            ("domains:\n  a.example: x\n  b.example:\n", "other: x\n"),
            ("domains:\n  a.example: &k x\n\n  # c\n  b.example: *k  # d\n", "\nother: x\n"),
            ("domains:   # none yet\n", "\nother: x\n"),
            ("domains:\n", ""),
        ] {
            let text = format!("{before}{behind}");
            assert_eq!(added(&text), Ok(format!("{before}  {NEW}{behind}")), "{text}");
        }
        let four = "domains:\n    \u{e9}.example: x\nz: y\n";
        assert_eq!(added(four), Ok(four.replace("z: y\n", &format!("    {NEW}z: y\n"))));
    }

    #[test]
    fn a_text_without_domains_gets_the_key() {
        assert_eq!(added(""), Ok(format!("domains:\n  {NEW}")));
        let new = NEW.trim_end();
        assert_eq!(added("version: 1"), Ok(format!("version: 1\ndomains:\n  {new}")));
    }

    #[test]
    fn lines_end_as_the_others_do() {
        let text = "domains:\r\n  a.example: x\r\n";
        assert_eq!(added(text), Ok(format!("{text}  {}", NEW.replace('\n', "\r\n"))));
    }

    #[test]
    fn other_forms_are_refused() {
        for (text, error) in [
            ("- a\n", InsertError::NoMapping),
            ("a", InsertError::NoMapping),
            ("domains: {}\n", InsertError::NotABlock),
            ("domains: { a.example: x }\n", InsertError::NotABlock),
            ("domains: [a]\n", InsertError::NotABlock),
            ("domains: google\n", InsertError::NotABlock),
            ("x: &d\n  a.example: x\ndomains: *d\n", InsertError::NotABlock),
            ("domains:\n  a.example: [\n", InsertError::Invalid),
        ] {
            assert_eq!(added(text), Err(error), "{text}");
        }
    }
}
