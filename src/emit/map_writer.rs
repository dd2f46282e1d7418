//! Writes the text of a map, entry by entry.

use super::Sink;
use crate::formats::postmap_text::{Found, plain_line, scan};
use crate::formats::seal::Seal;

/// How many bytes are kept before they are passed on: few enough to stay in the cache.
const PIECE: usize = 1 << 16;

/// A map in the making, sealed behind its first lines.
pub(super) struct MapWriter<S> {
    sink: S,
    /// None where the sink wants no digest.
    seal: Option<Seal>,
    /// Entries that the sink has not got yet.
    piece: String,
    entries: usize,
}

impl<S: Sink> MapWriter<S> {
    /// A map that begins with comment lines.
    pub(super) fn new(mut head: String, mut sink: S) -> Self {
        let seal = Seal::open(&mut head);
        sink.add(&head);
        let seal = sink.is_sealed().then_some(seal);
        Self { sink, seal, piece: String::with_capacity(PIECE + PIECE / 4), entries: 0 }
    }

    /// Adds an entry with a comment above it. False when Postfix would not read exactly this entry
    /// there; entries that are read each by itself are read alike together, as each begins a line and
    /// ends one.
    pub(super) fn add(&mut self, comment: Option<&str>, key: &str, value: &str) -> bool {
        if self.piece.len() >= PIECE {
            self.pass_on();
        }
        let start = self.piece.len();
        if let Some(comment) = comment {
            for part in ["# ", comment, "\n"] {
                self.piece.push_str(part);
            }
        }
        for part in [key, " ", value, "\n"] {
            self.piece.push_str(part);
        }
        self.entries += 1;
        if let Some(read) = plain_line(&self.piece[start..]) {
            return read == (key, value);
        }
        let (mut read, mut other) = (false, false);
        scan(&self.piece.as_bytes()[start..], |found| match found {
            Found::Entry(entry) if !read && entry.key == key && entry.value == value => read = true,
            Found::Entry(_) | Found::Ignored(_) => other = true,
        });
        read && !other
    }

    /// The sink with the whole text, and how many entries it has.
    pub(super) fn finish(mut self) -> (S, usize) {
        self.pass_on();
        if let Some(seal) = self.seal {
            let (at, digest) = seal.close();
            self.sink.overwrite(at, &digest);
        }
        (self.sink, self.entries)
    }

    fn pass_on(&mut self) {
        if let Some(seal) = &mut self.seal {
            seal.add(&self.piece);
        }
        self.sink.add(&self.piece);
        self.piece.clear();
    }
}
