//! The line in a generated map that tells whether somebody has edited it since.

use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// What the line starts with.
pub const SEAL: &str = "# content sha256:";

/// As many characters as a digest has, for [`close`] to fill in.
const BLANK: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Starts the sealed part of a text: everything behind the line that is added here.
pub fn open(text: &mut String) {
    text.push_str(SEAL);
    text.push_str(BLANK);
    text.push('\n');
}

/// Puts the digest of everything behind the seal into it.
pub fn close(text: &mut String) {
    if let Some(at) = text.find(SEAL).map(|at| at + SEAL.len()) {
        let digest = hex(&text.as_bytes()[at + BLANK.len() + 1..]);
        text.replace_range(at..at + BLANK.len(), &digest);
    }
}

/// Whether a text is, byte for byte, what mxward wrote: then every entry in it is ours.
pub fn is_intact(text: &[u8]) -> bool {
    let mut start = 0;
    // It stands among the first lines, or nowhere.
    for line in text.splitn(5, |byte| *byte == b'\n').take(4) {
        start += line.len() + 1;
        if let (Some(seal), Some(rest)) = (line.strip_prefix(SEAL.as_bytes()), text.get(start..)) {
            return seal == hex(rest).as_bytes();
        }
    }
    false
}

/// SHA-256 in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_intact_until_somebody_edits_it() {
        let mut text = String::from("# @generated\n");
        open(&mut text);
        text.push_str("a.example encrypt\n");
        assert!(!is_intact(text.as_bytes()));
        close(&mut text);
        assert!(is_intact(text.as_bytes()));
        let added = format!("{text}b.example may\n");
        assert!(!is_intact(added.as_bytes()));
        assert!(!is_intact(text.replace("encrypt", "may").as_bytes()));
        assert!(!is_intact(b"a.example encrypt\n") && !is_intact(b""));
    }
}
