//! Text in lines of a given width.

/// Breaks a text at blanks, where the next word would make a line longer than `width` characters.
///
/// Blanks at the start stay, as the indentation of a list. What stands between backticks is one word,
/// so that it can be copied. A longer word gets a line of its own. Never empty.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let indentation = text.len() - text.trim_start_matches(' ').len();
    let (start, rest) = text.split_at(indentation);
    let mut lines: Vec<String> = Vec::new();
    let mut line = start.to_owned();
    let mut empty = true;
    for word in words(rest) {
        if !empty && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(std::mem::take(&mut line));
        } else if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    lines.push(line);
    lines
}

/// The words of a text; a blank between backticks ends none.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut in_code = false;
    text.split(move |c| {
        in_code ^= c == '`';
        c == ' ' && !in_code
    })
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn lines_break_at_blanks_before_they_are_too_long() {
        assert_eq!(wrap("", 10), [""]);
        assert_eq!(wrap("one two", 7), ["one two"]);
        assert_eq!(wrap("one two", 6), ["one", "two"]);
        assert_eq!(wrap("  5 mx.example", 4), ["  5", "mx.example"]);
        assert_eq!(wrap("pneumonia and a", 4), ["pneumonia", "and", "a"]);
        assert_eq!(wrap("ä ö ü", 3), ["ä ö", "ü"]);
        assert_eq!(
            wrap("run `mxward providers list` now", 12),
            ["run", "`mxward providers list`", "now"]
        );
    }
}
