//! Syntax errors in the words of somebody who writes YAML, not a parser.

use super::YamlError;
use super::granit::{offset, too_deep};
use crate::source::{FileId, Span};
use granit_parser::{ErrorKind, ScanError};

/// Turns an error of the parser into ours; the span covers one character, none at the end of the
/// text.
///
/// `bracket` is the place of the innermost bracket that is open.
pub(super) fn from_scan_error(
    file: FileId,
    text: &str,
    bracket: Option<u32>,
    error: &ScanError,
) -> YamlError {
    let marker = error.marker().byte_offset().unwrap_or_default().min(text.len());
    // Some tabs are noticed one character later.
    let tab = is_tab(error.kind()) && text[..marker].ends_with('\t');
    let start = if tab { marker - 1 } else { marker };
    let here = text.get(start..).and_then(|rest| rest.chars().next());
    let length = here.filter(|&c| c != '\n' && c != '\r').map_or(0, char::len_utf8);
    let span = Span::new(file, offset(start), offset(start + length));
    if *error.kind() == ErrorKind::RecursionLimitExceeded {
        return too_deep(span);
    }
    if let Some(open) = still_open(file, text, marker, bracket, error.kind()) {
        return match here {
            Some(_) => open.related(span, "this cannot stand inside of it"),
            None => open,
        };
    }
    let (message, hint) = explain(error.kind(), here);
    let error = YamlError::new("yaml-syntax", span, message);
    match hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

/// The error of a quote or bracket that is not closed, when the parser complains of a line that is
/// indented too little to stand inside of it.
fn still_open(
    file: FileId,
    text: &str,
    marker: usize,
    bracket: Option<u32>,
    kind: &ErrorKind,
) -> Option<YamlError> {
    let in_quotes = *kind == ErrorKind::InvalidQuotedScalarIndent;
    if !in_quotes && *kind != ErrorKind::InvalidIndentation {
        return None;
    }
    let (start, message, hint) = if in_quotes {
        let hint = "close it; quoted text of several lines is indented deeper than its key";
        (offset(opening_quote(&text[..marker])?), "this quote is never closed".to_owned(), hint)
    } else {
        let start = bracket?;
        let bracket = text.get(start as usize..=start as usize)?;
        let hint = "close it, and indent its lines deeper than the key";
        (start, format!("`{bracket}` is never closed"), hint)
    };
    let span = Span::new(file, start, start + 1);
    Some(YamlError::new("yaml-syntax", span, message).hint(hint))
}

/// The place of the quote that was opened last, as far as that can be told from behind.
fn opening_quote(before: &str) -> Option<usize> {
    let opens = |(at, c): &(usize, char)| {
        matches!(c, '"' | '\'')
            && before[..*at].chars().next_back().is_none_or(|c| " \t\n[{,".contains(c))
    };
    before.char_indices().rev().find(opens).map(|(at, _)| at)
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the parser has many more errors than deserve their own words"
)]
fn explain(kind: &ErrorKind, here: Option<char>) -> (String, Option<&'static str>) {
    let quote = "quote text that begins with `*`, `&`, `!`, `%`, `@`, `|`, `>` or a backtick";
    let (message, hint) = match kind {
        kind if is_tab(kind) => ("a tab cannot stand here".to_owned(), Some("indent with spaces")),
        ErrorKind::UnclosedQuotedScalar => {
            ("this quote is never closed".to_owned(), Some("close it, or quote the whole text"))
        }
        ErrorKind::UnclosedFlowCollection { open } => (
            format!("`{open}` is never closed"),
            Some("close it, and indent its lines deeper than the key"),
        ),
        ErrorKind::MismatchedFlowCollectionEnd { open, close } => {
            (format!("`{open}` is closed with `{close}`"), None)
        }
        ErrorKind::MisplacedFlowCollectionEnd => {
            ("this bracket closes nothing".to_owned(), Some("quote text that contains brackets"))
        }
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement => (
            "a key with `:` cannot stand here".to_owned(),
            Some(
                "quote text that contains `: `; check the indentation and the `: ` of the line above",
            ),
        ),
        ErrorKind::InvalidSimpleKey | ErrorKind::SimpleKeyExpected => (
            "this line is neither `key: value` nor the end of the value before it".to_owned(),
            Some("write `key: value` with a space after the colon, and check the indentation"),
        ),
        ErrorKind::ExpectedBlockMappingKey | ErrorKind::UnexpectedEofBlockMapping => (
            "expected `key: value` here".to_owned(),
            Some("check the indentation: the keys of one mapping begin in the same column"),
        ),
        ErrorKind::InvalidQuotedScalarIndent => (
            "the quotes before this line are not closed".to_owned(),
            Some("close them; quoted text of several lines is indented deeper than its key"),
        ),
        ErrorKind::InvalidIndentation => (
            "the indentation of this line fits no line above".to_owned(),
            Some("the keys of one mapping begin in the same column; close brackets opened above"),
        ),
        ErrorKind::ExpectedFlowMappingSeparator => (
            "expected `,` or `}` here".to_owned(),
            Some("quote text that contains brackets or `,`"),
        ),
        ErrorKind::ExpectedFlowSequenceSeparator => (
            "expected `,` or `]` here".to_owned(),
            Some("quote text that contains brackets or `,`"),
        ),
        ErrorKind::UnexpectedCharacter { character: '`' } => {
            ("text cannot begin with a backtick".to_owned(), Some(quote))
        }
        ErrorKind::UnexpectedCharacter { character } => {
            (format!("text cannot begin with `{}`", character.escape_debug()), Some(quote))
        }
        ErrorKind::MissingAnchorOrAliasName => {
            ("`*` and `&` begin an alias or an anchor here".to_owned(), Some(quote))
        }
        ErrorKind::InvalidTagTerminator
        | ErrorKind::UndeclaredTagHandle
        | ErrorKind::UnclosedVerbatimTag
        | ErrorKind::MissingTagUri
        | ErrorKind::ExpectedTagBang
        | ErrorKind::InvalidTagEscape => ("`!` begins a tag here".to_owned(), Some(quote)),
        ErrorKind::InvalidBlockScalarHeader => {
            ("`|` and `>` begin text of several lines here".to_owned(), Some(quote))
        }
        ErrorKind::ExpectedBlockSequenceEntry => (
            "expected `- item` here".to_owned(),
            Some("check the indentation: the keys of a mapping cannot follow items in one column"),
        ),
        ErrorKind::ExpectedDocumentStart => (
            "expected the end of the file here".to_owned(),
            Some("check the indentation, and that every line has `key: value`"),
        ),
        ErrorKind::CommentInterceptedScalar => (
            "the text before this comment goes on in the next line".to_owned(),
            Some("move the comment, or check the indentation and the `: ` of the next line"),
        ),
        ErrorKind::DirectiveDisallowed => (
            "directives are not supported".to_owned(),
            Some("remove the line that begins with `%`"),
        ),
        ErrorKind::CommentNotSeparated => (
            "a comment needs a blank before its `#`".to_owned(),
            Some("quote text that contains `#`"),
        ),
        ErrorKind::InvalidTrailingSingleQuotedScalar
        | ErrorKind::InvalidTrailingDoubleQuotedScalar => (
            "text goes on after its closing quote".to_owned(),
            Some("quote the whole text, or escape the quotes inside it"),
        ),
        ErrorKind::UnknownQuotedScalarEscape => (
            "unknown escape in double quotes".to_owned(),
            Some("use single quotes for text that contains backslashes"),
        ),
        ErrorKind::BomInsideDocument => {
            ("a byte order mark stands inside the text".to_owned(), None)
        }
        other => (other.to_string(), None),
    };
    let message = if here.is_none() && !message.contains("closed") {
        format!("{message}, at the end of the file")
    } else {
        message
    };
    (message, hint)
}

fn is_tab(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabAtBlockScalarStart
            | ErrorKind::TabInIndentation
            | ErrorKind::TabInPlainScalar
    )
}
