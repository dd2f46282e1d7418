//! A policy as written in YAML: a level and Postfix attributes, not yet rendered.

use crate::postfix::SecurityLevel;
use crate::source::{Span, Spanned};

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

impl PolicySpec {
    /// Whether nothing was written at all.
    pub fn is_empty(&self) -> bool {
        self.level.is_none() && self.attributes.is_empty()
    }
}
