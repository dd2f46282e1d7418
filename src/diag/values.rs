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
    let all = words().collect::<Vec<_>>().join("`, `");
    diagnostics.push(diagnostic.hint(format!("write one of `{all}`")));
    None
}

/// Reads a sequence; `item` reads each value and reports what is wrong with it.
///
/// Items for which `item` gives `None` are left out. Reports `wrong-type` when the node is no sequence.
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
