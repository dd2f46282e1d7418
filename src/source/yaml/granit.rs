//! Events from `granit-parser`, which knows all of YAML 1.2.

use super::granit_error::from_scan_error;
use super::{Event, EventKind, Events, MAX_ALIAS_EVENTS, MAX_DEPTH, YamlError};
use crate::source::{FileId, Scalar, Span};
use granit_parser::{Parser, ScalarStyle, StrInput, StructureStyle};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

/// The events of any YAML text.
pub struct GranitEvents<'src> {
    file: FileId,
    text: &'src str,
    parser: Parser<'src, StrInput<'src>>,
    errors: Vec<YamlError>,
    ended: bool,
    failed: bool,
    documents: usize,
    open: Vec<Open>,
    /// The end of the content so far, for the ends of block collections.
    content_end: u32,
    /// The events of anchored nodes, kept for their aliases.
    log: Vec<Event<'src>>,
    anchors: BTreeMap<usize, Anchor>,
    anchors_open: usize,
    replay: Range<usize>,
    alias_events: usize,
}

/// A collection that has begun.
#[derive(Clone, Copy, Debug)]
struct Open {
    flow: bool,
    sequence: bool,
    anchor: usize,
    start: u32,
}

/// Where the log has the events of an anchored node; no `end` while it goes on.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    start: usize,
    end: Option<usize>,
}

impl<'src> GranitEvents<'src> {
    /// The events of `text`, which is shorter than 4 GiB.
    pub fn new(file: FileId, text: &'src str) -> Self {
        let options = granit_parser::options! {
            strict_indentation: true,
            disallow_directives: true,
            emit_unresolved_aliases: true,
            emit_comments: false,
            flow_nesting_limit: MAX_DEPTH,
            block_nesting_limit: MAX_DEPTH,
        };
        Self {
            file,
            text,
            parser: Parser::new_from_str_with_options(text, options),
            errors: Vec::new(),
            ended: false,
            failed: false,
            documents: 0,
            open: Vec::new(),
            content_end: 0,
            log: Vec::new(),
            anchors: BTreeMap::new(),
            anchors_open: 0,
            replay: 0..0,
            alias_events: 0,
        }
    }

    fn span(&self, span: &granit_parser::Span) -> Span {
        let bytes = span.byte_range().unwrap_or_default();
        Span::new(self.file, offset(bytes.start), offset(bytes.end))
    }

    /// Follows the parser until it says something that is an event for us.
    fn read(&mut self) -> Result<Option<Event<'src>>, YamlError> {
        use granit_parser::Event as Granit;
        loop {
            let (event, at) = match self.parser.next() {
                None => return Ok(None),
                Some(Err(error)) => {
                    let bracket = self.open.last().filter(|it| it.flow).map(|it| it.start);
                    return Err(from_scan_error(self.file, self.text, bracket, &error));
                }
                Some(Ok(step)) => step,
            };
            let span = self.span(&at);
            if let Some(tag) = event.tag() {
                let place = at.tag_span().map_or(span, |tag| self.span(&tag));
                let message = format!("tags such as `{}` are not supported", tag.original());
                let hint = "leave the tag out; for text that begins with `!`, quote it";
                self.errors.push(YamlError::new("yaml-unsupported", place, message).hint(hint));
            }
            return match event {
                Granit::StreamStart
                | Granit::StreamEnd
                | Granit::DocumentEnd
                | Granit::Anchor(..)
                | Granit::Comment(..) => continue,
                Granit::DocumentStart(..) => {
                    self.documents += 1;
                    if self.documents == 1 {
                        continue;
                    }
                    let message = "a second document begins here";
                    let hint = "write one document a file";
                    Err(YamlError::new("yaml-unsupported", span, message).hint(hint))
                }
                Granit::Scalar(text, style, anchor, _) => {
                    Ok(Some(self.scalar(text, style, anchor, span)))
                }
                Granit::SequenceStart(style, anchor, _) => {
                    let flow = style == StructureStyle::Flow;
                    self.start(EventKind::SequenceStart { flow }, flow, anchor, span).map(Some)
                }
                Granit::MappingStart(style, anchor, _) => {
                    let flow = style == StructureStyle::Flow;
                    self.start(EventKind::MappingStart { flow }, flow, anchor, span).map(Some)
                }
                Granit::SequenceEnd => Ok(Some(self.end(EventKind::SequenceEnd, span))),
                Granit::MappingEnd => Ok(Some(self.end(EventKind::MappingEnd, span))),
                Granit::UnresolvedAlias(name) => self.unresolved(&name, span).map(Some),
                Granit::Alias(id) => {
                    self.content_end = span.end;
                    self.alias(id, span)?;
                    self.replayed(span)
                }
                // The enum is open; nothing may pass that could be part of the text.
                _ => Err(YamlError::new("yaml-unsupported", span, "unknown YAML construct")),
            };
        }
    }

    fn scalar(
        &mut self,
        text: Cow<'src, str>,
        style: ScalarStyle,
        anchor: usize,
        mut span: Span,
    ) -> Event<'src> {
        let plain = style == ScalarStyle::Plain;
        let absent = plain && span.start == span.end;
        let text = if absent { Cow::Borrowed("") } else { text };
        if absent && self.open.last().is_some_and(|open| open.sequence && !open.flow) {
            let at = self.behind_dash(span.start);
            span = Span::new(self.file, at, at);
        }
        if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
            let written = &self.text[span.start as usize..span.end as usize];
            span.end = span.start + offset(written.trim_end().len());
        }
        self.content_end = self.content_end.max(span.end);
        let at = self.log.len();
        self.anchors_open += usize::from(anchor > 0);
        let event = self.keep(Event { kind: EventKind::Scalar(Scalar { text, plain }), span });
        self.anchors_open -= usize::from(anchor > 0);
        if anchor > 0 {
            self.anchors.insert(anchor, Anchor { start: at, end: Some(at + 1) });
        }
        event
    }

    fn start(
        &mut self,
        kind: EventKind<'src>,
        flow: bool,
        anchor: usize,
        mut span: Span,
    ) -> Result<Event<'src>, YamlError> {
        let sequence = matches!(kind, EventKind::SequenceStart { .. });
        if sequence && !flow && self.open.last().is_some_and(|open| !open.sequence) {
            let at = self.first_dash(span.start);
            span = Span::new(self.file, at, at);
        }
        self.open.push(Open { flow, sequence, anchor, start: span.start });
        if anchor > 0 {
            self.anchors.insert(anchor, Anchor { start: self.log.len(), end: None });
            self.anchors_open += 1;
        }
        self.content_end = self.content_end.max(span.end);
        check_depth(self.open.len(), span)?;
        Ok(self.keep(Event { kind, span }))
    }

    fn end(&mut self, kind: EventKind<'src>, mut span: Span) -> Event<'src> {
        let open = self.open.pop().unwrap_or(Open {
            flow: false,
            sequence: false,
            anchor: 0,
            start: span.start,
        });
        if open.flow {
            self.content_end = self.content_end.max(span.end);
        } else {
            span = Span::new(self.file, self.content_end, self.content_end);
        }
        let event = self.keep(Event { kind, span });
        if let Some(anchor) = self.anchors.get_mut(&open.anchor) {
            anchor.end = Some(self.log.len());
            self.anchors_open -= 1;
        }
        event
    }

    /// Reads an alias without an anchor as the text that was probably meant.
    fn unresolved(&mut self, name: &str, span: Span) -> Result<Event<'src>, YamlError> {
        // A colon belongs to the name [YAML 1.2.2 §6.9.2], so what was meant as a key is none, and
        // all that follows would be misread.
        if let Some(key) = name.strip_suffix(':') {
            let message = format!("`*{name}` is an alias and no key");
            let hint = format!("for a key with an asterisk, quote it: `\"*{key}\":`");
            return Err(YamlError::new("yaml-alias", span, message).hint(hint));
        }
        self.content_end = span.end;
        let message = format!("no anchor `&{name}` stands before this alias");
        let hint = format!("for the text `*{name}`, quote it: `\"*{name}\"`");
        self.errors.push(YamlError::new("yaml-alias", span, message).hint(hint));
        let scalar = Scalar { text: format!("*{name}").into(), plain: false };
        Ok(self.keep(Event { kind: EventKind::Scalar(scalar), span }))
    }

    /// The first dash of a block sequence that is the value of a key. The parser gives the place
    /// behind it when it stands in the column of the key.
    fn first_dash(&self, at: u32) -> u32 {
        let line = self.line_before(at);
        let blanks = line.len() - line.trim_start_matches(' ').len();
        let dash = at as usize - line.len() + blanks;
        if self.text[dash..].starts_with('-') { offset(dash) } else { at }
    }

    /// The end of the dash of an item without a value. The parser gives the place behind the blanks
    /// and the comment that follow the dash.
    fn behind_dash(&self, at: u32) -> u32 {
        let line = self.line_before(at);
        let head = line.split('#').next().unwrap_or_default().trim_end();
        if head.ends_with('-') { at - offset(line.len() - head.len()) } else { at }
    }

    fn line_before(&self, at: u32) -> &'src str {
        let before = &self.text[..at as usize];
        &before[before.rfind(['\n', '\r']).map_or(0, |found| found + 1)..]
    }

    /// Prepares the replay of an anchored node.
    fn alias(&mut self, id: usize, span: Span) -> Result<(), YamlError> {
        let Some(Anchor { start, end: Some(end) }) = self.anchors.get(&id).copied() else {
            let message = "this alias stands inside the value that it repeats";
            return Err(YamlError::new("yaml-alias", span, message));
        };
        self.alias_events += end - start;
        let limit = MAX_ALIAS_EVENTS.max(self.text.len());
        if self.alias_events > limit {
            let message = "the aliases of this file repeat too much";
            let hint = format!("the limit is {limit} values and brackets together");
            return Err(YamlError::new("yaml-limit", span, message).hint(hint));
        }
        let mut depth = self.open.len();
        for event in &self.log[start..end] {
            match event.kind {
                EventKind::MappingStart { .. } | EventKind::SequenceStart { .. } => depth += 1,
                EventKind::MappingEnd | EventKind::SequenceEnd => depth -= 1,
                EventKind::Scalar(_) => {}
            }
            check_depth(depth, span)?;
        }
        self.replay = start..end;
        Ok(())
    }

    fn replayed(&mut self, span: Span) -> Result<Option<Event<'src>>, YamlError> {
        let Some(at) = self.replay.next() else {
            return Err(YamlError::new("yaml-alias", span, "this alias repeats nothing"));
        };
        let event = self.log[at].clone();
        Ok(Some(self.keep(event)))
    }

    /// Logs an event when an anchored node is under way.
    fn keep(&mut self, event: Event<'src>) -> Event<'src> {
        if self.anchors_open > 0 {
            self.log.push(event.clone());
        }
        event
    }
}

impl<'src> Events<'src> for GranitEvents<'src> {
    fn next(&mut self) -> Option<Event<'src>> {
        if self.ended {
            return None;
        }
        let step = if self.replay.is_empty() {
            self.read()
        } else {
            self.replayed(Span::new(self.file, self.content_end, self.content_end))
        };
        let event = step.unwrap_or_else(|error| {
            self.errors.push(error);
            self.failed = true;
            None
        });
        self.ended = event.is_none();
        event
    }

    fn failed(&self) -> bool {
        self.failed
    }

    fn take_errors(&mut self, errors: &mut Vec<YamlError>) {
        errors.append(&mut self.errors);
    }
}

fn check_depth(depth: usize, span: Span) -> Result<(), YamlError> {
    if depth <= MAX_DEPTH {
        return Ok(());
    }
    Err(too_deep(span))
}

/// The error for collections in collections in collections.
pub(super) fn too_deep(span: Span) -> YamlError {
    let message = format!("more than {MAX_DEPTH} mappings and sequences stand in each other");
    YamlError::new("yaml-limit", span, message)
}

/// A byte offset of a text that is shorter than 4 GiB.
pub(super) fn offset(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
