//! The choice of who reads a text.

use super::granit::offset;
use super::{Event, Events, FastLane, GranitEvents, MAX_BYTES, YamlError};
use crate::source::{FileId, Span};

/// Who reads the text.
pub(super) enum Lane<'src> {
    /// The tokenizer for simple YAML.
    Fast(FastLane<'src>),
    /// The parser for all of YAML.
    Granit(Box<GranitEvents<'src>>),
    /// Nobody: the text is refused as a whole, with this error.
    Refused(Option<YamlError>),
}

impl<'src> Lane<'src> {
    /// The fastest that reads `text`.
    pub(super) fn new(file: FileId, text: &'src str) -> Self {
        if text.len() > MAX_BYTES {
            let message = format!("the file has more than {MAX_BYTES} bytes");
            let error = YamlError::new("yaml-limit", Span::new(file, 0, 0), message);
            return Self::Refused(Some(error));
        }
        // The fast lane takes no text with control characters.
        if let Some(events) = FastLane::new(file, text) {
            return Self::Fast(events);
        }
        match control_character(file, text) {
            Some(error) => Self::Refused(Some(error)),
            None => Self::Granit(Box::new(GranitEvents::new(file, text))),
        }
    }
}

impl<'src> Events<'src> for Lane<'src> {
    fn next(&mut self) -> Option<Event<'src>> {
        match self {
            Self::Fast(events) => {
                let event = events.next();
                if event.is_some() || !events.failed() {
                    return event;
                }
                // The parser for all of YAML begins anew, and gives the same events up to here.
                let (mut full, given) = (events.full(), events.given());
                (0..given).for_each(|_| drop(full.next()));
                *self = Self::Granit(Box::new(full));
                self.next()
            }
            Self::Granit(events) => events.next(),
            Self::Refused(_) => None,
        }
    }

    fn value_span(&mut self) -> Option<Span> {
        match self {
            Self::Fast(events) => events.value_span(),
            Self::Granit(_) | Self::Refused(_) => None,
        }
    }

    fn skip_value(&mut self) -> bool {
        match self {
            Self::Fast(events) => events.skip_value(),
            Self::Granit(_) | Self::Refused(_) => false,
        }
    }

    fn failed(&self) -> bool {
        match self {
            // It is left as soon as it fails.
            Self::Fast(_) => false,
            Self::Granit(events) => events.failed(),
            Self::Refused(_) => true,
        }
    }

    fn take_errors(&mut self, errors: &mut Vec<YamlError>) {
        match self {
            Self::Fast(_) => {}
            Self::Granit(events) => events.take_errors(errors),
            Self::Refused(error) => errors.extend(error.take()),
        }
    }
}

/// The error for a character that can only be written as an escape [YAML 1.2.2 §5.1]. Parsers
/// differ in what they do about those, and some end the text at a NUL.
fn control_character(file: FileId, text: &str) -> Option<YamlError> {
    let (at, found) = text
        .char_indices()
        .find(|&(_, c)| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{85}'))?;
    let span = Span::new(file, offset(at), offset(at + found.len_utf8()));
    let message = format!("the control character {:#04x} cannot stand in YAML", u32::from(found));
    let hint = "in text, write it as an escape in double quotes, such as `\"\\x1b\"`";
    Some(YamlError::new("yaml-syntax", span, message).hint(hint))
}
