//! The line in a generated map that tells whether somebody has edited it since.

use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// What the line starts with.
pub const SEAL: &str = "# content sha256:";

/// As many characters as a digest has, until it is known.
pub(crate) const BLANK: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The digest of everything behind the seal, while that is written.
#[derive(Debug)]
pub struct Seal {
    hash: Sha256,
    at: usize,
}

impl Seal {
    /// Ends the first lines of a text with a seal that is still blank.
    pub fn open(head: &mut String) -> Self {
        head.push_str(SEAL);
        let at = head.len();
        head.push_str(BLANK);
        head.push('\n');
        Self { hash: Sha256::new(), at }
    }

    /// Takes the next piece of the text behind the seal.
    pub fn add(&mut self, piece: &str) {
        self.hash.update(piece);
    }

    /// The digest, and the place in the text where it goes.
    pub fn close(self) -> (usize, String) {
        (self.at, in_hex(&self.hash.finalize()))
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
    in_hex(&Sha256::digest(bytes))
}

fn in_hex(digest: &[u8]) -> String {
    digest.iter().fold(String::with_capacity(64), |mut text, byte| {
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
        let mut seal = Seal::open(&mut text);
        for piece in ["a.example ", "encrypt\n"] {
            text.push_str(piece);
            seal.add(piece);
        }
        assert!(!is_intact(text.as_bytes()));
        let (at, digest) = seal.close();
        text.replace_range(at..at + digest.len(), &digest);
        assert!(is_intact(text.as_bytes()));
        let added = format!("{text}b.example may\n");
        assert!(!is_intact(added.as_bytes()));
        assert!(!is_intact(text.replace("encrypt", "may").as_bytes()));
        assert!(!is_intact(b"a.example encrypt\n") && !is_intact(b""));
    }
}
