//! Exceptions that stand in for an entry: what stood there before becomes a comment above, and comes back.

use super::entry::{Above, Entry, split_end};
use super::mark::Mark;
use crate::names::Recipients;
use crate::source::FileId;

/// How lines begin that stood there before.
pub(super) const FORMER: &str = "#|";

/// Why an exception cannot be written or ended.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ExceptionError {
    /// The entry shares its lines with others, or its text is no YAML that could be read.
    #[error("the entry is not written on lines of its own")]
    Form,
    /// Others may refer to the entry.
    #[error("its value has an anchor, which others may refer to")]
    Anchor,
    /// The same bytes would not come back.
    #[error(
        "its lines would not come back as they are, since one has a carriage return in it or is blank and shorter than the blanks before the name"
    )]
    Bytes,
    /// A list has such a comment, so that nobody would know which one is to come back.
    #[error(
        "it has a comment `#| {0}` already, or two of them; take away what is no line to be brought back"
    )]
    Noted(Recipients),
    /// The exception was written by a person.
    #[error("`breakglass` did not write this entry, so that nobody knows what stood there before")]
    NotOurs,
}

/// An exception that was taken out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ended {
    /// The text without it.
    pub text: String,
    /// What stood above it.
    pub mark: Mark,
    /// The exception itself, to its end of line.
    pub line: String,
}

/// Puts lines in the place of an entry of `domains`, under a mark and what stood there, as comments. `None`
/// where the text has no such entry.
///
/// # Errors
///
/// When the entry is not written on lines of its own, or [`end`] could not bring it back.
pub fn replace(
    text: &str,
    file: FileId,
    of: &Recipients,
    (mark, line): (&str, &str),
) -> Result<Option<String>, ExceptionError> {
    let Some(entry) = Entry::find(text, file, of)? else { return Ok(None) };
    if entry.has_anchor {
        return Err(ExceptionError::Anchor);
    }
    let indent = &text[entry.lines.start..entry.key];
    let old = &text[entry.lines.clone()];
    let first = old.split_inclusive('\n').next().map_or("", |it| split_end(it).1);
    let newline = match first {
        "" if text.contains("\r\n") => "\r\n",
        "" => "\n",
        there => there,
    };
    let mut new = text[..entry.lines.start].to_owned();
    let mut add = |line: &str, newline: &str| {
        for part in [indent, line, newline] {
            new.push_str(part);
        }
    };
    add(mark, newline);
    let mut last = newline;
    for whole in old.split_inclusive('\n') {
        let (old, its_end) = split_end(whole);
        last = its_end;
        let newline = if its_end.is_empty() { newline } else { its_end };
        if old.contains('\r') {
            return Err(ExceptionError::Bytes);
        } else if old.is_empty() {
            add(FORMER, newline);
        } else if let Some(old) = old.strip_prefix(indent) {
            add(&format!("{FORMER} {old}"), newline);
        } else if old.trim().is_empty() {
            return Err(ExceptionError::Bytes);
        } else {
            return Err(ExceptionError::Form);
        }
    }
    // A file whose last line has no end has none again when what stood there comes back.
    add(line, last);
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
    let (line, last) = split_end(&text[entry.key..entry.lines.end]);
    let Above { mark_line, mark, former } = Above::find(text, &entry, of)?;
    let mut new = text[..mark_line.start].to_owned();
    for (old, newline) in former.iter().rev() {
        if !old.is_empty() {
            new.push_str(indent);
            new.push_str(old.strip_prefix(' ').unwrap_or(old));
        }
        new.push_str(newline);
    }
    if last.is_empty() {
        new.truncate(split_end(&new).0.len());
    }
    new.push_str(&text[entry.lines.end..]);
    Ok(Some(Ended { text: new, mark, line: line.to_owned() }))
}

/// Puts another exception in the place of one, under another mark; what stood there before both stays as it is.
/// `None` where the text has no such entry.
///
/// # Errors
///
/// As [`end`].
pub fn renew(
    text: &str,
    file: FileId,
    of: &Recipients,
    (mark, line): (&str, &str),
) -> Result<Option<String>, ExceptionError> {
    let Some(entry) = Entry::find(text, file, of)? else { return Ok(None) };
    let above = Above::find(text, &entry, of)?.mark_line;
    let (old_mark, newline) = split_end(&text[above.clone()]);
    let indent = &old_mark[..old_mark.len() - old_mark.trim_start().len()];
    let (_, last) = split_end(&text[entry.key..entry.lines.end]);
    let between = &text[above.end..entry.key];
    let (before, behind) = (&text[..above.start], &text[entry.lines.end..]);
    Ok(Some([before, indent, mark, newline, between, line, last, behind].concat()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postfix::SecurityLevel;
    use crate::source::SourceMap;

    const LINE: &str = "kunde.example: { level: encrypt }";

    fn name(text: &str) -> Recipients {
        Recipients::parse(text).unwrap()
    }

    fn mark(list: Option<&str>) -> Mark {
        let (of, until) = (name("kunde.example"), "2026-12-02".parse().unwrap());
        Mark { of, level: SecurityLevel::Encrypt, until, list: list.map(str::to_owned) }
    }

    /// The text with an exception for kunde.example; what ends it must bring the text back.
    #[track_caller]
    fn replaced(text: &str) -> String {
        let file = SourceMap::new().add("a.yaml", text);
        let of = name("kunde.example");
        let mark = mark(None);
        let new = replace(text, file, &of, (&mark.to_string(), LINE)).unwrap().unwrap();
        let back = end(&new, file, &of).unwrap().unwrap();
        let expected = Ended { text: text.to_owned(), mark, line: LINE.to_owned() };
        assert_eq!(back, expected, "{new}");
        new
    }

    #[test]
    fn what_stood_there_becomes_a_comment_and_comes_back() {
        let mark = "  # breakglass encrypt until 2026-12-02: `mxward breakglass kunde.example --end` brings back what was here before\n";
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
    fn the_same_bytes_come_back() {
        for text in [
            "domains:\n  kunde.example: x",
            "domains:\n  kunde.example:\n    level: may",
            "domains:\r\n  a.example: x\n  kunde.example: {\r\n    level: may\n    }\r\n  b.example: x\n",
            "domains:\n  kunde.example:\r\n    level: may",
            "domains:\n  kunde.example:\n    level: may\n   \n  \n\n    reason: x  \n",
            "domains:\n  a.example: &k { level: may }\n\n  # c\n\n  kunde.example: *k\n  b.example: *k\n",
            "x: &k y\ndomains:\n  a.example: *k\n  # c\n  kunde.example: *k  # d",
        ] {
            replaced(text);
        }
        let file = SourceMap::new().add("a.yaml", "");
        for (text, error) in [
            ("domains:\n  kunde.example:\n \n    level: may\n", ExceptionError::Bytes),
            ("domains:\n  kunde.example: x\r\r\n", ExceptionError::Bytes),
            ("domains:\n  kunde.example: &k x\n", ExceptionError::Anchor),
            ("x: &k y\ndomains:\n  kunde.example:\n    *k\n", ExceptionError::Form),
        ] {
            let refused = replace(text, file, &name("kunde.example"), ("# m", LINE));
            assert_eq!(refused, Err(error), "{text}");
        }
        // What was added at the end of a file goes with the end of line that it brought.
        for text in ["domains:\n  a.example: x", "domains:\n  a.example: x\n"] {
            let lines = [mark(None).to_string(), LINE.to_owned()];
            let new = super::super::insert(text, file, &lines).unwrap();
            assert_eq!(end(&new, file, &name("kunde.example")).unwrap().unwrap().text, text);
        }
    }

    #[test]
    fn another_exception_takes_the_place_of_one() {
        let file = SourceMap::new().add("a.yaml", "");
        let of = name("kunde.example");
        let other = Mark { until: "2026-12-09".parse().unwrap(), ..mark(None) };
        let line = "kunde.example: { level: may }";
        for text in [
            "domains:\n  kunde.example: y  # why\n  b.example: z\n",
            "domains:\r\n  kunde.example:\r\n    level: secure",
        ] {
            let once = replaced(text);
            let twice = renew(&once, file, &of, (&other.to_string(), line)).unwrap().unwrap();
            assert_eq!(twice, once.replace("2026-12-02", "2026-12-09").replace(LINE, line));
            let back = end(&twice, file, &of).unwrap().unwrap();
            let expected =
                Ended { text: text.to_owned(), mark: other.clone(), line: line.to_owned() };
            assert_eq!(back, expected);
            let refused = renew(text, file, &of, ("# m", line));
            assert_eq!(refused, Err(ExceptionError::NotOurs));
        }
        assert_eq!(renew("domains:\n  a.example: x\n", file, &of, ("# m", line)), Ok(None));
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
        let mark = mark(Some("domains/a.txt"));
        for other in [("kunde.example", "other.example"), ("encrypt", "x"), ("takes", "drops")] {
            let text = format!("domains:\n  {mark}\n").replace(other.0, other.1) + "  " + LINE;
            let file = SourceMap::new().add("a.yaml", text.as_str());
            assert_eq!(end(&text, file, &of), Err(ExceptionError::NotOurs), "{text}");
        }
        let text = format!("domains:\n  {mark}\n  {LINE}\n");
        let file = SourceMap::new().add("a.yaml", text.as_str());
        let ended = end(&text, file, &of).unwrap().unwrap();
        assert_eq!(ended.text, "domains:\n");
        assert_eq!(ended.mark, mark);
    }
}
