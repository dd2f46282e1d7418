//! The grammar of a policy. [Postfix `smtp_tls_policy.c` `tls_policy_lookup_one`]

use super::attribute::{Attribute, Multiplicity};
use super::level::SecurityLevel;
use super::match_pattern::MatchPattern;
use super::policy::TlsPolicy;
use super::policy_error::PolicyError;
use super::protocols::{cipher_grade_known, protocol_fault};
use super::version::Version;
use crate::names::DomainName;

/// What separates the words of a policy. [Postfix `CHARS_COMMA_SP`]
const SEPARATORS: [char; 5] = [' ', '\t', '\r', '\n', ','];

/// Called with what Postfix accepts although it is wrong; its answer decides whether to go on.
type Tolerate<'a> = &'a mut dyn FnMut(PolicyError) -> Result<(), PolicyError>;

pub(super) fn parse(
    text: &str,
    version: Version,
    tolerate: Tolerate<'_>,
) -> Result<TlsPolicy, PolicyError> {
    let mut words = Words { rest: text, version };
    let level = words.next().ok_or(PolicyError::Empty)??;
    let level = SecurityLevel::parse(&level).ok_or(PolicyError::Level(level))?;
    let mut parser = Parser { policy: TlsPolicy::new(level), version, tolerate };
    let mut seen: Vec<&'static str> = Vec::new();
    for word in words {
        let word = word?;
        if level == SecurityLevel::None {
            // Postfix ignores attributes here, with a warning: the mail goes out in plain text.
            let name = word.split('=').next().and_then(Attribute::find);
            let error = match name {
                Some(attribute) => PolicyError::NotAtLevel(attribute.name, level),
                None => PolicyError::Malformed(word),
            };
            (parser.tolerate)(error)?;
            continue;
        }
        let Some((name, value)) = word.split_once('=') else {
            return Err(PolicyError::Malformed(word));
        };
        let (name, value) = (name.trim_end(), value.trim());
        let attribute =
            Attribute::find(name).ok_or_else(|| PolicyError::Attribute(name.to_owned()))?;
        if !attribute.known_to(version) {
            return Err(PolicyError::Version(attribute.name, attribute.since));
        }
        if !attribute.valid_at(level) {
            return Err(PolicyError::NotAtLevel(attribute.name, level));
        }
        if seen.contains(&attribute.name) && attribute.multiplicity != Multiplicity::Many {
            let error = PolicyError::Twice(attribute.name);
            if attribute.multiplicity == Multiplicity::Once {
                return Err(error);
            }
            (parser.tolerate)(error)?;
        }
        seen.push(attribute.name);
        parser.attribute(attribute.name, value)?;
    }
    parser.finish(&seen)
}

struct Parser<'a> {
    policy: TlsPolicy,
    version: Version,
    tolerate: Tolerate<'a>,
}

impl Parser<'_> {
    fn attribute(&mut self, name: &'static str, value: &str) -> Result<(), PolicyError> {
        if value.is_empty() && name != "protocols" {
            return Err(PolicyError::NoValue(name));
        }
        let fault = |why: &str| PolicyError::Value(name, value.to_owned(), why.to_owned());
        if value.contains(['{', '}']) || value.chars().any(char::is_control) {
            return Err(fault("control characters and braces cannot be written"));
        }
        let owned = || value.to_owned();
        let switch = || match value.to_ascii_lowercase().as_str() {
            "yes" => Ok(Some(true)),
            "no" => Ok(Some(false)),
            _ => Err(fault("write `yes` or `no`")),
        };
        match name {
            "match" => return self.matches(value),
            "tafile" => self.policy.tafiles.push(owned()),
            "protocols" => {
                // Empty allows all protocols, SSLv2 included.
                if value.is_empty() {
                    (self.tolerate)(PolicyError::NoValue(name))?;
                }
                if let Some(why) = protocol_fault(value, self.version) {
                    (self.tolerate)(PolicyError::Value(name, owned(), why))?;
                }
                self.policy.protocols = Some(owned());
            }
            "ciphers" => {
                if !cipher_grade_known(value) {
                    (self.tolerate)(fault("no such cipher grade"))?;
                }
                self.policy.ciphers = Some(value.to_ascii_lowercase());
            }
            "exclude" => self.policy.exclude = Some(owned()),
            "servername" => {
                let name = DomainName::parse(value).ok().filter(|_| value.is_ascii());
                let word = ["hostname", "nexthop"].iter().any(|it| value.eq_ignore_ascii_case(it));
                if name.is_none() && !word {
                    return Err(fault("neither a host name nor `hostname` nor `nexthop`"));
                }
                self.policy.servername = Some(value.to_ascii_lowercase());
            }
            "connection_reuse" => self.policy.connection_reuse = switch()?,
            "enable_rpk" => self.policy.enable_rpk = switch()?,
            _ => {
                let values: &[&str] = match name {
                    "policy_type" => &["sts", "no-policy-found"],
                    "policy_failure" => &[
                        "sts-policy-fetch-error",
                        "sts-policy-invalid",
                        "sts-webpki-invalid",
                        "validation-failure",
                    ],
                    _ => &[],
                };
                if !values.is_empty() && !values.contains(&value) {
                    return Err(fault(&format!("it is one of {}", values.join(", "))));
                }
                self.policy.external.push((name, owned()));
            }
        }
        Ok(())
    }

    fn matches(&mut self, value: &str) -> Result<(), PolicyError> {
        let fingerprints = self.policy.level == SecurityLevel::Fingerprint;
        let tokens = value.split(if fingerprints { '|' } else { ':' });
        let colons_optional = self.version.at_least(3, 6);
        let mut any = false;
        for token in tokens.filter(|token| !token.is_empty()) {
            any = true;
            let pattern = if fingerprints {
                MatchPattern::parse_fingerprint(token, colons_optional)
            } else {
                MatchPattern::parse_name(token)
            };
            match pattern {
                Ok(pattern) => self.policy.matches.push(pattern),
                Err(error) => {
                    (self.tolerate)(error.into())?;
                    self.policy.matches.push(MatchPattern::Unmatchable(token.to_owned()));
                }
            }
        }
        if !any {
            (self.tolerate)(PolicyError::MatchesNothing)?;
            self.policy.matches.push(MatchPattern::Unmatchable(value.to_owned()));
        }
        Ok(())
    }

    fn finish(mut self, seen: &[&'static str]) -> Result<TlsPolicy, PolicyError> {
        if !seen.contains(&"policy_type")
            && let Some((name, _)) = self.policy.external.first()
        {
            return Err(PolicyError::PolicyType(name));
        }
        let order = |name: &str| super::ATTRIBUTES.iter().position(|it| it.name == name);
        self.policy.external.sort_by_key(|(name, _)| order(name));
        Ok(self.policy)
    }
}

/// The words of a policy; `{ name = value }` is one word from 3.10 on.
struct Words<'a> {
    rest: &'a str,
    version: Version,
}

impl Iterator for Words<'_> {
    type Item = Result<String, PolicyError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.rest = self.rest.trim_start_matches(SEPARATORS);
        if self.rest.is_empty() {
            return None;
        }
        if let Some(inside) = self.rest.strip_prefix('{') {
            if !self.version.at_least(3, 10) {
                return Some(Err(PolicyError::Braces));
            }
            let Some((word, rest)) = inside.split_once('}') else {
                return Some(Err(PolicyError::Malformed(self.rest.to_owned())));
            };
            self.rest = rest;
            return Some(Ok(word.trim().to_owned()));
        }
        let end = self.rest.find(SEPARATORS).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        Some(Ok(word.to_owned()))
    }
}
