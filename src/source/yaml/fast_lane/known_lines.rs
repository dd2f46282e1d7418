//! Rests of lines that were read before.

use super::{FastLane, Token, offset};
use hashbrown::HashMap;

/// How many are kept.
const MOST: usize = 1 << 12;

/// What stands from a flow collection to the end of its line, with its tokens: many domains are
/// declared in the same words.
#[derive(Clone, Debug, Default)]
pub(super) struct KnownLines<'src> {
    lines: HashMap<&'src str, KnownLine>,
}

#[derive(Clone, Debug)]
struct KnownLine {
    /// How many block collections were open, since there is a limit for all together.
    levels: usize,
    /// With places from the beginning of the text.
    tokens: Box<[Token]>,
}

impl FastLane<'_> {
    /// Reads the flow collection that begins at `at`, and the rest of its line, in which nothing but a
    /// comment may follow.
    pub(super) fn flow_line(&mut self, at: usize) -> Option<()> {
        let end = self.next_line(at);
        let text = &self.text[at..end];
        if let Some(known) = self.known.lines.get(text)
            && known.levels >= self.levels.len()
            && let Some(last) = known.tokens.last()
        {
            let moved = |place: u32| place + offset(at);
            self.content_end = moved(last.end) as usize;
            self.tokens.extend(known.tokens.iter().map(|token| Token {
                kind: token.kind,
                start: moved(token.start),
                end: moved(token.end),
            }));
            self.at = end;
            return Some(());
        }
        let first = self.tokens.len();
        let behind = self.flow(at)?;
        self.end_line(behind)?;
        if self.known.lines.len() < MOST {
            let from = offset(at);
            let tokens = self.tokens[first..].iter().map(|token| Token {
                kind: token.kind,
                start: token.start - from,
                end: token.end - from,
            });
            let known = KnownLine { levels: self.levels.len(), tokens: tokens.collect() };
            self.known.lines.insert(text, known);
        }
        Some(())
    }
}
