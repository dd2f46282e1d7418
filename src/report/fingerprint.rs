//! What tells platforms that a finding is the one of the last run.

use super::{Item, MAIN_FILE};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A fingerprint for every item: unique, and the same in the next run, wherever in its file the item
/// stands then. Items that are alike are told apart by their order.
pub(super) fn all(items: &[Item]) -> Vec<String> {
    let mut seen: BTreeMap<[&str; 3], usize> = BTreeMap::new();
    items
        .iter()
        .map(|item| {
            let file = item.place.as_ref().map_or(MAIN_FILE, |place| place.file.as_str());
            let parts = [item.code, file, item.key()];
            let ordinal = seen.entry(parts).or_default();
            *ordinal += 1;
            fingerprint(parts, *ordinal)
        })
        .collect()
}

/// The first half of a SHA-256, which is as good as unique and fits into columns of databases.
fn fingerprint(parts: [&str; 3], ordinal: usize) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    }
    digest.update(ordinal.to_be_bytes());
    let mut text = String::with_capacity(32);
    for byte in &digest.finalize()[..16] {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::{Diagnostic, Severity};
    use crate::source::{SourceMap, Span};
    use std::collections::BTreeSet;

    /// The fingerprints of two findings about `b`, in a file that begins with `head`.
    fn two(head: &str) -> Vec<String> {
        let mut sources = SourceMap::new();
        let file = sources.add("a.yaml", format!("{head}b: 1\nb: 2\n"));
        let start = u32::try_from(head.len()).unwrap();
        let item = |at: u32| {
            let span = Span::new(file, start + at, start + at + 1);
            Item::of(&Diagnostic::error("bad", span, "bad"), &sources)
        };
        all(&[item(0), item(5)])
    }

    #[test]
    fn findings_that_are_alike_differ_and_findings_that_move_do_not() {
        let found = two("");
        assert_ne!(found[0], found[1]);
        assert_eq!(found[0].len(), 32);
        assert_eq!(two("x: 1\n\ny: 2\n"), found);
    }

    #[test]
    fn every_part_counts() {
        let item = |code, message: &str| Item::new(Severity::Note, code, message);
        let items = [item("a", "b"), item("ab", ""), item("a", "c"), item("a", "b")];
        let found: BTreeSet<String> = all(&items).into_iter().collect();
        assert_eq!(found.len(), 4);
    }
}
