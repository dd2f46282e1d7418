//! Reading mappings key by key, with a message for every key that is missing, unknown or mistyped.

use super::values::{self, describe};
use super::{Diagnostic, Diagnostics, nearest};
use crate::source::{Node, NodeKind, Span, Spanned};
use std::borrow::Cow;
use std::ops::RangeInclusive;

/// The entries of one mapping, taken out one by one.
///
/// Every key that a reader asks for is a known key; [`Fields::finish`] reports the ones nobody
/// asked for. An absent key is `None` without a message, as is a key whose value is wrong, with
/// one: whoever must tell them apart uses [`Fields::take`] and the functions of [`values`].
///
/// # Examples
///
/// ```
/// use mxward::diag::{Diagnostics, Fields, parse_yaml};
/// use mxward::source::SourceMap;
///
/// let mut sources = SourceMap::new();
/// let file = sources.add("a.yaml", "name: google\nretain: 7\ntitel: Google\n");
/// let mut diagnostics = Diagnostics::new();
/// let node = parse_yaml(file, sources.text(file), &mut diagnostics).unwrap();
/// let mut fields = Fields::new(node, "a provider", &mut diagnostics).unwrap();
/// assert_eq!(fields.text("name", &mut diagnostics).unwrap().value, "google");
/// assert_eq!(fields.integer("retain", 0..=365_u32, &mut diagnostics).unwrap().value, 7);
/// assert!(fields.text("title", &mut diagnostics).is_none());
/// fields.finish(&mut diagnostics);
/// assert_eq!(diagnostics.iter().next().unwrap().hints[0], "did you mean `title`?");
/// ```
#[derive(Debug)]
pub struct Fields<'src> {
    what: Cow<'static, str>,
    span: Span,
    entries: Vec<(Spanned<Cow<'src, str>>, Option<Node<'src>>)>,
    known: Vec<&'static str>,
}

impl<'src> Fields<'src> {
    /// The entries of `node`; `what` is its name in messages, such as "a provider".
    ///
    /// Reports `wrong-type` when it is no mapping.
    pub fn new(
        node: Node<'src>,
        what: impl Into<Cow<'static, str>>,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let what = what.into();
        let NodeKind::Mapping(mapping) = node.kind else {
            let message = format!("{what} must be a mapping, not {}", describe(&node));
            diagnostics.push(Diagnostic::error("wrong-type", node.span, message));
            return None;
        };
        let entries = mapping.entries.into_iter().map(|(key, node)| (key, Some(node))).collect();
        Some(Self { what, span: node.span, entries, known: Vec::new() })
    }

    /// The place of the whole mapping.
    pub fn span(&self) -> Span {
        self.span
    }

    /// Whether `key` is written and not yet taken.
    pub fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|(written, node)| written.value == key && node.is_some())
    }

    /// Takes the value of `key` with the place of the key.
    pub fn take(&mut self, key: &'static str) -> Option<(Span, Node<'src>)> {
        self.known.push(key);
        let (written, node) = self.entries.iter_mut().find(|(written, _)| written.value == key)?;
        Some((written.span, node.take()?))
    }

    /// Takes the value of `key`, and reports `missing-key` when it is not written.
    pub fn required(
        &mut self,
        key: &'static str,
        diagnostics: &mut Diagnostics,
    ) -> Option<(Span, Node<'src>)> {
        let entry = self.take(key);
        if entry.is_none() {
            let message = format!("{} needs the key `{key}`", self.what);
            diagnostics.push(Diagnostic::error("missing-key", self.span, message));
        }
        entry
    }

    /// As [`Self::required`], with what to write instead.
    pub fn required_as(
        &mut self,
        key: &'static str,
        hint: &str,
        diagnostics: &mut Diagnostics,
    ) -> Option<(Span, Node<'src>)> {
        let entry = self.take(key);
        if entry.is_none() {
            let message = format!("{} needs the key `{key}`", self.what);
            diagnostics.push(Diagnostic::error("missing-key", self.span, message).hint(hint));
        }
        entry
    }

    /// Names keys that are known though nobody has asked for them in this mapping.
    pub fn also_known(&mut self, keys: &[&'static str]) {
        self.known.extend(keys);
    }

    /// Reads `key` as [`values::text`].
    pub fn text(
        &mut self,
        key: &'static str,
        diagnostics: &mut Diagnostics,
    ) -> Option<Spanned<String>> {
        self.with(key, |what, node| values::text(&node, what, diagnostics))
    }

    /// Reads `key` as [`values::boolean`].
    pub fn boolean(
        &mut self,
        key: &'static str,
        diagnostics: &mut Diagnostics,
    ) -> Option<Spanned<bool>> {
        self.with(key, |what, node| values::boolean(&node, what, diagnostics))
    }

    /// Reads `key` as [`values::integer`].
    pub fn integer<T: values::Integer>(
        &mut self,
        key: &'static str,
        range: RangeInclusive<T>,
        diagnostics: &mut Diagnostics,
    ) -> Option<Spanned<T>> {
        self.with(key, |what, node| values::integer(&node, what, range, diagnostics))
    }

    /// Reads `key` as [`values::choice`].
    pub fn choice<T: Clone>(
        &mut self,
        key: &'static str,
        choices: &[(&str, T)],
        diagnostics: &mut Diagnostics,
    ) -> Option<Spanned<T>> {
        self.with(key, |what, node| values::choice(&node, what, choices, diagnostics))
    }

    /// Reads `key` as [`values::list_of`].
    pub fn list_of<T>(
        &mut self,
        key: &'static str,
        diagnostics: &mut Diagnostics,
        item: impl FnMut(Node<'src>, &mut Diagnostics) -> Option<T>,
    ) -> Option<Vec<T>> {
        self.with(key, |what, node| values::list_of(node, what, diagnostics, item))
    }

    /// Reads `key` as [`values::one_or_list`].
    pub fn one_or_list<T>(
        &mut self,
        key: &'static str,
        diagnostics: &mut Diagnostics,
        item: impl FnMut(Node<'src>, &mut Diagnostics) -> Option<T>,
    ) -> Option<Vec<T>> {
        self.with(key, |what, node| values::one_or_list(node, what, diagnostics, item))
    }

    /// Reads `version`, which must be there; `None` when it is newer than `newest`.
    ///
    /// Reports `newer-version`: what a newer format means is not known.
    pub fn version(&mut self, newest: u32, diagnostics: &mut Diagnostics) -> Option<()> {
        let (_, node) = self.required("version", diagnostics)?;
        let version = values::integer(&node, "`version`", 1..=u32::MAX, diagnostics)?;
        if version.value <= newest {
            return Some(());
        }
        let message = format!("version {} is newer than this mxward reads", version.value);
        let error = Diagnostic::error("newer-version", version.span, message);
        diagnostics.push(error.hint("install a newer mxward"));
        None
    }

    /// Reports `unknown-key` for everything that was not taken.
    pub fn finish(self, diagnostics: &mut Diagnostics) {
        let Self { what, span: _, entries, known } = self;
        for (key, node) in entries {
            let Some(node) = node else { continue };
            if known.contains(&&*key.value) {
                continue;
            }
            // `{ match: a, b }` has a key `b` without a value.
            if node.kind == NodeKind::Null && nearest(&key.value, known.iter().copied()).is_none() {
                let message = format!("{what} has no key `{}`", key.value);
                let diagnostic = Diagnostic::error("unknown-key", key.span, message);
                diagnostics
                    .push(diagnostic.hint("several values stand in brackets: `key: [a, b]`"));
                continue;
            }
            unknown_key(&key, &what, &known, diagnostics);
        }
    }

    fn with<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&str, Node<'src>) -> Option<T>,
    ) -> Option<T> {
        let (_, node) = self.take(key)?;
        read(&format!("`{key}`"), node)
    }
}

/// Reports `unknown-key`, with the known key that was probably meant, else all of them.
pub fn unknown_key(
    key: &Spanned<Cow<'_, str>>,
    what: &str,
    known: &[&str],
    diagnostics: &mut Diagnostics,
) {
    let message = format!("{what} has no key `{}`", key.value);
    let mut diagnostic = Diagnostic::error("unknown-key", key.span, message);
    if let Some(meant) = nearest(&key.value, known.iter().copied()) {
        diagnostic = diagnostic.hint(format!("did you mean `{meant}`?"));
    } else if !known.is_empty() {
        let mut known = known.to_vec();
        known.sort_unstable();
        known.dedup();
        let are = if known.len() == 1 { "only key is" } else { "keys are" };
        diagnostic = diagnostic.hint(format!("the {are} `{}`", known.join("`, `")));
    }
    diagnostics.push(diagnostic);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::{Style, parse_yaml, render};
    use crate::source::SourceMap;

    #[test]
    fn every_missing_unknown_and_wrong_key_is_reported_at_once() {
        let mut sources = SourceMap::new();
        let file = sources.add("a.yaml", "titel: Google\nhosts: smtp\npin: ok\nretain: 9\n");
        let mut diagnostics = Diagnostics::new();
        let node = parse_yaml(file, sources.text(file), &mut diagnostics).unwrap();
        let mut fields = Fields::new(node, "a provider", &mut diagnostics).unwrap();
        assert!(fields.required("name", &mut diagnostics).is_none());
        assert!(fields.text("title", &mut diagnostics).is_none());
        let hosts = fields
            .list_of("hosts", &mut diagnostics, |node, found| values::text(&node, "a host", found));
        assert!(hosts.is_none());
        fields.also_known(&["pin"]);
        assert!(fields.has("pin"));
        assert_eq!(fields.integer("retain", 0..=9_u8, &mut diagnostics).unwrap().value, 9);
        assert!(fields.take("retain").is_none());
        fields.finish(&mut diagnostics);
        assert_eq!(
            render(&diagnostics, &sources, &Style::default()),
            "\
error[missing-key]: a provider needs the key `name`
 --> a.yaml:1:1
  |
1 | titel: Google
  | ^^^^^^^^^^^^^

error[wrong-type]: `hosts` must be a sequence, not text
 --> a.yaml:2:8
  |
2 | hosts: smtp
  |        ^^^^
  |
  = help: put it in brackets: `[…]`

error[unknown-key]: a provider has no key `titel`
 --> a.yaml:1:1
  |
1 | titel: Google
  | ^^^^^
  |
  = help: did you mean `title`?

"
        );
    }

    #[test]
    fn only_mappings_have_fields() {
        let mut sources = SourceMap::new();
        let mut diagnostics = Diagnostics::new();
        for text in ["", "a", "[a]"] {
            let file = sources.add("a", text);
            let node = parse_yaml(file, text, &mut diagnostics).unwrap();
            assert!(Fields::new(node, "a provider", &mut diagnostics).is_none());
        }
        let messages: Vec<&str> = diagnostics.iter().map(|found| &*found.message).collect();
        assert_eq!(
            messages,
            [
                "a provider must be a mapping, not empty",
                "a provider must be a mapping, not text",
                "a provider must be a mapping, not a sequence"
            ]
        );
    }
}
