//! Scalars of one line, without escapes.

use super::FastLane;

/// A scalar in the text, quotes included.
pub(super) struct Word {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) quoted: bool,
}

/// Where a scalar stands, which decides what ends it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Block,
    Flow,
}

/// What a byte means inside a plain scalar.
const NOTHING: u8 = 0;
const ENDS_IN_FLOW: u8 = 1;
const MAY_END: u8 = 2;

const CLASSES: [u8; 256] = {
    let mut classes = [NOTHING; 256];
    classes[b',' as usize] = ENDS_IN_FLOW;
    classes[b'[' as usize] = ENDS_IN_FLOW;
    classes[b']' as usize] = ENDS_IN_FLOW;
    classes[b'{' as usize] = ENDS_IN_FLOW;
    classes[b'}' as usize] = ENDS_IN_FLOW;
    classes[b':' as usize] = MAY_END;
    classes[b'#' as usize] = MAY_END;
    classes[b'\n' as usize] = MAY_END;
    classes
};

impl FastLane<'_> {
    /// Reads the scalar that begins at `at`, without the blanks behind it.
    ///
    /// `None` when it is none of one line, or needs more than looking at its bytes.
    pub(super) fn word(&self, at: usize, place: Place) -> Option<Word> {
        let bytes = self.text.as_bytes();
        match bytes[at] {
            quote @ (b'"' | b'\'') => return quoted(bytes, at, quote),
            b'-' => {
                let next = *bytes.get(at + 1)?;
                if matches!(next, b' ' | b'\n' | b',' | b'[' | b']' | b'{' | b'}') {
                    return None;
                }
            }
            b'?' | b':' | b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!' | b'|'
            | b'>' | b'%' | b'@' | b'`' => return None,
            _ => {}
        }
        let mut end = at + 1;
        while let Some(&byte) = bytes.get(end) {
            let class = CLASSES[usize::from(byte)];
            let stop = match (class, byte) {
                (NOTHING, _) => false,
                (ENDS_IN_FLOW, _) => place == Place::Flow,
                (_, b':') => match bytes.get(end + 1) {
                    None | Some(b' ' | b'\n') => true,
                    Some(b',' | b'[' | b']' | b'{' | b'}') if place == Place::Flow => return None,
                    Some(_) => false,
                },
                (_, b'#') => bytes[end - 1] == b' ',
                (_, _) => true,
            };
            if stop {
                break;
            }
            end += 1;
        }
        let stopped_by = bytes.get(end);
        let blanks = bytes[at..end].iter().rev().take_while(|&&byte| byte == b' ').count();
        // A blank before the colon is allowed, and written by nobody.
        if stopped_by == Some(&b':') && blanks > 0 {
            return None;
        }
        Some(Word { start: at, end: end - blanks, quoted: false })
    }
}

fn quoted(bytes: &[u8], at: usize, quote: u8) -> Option<Word> {
    let rest = &bytes[at + 1..];
    let length = memchr::memchr3(quote, b'\\', b'\n', rest)?;
    let end = at + 1 + length + 1;
    // A backslash is an ordinary character in single quotes, but rare enough.
    let closed = rest[length] == quote && bytes.get(end) != Some(&quote);
    closed.then_some(Word { start: at, end, quoted: true })
}
