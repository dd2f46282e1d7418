//! What every report shares.

use crate::diag::printable;

/// A value as the cell of a Markdown table in which nothing is markup.
///
/// Code spans keep names readable: backticks in a message mark values, and stay; everything outside
/// of them is escaped, and a `|` is escaped everywhere. [GitHub Flavored Markdown §4.10, §6.1]
pub fn markdown_cell(value: &str) -> String {
    let value = printable(value).replace(['\n', '\r'], " ");
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
}
