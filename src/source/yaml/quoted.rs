//! Texts as scalars of YAML.

use std::fmt::Write as _;

/// A text as YAML: in quotes where it may be taken for something else, such as a number or `null`.
pub fn scalar(text: &str) -> String {
    let bare = text.strip_prefix('.').unwrap_or(text);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let word = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"].contains(&text);
    if bare.starts_with(|c: char| c.is_ascii_lowercase()) && bare.bytes().all(plain) && !word {
        return text.to_owned();
    }
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                quoted.push('\\');
                quoted.push(c);
            }
            // What is not printable there may only stand as an escape. [YAML 1.2 §5.1]
            c if c.is_control() || is_unprintable(c) => {
                // Writing to a String cannot fail.
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// Whether a character that is no control cannot stand in YAML, or is read as something else.
fn is_unprintable(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::yaml::Reader;
    use crate::source::{NodeKind, SourceMap};

    #[test]
    fn every_text_is_read_back_as_it_was() {
        for text in [
            "gmail.com",
            ".example.com",
            "1e3.e5",
            "null",
            "",
            "[192.0.2.1]:25",
            "a\\b\"c",
            "# no comment",
            "a: b",
            "tab\there\u{1b}[31m",
            "\u{fc}nicode\u{2028}",
            "\u{feff}\u{fffe}\u{ffff}",
        ] {
            let yaml = format!("a: {}\n", scalar(text));
            let file = SourceMap::new().add("a.yaml", yaml.as_str());
            let mut reader = Reader::new(file, &yaml);
            assert!(reader.enter_mapping() && reader.next_key().is_some(), "{yaml}");
            let node = reader.node().unwrap();
            let NodeKind::Scalar(read) = node.kind else { panic!("{yaml}") };
            assert_eq!(read.text, text, "{yaml}");
        }
    }
}
