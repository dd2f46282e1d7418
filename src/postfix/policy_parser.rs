//! The grammar of a policy. [Postfix `smtp_tls_policy.c` `tls_policy_lookup_one`]

use super::attribute::{Attribute, Multiplicity};
use super::hostname::is_hostname;
use super::level::SecurityLevel;
use super::match_pattern::MatchPattern;
use super::policy::TlsPolicy;
use super::policy_error::PolicyError;
use super::protocols::{allowed, exclusion_fault, grade_rank, has_empty_bound};
use super::version::Version;

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
        if value.is_empty() {
            match name {
                // An empty list allows all protocols, SSLv2 included, or excludes no cipher.
                "protocols" | "exclude" => (self.tolerate)(PolicyError::NoValue(name))?,
                _ => return Err(PolicyError::NoValue(name)),
            }
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
                if has_empty_bound(value) {
                    (self.tolerate)(fault("a bound needs a known version"))?;
                }
                self.handshake(name, value, allowed(value, self.version).err())?;
                self.policy.protocols = Some(owned());
            }
            "ciphers" => {
                let known = grade_rank(value, self.version).is_some();
                let fault = (!known).then(|| "no cipher grade that works".to_owned());
                self.handshake(name, value, fault)?;
                self.policy.ciphers = Some(value.to_ascii_lowercase());
            }
            "exclude" => {
                self.handshake(name, value, exclusion_fault(value))?;
                self.policy.exclude = Some(owned());
            }
            "servername" => {
                let word = ["hostname", "nexthop"].iter().any(|it| value.eq_ignore_ascii_case(it));
                if !(word || value.is_ascii() && is_hostname(value)) {
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

    /// Notes that no handshake is started.
    fn handshake(
        &mut self,
        name: &'static str,
        value: &str,
        fault: Option<String>,
    ) -> Result<(), PolicyError> {
        let Some(fault) = fault else { return Ok(()) };
        self.policy.fails_handshake = true;
        (self.tolerate)(PolicyError::Handshake(name, value.to_owned(), fault))
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
                    let left_out = fingerprints && colons_optional && !is_hexadecimal(token);
                    (self.tolerate)(error.into())?;
                    if !left_out {
                        self.policy.matches.push(MatchPattern::Unmatchable(token.to_owned()));
                    }
                }
            }
        }
        if !any && !fingerprints {
            (self.tolerate)(PolicyError::MatchesNothing)?;
            self.policy.matches.push(MatchPattern::Unmatchable(value.to_owned()));
        }
        Ok(())
    }

    fn finish(mut self, seen: &[&'static str]) -> Result<TlsPolicy, PolicyError> {
        if self.policy.level == SecurityLevel::Fingerprint && self.policy.matches.is_empty() {
            // Without any `match` those of `smtp_tls_fingerprint_cert_match` hold.
            if seen.contains(&"match") {
                return Err(PolicyError::NoFingerprint);
            }
            (self.tolerate)(PolicyError::NoFingerprint)?;
        }
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

/// Whether a text is made of pairs of hexadecimal digits, which Postfix takes for a digest of any length.
fn is_hexadecimal(text: &str) -> bool {
    let pair = |it: &str| it.len() == 2 && it.bytes().all(|byte| byte.is_ascii_hexdigit());
    text.split(':').all(pair)
        || (text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit()))
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
