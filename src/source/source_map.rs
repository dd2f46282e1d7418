//! The texts that spans point into.

use super::span::{FileId, Span};
use std::sync::OnceLock;

/// Every text that was read in this run, in the order of reading.
#[derive(Default, Debug)]
pub struct SourceMap {
    files: Vec<File>,
}

#[derive(Debug)]
struct File {
    name: String,
    text: String,
    /// The position of every [`STRIDE`]th byte, made when a message first asks for a line.
    positions: OnceLock<Vec<Position>>,
}

/// How many bytes lie between two known positions: finding a line means counting half of them.
const STRIDE: usize = 4096;

/// Lines and characters before a byte; the characters are those of its line.
#[derive(Clone, Copy, Default, Debug)]
struct Position {
    lines: u32,
    characters: u32,
}

impl SourceMap {
    /// An empty map.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps `text` under the name that messages print, usually the path as the user knows it.
    ///
    /// # Panics
    ///
    /// When the text has 4 GiB or more; readers refuse such files first
    /// ([`super::yaml::MAX_BYTES`]).
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> FileId {
        let (name, text) = (name.into(), text.into());
        assert!(u32::try_from(text.len()).is_ok(), "{name}: readers limit the size of a file");
        self.files.push(File { name, text, positions: OnceLock::new() });
        FileId(u32::try_from(self.files.len() - 1).expect("fewer than 2^32 files"))
    }

    /// The name a file was added under.
    pub fn name(&self, file: FileId) -> &str {
        &self.files[file.0 as usize].name
    }

    /// Lets go of a text into which no place of a message points: a long one takes much memory.
    pub fn forget(&mut self, file: FileId) {
        self.files[file.0 as usize].text = String::new();
    }

    /// The whole text of a file.
    pub fn text(&self, file: FileId) -> &str {
        &self.files[file.0 as usize].text
    }

    /// The text of a span.
    pub fn slice(&self, span: Span) -> &str {
        &self.text(span.file)[span.start as usize..span.end as usize]
    }

    /// Line and column of a byte, both from 1; the column counts characters.
    ///
    /// Costs the same at every place of a file, save for the first call, which passes over all of
    /// it.
    pub fn line_column(&self, file: FileId, byte: u32) -> (usize, usize) {
        let File { text, positions, .. } = &self.files[file.0 as usize];
        let text = text.as_bytes();
        let byte = (byte as usize).min(text.len());
        let positions = positions.get_or_init(|| {
            let mut position = Position::default();
            let blocks = text.chunks(STRIDE).map(|block| {
                let before = position;
                position = position.after(block);
                before
            });
            blocks.chain([Position::default()]).collect()
        });
        let block = (byte / STRIDE).min(text.len().saturating_sub(1) / STRIDE);
        let position = positions[block].after(&text[block * STRIDE..byte]);
        (position.lines as usize + 1, position.characters as usize + 1)
    }

    /// The place as messages print it: `file:line:column`.
    pub fn place(&self, span: Span) -> String {
        let (line, column) = self.line_column(span.file, span.start);
        format!("{}:{line}:{column}", self.name(span.file))
    }
}

impl Position {
    /// The position behind `bytes`.
    fn after(self, bytes: &[u8]) -> Self {
        let breaks = memchr::memchr_iter(b'\n', bytes).count();
        let (line, before) = match memchr::memrchr(b'\n', bytes) {
            Some(at) => (&bytes[at + 1..], 0),
            None => (bytes, self.characters),
        };
        // Bytes that begin a character are those that do not continue one.
        let characters = line.iter().filter(|&&byte| byte & 0xc0 != 0x80).count();
        // A text is shorter than 4 GiB, so these never saturate.
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Self { lines: self.lines + count(breaks), characters: before + count(characters) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn columns_count_characters_from_one() {
        let mut sources = SourceMap::new();
        let file = sources.add("a.yaml", "x\näö: ü\n");
        assert_eq!(sources.line_column(file, 0), (1, 1));
        assert_eq!(sources.line_column(file, 8), (2, 5));
        assert_eq!(sources.line_column(file, 11), (3, 1));
        assert_eq!(sources.place(Span::new(file, 8, 10)), "a.yaml:2:5");
        let empty = sources.add("empty", "");
        assert_eq!(sources.line_column(empty, 0), (1, 1));
    }

    proptest! {
        #[test]
        fn positions_agree_with_counting_from_the_start(
            parts in prop::collection::vec("[aä\n]{0,3000}", 0..6),
            at in any::<prop::sample::Index>(),
        ) {
            let text = parts.concat();
            let places: Vec<usize> = (0..=text.len()).filter(|&at| text.is_char_boundary(at)).collect();
            let byte = *at.get(&places);
            let before = &text[..byte];
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
            let mut sources = SourceMap::new();
            let file = sources.add("a", text.clone());
            prop_assert_eq!(sources.line_column(file, u32::try_from(byte).unwrap()), (line, column));
        }
    }
}
