//! minijinja texts in provider templates: strict and fuelled.

use crate::names::DomainName;
use crate::source::Spanned;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use std::collections::BTreeMap;

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
    /// What minijinja says, in one phrase: an undefined name, a syntax error, or no more fuel.
    pub(super) fn render(
        &self,
        text: &Spanned<String>,
        domain: Option<&DomainName>,
        params: &BTreeMap<String, String>,
    ) -> Result<String, String> {
        if !is_template(&text.value) {
            return Ok(text.value.clone());
        }
        let variables = Variables { domain: domain.map(DomainName::as_str), params };
        self.environment
            .template_from_str(&text.value)
            .and_then(|template| template.render(minijinja::value::Serde(&variables)))
            .map_err(|error| {
                let mut message = error.kind().to_string();
                if let Some(detail) = error.detail() {
                    message = format!("{message}: {detail}");
                } else if let Some(name) = error.range().and_then(|range| text.value.get(range)) {
                    message = format!("{message}: `{name}`");
                }
                message
            })
    }
}

fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{SourceMap, Span};

    fn render(text: &str) -> Result<String, String> {
        let file = SourceMap::new().add("providers/x.yaml", text);
        let text = Spanned::new(text.to_owned(), Span::new(file, 0, 0));
        let params = BTreeMap::from([("region".to_owned(), "eu".to_owned())]);
        let domain = DomainName::parse("kunde.example").unwrap();
        TextTemplates::new().render(&text, Some(&domain), &params)
    }

    #[test]
    fn texts_may_use_the_domain_and_the_parameters() {
        assert_eq!(render("mx.{{ params.region }}.example").unwrap(), "mx.eu.example");
        assert_eq!(
            render("{{ domain | replace('.', '-') }}.mail.example").unwrap(),
            "kunde-example.mail.example"
        );
    }

    #[test]
    fn an_undefined_name_is_an_error_with_the_name() {
        assert_eq!(render("mx.{{ regoin }}.example").unwrap_err(), "undefined value: `regoin`");
        assert!(render("mx.{{ params.zone }}.example").unwrap_err().contains("undefined"));
    }

    #[test]
    fn an_endless_template_ends() {
        let text = "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}";
        assert!(render(text).unwrap_err().contains("fuel"), "{:?}", render(text));
    }

    #[test]
    fn files_cannot_be_included() {
        assert!(render("{% include '/etc/passwd' %}").is_err());
    }
}
