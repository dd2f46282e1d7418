//! Exceptions that stand in for an entry: what stood there before becomes a comment above, and comes back.

use super::insert::{column, line_end};
use crate::names::Recipients;
use crate::source::FileId;
use crate::source::yaml::Reader;
use std::fmt::Write as _;
use std::ops::Range;

/// How the line above an exception begins.
const MARK: &str = "# breakglass ";

/// How lines begin that stood there before.
const FORMER: &str = "#|";

/// What stands in a mark before the list that an entry was taken from.
const BACK: &str = " takes it back to ";

/// Why an exception cannot be written or ended.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ExceptionError {
    /// The entry shares its lines with others, or its text is no YAML that could be read.
    #[error("the entry is not written on lines of its own")]
    Form,
    /// The exception was written by a person.
    #[error("`breakglass` did not write this entry, so that nobody knows what stood there before")]
    NotOurs,
}

/// An exception that was taken out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ended {
    /// The text without it.
    pub text: String,
    /// The list that its domain was taken from.
    pub list: Option<String>,
}

/// The line above an exception, with what ends it; `list` is where the domain was taken from.
pub fn mark(until: &str, command: &str, list: Option<&str>) -> String {
    let does = match list {
        Some(list) => format!("{BACK}{list}"),
        None => " brings back what was here before".to_owned(),
    };
    format!("{MARK}until {until}: `{command}`{does}")
}

/// Puts lines in the place of an entry of `domains`, under a mark and what stood there, as comments. `None`
/// where the text has no such entry.
///
/// # Errors
///
/// When the entry is not written on lines of its own.
pub fn replace(
    text: &str,
    file: FileId,
    of: &Recipients,
    (mark, line): (&str, &str),
) -> Result<Option<String>, ExceptionError> {
    let Some(entry) = Entry::find(text, file, of)? else { return Ok(None) };
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let indent = &text[entry.lines.start..entry.key];
    let mut new = text[..entry.lines.start].to_owned();
    let mut add = |line: &str| {
        new.push_str(indent);
        new.push_str(line);
        new.push_str(newline);
    };
    add(mark);
    for old in text[entry.lines.clone()].lines() {
        if old.trim().is_empty() {
            add(FORMER);
        } else {
            let old = old.strip_prefix(indent).ok_or(ExceptionError::Form)?;
            add(&format!("{FORMER} {old}"));
        }
    }
    add(line);
    new.push_str(&text[entry.lines.end..]);
    Ok(Some(new))
}

/// Takes an exception out and brings back what stood there before. `None` where the text has no such entry.
///
/// # Errors
///
/// When `breakglass` did not write it, or somebody has taken the comments away.
pub fn end(text: &str, file: FileId, of: &Recipients) -> Result<Option<Ended>, ExceptionError> {
    let Some(entry) = Entry::find(text, file, of)? else { return Ok(None) };
    let indent = &text[entry.lines.start..entry.key];
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let (mut start, mut former) = (entry.lines.start, Vec::new());
    loop {
        let above = text[..start].strip_suffix('\n').ok_or(ExceptionError::NotOurs)?;
        let above_start = above.rfind('\n').map_or(0, |at| at + 1);
        let line = text[above_start..start].trim_start().trim_end_matches(['\n', '\r']);
        start = above_start;
        if let Some(old) = line.strip_prefix(FORMER) {
            former.push(old.strip_prefix(' ').unwrap_or(old));
            continue;
        }
        let mark = line.strip_prefix(MARK).ok_or(ExceptionError::NotOurs)?;
        let list = mark.split_once(BACK).map(|(_, list)| list.to_owned());
        let mut new = text[..start].to_owned();
        for old in former.iter().rev() {
            if !old.is_empty() {
                new.push_str(indent);
                new.push_str(old);
            }
            new.push_str(newline);
        }
        new.push_str(&text[entry.lines.end..]);
        return Ok(Some(Ended { text: new, list }));
    }
}

/// Makes the line of a plain list that names somebody a comment. `None` where there is none.
pub fn strike(text: &str, of: &Recipients) -> Option<String> {
    change_line(text, |line| names(line, of).then(|| format!("{FORMER} {line}")))
}

/// Makes such a line one of the list again. `None` where there is none.
pub fn unstrike(text: &str, of: &Recipients) -> Option<String> {
    change_line(text, |line| {
        let line = line.strip_prefix(FORMER)?.strip_prefix(' ')?;
        names(line, of).then(|| line.to_owned())
    })
}

/// Whether a line of a plain list names somebody.
fn names(line: &str, of: &Recipients) -> bool {
    let name = match line.find('#') {
        Some(0) => return false,
        Some(hash) if line.as_bytes()[hash - 1].is_ascii_whitespace() => &line[..hash],
        Some(_) | None => line,
    };
    Recipients::parse(name.trim()).is_ok_and(|it| it == *of)
}

fn change_line(text: &str, change: impl Fn(&str) -> Option<String>) -> Option<String> {
    let (mut new, mut changed) = (String::with_capacity(text.len() + FORMER.len() + 1), false);
    for whole in text.split_inclusive('\n') {
        let line = whole.trim_end_matches(['\n', '\r']);
        match change(line).filter(|_| !changed) {
            Some(other) => {
                changed = true;
                // Writing to a String cannot fail.
                let _ = write!(new, "{other}{}", &whole[line.len()..]);
            }
            None => new.push_str(whole),
        }
    }
    changed.then_some(new)
}

/// Where an entry of `domains` stands.
struct Entry {
    /// Whole lines.
    lines: Range<usize>,
    /// Where its key begins.
    key: usize,
}

impl Entry {
    fn find(text: &str, file: FileId, of: &Recipients) -> Result<Option<Self>, ExceptionError> {
        let mut reader = Reader::new(file, text);
        let mut found = None;
        if reader.enter_mapping() {
            while let Some(key) = reader.next_key() {
                if key.value == "domains" && reader.enter_mapping() {
                    let mut last = key.span.end as usize;
                    while let Some(key) = reader.next_key() {
                        let value = reader.value_span().filter(|it| it.start != it.end);
                        let start = key.span.start as usize;
                        let end = value.map_or(key.span.end, |it| it.end) as usize;
                        if Recipients::parse(&key.value).is_ok_and(|it| it == *of) {
                            found = Some((last, start, end));
                        }
                        last = end;
                    }
                }
            }
        }
        if reader.failed() {
            return Err(ExceptionError::Form);
        }
        let Some((last, key, end)) = found else { return Ok(None) };
        let start = key - column_bytes(text, key);
        let lines = start..line_end(text, end);
        let alone = start >= last
            && text[start..key].bytes().all(|byte| byte == b' ')
            && column(text, key) > 0
            // What follows on the last line is a comment or nothing: a brace would close what is around.
            && {
                let behind = text[end.min(lines.end)..lines.end].trim();
                behind.is_empty() || behind.starts_with('#')
            };
        if alone { Ok(Some(Self { lines, key })) } else { Err(ExceptionError::Form) }
    }
}

/// How many bytes stand before a place in its line.
fn column_bytes(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(at, |newline| at - newline - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceMap;

    const LINE: &str = "kunde.example: { level: encrypt }";

    fn name(text: &str) -> Recipients {
        Recipients::parse(text).unwrap()
    }

    /// The text with an exception for kunde.example; what ends it must bring the text back.
    #[track_caller]
    fn replaced(text: &str) -> String {
        let file = SourceMap::new().add("a.yaml", text);
        let of = name("kunde.example");
        let mark = mark("2026-12-02", "mxward breakglass kunde.example --end", None);
        let new = replace(text, file, &of, (&mark, LINE)).unwrap().unwrap();
        let back = end(&new, file, &of).unwrap().unwrap();
        assert_eq!((back.text.as_str(), back.list), (text, None), "{new}");
        new
    }

    #[test]
    fn what_stood_there_becomes_a_comment_and_comes_back() {
        let mark = "  # breakglass until 2026-12-02: `mxward breakglass kunde.example --end` brings back what was here before\n";
        let text = "domains:\n  a.example: x\n  Kunde.example: y  # why\n\n  # b\n  b.example: z\n";
        let new = format!(
            "domains:\n  a.example: x\n{mark}  #| Kunde.example: y  # why\n  {LINE}\n\n  # b\n  b.example: z\n"
        );
        assert_eq!(replaced(text), new);
        let text = "domains:\n  kunde.example:\n    level: secure\n\n    # names\n    match: [a]\n  # end\n";
        let new = format!(
            "domains:\n{mark}  #| kunde.example:\n  #|   level: secure\n  #|\n  #|   # names\n  #|   match: [a]\n  {LINE}\n  # end\n"
        );
        assert_eq!(replaced(text), new);
        replaced(
            "version: 1\r\ndomains:\r\n    kunde.example: { level: secure,\r\n      match: [a] }\r\nz: y\r\n",
        );
        replaced("domains:\n  kunde.example: |\n    text\n");
    }

    #[test]
    fn entries_that_share_their_lines_are_refused() {
        let of = name("kunde.example");
        for text in [
            "domains: { kunde.example: x, b.example: y }\n",
            "domains: { b.example: y,\n  kunde.example: x }\n",
            "domains: {\n  kunde.example: x\n  }\n",
            "domains:\n  ? kunde.example\n  : x\n",
            "{ domains: { kunde.example: x } }\n",
            "domains:\n  kunde.example: [\n",
        ] {
            let file = SourceMap::new().add("a.yaml", text);
            let refused = replace(text, file, &of, ("# m", LINE));
            let wrong = refused != Err(ExceptionError::Form);
            // A brace on a line of its own looks like a block, and what comes out is no YAML.
            assert!(!wrong || text.contains("\n  }"), "{text}");
        }
        let text = "domains:\n  a.example: x\n";
        let file = SourceMap::new().add("a.yaml", text);
        assert_eq!(replace(text, file, &of, ("# m", LINE)), Ok(None));
    }

    #[test]
    fn only_what_was_written_here_is_ended() {
        let of = name("kunde.example");
        for text in [
            "domains:\n  kunde.example: { level: encrypt }\n",
            "domains:\n  # breakglass until x\n  # somebody's\n  kunde.example: { level: encrypt }\n",
        ] {
            let file = SourceMap::new().add("a.yaml", text);
            assert_eq!(end(text, file, &of), Err(ExceptionError::NotOurs), "{text}");
        }
        let mark = mark("2026-12-02", "mxward", Some("domains/a.txt"));
        let text = format!("domains:\n  {mark}\n  {LINE}\n");
        let file = SourceMap::new().add("a.yaml", text.as_str());
        let ended = end(&text, file, &of).unwrap().unwrap();
        assert_eq!(ended.text, "domains:\n");
        assert_eq!(ended.list.as_deref(), Some("domains/a.txt"));
    }

    #[test]
    fn a_line_of_a_list_becomes_a_comment_and_comes_back() {
        let list = "# ours\na.example\nKunde.example  # note\r\nb.example";
        let struck = strike(list, &name("kunde.example")).unwrap();
        assert_eq!(struck, "# ours\na.example\n#| Kunde.example  # note\r\nb.example");
        assert_eq!(unstrike(&struck, &name("kunde.example")).as_deref(), Some(list));
        assert_eq!(strike(&struck, &name("kunde.example")), None);
        assert_eq!(unstrike(list, &name("kunde.example")), None);
    }
}
