//! minijinja texts in provider templates: strict and fuelled.

use crate::diag::Diagnostic;
use crate::names::DomainName;
use crate::source::{Span, Spanned};
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior};
use std::collections::BTreeMap;
use std::ops::Range;

/// What a template may compute with: instructions, nested calls.
const FUEL: u64 = 100_000;
const RECURSION: usize = 64;

/// Renders the texts of provider templates over `domain` and `params`.
pub(super) struct TextTemplates {
    environment: Environment<'static>,
}

/// The variables of one rendering.
#[derive(serde::Serialize)]
pub(super) struct Variables<'a> {
    /// The recipient domain as A-labels; absent where the text must not depend on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) domain: Option<&'a str>,
    /// The values of the template's `params`.
    pub(super) params: &'a BTreeMap<String, String>,
}

impl TextTemplates {
    pub(super) fn new() -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        environment.set_fuel(Some(FUEL));
        environment.set_recursion_limit(RECURSION);
        Self { environment }
    }

    /// Whether the text depends on the domain, so that it must be rendered for each.
    pub(super) fn depends_on_domain(&self, text: &str) -> bool {
        is_template(text)
            && self
                .environment
                .template_from_str(text)
                .is_ok_and(|template| template.undeclared_variables(false).contains("domain"))
    }

    /// Renders a text; one without `{{` or `{%` is returned as it is.
    ///
    /// # Errors
    ///
    /// What minijinja says, in one phrase, at the words that it is about: an undefined name, a syntax
    /// error, or no more fuel.
    pub(super) fn render(
        &self,
        text: &Spanned<String>,
        domain: Option<&DomainName>,
        params: &BTreeMap<String, String>,
    ) -> Result<String, Diagnostic> {
        if !is_template(&text.value) {
            return Ok(text.value.clone());
        }
        let variables = Variables { domain: domain.map(DomainName::as_str), params };
        self.environment
            .template_from_str(&text.value)
            .and_then(|template| template.render(minijinja::value::Serde(&variables)))
            .map_err(|error| diagnose(text, &error))
    }
}

/// An error of minijinja as a message.
fn diagnose(text: &Spanned<String>, error: &minijinja::Error) -> Diagnostic {
    let words = || error.range().and_then(|range| text.value.get(range)).unwrap_or(&text.value);
    let detail = || error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the engine has many more errors than deserve their own words"
    )]
    let (message, hint) = match error.kind() {
        ErrorKind::UndefinedError => {
            let message =
                error.detail().map_or_else(|| format!("`{}` is undefined", words()), str::to_owned);
            (message, Some("a template may use `domain` and the `params` that it declares"))
        }
        ErrorKind::UnknownFilter | ErrorKind::UnknownFunction | ErrorKind::UnknownTest => {
            (detail(), None)
        }
        ErrorKind::OutOfFuel => (
            format!("`{}` takes too many steps", words()),
            Some("hosts and names are computed in a few steps: write a simpler expression"),
        ),
        ErrorKind::SyntaxError => {
            (detail(), Some("expressions are written as `{{ params.name }}`"))
        }
        _ => (detail(), None),
    };
    let diagnostic = Diagnostic::error("template", place(text, error.range()), message);
    match hint {
        Some(hint) => diagnostic.hint(hint),
        None => diagnostic,
    }
}

/// The place of a part of a text, when that was written without escapes; else of the whole.
fn place(text: &Spanned<String>, part: Option<Range<usize>>) -> Span {
    let Span { file, start, end } = text.span;
    let quotes = ((end - start) as usize).checked_sub(text.value.len());
    let (Some(quotes @ (0 | 2)), Some(part)) = (quotes, part) else { return text.span };
    if part.is_empty() || part.end > text.value.len() {
        return text.span;
    }
    let at = |byte: usize| start + u32::try_from(byte + quotes / 2).unwrap_or_default();
    Span::new(file, at(part.start), at(part.end))
}

fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceMap;

    /// The text, or the message and the words that it is about.
    fn render(text: &str) -> Result<String, (String, String)> {
        let mut sources = SourceMap::new();
        let written = format!("host: '{text}'");
        let file = sources.add("providers/x.yaml", written.clone());
        let end = u32::try_from(written.len()).unwrap();
        let text = Spanned::new(text.to_owned(), Span::new(file, 6, end));
        let params = BTreeMap::from([("region".to_owned(), "eu".to_owned())]);
        let domain = DomainName::parse("kunde.example").unwrap();
        let rendered = TextTemplates::new().render(&text, Some(&domain), &params);
        rendered.map_err(|error| {
            (error.message, sources.slice(error.span.unwrap_or(text.span)).to_owned())
        })
    }

    #[test]
    fn texts_may_use_the_domain_and_the_parameters() {
        assert_eq!(render("mx.{{ params.region }}.example").unwrap(), "mx.eu.example");
        assert_eq!(
            render("{{ domain | replace(\".\", \"-\") }}.mail.example").unwrap(),
            "kunde-example.mail.example"
        );
    }

    #[test]
    fn an_undefined_name_is_an_error_at_the_name() {
        let error = |message: &str, place: &str| (message.to_owned(), place.to_owned());
        assert_eq!(
            render("mx.{{ regoin }}.example").unwrap_err(),
            error("`regoin` is undefined", "regoin")
        );
        assert_eq!(
            render("mx.{{ params.zone }}.example").unwrap_err(),
            error("`params.zone` is undefined", "params.zone")
        );
        assert_eq!(
            render("{{ domain | shout }}").unwrap_err(),
            error("filter shout is unknown", "shout")
        );
    }

    #[test]
    fn an_endless_template_ends() {
        for text in [
            "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}",
            "{{ \"x\" * 999999999 }}",
            "{{ (\"x\" * 10000) | replace(\"x\", \"y\" * 10000) }}",
        ] {
            let (message, _) = render(text).unwrap_err();
            assert!(message.ends_with("takes too many steps"), "{message}");
        }
    }

    #[test]
    fn files_cannot_be_included() {
        assert!(render("{% include \"/etc/passwd\" %}").is_err());
    }
}
