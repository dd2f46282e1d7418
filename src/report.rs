//! What every report shares.

use crate::diag::printable;

pub use crate::diag::thousands;

/// A value as the cell of a Markdown table in which nothing is markup.
///
/// Code spans keep names readable: backticks in a message mark values, and stay; everything outside
/// of them is escaped, and a `|` is escaped everywhere. [GitHub Flavored Markdown §4.10, §6.1]
pub fn markdown_cell(value: &str) -> String {
    let value = value.replace(['\n', '\r'], " ");
    let value = printable(&value);
    let mut cell = String::with_capacity(value.len() + 8);
    let balanced = value.matches('`').count().is_multiple_of(2);
    let mut in_code = false;
    for character in value.chars() {
        match character {
            '`' if balanced => {
                in_code = !in_code;
                cell.push('`');
            }
            '|' => cell.push_str("\\|"),
            _ if in_code => cell.push(character),
            '<' => cell.push_str("&lt;"),
            '>' => cell.push_str("&gt;"),
            '&' => cell.push_str("&amp;"),
            '`' | '*' | '_' | '[' | ']' | '(' | ')' | '#' | '\\' | '~' | '!' | '@' | ':' => {
                cell.push('\\');
                cell.push(character);
            }
            _ => cell.push(character),
        }
    }
    cell
}

/// A count with its noun: `1 domain`, `1,204 domains`.
pub fn counted(number: usize, noun: &str) -> String {
    let plural = match (number, noun.strip_suffix('y'), noun.strip_suffix("ss")) {
        (1, ..) => return format!("1 {noun}"),
        (_, Some(stem), _) => format!("{stem}ies"),
        (_, _, Some(_)) => format!("{noun}es"),
        (_, None, None) => format!("{noun}s"),
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
    fn nothing_in_a_cell_is_markup() {
        assert_eq!(markdown_cell("a|b"), "a\\|b");
        assert_eq!(
            markdown_cell("<img src=x> [x](y) @team"),
            "&lt;img src=x&gt; \\[x\\]\\(y\\) \\@team"
        );
        assert_eq!(markdown_cell("the key `_dmarc|x` stands"), "the key `_dmarc\\|x` stands");
        assert_eq!(markdown_cell("a ` <b>"), "a \\` &lt;b&gt;");
        assert_eq!(markdown_cell("a\nb"), "a b");
    }

    #[test]
    fn numbers_lists_and_lines_are_written_for_people() {
        assert_eq!(
            [
                counted(1, "domain"),
                counted(1204, "domain"),
                counted(0, "entry"),
                counted(2, "address")
            ],
            ["1 domain", "1,204 domains", "0 entries", "2 addresses"]
        );
        assert_eq!(thousands(1_234_567), "1,234,567");
        let names = ["a", "b", "c", "d"];
        assert_eq!(some_of(names.into_iter(), 2), "a, b and 2 more");
        assert_eq!(some_of(names.into_iter(), 3), "a, b, c, d");
        assert_eq!(
            wrapped("secure match=aaaa.example:bbbb.example", 36, 4),
            "secure match=aaaa.example:\n    bbbb.example"
        );
    }
}
