//! The entry of an exception.

use super::before::{Way, hops};
use crate::cli::commands::edited::said;
use crate::model::{AttributeSpec, Body, PolicySpec};
use crate::names::Recipients;
use crate::postfix::{Attribute, SecurityLevel};
use crate::source::yaml::scalar;
use crate::source::{SourceMap, Span, Spanned};
use jiff::civil::Date;

/// Attributes that ask something of a session, whoever the server is.
const KEPT: [&str; 6] =
    ["protocols", "ciphers", "exclude", "servername", "connection_reuse", "enable_rpk"];

/// Those of them that end in plain text where they are not met and the level allows that.
const DEMANDS: [&str; 3] = ["protocols", "ciphers", "exclude"];

/// Whether an attribute stays at a level.
fn stays(name: &str, level: SecurityLevel) -> bool {
    let may_be_plain = matches!(level, SecurityLevel::May | SecurityLevel::Dane);
    KEPT.contains(&name)
        && Attribute::find(name).is_some_and(|it| it.valid_at(level))
        && !(may_be_plain && DEMANDS.contains(&name))
}

/// What is asked for.
pub(super) struct Asked<'o> {
    pub(super) level: SecurityLevel,
    pub(super) reason: &'o str,
    pub(super) until: Date,
    /// The file for entries that stand in for nothing of a YAML file.
    pub(super) file: Option<&'o str>,
}

impl Asked<'_> {
    /// The entry of somebody, and what it must be read as; of the attributes only some stay.
    pub(super) fn entry(
        &self,
        of: &Recipients,
        way: Way,
        attributes: &[AttributeSpec],
    ) -> (String, Body) {
        let attributes: Vec<AttributeSpec> =
            attributes.iter().filter(|it| stays(it.name, self.level)).cloned().collect();
        let mut fields = Vec::new();
        if let Some(next_hop) = &way.next_hop {
            fields.push(format!("next_hop: {}", scalar(next_hop.value.as_str())));
        }
        if let Some(transport) = &way.transport {
            fields.push(format!("transport: {}", scalar(&transport.value.to_string())));
        }
        fields.push(format!("level: {}", self.level));
        fields.extend(attributes.iter().map(field));
        fields.push(format!("reason: {}", scalar(self.reason)));
        fields.push(format!("until: {}", self.until));
        let line = format!("{}: {{ {} }}", scalar(&of.key_text()), fields.join(", "));
        let nowhere = Span::new(SourceMap::new().add("", ""), 0, 0);
        let mut body = Body::new(nowhere);
        body.policy = PolicySpec { level: Some(Spanned::new(self.level, nowhere)), attributes };
        body.reason = Some(Spanned::new(self.reason.to_owned(), nowhere));
        body.until = Some(Spanned::new(self.until, nowhere));
        (body.next_hop, body.transport) = (way.next_hop, way.transport);
        (line, body)
    }
}

/// An attribute as it is written.
fn field(attribute: &AttributeSpec) -> String {
    let is_switch = matches!(attribute.name, "connection_reuse" | "enable_rpk");
    let text = |it: &Spanned<String>| if is_switch { it.value.clone() } else { scalar(&it.value) };
    let values: Vec<String> = attribute.values.iter().map(text).collect();
    match values.as_slice() {
        [only] => format!("{}: {only}", attribute.name),
        several => format!("{}: [{}]", attribute.name, several.join(", ")),
    }
}

/// What somebody has from now on, in which file.
pub(super) struct Written {
    pub(super) of: Recipients,
    pub(super) file: String,
    /// The exception; `None` where one was ended.
    pub(super) expected: Option<Body>,
    /// The level of the exception whose place it takes.
    pub(super) former: Option<SecurityLevel>,
    /// The level and the last day of the exception that came back, where that was one, too.
    pub(super) back: Option<(Option<SecurityLevel>, Date)>,
}

impl Written {
    /// An exception.
    pub(super) fn new(of: &Recipients, file: &str, expected: Body) -> Self {
        let (of, file) = (of.clone(), file.to_owned());
        Self { of, file, expected: Some(expected), former: None, back: None }
    }

    /// Whether a declaration says what it should; what comes back says what it says.
    pub(super) fn says(&self, body: &Body) -> bool {
        self.expected.as_ref().is_none_or(|it| said(it) == said(body))
    }

    /// Whether a policy is looked up under this key because of it.
    pub(super) fn is_key(&self, key: &str) -> bool {
        let hops = self.expected.as_ref().map(hops).unwrap_or_default();
        if hops.is_empty() { *key == *self.of.key() } else { hops.iter().any(|it| it == key) }
    }
}
