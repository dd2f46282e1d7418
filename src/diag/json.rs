//! Messages for programs.

use super::render::word;
use super::{Diagnostic, Diagnostics};
use crate::source::{SourceMap, Span};
use serde_json::{Map, Value, json};

/// All messages as a JSON array, in their order.
///
/// Each is an object of `severity`, `code`, `message`, `file`, `line`, `column`, `end_line`,
/// `end_column`, `hints` (strings) and `related` (objects of a place and `message`). Lines and
/// columns count from 1, columns in characters; the end is the place behind the last character. A
/// message without a place has `null` for all five.
pub fn to_json(diagnostics: &Diagnostics, sources: &SourceMap) -> Value {
    diagnostics.iter().map(|diagnostic| message(diagnostic, sources)).collect()
}

fn message(diagnostic: &Diagnostic, sources: &SourceMap) -> Value {
    let mut object = Map::new();
    object.insert("severity".to_owned(), word(diagnostic.severity).into());
    object.insert("code".to_owned(), diagnostic.code.into());
    object.insert("message".to_owned(), diagnostic.message.as_str().into());
    place(&mut object, diagnostic.span, sources);
    object.insert("hints".to_owned(), diagnostic.hints.as_slice().into());
    let related = diagnostic.related.iter().map(|(span, text)| {
        let mut object = Map::new();
        object.insert("message".to_owned(), text.as_str().into());
        place(&mut object, Some(*span), sources);
        Value::Object(object)
    });
    object.insert("related".to_owned(), related.collect());
    Value::Object(object)
}

fn place(object: &mut Map<String, Value>, span: Option<Span>, sources: &SourceMap) {
    let [file, line, column, end_line, end_column] = match span {
        None => [Value::Null, Value::Null, Value::Null, Value::Null, Value::Null],
        Some(span) => {
            let (line, column) = sources.line_column(span.file, span.start);
            let (end_line, end_column) = sources.line_column(span.file, span.end);
            let file = sources.name(span.file).into();
            [file, json!(line), json!(column), json!(end_line), json!(end_column)]
        }
    };
    let names = ["file", "line", "column", "end_line", "end_column"];
    for (name, value) in names.into_iter().zip([file, line, column, end_line, end_column]) {
        object.insert(name.to_owned(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Severity;

    #[test]
    fn every_message_is_an_object_with_its_place() {
        let mut sources = SourceMap::new();
        let file = sources.add("a.yaml", "ä: 1\nä: \"\u{1b}\"\n");
        let mut diagnostics = Diagnostics::new();
        diagnostics.push(
            Diagnostic::error("duplicate-key", Span::new(file, 6, 8), "twice")
                .related(Span::new(file, 0, 2), "first")
                .hint("remove it"),
        );
        diagnostics.push(Diagnostic::new(Severity::Warning, "old", "old \u{1b}"));
        assert_eq!(
            to_json(&diagnostics, &sources),
            json!([
                {
                    "severity": "error", "code": "duplicate-key", "message": "twice",
                    "file": "a.yaml", "line": 2, "column": 1, "end_line": 2, "end_column": 2,
                    "hints": ["remove it"],
                    "related": [{
                        "message": "first",
                        "file": "a.yaml", "line": 1, "column": 1, "end_line": 1, "end_column": 2,
                    }],
                },
                {
                    "severity": "warning", "code": "old", "message": "old \u{1b}",
                    "file": null, "line": null, "column": null, "end_line": null,
                    "end_column": null, "hints": [], "related": [],
                },
            ])
        );
    }
}
