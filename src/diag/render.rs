//! Messages for people: with the lines they are about, or one line each.

use super::printable::{printable, same_width, without_passwords};
use super::{Diagnostic, Diagnostics, Severity, wrap};
use crate::source::{SourceMap, Span};
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// How messages are shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Style {
    /// With terminal colours.
    pub color: bool,
    /// Characters in a line of the terminal; longer lines of a file are cut.
    pub width: usize,
    /// How many messages of one code are shown.
    pub limit: usize,
}

impl Default for Style {
    /// Without colours, 100 characters, 50 messages of a code.
    fn default() -> Self {
        Self { color: false, width: 100, limit: 50 }
    }
}

/// Shows messages with the lines they are about, each followed by an empty line.
///
/// Nothing from a file or a message reaches the terminal as an order. Of messages with the same
/// code, `style.limit` are shown; a line behind the last one says how many there are more.
pub fn render(diagnostics: &Diagnostics, sources: &SourceMap, style: &Style) -> String {
    let renderer = if style.color { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.term_width(style.width);
    let totals = totals(diagnostics);
    let mut shown: BTreeMap<&str, usize> = BTreeMap::new();
    let mut out = String::new();
    for diagnostic in diagnostics.iter() {
        let shown = shown.entry(diagnostic.code).or_default();
        *shown += 1;
        if *shown > style.limit {
            continue;
        }
        let total = totals.get(diagnostic.code).copied().unwrap_or_default();
        let more = if *shown == style.limit { total - *shown } else { 0 };
        out.push_str(&renderer.render(&[group(diagnostic, sources, more, style.width)]));
        out.push_str("\n\n");
    }
    out
}

/// Shows one message a line: `file:line:column: error[code]: message`.
pub fn render_short(diagnostics: &Diagnostics, sources: &SourceMap) -> String {
    let mut out = String::new();
    for Diagnostic { severity, code, message, span, .. } in diagnostics.iter() {
        if let Some(span) = span {
            out.push_str(&printable(&sources.place(*span)));
            out.push_str(": ");
        }
        let (word, message) = (severity.as_str(), printable(message));
        writeln!(out, "{word}[{code}]: {message}").expect("a string takes all text");
    }
    out
}

/// Counts messages: `2 errors, 1 warning`, and `no findings` for none.
///
/// Notes are counted when there is nothing worse. Messages that [`render`] leaves out are counted
/// too, and named: `1000 errors (950 not shown)`.
pub fn summary(diagnostics: &Diagnostics, style: &Style) -> String {
    let count = |severity, one: &str| {
        let count = diagnostics.iter().filter(|found| found.severity == severity).count();
        let plural = if count == 1 { "" } else { "s" };
        (count > 0).then(|| format!("{count} {one}{plural}"))
    };
    let worse = [count(Severity::Error, "error"), count(Severity::Warning, "warning")];
    let mut out = worse.into_iter().flatten().collect::<Vec<_>>().join(", ");
    if out.is_empty() {
        out = count(Severity::Note, "note").unwrap_or_else(|| "no findings".to_owned());
    }
    let hidden: usize =
        totals(diagnostics).values().map(|total| total.saturating_sub(style.limit)).sum();
    if hidden > 0 {
        write!(out, " ({hidden} not shown)").expect("a string takes all text");
    }
    out
}

/// The columns before a hint: a line number of three digits and `= help: `.
const HINT_MARGIN: usize = 12;

fn totals(diagnostics: &Diagnostics) -> BTreeMap<&'static str, usize> {
    let mut totals = BTreeMap::new();
    for diagnostic in diagnostics.iter() {
        *totals.entry(diagnostic.code).or_default() += 1;
    }
    totals
}

fn group<'a>(
    diagnostic: &'a Diagnostic,
    sources: &'a SourceMap,
    more: usize,
    width: usize,
) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let mut group =
        Group::with_title(level.primary_title(printable(&diagnostic.message)).id(diagnostic.code));
    let mut windows: Vec<Window<'_>> = Vec::new();
    if let Some(span) = diagnostic.span {
        windows.push(Window::new(sources, span, AnnotationKind::Primary, ""));
    }
    for (span, text) in &diagnostic.related {
        let kind = AnnotationKind::Context;
        if !windows.iter_mut().any(|window| window.add(*span, kind, text)) {
            windows.push(Window::new(sources, *span, kind, text));
        }
    }
    for window in windows {
        let (line, column) = sources.line_column(window.place.file, window.place.start);
        let path = printable(sources.name(window.place.file));
        if window.cut {
            // The snippet would count columns from where it begins.
            group = group.element(Origin::path(path).line(line).char_column(column));
            group = group.element(window.snippet(line));
        } else {
            group = group.element(window.snippet(line).path(path));
        }
    }
    for hint in &diagnostic.hints {
        let lines = wrap(&printable(hint), width.saturating_sub(HINT_MARGIN));
        group = group.element(Level::HELP.message(lines.join("\n")));
    }
    if more > 0 {
        group = group.element(Level::NOTE.message(format!("and {more} more like this")));
    }
    group
}

/// How many bytes of a line are looked at to the left and to the right of a place; the renderer
/// cuts again, to the width of the terminal.
const REACH: usize = 1024;

/// The part of a line around a place.
struct Window<'a> {
    place: Span,
    /// The bytes of the file that are shown.
    start: usize,
    text: &'a str,
    /// Whether the line begins further left.
    cut: bool,
    notes: Vec<(Span, AnnotationKind, &'a str)>,
}

impl<'a> Window<'a> {
    fn new(sources: &'a SourceMap, place: Span, kind: AnnotationKind, note: &'a str) -> Self {
        let text = sources.text(place.file);
        let at = text.floor_char_boundary(place.start as usize);
        let least = text.floor_char_boundary(at.saturating_sub(REACH));
        let most = text.floor_char_boundary(at.saturating_add(REACH));
        let line = text[least..at].rfind('\n').map(|found| least + found + 1);
        let cut = line.is_none() && least > 0;
        let start = line.unwrap_or(least);
        let end = text[at..most].find('\n').map_or(most, |found| at + found);
        let text = text[start..end].trim_end_matches('\r');
        Self { place, start, text, cut, notes: vec![(place, kind, note)] }
    }

    /// Takes in another place when it lies in the window.
    fn add(&mut self, place: Span, kind: AnnotationKind, note: &'a str) -> bool {
        let bytes = self.start..=self.start + self.text.len();
        let inside = place.file == self.place.file
            && bytes.contains(&(place.start as usize))
            && bytes.contains(&(place.end as usize));
        if inside {
            self.notes.push((place, kind, note));
        }
        inside
    }

    fn snippet(self, line: usize) -> Snippet<'a, Annotation<'a>> {
        let Self { start, text, notes, .. } = self;
        // Replacing characters moves bytes; places move along.
        let moved = |byte: u32| {
            let at = text.floor_char_boundary((byte as usize).saturating_sub(start));
            same_width(&text[..at]).len()
        };
        let annotations = notes.into_iter().map(|(place, kind, note)| {
            let annotation = kind.span(moved(place.start)..moved(place.end));
            let note = printable(note);
            let note = (!note.is_empty()).then_some(note);
            annotation.label(note)
        });
        Snippet::source(without_passwords(same_width(text)))
            .line_start(line)
            .annotations(annotations)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::parse_yaml;
    use crate::source::FileId;

    /// The span of the first `part` in a file.
    fn find(sources: &SourceMap, file: FileId, part: &str) -> Span {
        let start = u32::try_from(sources.text(file).find(part).unwrap()).unwrap();
        Span::new(file, start, start + u32::try_from(part.len()).unwrap())
    }

    fn one(diagnostic: Diagnostic, sources: &SourceMap) -> String {
        let mut diagnostics = Diagnostics::new();
        diagnostics.push(diagnostic);
        render(&diagnostics, sources, &Style::default())
    }

    #[test]
    fn places_in_two_files_are_shown_with_their_lines() {
        let mut sources = SourceMap::new();
        let a = sources.add("domains/a.yaml", "domains:\n\n  gmail.com: google\n");
        let b = sources.add("domains/b.yaml", "domains:\n  gmail.com: { route: mx }\n");
        let diagnostic = Diagnostic::error(
            "duplicate-domain",
            find(&sources, b, "gmail.com"),
            "domain `gmail.com` is declared twice",
        )
        .related(find(&sources, a, "gmail.com"), "first declared here")
        .hint("remove one of the two");
        assert_eq!(
            one(diagnostic.clone(), &sources),
            "\
error[duplicate-domain]: domain `gmail.com` is declared twice
 --> domains/b.yaml:2:3
  |
2 |   gmail.com: { route: mx }
  |   ^^^^^^^^^
  |
 ::: domains/a.yaml:3:3
  |
3 |   gmail.com: google
  |   --------- first declared here
  |
  = help: remove one of the two

"
        );
        let mut diagnostics = Diagnostics::new();
        diagnostics.push(diagnostic);
        assert_eq!(
            render_short(&diagnostics, &sources),
            "domains/b.yaml:2:3: error[duplicate-domain]: domain `gmail.com` is declared twice\n"
        );
    }

    #[test]
    fn two_places_in_one_line_share_it() {
        let mut sources = SourceMap::new();
        let file = sources.add("a.yaml", "münchen.example: { route: pin, level: dane }\r\n");
        let diagnostic = Diagnostic::error(
            "pin-without-names",
            find(&sources, file, "pin"),
            "`pin` cannot be combined with `dane`",
        )
        .related(find(&sources, file, "dane"), "the level is set here");
        assert_eq!(
            one(diagnostic, &sources),
            "\
error[pin-without-names]: `pin` cannot be combined with `dane`
 --> a.yaml:1:27
  |
1 | münchen.example: { route: pin, level: dane }
  |                           ^^^         ---- the level is set here

"
        );
    }

    #[test]
    fn columns_count_characters_whatever_their_width() {
        let mut sources = SourceMap::new();
        let file = sources.add("a.yaml", "日本:\t\u{1b} x\n");
        let text = one(Diagnostic::error("bad", find(&sources, file, "x"), "bad"), &sources);
        assert!(text.contains("--> a.yaml:1:7\n"), "{text}");
        let mut diagnostics = Diagnostics::new();
        diagnostics.push(Diagnostic::error("bad", find(&sources, file, "x"), "bad"));
        assert!(render_short(&diagnostics, &sources).starts_with("a.yaml:1:7: "));
    }

    #[test]
    fn a_message_without_a_place_has_only_its_text() {
        let diagnostic = Diagnostic::new(Severity::Warning, "lock-old", "the lock is 20 days old")
            .hint("run `mxward update`");
        assert_eq!(
            one(diagnostic, &SourceMap::new()),
            "\
warning[lock-old]: the lock is 20 days old
 |
 = help: run `mxward update`

"
        );
    }

    #[test]
    fn the_end_of_a_file_is_a_place() {
        let mut sources = SourceMap::new();
        let file = sources.add("a.yaml", "domains: [a\n");
        let mut diagnostics = Diagnostics::new();
        assert_eq!(parse_yaml(file, sources.text(file), &mut diagnostics), None);
        assert_eq!(
            render(&diagnostics, &sources, &Style::default()),
            "\
error[yaml-syntax]: `[` is never closed
 --> a.yaml:1:10
  |
1 | domains: [a
  |          ^
  |
  = help: close it, and indent its lines deeper than the key

"
        );
        let empty = sources.add("empty.yaml", "");
        let missing = Diagnostic::error("missing-key", Span::new(empty, 0, 0), "no `version`");
        assert!(one(missing, &sources).contains("--> empty.yaml:1:1\n"));
    }

    #[test]
    fn a_value_of_many_lines_is_shown_by_its_first_one() {
        let mut sources = SourceMap::new();
        let file = sources.add("a.yaml", "a:\n  b: 1\n  c: 2\n");
        let span = find(&sources, file, "b: 1\n  c: 2");
        let text = one(Diagnostic::error("wrong-type", span, "must be text"), &sources);
        assert!(text.ends_with("2 |   b: 1\n  |   ^^^^\n\n"), "{text}");
    }

    #[test]
    fn nothing_from_the_input_reaches_the_terminal_as_an_order() {
        let mut sources = SourceMap::new();
        let text = "a: x\u{1b}[31m\u{9b}2J\u{202e}y\tz\u{7}\n";
        let file = sources.add("a\u{1b}]0;x.yaml", text);
        let mut diagnostics = Diagnostics::new();
        let span = find(&sources, file, "y");
        diagnostics.push(
            Diagnostic::error("bad", span, "bad `\u{1b}[2J\n`")
                .related(find(&sources, file, "z"), "see \u{1b}c")
                .hint("not \u{9b}m\r"),
        );
        let style = Style::default();
        for text in [render(&diagnostics, &sources, &style), render_short(&diagnostics, &sources)] {
            let acts = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
            assert_eq!(text.find(acts), None, "{text}");
        }
        // The place is right although the replaced characters have other sizes.
        let text = render(&diagnostics, &sources, &style);
        let lines: Vec<&str> = text.lines().collect();
        let column = |line: &str, c| line.chars().position(|found| found == c).unwrap();
        assert_eq!(column(lines[3], 'y'), column(lines[4], '^'), "{text}");
        let colored = render(&diagnostics, &sources, &Style { color: true, ..style });
        assert!(colored.contains("\u{1b}["));
        assert!(!colored.contains("\u{1b}[2J"));
    }

    #[test]
    fn a_line_without_end_costs_and_shows_little() {
        let mut sources = SourceMap::new();
        let text = format!("{{ {} last: [] }}", "x, ".repeat(1 << 20));
        let file = sources.add("a.yaml", text);
        let span = find(&sources, file, "last");
        let mut diagnostics = Diagnostics::new();
        for _ in 0..300 {
            diagnostics.push(Diagnostic::error("bad", span, "bad"));
        }
        let style = Style { limit: usize::MAX, ..Style::default() };
        let text = render(&diagnostics, &sources, &style);
        assert!(text.starts_with("error[bad]: bad\n --> a.yaml:1:3145732\n"), "{}", &text[..80]);
        assert!(text.len() < 300 * 300);
    }

    #[test]
    fn many_messages_of_one_kind_are_counted_and_not_shown() {
        let mut sources = SourceMap::new();
        let file = sources.add("a.yaml", "x\n".repeat(1000));
        let mut diagnostics = Diagnostics::new();
        for line in 0..1000 {
            diagnostics.push(Diagnostic::error(
                "bad",
                Span::new(file, line * 2, line * 2 + 1),
                "b",
            ));
        }
        diagnostics.push(Diagnostic::new(Severity::Warning, "other", "o"));
        let style = Style::default();
        let text = render(&diagnostics, &sources, &style);
        assert_eq!(text.matches("error[bad]").count(), 50);
        assert_eq!(text.matches("  = note: and 950 more like this\n").count(), 1);
        assert_eq!(text.matches("warning[other]: o").count(), 1);
        assert_eq!(summary(&diagnostics, &style), "1000 errors, 1 warning (950 not shown)");
        let all = Style { limit: usize::MAX, ..style };
        assert_eq!(summary(&diagnostics, &all), "1000 errors, 1 warning");
        assert_eq!(render_short(&diagnostics, &sources).lines().count(), 1001);
    }

    #[test]
    fn the_summary_counts_by_severity() {
        let mut diagnostics = Diagnostics::new();
        assert_eq!(summary(&diagnostics, &Style::default()), "no findings");
        diagnostics.push(Diagnostic::new(Severity::Note, "n", "n"));
        assert_eq!(summary(&diagnostics, &Style::default()), "1 note");
        diagnostics.push(Diagnostic::new(Severity::Warning, "w", "w"));
        assert_eq!(summary(&diagnostics, &Style::default()), "1 warning");
        diagnostics.push(Diagnostic::new(Severity::Error, "e", "e"));
        diagnostics.push(Diagnostic::new(Severity::Error, "e", "f"));
        assert_eq!(summary(&diagnostics, &Style::default()), "2 errors, 1 warning");
    }
}
