//! Comparison of texts with a readable message.

use similar::{ChangeTag, TextDiff};
use std::fmt::Write as _;

/// Compares two texts; `[SHA256]` in the expected one stands for 64 hexadecimal digits.
#[track_caller]
pub(crate) fn assert_text(what: &str, found: &str, expected: &str) {
    let found = hide_digests(found);
    if found == expected {
        return;
    }
    let mut message = format!("{what} differs (- expected, + found):\n");
    for change in TextDiff::from_lines(expected, &found).iter_all_changes() {
        let sign = match change.tag() {
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
            ChangeTag::Equal => ' ',
        };
        let line = change.value();
        let end = if line.ends_with('\n') { "" } else { "\u{23ce}\n" };
        write!(message, "{sign}{line}{end}").unwrap();
    }
    panic!("{message}");
}

/// Puts `[SHA256]` where a digest stands, which changes with every byte of a repository.
pub(crate) fn hide_digests(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("sha256:") {
        let (before, digest) = rest.split_at(at + "sha256:".len());
        shown.push_str(before);
        let hex = digest.bytes().take_while(u8::is_ascii_hexdigit).count();
        shown.push_str(if hex == 64 { "[SHA256]" } else { &digest[..hex] });
        rest = &digest[hex..];
    }
    shown + rest
}
