//! Flow collections of one line.

use super::scalar::{Place, Word};
use super::{FastLane, MAX_DEPTH, TokenKind};

impl FastLane<'_> {
    /// Reads the flow collection that begins at `at`; the place behind its last bracket.
    pub(super) fn flow(&mut self, mut at: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        // One bit for every collection that is open, set for mappings; the innermost is the lowest.
        let (mut mappings, mut depth) = (0_u64, 0_usize);
        // Whether a value is read whose key has been.
        let mut after_key = false;
        loop {
            at = self.skip_blanks(at);
            let byte = *bytes.get(at)?;
            let in_mapping = depth > 0 && mappings & 1 == 1;
            if matches!(byte, b'[' | b'{') {
                if in_mapping && !after_key || self.levels.len() + depth == MAX_DEPTH {
                    return None;
                }
                let mapping = byte == b'{';
                mappings = mappings << 1 | u64::from(mapping);
                depth += 1;
                after_key = false;
                let kind = if mapping { TokenKind::FlowMapping } else { TokenKind::FlowSequence };
                self.push(kind, at, at + 1);
                at = self.skip_blanks(at + 1);
                if !matches!(bytes.get(at)?, b']' | b'}') {
                    continue;
                }
            } else {
                let word = self.word(at, Place::Flow)?;
                self.scalar(&word);
                at = word.end;
                if in_mapping && !after_key {
                    match self.flow_value(&word)? {
                        Some(value) => {
                            at = value;
                            after_key = true;
                            continue;
                        }
                        None => at = self.skip_blanks(self.behind_colon(at)),
                    }
                }
                after_key = false;
            }
            // An item ends here: brackets, then a comma with another item behind it.
            loop {
                at = self.skip_blanks(at);
                match *bytes.get(at)? {
                    bracket @ (b']' | b'}') => {
                        let mapping = mappings & 1 == 1;
                        if mapping != (bracket == b'}') {
                            return None;
                        }
                        let kind =
                            if mapping { TokenKind::MappingEnd } else { TokenKind::SequenceEnd };
                        self.push(kind, at, at + 1);
                        at += 1;
                        mappings >>= 1;
                        depth -= 1;
                        if depth == 0 {
                            return Some(at);
                        }
                    }
                    b',' => {
                        at = self.skip_blanks(at + 1);
                        if !matches!(bytes.get(at)?, b']' | b'}') {
                            break;
                        }
                    }
                    _ => return None,
                }
            }
        }
    }

    /// The place of the value of a key, or `None` when it has none, which becomes an event at once.
    #[expect(clippy::option_option, reason = "the outer one says that the text is not simple")]
    fn flow_value(&mut self, key: &Word) -> Option<Option<usize>> {
        let bytes = self.text.as_bytes();
        if key.end - key.start > super::MAX_KEY {
            return None;
        }
        let behind = self.behind_colon(key.end);
        if behind > key.end && bytes.get(behind) != Some(&b' ') {
            return None;
        }
        let at = self.skip_blanks(behind);
        if !matches!(bytes.get(at)?, b',' | b'}' | b']') {
            return (behind > key.end).then_some(Some(at));
        }
        let absent = if behind > key.end { key.end } else { at };
        self.push(TokenKind::Plain, absent, absent);
        Some(None)
    }

    fn behind_colon(&self, at: usize) -> usize {
        at + usize::from(self.text.as_bytes().get(at) == Some(&b':'))
    }
}
