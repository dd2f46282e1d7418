//! Numbers, lists and lines as people read them.

use crate::diag::printable;
use std::borrow::Cow;

pub use crate::diag::thousands;

/// A count with its noun: `1 domain`, `1,204 domains`.
pub fn counted(number: usize, noun: &str) -> String {
    let plural = match (number, noun.strip_suffix('y'), noun.strip_suffix("ss")) {
        (1, ..) => return format!("1 {noun}"),
        // `entries`, but `days`.
        (_, Some(stem), _) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        (_, _, Some(_)) => format!("{noun}es"),
        (..) => format!("{noun}s"),
    };
    format!("{} {plural}", thousands(number))
}

/// Some names, and how many there are more: `a, b, c and 12 more`.
pub fn some_of<'a>(names: impl ExactSizeIterator<Item = &'a str>, most: usize) -> String {
    let total = names.len();
    // One more name is shorter than to say that there is one more.
    let shown = if total == most + 1 { total } else { most };
    let list = names.take(shown).collect::<Vec<_>>().join(", ");
    let list = printable(&list);
    if total > shown {
        format!("{list} and {} more", thousands(total - shown))
    } else {
        list.into_owned()
    }
}

/// A text of at most `most` characters: its middle is left out where it has more.
pub fn shortened(text: &str, most: usize) -> Cow<'_, str> {
    if text.chars().nth(most).is_none() {
        return Cow::Borrowed(text);
    }
    let half = most.saturating_sub(3) / 2;
    let start: String = text.chars().take(half).collect();
    let end = text.char_indices().rev().take(half).last().map_or("", |(at, _)| &text[at..]);
    Cow::Owned(format!("{start} … {end}"))
}

/// Breaks a text into lines of at most `width` characters, at blanks and behind `:` and `,`; all but
/// the first start with `indent` blanks.
pub fn wrapped(text: &str, width: usize, indent: usize) -> String {
    let width = width.max(indent + 20);
    // The first line is taken to stand behind as many blanks as the others.
    let (mut out, mut column) = (String::with_capacity(text.len() + 16), indent);
    for word in text.split_inclusive([' ', ':', ',']) {
        let length = word.trim_end().chars().count();
        if column > indent && column + length > width {
            out.truncate(out.trim_end_matches(' ').len());
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', indent));
            column = indent;
        }
        out.push_str(word);
        column += word.chars().count();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lists_and_lines_are_written_for_people() {
        assert_eq!(
            [
                counted(1, "domain"),
                counted(1204, "domain"),
                counted(0, "entry"),
                counted(2, "address"),
                counted(2, "day")
            ],
            ["1 domain", "1,204 domains", "0 entries", "2 addresses", "2 days"]
        );
        assert_eq!(thousands(1_234_567), "1,234,567");
        let names = ["a", "b", "c", "d"];
        assert_eq!(some_of(names.into_iter(), 2), "a, b and 2 more");
        assert_eq!(some_of(names.into_iter(), 3), "a, b, c, d");
        assert_eq!(shortened("abcd", 4), "abcd");
        assert_eq!(shortened("äbcdefgö", 7), "äb … gö");
        assert_eq!(
            wrapped("secure match=aaaa.example:bbbb.example", 36, 4),
            "secure match=aaaa.example:\n    bbbb.example"
        );
    }
}
