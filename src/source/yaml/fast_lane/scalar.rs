//! Scalars of one line, without escapes.

use super::FastLane;

/// A scalar in the text, quotes included.
pub(super) struct Word {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) quoted: bool,
}

/// Where a scalar stands, which decides what may end it: a bit of [`STOPS`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Block = 1,
    Flow = 2,
}

/// At which bytes a plain scalar may end, one bit for every [`Place`].
const STOPS: [u8; 256] = {
    let mut stops = [0; 256];
    let (flow, both) = (Place::Flow as u8, Place::Block as u8 | Place::Flow as u8);
    stops[b',' as usize] = flow;
    stops[b'[' as usize] = flow;
    stops[b']' as usize] = flow;
    stops[b'{' as usize] = flow;
    stops[b'}' as usize] = flow;
    stops[b':' as usize] = both;
    stops[b'#' as usize] = both;
    stops[b'\n' as usize] = both;
    stops
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
            b'\n' | b'?' | b':' | b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!'
            | b'|' | b'>' | b'%' | b'@' | b'`' => return None,
            _ => {}
        }
        let mut end = at + 1;
        loop {
            let rest = &bytes[end..];
            let stop = |&byte: &u8| STOPS[usize::from(byte)] & place as u8 != 0;
            end += rest.iter().position(stop).unwrap_or(rest.len());
            let goes_on = match bytes.get(end) {
                Some(b':') => match bytes.get(end + 1) {
                    None | Some(b' ' | b'\n') => false,
                    Some(b',' | b'[' | b']' | b'{' | b'}') if place == Place::Flow => return None,
                    Some(_) => true,
                },
                Some(b'#') => bytes[end - 1] != b' ',
                _ => false,
            };
            if !goes_on {
                break;
            }
            end += 1;
        }
        // A blank before the colon is allowed, and written by nobody.
        if bytes[end - 1] == b' ' && bytes.get(end) == Some(&b':') {
            return None;
        }
        while bytes[end - 1] == b' ' {
            end -= 1;
        }
        Some(Word { start: at, end, quoted: false })
    }
}

fn quoted(bytes: &[u8], at: usize, quote: u8) -> Option<Word> {
    let rest = &bytes[at + 1..];
    // A backslash is an ordinary character in single quotes.
    let length = match quote {
        b'\'' => memchr::memchr2(quote, b'\n', rest)?,
        _ => memchr::memchr3(quote, b'\\', b'\n', rest)?,
    };
    let end = at + 1 + length + 1;
    let closed = rest[length] == quote && bytes.get(end) != Some(&quote);
    closed.then_some(Word { start: at, end, quoted: true })
}
