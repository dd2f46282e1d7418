//! Comments on merge requests.

use super::{Counts, Item, Report, Root};
use crate::diag::{Severity, printable};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// So many bytes a comment may have: GitHub refuses one of more than 65,536 characters, and what
/// posts it adds some of its own.
pub const COMMENT_LIMIT: usize = 65_000;

/// Left free behind the rows for what is said about those that do not fit.
const TAIL: usize = 200;

/// So many findings of one code are shown.
const PER_CODE: usize = 50;

/// A table of what was found, worst first; what does not fit into a comment is counted.
pub fn markdown(report: &Report) -> String {
    let mut text = format!("### mxward {}\n\n{}\n", report.command, markdown_cell(&report.summary));
    let mut head = "\n| | Where | What | Code |\n|---|---|---|---|\n";
    let mut shown: BTreeMap<&str, usize> = BTreeMap::new();
    let mut rest: Vec<&Item> = Vec::new();
    for (item, _) in report.worst_first() {
        let row = row(item);
        let shown = shown.entry(item.code).or_default();
        *shown += 1;
        if *shown > PER_CODE || text.len() + head.len() + row.len() + TAIL > COMMENT_LIMIT {
            rest.push(item);
        } else {
            text.push_str(std::mem::take(&mut head));
            text.push_str(&row);
        }
    }
    if !rest.is_empty() {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "\nand {} more", Counts::of(rest));
    }
    text
}

fn row(item: &Item) -> String {
    let severity = match item.severity {
        Severity::Error => "**error**",
        Severity::Warning | Severity::Note => item.severity.as_str(),
    };
    let place =
        item.shown_place().map(|place| markdown_cell(&place.to_string())).unwrap_or_default();
    let mut what = markdown_cell(&item.headline());
    for line in item.more(&Root::default()) {
        what.push_str("<br>");
        what.push_str(&markdown_cell(&line));
    }
    format!("| {severity} | {place} | {what} | {} |\n", item.code)
}

/// A comment that fits, whatever is in it: cut behind a line, and saying so.
pub fn cut_comment(mut text: String) -> String {
    if text.len() <= COMMENT_LIMIT {
        return text;
    }
    let most = text.floor_char_boundary(COMMENT_LIMIT - TAIL);
    text.truncate(text[..most].rfind('\n').map_or(0, |at| at + 1));
    let open = text.matches("<details>").count() - text.matches("</details>").count();
    for _ in 0..open {
        text.push_str("\n</details>\n");
    }
    text.push_str("\nThe rest does not fit into a comment: the report as text or JSON has it.\n");
    text
}

/// A value as the cell of a Markdown table in which nothing is markup.
///
/// Code spans keep names readable: backticks in a message mark values, and stay; everything outside
/// of them is escaped, and a `|` is escaped everywhere. A mention or a reference to an issue is made
/// from what stands there once Markdown is read, so that only a character between helps.
/// [GitHub Flavored Markdown §4.10, §6.1, §6.9]
pub fn markdown_cell(value: &str) -> String {
    let value = value.replace(['\n', '\r'], " ");
    escaped(&value, &|cell, character, in_code| match character {
        '|' => {
            // Tables are split before code is read, and to them two backslashes are one character.
            if in_code && cell.ends_with('\\') {
                cell.push(' ');
            }
            cell.push_str("\\|");
        }
        _ if in_code => cell.push(character),
        '<' => cell.push_str("&lt;"),
        '>' => cell.push_str("&gt;"),
        '&' => cell.push_str("&amp;"),
        '@' | '#' => {
            cell.push(character);
            cell.push_str("&#8203;");
        }
        '.' if cell.ends_with("www") => cell.push_str("&#46;"),
        '*' | '_' | '[' | ']' | '(' | ')' | '\\' | '~' | '!' | ':' => {
            cell.push('\\');
            cell.push(character);
        }
        _ => cell.push(character),
    })
}

/// A value inside of an HTML element of Markdown, in which there is no Markdown.
pub fn html_text(value: &str) -> String {
    let value = printable(value);
    let mut text = String::with_capacity(value.len() + 8);
    for character in value.chars() {
        match character {
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '&' => text.push_str("&amp;"),
            '@' | '#' => {
                text.push(character);
                text.push_str("&#8203;");
            }
            _ => text.push(character),
        }
    }
    text
}

/// A text that reads well as it is and is no order where it is taken for Markdown: no HTML, no
/// mention, no link.
pub(super) fn inert(value: &str) -> String {
    escaped(value, &|text, character, in_code| match character {
        _ if in_code => text.push(character),
        '<' => text.push_str("&lt;"),
        '&' => text.push_str("&amp;"),
        '@' => text.push_str("@&#8203;"),
        '/' if text.ends_with(":/") => text.push_str("&#47;"),
        '.' if text.ends_with("www") => text.push_str("&#46;"),
        '[' | '\\' => {
            text.push('\\');
            text.push(character);
        }
        _ => text.push(character),
    })
}

/// Passes every character on with whether it stands in a code span.
///
/// Single backticks that come in pairs make spans for every reader of Markdown; where it is otherwise
/// they are all escaped.
fn escaped(value: &str, push: &dyn Fn(&mut String, char, bool)) -> String {
    let value = printable(value);
    let has_spans = !value.contains("``") && value.matches('`').count().is_multiple_of(2);
    let (mut text, mut in_code) = (String::with_capacity(value.len() + 8), false);
    for character in value.chars() {
        match character {
            '`' if has_spans => {
                in_code = !in_code;
                text.push('`');
            }
            '`' => text.push_str("\\`"),
            _ => push(&mut text, character, in_code),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_cell_is_markup() {
        assert_eq!(markdown_cell("a|b"), "a\\|b");
        assert_eq!(
            markdown_cell("<img src=x> [x](y) @team #1 www.a.example"),
            "&lt;img src=x&gt; \\[x\\]\\(y\\) @&#8203;team #&#8203;1 www&#46;a.example"
        );
        assert_eq!(markdown_cell("the key `_dmarc|x` stands"), "the key `_dmarc\\|x` stands");
        assert_eq!(markdown_cell("a ` <b>"), "a \\` &lt;b&gt;");
        assert_eq!(markdown_cell("a\nb"), "a b");
        assert_eq!(markdown_cell("``` <b> `"), "\\`\\`\\` &lt;b&gt; \\`");
        assert_eq!(markdown_cell("`\\|<b>`"), "`\\ \\|<b>`");
    }

    #[test]
    fn text_in_html_is_no_markup() {
        assert_eq!(html_text("tls_policy </b> @a"), "tls_policy &lt;/b&gt; @&#8203;a");
    }

    #[test]
    fn text_that_may_be_read_as_markdown_orders_nothing() {
        assert_eq!(
            inert("`<b>` <b> @team [x](https://a.example)"),
            "`<b>` &lt;b> @&#8203;team \\[x](https:/&#47;a.example)"
        );
        assert_eq!(inert("may (default), 3 domains"), "may (default), 3 domains");
    }

    #[test]
    fn a_comment_that_is_too_long_is_cut_behind_a_line() {
        assert_eq!(cut_comment("a\n".to_owned()), "a\n");
        let long = format!("<details>\n{}", "line\n".repeat(20_000));
        let cut = cut_comment(long);
        assert!(cut.len() <= COMMENT_LIMIT);
        assert!(cut.contains("line\n\n</details>\n\nThe rest does not fit"));
        assert!(cut_comment("ä".repeat(50_000)).starts_with("\nThe rest"));
    }
}
