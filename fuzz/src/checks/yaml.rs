//! YAML as text, and text as YAML.

use super::text;
use mxward::source::yaml::{
    Event, EventKind, Events, FastLane, GranitEvents, Reader, parse, scalar,
};
use mxward::source::{Node, NodeKind, SourceMap, Span};

/// Both ways to read YAML agree, every place is one in the text, and every text can be quoted.
pub(super) fn yaml(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let result = difference(text);
    assert!(result.is_ok(), "{text:?}\n{}", result.unwrap_err());
    let mut sources = SourceMap::new();
    let file = sources.add("a.yaml", text);
    let mut errors = Vec::new();
    let node = parse(file, text, &mut errors);
    assert!(node.is_some() || !errors.is_empty());
    for error in &errors {
        within(text, error.span);
    }
    if let Some(node) = node {
        places(text, &node);
    }
    quoted(text);
}

fn within(text: &str, span: Span) {
    let (start, end) = (span.start as usize, span.end as usize);
    assert!(text.get(start..end).is_some(), "{start}..{end} of {text:?}");
}

fn places(text: &str, node: &Node<'_>) {
    within(text, node.span);
    match &node.kind {
        NodeKind::Mapping(mapping) => {
            for (key, value) in &mapping.entries {
                within(text, key.span);
                places(text, value);
            }
        }
        NodeKind::Sequence(items) => items.iter().for_each(|item| places(text, item)),
        NodeKind::Scalar(_) | NodeKind::Null => {}
    }
}

/// A text in quotes is read back as it was, as a key and as a value, in a block and in braces.
fn quoted(text: &str) {
    let quoted = scalar(text);
    // A key has at most 1024 characters. [YAML 1.2.2 §7.4.2]
    if quoted.len() > 1000 {
        return;
    }
    for yaml in [format!("{quoted}: {quoted}\n"), format!("{{ {quoted}: {quoted} }}\n")] {
        let file = SourceMap::new().add("a.yaml", yaml.as_str());
        let mut reader = Reader::new(file, &yaml);
        assert!(reader.enter_mapping(), "{yaml:?}");
        assert_eq!(reader.next_key().map(|key| key.value).as_deref(), Some(text), "{yaml:?}");
        let Some(NodeKind::Scalar(value)) = reader.node().map(|it| it.kind) else {
            panic!("{yaml:?}")
        };
        assert_eq!(value.text, text, "{yaml:?}");
        assert!(reader.next_key().is_none() && reader.finish().is_empty(), "{yaml:?}");
    }
}

/// Whether the fast lane reads a text to its end. What it reads must be what the parser of all of
/// YAML reads there, so that that one can go on; the error shows both readings when it is not.
pub(crate) fn difference(text: &str) -> Result<bool, String> {
    let file = SourceMap::new().add("a.yaml", "");
    let Some(mut lane) = FastLane::new(file, text) else { return Ok(false) };
    let (untouched, mut full) = (lane.clone(), GranitEvents::new(file, text));
    let fast: Vec<_> = std::iter::from_fn(|| lane.next()).collect();
    let simple = !lane.failed();
    let mut errors = Vec::new();
    let mut same: Vec<_> = std::iter::from_fn(|| full.next()).collect();
    full.take_errors(&mut errors);
    let whole = same.len() == fast.len() && errors.is_empty() && !full.failed();
    same.truncate(fast.len());
    if fast != same || (simple && !whole) {
        return Err(format!("fast: {}\nfull: {}{errors:?}", show(&fast), show(&same)));
    }
    looks_ahead(untouched, &fast)?;
    Ok(simple)
}

/// Whether looking at values ahead and passing over them agrees with the events.
fn looks_ahead(lane: FastLane<'_>, events: &[Event<'_>]) -> Result<(), String> {
    let (mut looking, mut skipping) = (lane.clone(), lane);
    let mut skipped_to = 0;
    for (at, event) in events.iter().enumerate() {
        let end = value_end(&events[at..]).map(|length| at + length);
        let span = looking.value_span().map(|span| (span.start, span.end));
        let expected = end.map(|end| (event.span.start, events[end - 1].span.end));
        if span != expected || looking.next().as_ref() != Some(event) {
            return Err(format!("event {at}: {span:?}, not {expected:?}"));
        }
        if at < skipped_to {
            continue;
        }
        // Every third value is passed over.
        skipped_to = end.filter(|_| at % 3 == 2).unwrap_or(at + 1);
        let whole = end == Some(skipped_to) && at % 3 == 2;
        if whole && !skipping.skip_value() || !whole && skipping.next().as_ref() != Some(event) {
            return Err(format!("event {at}: lost after passing over a value"));
        }
    }
    if looking.next().is_some() || skipping.next().is_some() {
        return Err("events behind the end".to_owned());
    }
    Ok(())
}

/// How many events the value that begins here has; `None` at an end.
fn value_end(events: &[Event<'_>]) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, event) in events.iter().enumerate() {
        match event.kind {
            EventKind::MappingStart { .. } | EventKind::SequenceStart { .. } => depth += 1,
            EventKind::MappingEnd | EventKind::SequenceEnd => depth = depth.checked_sub(1)?,
            EventKind::Scalar(_) => {}
        }
        if depth == 0 {
            return Some(at + 1);
        }
    }
    None
}

fn show(events: &[Event<'_>]) -> String {
    let line = |event: &Event<'_>| {
        format!("  {}..{} {:?}\n", event.span.start, event.span.end, event.kind)
    };
    events.iter().map(line).collect()
}
