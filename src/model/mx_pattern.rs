//! Patterns for MX host names.

use crate::names::DomainName;
use crate::source::Span;
use regex::bytes::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::Hir;
use regex_syntax::hir::literal::{ExtractKind, Extractor};
use std::sync::{Arc, OnceLock};

/// A pattern for whole host names: a regular expression, anchored at both ends.
///
/// Names are ASCII in lower case, and so are the patterns: `\d` is `[0-9]`.
#[derive(Clone, Debug)]
pub struct MxPattern {
    /// As written, without anchors.
    pub text: String,
    /// The place.
    pub span: Span,
    /// Compiled at first use; `None` inside is an expression that does not compile and matches nothing.
    regex: Arc<OnceLock<Option<Regex>>>,
}

impl MxPattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    ///
    /// The message of the regular expression compiler, one line; that anchors are implied; or that hosts of
    /// strangers would match.
    pub fn new(text: &str, span: Span) -> Result<Self, String> {
        if text.starts_with('^') || (text.ends_with('$') && !text.ends_with("\\$")) {
            return Err("the pattern is anchored already: leave `^` and `$` out".to_owned());
        }
        let mut escaped = false;
        for character in text.chars() {
            if !character.is_ascii_graphic() || (character.is_ascii_uppercase() && !escaped) {
                return Err("host names are ASCII in lower case".to_owned());
            }
            escaped = character == '\\' && !escaped;
        }
        // On its own first: `a)|(?:b` is only valid between the brackets that anchor it. That is a
        // matter of syntax, and most of the work of a compiler is elsewhere.
        let alone = ParserBuilder::new().unicode(false).utf8(false).build().parse(text);
        let regex = alone.map_err(|error| error.to_string()).and_then(|alone| {
            let regex = builder(&anchored(text)).build().map_err(|error| error.to_string())?;
            Ok((regex, alone))
        });
        match regex {
            Ok((_, alone)) if !ends_in_domains(&alone) => {
                Err("anybody can have a host that matches: end it in `\\.` and a domain with `\\.` for each \
                     dot, as in `mx\\d+\\.provider\\.example`"
                    .to_owned())
            }
            Ok((regex, _)) => {
                Ok(Self { regex: Arc::new(OnceLock::from(Some(regex))), ..Self::lazy(text, span) })
            }
            Err(text) => {
                let line = text.lines().last().unwrap_or_default();
                Err(line.strip_prefix("error: ").unwrap_or(line).to_owned())
            }
        }
    }

    /// A pattern that is known to be valid, compiled at first use.
    ///
    /// For the built-in templates, of which a test compiles every pattern.
    pub(super) fn lazy(text: &str, span: Span) -> Self {
        Self { text: text.to_owned(), span, regex: Arc::default() }
    }

    /// Whether the whole name matches.
    pub fn matches(&self, host: &DomainName) -> bool {
        let regex = self.regex.get_or_init(|| builder(&anchored(&self.text)).build().ok());
        regex.as_ref().is_some_and(|regex| regex.is_match(host.as_str().as_bytes()))
    }

    /// All of the patterns as one automaton, which gives the positions of those that match.
    ///
    /// # Panics
    ///
    /// When a built-in pattern does not compile.
    pub(crate) fn set<'a>(patterns: impl IntoIterator<Item = &'a Self>) -> RegexSet {
        let texts: Vec<String> =
            patterns.into_iter().map(|pattern| anchored(&pattern.text)).collect();
        // No limit for all together: each of them has passed the limit for one.
        let set = RegexSetBuilder::new(&texts).unicode(false).size_limit(usize::MAX).build();
        set.expect("each pattern has been compiled on its own")
    }
}

/// Whether every name that matches is one of a few, or lies in a domain that somebody has registered.
fn ends_in_domains(pattern: &Hir) -> bool {
    let suffixes = Extractor::new().kind(ExtractKind::Suffix).extract(pattern);
    suffixes.literals().is_some_and(|suffixes| {
        suffixes.iter().all(|suffix| {
            let dot = memchr::memchr(b'.', suffix.as_bytes());
            let domain = dot.map(|dot| &suffix.as_bytes()[dot + 1..]);
            suffix.is_exact() || domain.is_some_and(is_registered)
        })
    })
}

/// Whether a name is, or lies in, a domain that somebody has registered: customers may have names below it.
fn is_registered(name: &[u8]) -> bool {
    psl::domain(name).is_some()
        || psl::suffix(name).is_some_and(|it| it.typ() == Some(psl::Type::Private))
}

fn builder(text: &str) -> RegexBuilder {
    let mut builder = RegexBuilder::new(text);
    builder.unicode(false);
    builder
}

fn anchored(text: &str) -> String {
    format!(r"\A(?:{text})\z")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceMap;

    fn pattern(text: &str) -> Result<MxPattern, String> {
        let file = SourceMap::new().add("a.yaml", "");
        MxPattern::new(text, Span::new(file, 0, 0))
    }

    #[test]
    fn a_pattern_means_the_whole_name() {
        let pattern = pattern(r"a[0-9]|b\.example").unwrap();
        let matches = |name: &str| pattern.matches(&DomainName::parse(name).unwrap());
        assert!(matches("a1") && matches("b.example"));
        assert!(!matches("a1.example") && !matches("xb.example") && !matches("b.example.net"));
    }

    #[test]
    fn what_is_no_pattern_is_refused_with_the_reason() {
        for (text, part) in [
            ("^a", "anchored already"),
            ("a$", "anchored already"),
            ("MX1", "lower case"),
            ("mx 1", "lower case"),
            ("m\u{fc}nchen", "lower case"),
            ("(a", "unclosed group"),
            ("a)|(?:b", "unopened group"),
            ("a{100000000}", "size"),
            (".*", "anybody"),
            (r".*\.com", "anybody"),
            (r".*\.co\.uk", "anybody"),
            (r"[a-z]+google\.com", "anybody"),
            (r"mx\.google\.com|.*", "anybody"),
            (r"mx\..*\.example", "anybody"),
            (r".*\.google.com", "anybody"),
        ] {
            let error = pattern(text).map(|pattern| pattern.text).unwrap_err();
            assert!(error.contains(part) && !error.contains('\n'), "{text}: {error}");
        }
        for text in [
            r"\S+\.provider\.example",
            r"mx[12]\.(nord|sued)\.talnetz\.example",
            r"w0[0-9a-f]{6}\.kasserver\.com",
            r"(.*\.)?mail\.provider\.(com|net|co\.uk)",
            "mx",
        ] {
            assert!(pattern(text).is_ok(), "{text}");
        }
    }
}
