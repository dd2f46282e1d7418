//! Annotations of GitHub Actions.

use super::{Counts, Item, Report, Root};
use crate::diag::Severity;
use std::borrow::Cow;
use std::fmt::Write as _;

/// So many annotations of each kind are kept of one step.
const MOST: usize = 10;

/// Workflow commands that annotate lines, then the summary as a line of the log.
///
/// GitHub keeps ten errors, ten warnings and ten notices of a step. The worst are annotated; the
/// others are lines of the log, and the last notice says how many there are.
pub fn github(report: &Report, root: &Root) -> String {
    let counts = report.counts();
    let has_rest = [counts.errors, counts.warnings, counts.notes].iter().any(|it| *it > MOST);
    let (mut text, mut shown) = (String::new(), Counts::default());
    let mut rest: Vec<&Item> = Vec::new();
    for (item, _) in report.worst_first() {
        let (shown, most) = match item.severity {
            Severity::Error => (&mut shown.errors, MOST),
            Severity::Warning => (&mut shown.warnings, MOST),
            Severity::Note => (&mut shown.notes, MOST - usize::from(has_rest)),
        };
        *shown += 1;
        if *shown > most {
            rest.push(item);
        } else {
            annotation(&mut text, item, root);
        }
    }
    // Writing to a String cannot fail.
    let command = report.command;
    if !rest.is_empty() {
        let more = Counts::of(rest.iter().copied());
        let _ = writeln!(text, "::group::mxward {command}: {more} without annotation");
        for item in rest {
            let place =
                item.shown_place().map_or_else(String::new, |it| format!("{}: ", root.place(it)));
            let line =
                format!("{}[{}]: {place}{}", item.severity.as_str(), item.code, item.headline());
            let _ = writeln!(text, "{}", harmless(&line));
        }
        let _ = writeln!(text, "::endgroup::");
        let _ = writeln!(
            text,
            "::notice title=mxward {command}::{more} without annotation: the log of this step has them"
        );
    }
    let _ = writeln!(text, "{}", harmless(&format!("mxward {command}: {}", report.summary)));
    text
}

fn annotation(text: &mut String, item: &Item, root: &Root) {
    let kind = match item.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    // Writing to a String cannot fail.
    let _ = write!(text, "::{kind} ");
    if let Some(place) = item.shown_place() {
        let file = property(&root.path(&place.file));
        let _ = write!(text, "file={file},line={},col={},", place.start.line, place.start.column);
    }
    let title = property(&format!("mxward {}", item.code));
    let _ = writeln!(text, "title={title}::{}", data(&item.paragraph(root, "\n")));
}

/// A text as the message of a command. [actions/toolkit `command.ts`]
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A text as a property of a command. [actions/toolkit `command.ts`]
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// Text for the log in which no line is a command to the runner.
///
/// The runner obeys `::command` at the beginning of a line, behind blanks too, and `##[command]`
/// anywhere in it.
pub fn harmless(text: &str) -> Cow<'_, str> {
    if !text.contains("::") && !text.contains("##[") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for line in text.split_inclusive('\n') {
        let rest = line.trim_start();
        let blanks = &line[..line.len() - rest.len()];
        out.push_str(blanks);
        let rest = match rest.strip_prefix("::") {
            Some(rest) => {
                out.push_str(": :");
                rest
            }
            None => rest,
        };
        out.push_str(&rest.replace("##[", "# #["));
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_end_neither_a_property_nor_a_line() {
        assert_eq!(property("a:b,c%\r\n"), "a%3Ab%2Cc%25%0D%0A");
        assert_eq!(data("a::b,c%0A"), "a::b,c%250A");
    }

    #[test]
    fn no_line_of_the_log_is_a_command() {
        assert_eq!(harmless("fe80::1 is fine"), "fe80::1 is fine");
        assert_eq!(harmless("a\n  ::error::x\n##[add-mask]y"), "a\n  : :error::x\n# #[add-mask]y");
    }
}
