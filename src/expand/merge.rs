//! A domain's own words over those of its template.

use crate::model::{AttributeSpec, PolicySpec};
use crate::postfix::{PolicyError, SecurityLevel, TlsPolicy, Version};
use crate::source::{Span, Spanned};

/// A level and attributes, each with the place that said it.
pub(super) struct Merged<'a> {
    pub(super) level: Spanned<SecurityLevel>,
    pub(super) attributes: Vec<&'a AttributeSpec>,
}

/// Puts what a declaration says over what its template says, name by name.
///
/// A declaration with a level of its own keeps the template's `match` and `tafile` only when both
/// levels use them alike (`verify`, `secure`): at every other level Postfix refuses them.
/// `None` when nobody gives a level.
pub(super) fn merge<'a>(
    own: &'a PolicySpec,
    template: Option<&'a PolicySpec>,
) -> Option<Merged<'a>> {
    let inherited = template.and_then(|it| it.level.as_ref());
    let level = own.level.as_ref().or(inherited)?.clone();
    let names =
        |level: SecurityLevel| matches!(level, SecurityLevel::Verify | SecurityLevel::Secure);
    let keep_names = inherited.is_some_and(|it| names(it.value)) && names(level.value);
    let mut attributes: Vec<&AttributeSpec> = template
        .into_iter()
        .flat_map(|it| &it.attributes)
        .filter(|it| keep_names || own.level.is_none() || !matches!(it.name, "match" | "tafile"))
        .filter(|it| own.attributes.iter().all(|mine| mine.name != it.name))
        .collect();
    attributes.extend(&own.attributes);
    Some(Merged { level, attributes })
}

/// The policy of a template in which nothing has to be rendered; `None` for every other one.
pub fn fixed_policy(template: &PolicySpec) -> Option<TlsPolicy> {
    let merged = merge(template, None)?;
    let mut texts = PolicyTexts::new(merged.level.value);
    for attribute in merged.attributes {
        let values: Vec<String> = attribute.values.iter().map(|it| it.value.clone()).collect();
        // Also refuses braces, without which nothing is rendered.
        texts.add(attribute, values);
    }
    texts.parse().ok()
}

/// The text of a policy in the making, attribute by attribute, so that an error gets its place.
pub(super) struct PolicyTexts {
    level: SecurityLevel,
    attributes: Vec<(Span, String)>,
    refused: Vec<(Option<Span>, PolicyError)>,
}

impl PolicyTexts {
    pub(super) fn new(level: SecurityLevel) -> Self {
        Self { level, attributes: Vec::new(), refused: Vec::new() }
    }

    /// Adds an attribute with its rendered values.
    ///
    /// Lists that Postfix writes with a separator of their own are joined with it; attributes that
    /// may stand more than once are repeated. [postconf(5) `smtp_tls_policy_maps`]
    pub(super) fn add(&mut self, attribute: &AttributeSpec, values: Vec<String>) {
        let name = attribute.name;
        // Braces would end the form in which values with separators are written.
        if let Some(value) = values.iter().find(|value| value.contains(['{', '}'])) {
            let reason = "braces cannot be written".to_owned();
            let error = PolicyError::Value(name, value.clone(), reason);
            self.refused.push((Some(attribute.span), error));
            return;
        }
        let separator = match (name, self.level) {
            ("match", SecurityLevel::Fingerprint) => "|",
            ("match" | "protocols" | "exclude", _) => ":",
            _ => {
                for value in values {
                    self.attributes.push((attribute.span, format!("{name}={value}")));
                }
                return;
            }
        };
        self.attributes.push((attribute.span, format!("{name}={}", values.join(separator))));
    }

    /// Parses the whole as the newest Postfix would.
    ///
    /// # Errors
    ///
    /// Every attribute that is wrong by itself with its place, else the error of the whole.
    pub(super) fn parse(&self) -> Result<TlsPolicy, Vec<(Option<Span>, PolicyError)>> {
        if !self.refused.is_empty() {
            return Err(self.refused.clone());
        }
        let parse = |attributes: &[(Span, String)]| {
            let mut text = self.level.to_string();
            for (_, attribute) in attributes {
                // A separator inside of a value would start another attribute.
                if attribute.contains([' ', '\t', '\r', '\n', ',']) {
                    text.push_str(" {");
                    text.push_str(attribute);
                    text.push('}');
                } else {
                    text.push(' ');
                    text.push_str(attribute);
                }
            }
            TlsPolicy::parse(&text, Version::NEWEST)
        };
        parse(&self.attributes).map_err(|whole| {
            let single: Vec<_> = self
                .attributes
                .iter()
                .filter_map(|it| {
                    parse(std::slice::from_ref(it)).err().map(|error| (Some(it.0), error))
                })
                .collect();
            if single.is_empty() { vec![(None, whole)] } else { single }
        })
    }
}
