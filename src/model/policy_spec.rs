//! A policy as written in YAML: a level and Postfix attributes, not yet rendered.

use crate::diag::{Diagnostic, Diagnostics, Fields, values};
use crate::postfix::{ATTRIBUTES, Attribute, SecurityLevel};
use crate::source::{Node, Span, Spanned};

/// A security level and attributes as somebody wrote them, in a template or beside a domain.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PolicySpec {
    /// The security level; absent where the template's own applies.
    pub level: Option<Spanned<SecurityLevel>>,
    /// Attributes in the order of writing, each name once.
    pub attributes: Vec<AttributeSpec>,
}

/// One attribute with its values.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AttributeSpec {
    /// The name as Postfix spells it. [postconf(5) `smtp_tls_policy_maps`]
    pub name: &'static str,
    /// The place of the name.
    pub span: Span,
    /// One value, or several where Postfix takes a list; in a template each is a minijinja text.
    pub values: Vec<Spanned<String>>,
}

/// What an attribute's value looks like in YAML.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Shape {
    /// One text.
    One,
    /// One text or a sequence of them.
    List,
    /// `yes` or `no`; `true` and `false` mean the same.
    Switch,
}

/// How the attributes of [`ATTRIBUTES`] are written, as far as it is not one text.
/// [postconf(5) `smtp_tls_policy_maps`]
const SHAPES: &[(&str, Shape)] = &[
    ("match", Shape::List),
    ("tafile", Shape::List),
    ("protocols", Shape::List),
    ("exclude", Shape::List),
    ("policy_string", Shape::List),
    ("mx_host_pattern", Shape::List),
    ("connection_reuse", Shape::Switch),
    ("enable_rpk", Shape::Switch),
];

impl PolicySpec {
    /// Takes `level` and every attribute out of `fields`, so that they are known keys there.
    ///
    /// Whether a value is one that Postfix accepts at that level is decided after rendering. Reported
    /// here: `unknown-value` for a level that does not exist, `wrong-type`, and `empty-value` for an
    /// empty text or list, which Postfix would refuse.
    pub fn take(fields: &mut Fields<'_>, diagnostics: &mut Diagnostics) -> Self {
        let levels = SecurityLevel::ALL.iter().map(|level| (level.as_str(), *level));
        let level = fields.choice("level", &levels.collect::<Vec<_>>(), diagnostics);
        let mut attributes = Vec::new();
        for &Attribute { name, .. } in ATTRIBUTES {
            let shape = shape(name);
            let Some((span, node)) = fields.take(name) else { continue };
            let place = node.span;
            let Some(values) = read_values(name, shape, node, diagnostics) else { continue };
            if values.is_empty() || values.iter().any(|value| value.value.trim().is_empty()) {
                let message = format!("`{name}` is empty");
                let hint = "write a value, or leave the key out";
                diagnostics.push(Diagnostic::error("empty-value", place, message).hint(hint));
                continue;
            }
            attributes.push(AttributeSpec { name, span, values });
        }
        attributes.sort_by_key(|attribute| attribute.span);
        Self { level, attributes }
    }

    /// The values of the attribute `name`; `None` means that it is not written.
    pub fn values(&self, name: &str) -> Option<&[Spanned<String>]> {
        let attribute = self.attributes.iter().find(|attribute| attribute.name == name)?;
        Some(&attribute.values)
    }

    /// Whether nothing was written at all.
    pub fn is_empty(&self) -> bool {
        self.level.is_none() && self.attributes.is_empty()
    }
}

fn shape(name: &str) -> Shape {
    SHAPES.iter().find(|(of, _)| *of == name).map_or(Shape::One, |(_, shape)| *shape)
}

/// `None` when something is wrong, which is then reported.
fn read_values(
    name: &str,
    shape: Shape,
    node: Node<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Vec<Spanned<String>>> {
    let what = format!("`{name}`");
    match shape {
        Shape::One => Some(vec![values::text(&node, &what, diagnostics)?]),
        Shape::Switch => {
            const WORDS: &[(&str, &str)] =
                &[("yes", "yes"), ("no", "no"), ("true", "yes"), ("false", "no")];
            let word = values::choice(&node, &what, WORDS, diagnostics)?;
            Some(vec![word.map(str::to_owned)])
        }
        Shape::List => {
            let mut complete = true;
            let list = values::one_or_list(node, &what, diagnostics, |item, diagnostics| {
                let value = values::text(&item, &what, diagnostics);
                complete &= value.is_some();
                value
            })?;
            complete.then_some(list)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::parse_yaml;
    use crate::source::SourceMap;

    fn read(text: &str) -> (PolicySpec, Vec<(&'static str, String)>) {
        let mut sources = SourceMap::new();
        let file = sources.add("a.yaml", text);
        let mut diagnostics = Diagnostics::new();
        let node = parse_yaml(file, sources.text(file), &mut diagnostics).unwrap();
        let mut fields = Fields::new(node, "a policy", &mut diagnostics).unwrap();
        let spec = PolicySpec::take(&mut fields, &mut diagnostics);
        fields.finish(&mut diagnostics);
        let found = diagnostics
            .iter()
            .map(|d| (d.code, d.span.map(|s| sources.slice(s).to_owned()).unwrap_or_default()))
            .collect();
        (spec, found)
    }

    #[test]
    fn level_and_attributes_are_read_in_the_order_of_writing() {
        let (spec, found) = read(
            "servername: hostname\nlevel: secure\nmatch: [mx.google.com, .example.com]\nconnection_reuse: true\nprotocols: '>=TLSv1.2'\n",
        );
        assert_eq!(found, []);
        assert_eq!(spec.level.as_ref().map(|level| level.value), Some(SecurityLevel::Secure));
        let names: Vec<_> = spec.attributes.iter().map(|attribute| attribute.name).collect();
        assert_eq!(names, ["servername", "match", "connection_reuse", "protocols"]);
        let texts = |name| -> Vec<&str> {
            spec.values(name).unwrap().iter().map(|value| value.value.as_str()).collect()
        };
        assert_eq!(texts("match"), ["mx.google.com", ".example.com"]);
        assert_eq!(texts("connection_reuse"), ["yes"]);
    }

    #[test]
    fn every_attribute_of_the_table_is_a_known_key() {
        for &Attribute { name, .. } in ATTRIBUTES {
            let value = if shape(name) == Shape::Switch { "yes" } else { "x" };
            let (spec, found) = read(&format!("{name}: {value}\n"));
            assert_eq!((found.as_slice(), spec.attributes.len()), ([].as_slice(), 1), "{name}");
        }
    }

    #[test]
    fn every_shape_is_one_of_an_attribute_that_postfix_knows() {
        for (name, _) in SHAPES {
            assert!(Attribute::find(name).is_some(), "{name}");
        }
    }

    #[test]
    fn what_cannot_be_is_reported_at_its_place_and_dropped() {
        for (text, code, place) in [
            ("level: half-dane\n", "unknown-value", "half-dane"),
            ("matches: x\n", "unknown-key", "matches"),
            ("match: []\n", "empty-value", "[]"),
            ("match: ['']\n", "empty-value", "['']"),
            ("match: [[a]]\n", "wrong-type", "[a]"),
            ("ciphers: [high]\n", "wrong-type", "[high]"),
            ("enable_rpk: maybe\n", "unknown-value", "maybe"),
        ] {
            let (spec, found) = read(text);
            assert_eq!(found, [(code, place.to_owned())], "{text}");
            assert!(spec.is_empty(), "{text}");
        }
    }
}
