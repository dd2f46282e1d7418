//! Text that a terminal shows and does not obey.

use std::borrow::Cow;

/// Replaces every character that a terminal would act on, or that hides or reorders others, with
/// its escape, such as `\n` or `\u{1b}`.
///
/// Messages quote files, DNS answers and logs; none of them may move the cursor, colour a line or
/// make a name look like another one.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(acts) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if acts(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// The same with one character for one, for text in which columns matter; tabs stay.
pub(super) fn same_width(text: &str) -> Cow<'_, str> {
    let replaced = |c: char| c != '\t' && acts(c);
    if !text.chars().any(replaced) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|c| if replaced(c) { '\u{fffd}' } else { c }).collect())
}

/// Puts `*` for each byte of a password in a URL: it does not belong into a file, and much less
/// into the log of a pipeline that shows the file.
pub(super) fn without_passwords(text: Cow<'_, str>) -> Cow<'_, str> {
    let mut shown = String::new();
    let mut rest = &*text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + "://".len());
        shown.push_str(before);
        let end = after.find(|c: char| c.is_whitespace() || c == '"').unwrap_or(after.len());
        let password = after[..end].rsplit_once('@').and_then(|(user, _)| user.split_once(':'));
        rest = after;
        if let Some((user, password)) = password {
            shown.push_str(user);
            shown.push(':');
            shown.extend(password.bytes().map(|_| '*'));
            rest = &after[user.len() + 1 + password.len()..];
        }
    }
    if shown.is_empty() {
        return text;
    }
    shown.push_str(rest);
    Cow::Owned(shown)
}

/// Whether a character is an order or invisible: controls, line separators, directions, joiners,
/// tags.
fn acts(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    matches!(c,
        '\u{80}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_are_spelled_out() {
        assert_eq!(printable("a\u{1b}[31mb\r\n"), r"a\u{1b}[31mb\r\n");
        assert_eq!(printable("\u{9b}2J\u{202e}x\u{200b}"), r"\u{9b}2J\u{202e}x\u{200b}");
        assert!(matches!(printable("zürich `日本` …"), Cow::Borrowed(_)));
    }

    #[test]
    fn passwords_of_urls_are_not_shown() {
        let hidden = |text| without_passwords(Cow::Borrowed(text)).into_owned();
        assert_eq!(
            hidden("a: \"mysql://u:p@s:s@h/d\", b: postgres://u:ü@h"),
            "a: \"mysql://u:*****@h/d\", b: postgres://u:**@h"
        );
        for text in ["mysql://u@h/d?x=y", "ssh://h/d", "https://192.0.2.1:53#name", "a: b"] {
            assert_eq!(hidden(text), text);
        }
    }

    #[test]
    fn columns_stay_where_they_were() {
        assert_eq!(same_width("a\u{1b}\tb\u{9b}"), "a\u{fffd}\tb\u{fffd}");
    }
}
