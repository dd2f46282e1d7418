//! Provider templates.

use super::policy_spec::PolicySpec;
use crate::names::DomainName;
use crate::source::{Span, Spanned};
use std::collections::BTreeMap;

/// A provider template: how to recognise the provider's MX hosts and which policy they deserve.
#[derive(Clone, Debug)]
pub struct Provider {
    /// The name that declarations use; also the name of the file.
    pub name: Spanned<String>,
    /// The name for people.
    pub title: String,
    /// Whether the template was compiled into the program.
    pub builtin: bool,
    /// Other templates whose patterns and odd patterns this one takes as its own. Such an umbrella
    /// is not used by detection, its members are.
    pub members: Vec<Spanned<String>>,
    /// Patterns of the provider's MX hosts, those of the members included.
    pub mx_patterns: Vec<MxPattern>,
    /// Patterns of names in the provider's zone that are not among its MX hosts, for detection.
    pub odd_patterns: Vec<MxPattern>,
    /// Where the MX hosts come from.
    pub hosts: Hosts,
    /// The policy; `None` means that the template is for detection only.
    pub policy: Option<PolicySpec>,
    /// The policy of domains whose MX set and hosts are DANE-secured; `None` means no difference.
    pub policy_when_dane: Option<PolicySpec>,
    /// Whether pinning the addresses is sensible.
    pub pin: PinAdvice,
    /// Parameters that `hosts` and `policy` may use, with their defaults; `None` must be given.
    pub params: BTreeMap<String, Option<String>>,
    /// What supports each claim.
    pub evidence: Vec<Evidence>,
    /// What an administrator should know.
    pub notes: Vec<String>,
}

/// Where a template's MX hosts come from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Hosts {
    /// Nothing is known: route `mx` only.
    Unknown,
    /// A fixed list in preference order, each a minijinja text over `domain` and `params`.
    Listed(Vec<HostSpec>),
    /// The domain's own MX set, of which every host must match [`Provider::mx_patterns`].
    FromMx(Span),
}

/// One MX host of a template.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HostSpec {
    /// Lower is tried first; hosts of equal preference take turns.
    pub preference: u16,
    /// The name, or a minijinja text that gives it.
    pub name: Spanned<String>,
}

/// Whether pinning the provider's addresses is sensible.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PinAdvice {
    /// The addresses are stable.
    Ok,
    /// They rotate, or are shared: [`crate::model`] still allows it, a lint warns.
    Discouraged,
}

/// A source for something the template claims.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Evidence {
    /// What is claimed: `mx`, `certificate`, `dane`, `mta-sts` or `pin`.
    pub claim: String,
    /// Where it was seen.
    pub source: String,
    /// When, as `YYYY-MM-DD`, `YYYY-MM` or `YYYY`.
    pub date: String,
}

/// A pattern for whole host names: a regular expression, anchored at both ends.
#[derive(Clone, Debug)]
pub struct MxPattern {
    /// As written, without anchors.
    pub text: String,
    /// The place.
    pub span: Span,
    regex: regex::Regex,
}

impl MxPattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    ///
    /// The message of the regular expression compiler, one line; or that anchors are implied.
    pub fn new(text: &str, span: Span) -> Result<Self, String> {
        if text.starts_with('^') || text.ends_with('$') {
            return Err("the pattern is anchored already: leave `^` and `$` out".to_owned());
        }
        match regex::Regex::new(&format!(r"\A(?:{text})\z")) {
            Ok(regex) => Ok(Self { text: text.to_owned(), span, regex }),
            Err(error) => Err(error.to_string().lines().last().unwrap_or_default().to_owned()),
        }
    }

    /// Whether the whole name matches.
    pub fn matches(&self, host: &DomainName) -> bool {
        self.regex.is_match(host.as_str())
    }
}

impl Provider {
    /// Whether `host` is one of the provider's MX hosts.
    pub fn accepts(&self, host: &DomainName) -> bool {
        self.mx_patterns.iter().any(|pattern| pattern.matches(host))
    }
}
