//! Reading single values, with a message for every wrong one.
//!
//! `what` names the value in messages, such as "`route`" or "a domain".

use super::{Diagnostic, Diagnostics, nearest};
use crate::source::{Node, NodeKind, Scalar, Spanned};
use std::fmt::Display;
use std::ops::RangeInclusive;

/// The integer types that [`integer`] reads: all up to 64 bits with a fixed size.
pub trait Integer: Copy + Display + Into<i128> + TryFrom<i128> {}

impl<T: Copy + Display + Into<i128> + TryFrom<i128>> Integer for T {}

/// What a node is, for "must be text, not …".
pub fn describe(node: &Node<'_>) -> &'static str {
    match &node.kind {
        NodeKind::Null => "empty",
        NodeKind::Scalar(_) => "text",
        NodeKind::Sequence(_) => "a sequence",
        NodeKind::Mapping(_) => "a mapping",
    }
}

/// Reads text, quoted or plain; `1.10` and `true` are text too when somebody asks for text.
///
/// Reports `wrong-type` for everything else, an empty place included; `""` is text.
pub fn text(node: &Node<'_>, what: &str, diagnostics: &mut Diagnostics) -> Option<Spanned<String>> {
    let scalar = scalar(node, what, "text", diagnostics)?;
    Some(Spanned::new(scalar.text.clone().into_owned(), node.span))
}

/// Reads `true` or `false`, unquoted.
///
/// Reports `wrong-type` for everything else.
pub fn boolean(
    node: &Node<'_>,
    what: &str,
    diagnostics: &mut Diagnostics,
) -> Option<Spanned<bool>> {
    let scalar = scalar(node, what, "`true` or `false`", diagnostics)?;
    let value = match &*scalar.text {
        "true" if scalar.plain => return Some(Spanned::new(true, node.span)),
        "false" if scalar.plain => return Some(Spanned::new(false, node.span)),
        "true" | "false" => Some("without quotes"),
        other => match &*other.to_ascii_lowercase() {
            "yes" | "y" | "on" | "true" => Some("`true`"),
            "no" | "n" | "off" | "false" => Some("`false`"),
            _ => None,
        },
    };
    let message = format!("{what} must be `true` or `false`, not `{}`", scalar.text);
    let mut diagnostic = Diagnostic::error("wrong-type", node.span, message);
    diagnostic.hints.extend(value.map(|value| format!("write {value}")));
    diagnostics.push(diagnostic);
    None
}

/// Reads a decimal integer, unquoted, within `range`.
///
/// Reports `wrong-type` for everything else, also `017` and `1_000`, which are read differently by
/// different programs, and `out-of-range`.
pub fn integer<T: Integer>(
    node: &Node<'_>,
    what: &str,
    range: RangeInclusive<T>,
    diagnostics: &mut Diagnostics,
) -> Option<Spanned<T>> {
    let (least, most) = (*range.start(), *range.end());
    let scalar = scalar(node, what, "an integer", diagnostics)?;
    let digits = scalar.text.strip_prefix('-').unwrap_or(&scalar.text);
    let canonical = digits == "0" || !digits.starts_with('0');
    let decimal = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !decimal || !canonical || !scalar.plain {
        let message = format!("{what} must be an integer, not `{}`", scalar.text);
        let mut diagnostic = Diagnostic::error("wrong-type", node.span, message);
        if decimal && !canonical {
            diagnostic = diagnostic.hint("write it without leading zeros");
        } else if decimal {
            diagnostic = diagnostic.hint("write it without quotes");
        }
        diagnostics.push(diagnostic);
        return None;
    }
    // More digits than an i128 holds are out of range of every type here.
    let value = scalar.text.parse::<i128>().ok();
    let value = value.filter(|value| (least.into()..=most.into()).contains(value));
    if let Some(value) = value.and_then(|value| T::try_from(value).ok()) {
        return Some(Spanned::new(value, node.span));
    }
    let message = format!("{what} must be from {least} to {most}, not `{}`", scalar.text);
    diagnostics.push(Diagnostic::error("out-of-range", node.span, message));
    None
}

/// Reads one of several words and gives what stands for it.
///
/// Reports `unknown-value` with the word that was probably meant, and all of them.
pub fn choice<T: Clone>(
    node: &Node<'_>,
    what: &str,
    choices: &[(&str, T)],
    diagnostics: &mut Diagnostics,
) -> Option<Spanned<T>> {
    let scalar = scalar(node, what, "a word", diagnostics)?;
    if let Some((_, value)) = choices.iter().find(|(word, _)| *word == scalar.text) {
        return Some(Spanned::new(value.clone(), node.span));
    }
    let words = || choices.iter().map(|(word, _)| *word);
    let message = format!("{what} cannot be `{}`", scalar.text);
    let mut diagnostic = Diagnostic::error("unknown-value", node.span, message);
    if let Some(meant) = nearest(&scalar.text, words()) {
        diagnostic = diagnostic.hint(format!("did you mean `{meant}`?"));
    }
    if choices.len() == 1 && !diagnostic.hints.is_empty() {
        diagnostics.push(diagnostic);
        return None;
    }
    let all = words().collect::<Vec<_>>().join("`, `");
    let one_of = if choices.len() == 1 { "" } else { "one of " };
    diagnostics.push(diagnostic.hint(format!("write {one_of}`{all}`")));
    None
}

/// Reads a sequence; `item` reads each value and reports what is wrong with it.
///
/// Items for which `item` gives `None` are left out. Reports `wrong-type` when the node is no
/// sequence.
pub fn list_of<'src, T>(
    node: Node<'src>,
    what: &str,
    diagnostics: &mut Diagnostics,
    mut item: impl FnMut(Node<'src>, &mut Diagnostics) -> Option<T>,
) -> Option<Vec<T>> {
    let NodeKind::Sequence(items) = node.kind else {
        let message = format!("{what} must be a sequence, not {}", describe(&node));
        let diagnostic = Diagnostic::error("wrong-type", node.span, message);
        let hint = matches!(node.kind, NodeKind::Scalar(_)).then_some("put it in brackets: `[…]`");
        diagnostics.push(match hint {
            Some(hint) => diagnostic.hint(hint),
            None => diagnostic,
        });
        return None;
    };
    Some(items.into_iter().filter_map(|node| item(node, diagnostics)).collect())
}

/// Reads a sequence like [`list_of`], or a single value as a list of one.
///
/// An empty place is no list: `wrong-type`. An empty list is written `[]`.
pub fn one_or_list<'src, T>(
    node: Node<'src>,
    what: &str,
    diagnostics: &mut Diagnostics,
    mut item: impl FnMut(Node<'src>, &mut Diagnostics) -> Option<T>,
) -> Option<Vec<T>> {
    match node.kind {
        NodeKind::Sequence(_) | NodeKind::Null => list_of(node, what, diagnostics, item),
        NodeKind::Scalar(_) | NodeKind::Mapping(_) => {
            Some(item(node, diagnostics).into_iter().collect())
        }
    }
}

fn scalar<'n, 'src>(
    node: &'n Node<'src>,
    what: &str,
    expected: &str,
    diagnostics: &mut Diagnostics,
) -> Option<&'n Scalar<'src>> {
    if let NodeKind::Scalar(scalar) = &node.kind {
        return Some(scalar);
    }
    let message = format!("{what} must be {expected}, not {}", describe(node));
    let diagnostic = Diagnostic::error("wrong-type", node.span, message);
    diagnostics.push(if node.kind == NodeKind::Null {
        diagnostic.hint("write a value, or leave the key out")
    } else {
        diagnostic
    });
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::{Fields, parse_yaml};
    use crate::source::SourceMap;

    /// Reads the value of `v`; the value, or the message and its hints.
    fn read<T: std::fmt::Debug>(
        text: &str,
        read: impl FnOnce(Node<'_>, &mut Diagnostics) -> Option<T>,
    ) -> Result<T, String> {
        let mut sources = SourceMap::new();
        let file = sources.add("a", text);
        let mut diagnostics = Diagnostics::new();
        let node = parse_yaml(file, sources.text(file), &mut diagnostics).unwrap();
        let mut fields = Fields::new(node, "a test", &mut diagnostics).unwrap();
        let (_, node) = fields.take("v").unwrap();
        let span = node.span;
        let value = read(node, &mut diagnostics);
        let mut messages = diagnostics.iter().map(|found| {
            assert_eq!(found.span, Some(span));
            format!("{} {} {:?}", found.code, found.message, found.hints)
        });
        value.ok_or_else(|| messages.next().unwrap())
    }

    #[test]
    fn text_is_everything_written_as_a_scalar() {
        let text = |text| read(text, |node, found| Some(self::text(&node, "`v`", found)?.value));
        assert_eq!(text("v: 1.10").unwrap(), "1.10");
        assert_eq!(text("v: yes").unwrap(), "yes");
        assert_eq!(text("v: ''").unwrap(), "");
        assert_eq!(
            text("v:").unwrap_err(),
            r#"wrong-type `v` must be text, not empty ["write a value, or leave the key out"]"#
        );
        assert_eq!(text("v: [a]").unwrap_err(), "wrong-type `v` must be text, not a sequence []");
    }

    #[test]
    fn booleans_are_two_plain_words() {
        let boolean =
            |text: &str| read(text, |node, found| Some(boolean(&node, "`v`", found)?.value));
        assert_eq!(boolean("v: true"), Ok(true));
        assert_eq!(boolean("v: false"), Ok(false));
        for (written, hint) in [("no", "`false`"), ("On", "`true`"), ("'true'", "without quotes")] {
            let error = boolean(&format!("v: {written}")).unwrap_err();
            assert!(error.ends_with(&format!("[\"write {hint}\"]")), "{error}");
        }
        assert!(boolean("v: 1").unwrap_err().ends_with("not `1` []"));
    }

    #[test]
    fn integers_are_plain_decimal_and_in_range() {
        let integer = |text: &str, range| {
            read(text, |node, found| Some(integer::<u16>(&node, "`v`", range, found)?.value))
        };
        assert_eq!(integer("v: 25", 0..=65535), Ok(25));
        assert_eq!(integer("v: 0", 0..=9), Ok(0));
        for text in ["v: 017", "v: '25'", "v: 1_0", "v: 0x1F", "v: 1.0", "v: +1", "v: --1"] {
            let error = integer(text, 0..=65535).unwrap_err();
            assert!(error.starts_with("wrong-type `v` must be an integer"), "{error}");
        }
        let many = format!("v: {}", "9".repeat(100));
        for text in ["v: 0", "v: 11", "v: -5", "v: 65546", &many] {
            let error = integer(text, 1..=10).unwrap_err();
            assert!(error.starts_with("out-of-range `v` must be from 1 to 10"), "{error}");
        }
        let signed = read("v: -5", |node, found| integer_of_i64(&node, found));
        assert_eq!(signed, Ok(-5));
    }

    fn integer_of_i64(node: &Node<'_>, found: &mut Diagnostics) -> Option<i64> {
        Some(integer(node, "`v`", i64::MIN..=i64::MAX, found)?.value)
    }

    #[test]
    fn a_wrong_word_names_the_right_ones() {
        let routes = [("pin", 1), ("mx", 2), ("host", 3)];
        let route =
            |text| read(text, |node, found| Some(choice(&node, "`v`", &routes, found)?.value));
        assert_eq!(route("v: mx"), Ok(2));
        assert_eq!(
            route("v: hosts").unwrap_err(),
            "unknown-value `v` cannot be `hosts` \
             [\"did you mean `host`?\", \"write one of `pin`, `mx`, `host`\"]"
        );
        assert_eq!(
            route("v: direct").unwrap_err(),
            "unknown-value `v` cannot be `direct` [\"write one of `pin`, `mx`, `host`\"]"
        );
    }

    #[test]
    fn lists_are_sequences_and_one_value_may_be_a_list() {
        let item =
            |node: Node<'_>, found: &mut Diagnostics| Some(text(&node, "an item", found)?.value);
        let list = |text| read(text, |node, found| list_of(node, "`v`", found, item));
        let one = |text| read(text, |node, found| one_or_list(node, "`v`", found, item));
        assert_eq!(list("v: [a, b]").unwrap(), ["a", "b"]);
        assert_eq!(
            list("v: a").unwrap_err(),
            r#"wrong-type `v` must be a sequence, not text ["put it in brackets: `[…]`"]"#
        );
        assert_eq!(one("v: a").unwrap(), ["a"]);
        assert_eq!(one("v: []").unwrap(), Vec::<String>::new());
        assert_eq!(one("v:").unwrap_err(), "wrong-type `v` must be a sequence, not empty []");
    }
}
