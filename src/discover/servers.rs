//! What the certificates of a domain's own servers allow.

use super::facts::{Facts, Host};
use super::findings::finding;
use super::outcome::Finding;
use crate::names::DomainName;
use crate::postfix::MatchPattern;
use crate::world::{Certificate, DaneMatch, Session, StarttlsOutcome};
use std::sync::Arc;

/// What one server showed.
enum Shown {
    /// A valid certificate, and the name to ask for.
    Trusted(MatchPattern),
    /// TLS with a certificate that does not hold, and why.
    Encrypted(String),
    /// No TLS.
    Plain,
    /// Nothing that can be judged, and why.
    Unknown(String),
}

/// What all servers of a domain allow.
pub(super) enum Servers {
    /// All have valid certificates: these names, sorted, each once.
    Trusted(Vec<MatchPattern>),
    /// All speak TLS; why not more.
    Encrypted(String),
    /// One does not speak TLS.
    Plain(DomainName),
    /// Why that is not known.
    Unknown(String),
}

/// Judges what the servers of a domain showed; in the order of its hosts, `None` for hosts that could not
/// be connected to.
pub(super) fn judge(
    facts: &Facts,
    outcomes: &[Option<Arc<StarttlsOutcome>>],
    findings: &mut Vec<Finding>,
) -> Servers {
    let mut names = Vec::new();
    let (mut encrypted, mut plain, mut unknown) = (None, None, None);
    for ((_, host), outcome) in facts.hosts.iter().zip(outcomes) {
        match shown(&facts.domain, host, outcome.as_deref(), findings) {
            Shown::Trusted(pattern) => names.push(pattern),
            Shown::Encrypted(why) => {
                encrypted.get_or_insert(why);
            }
            Shown::Plain => {
                plain.get_or_insert_with(|| host.name.clone());
            }
            Shown::Unknown(why) => {
                unknown.get_or_insert(why);
            }
        }
    }
    if let Some(host) = plain {
        return Servers::Plain(host);
    }
    if let Some(why) = unknown {
        return Servers::Unknown(why);
    }
    if let Some(why) = encrypted {
        return Servers::Encrypted(why);
    }
    names.sort();
    names.dedup();
    Servers::Trusted(names)
}

/// What keeps mail from a domain that DANE secures: a server whose TLSA records do not hold for what it
/// shows, or that speaks no TLS. Servers that could not be spoken with say nothing.
pub(super) fn broken_dane(
    facts: &Facts,
    outcomes: &[Option<Arc<StarttlsOutcome>>],
    findings: &mut Vec<Finding>,
) -> Option<String> {
    let mut broken = None;
    for ((_, host), outcome) in facts.hosts.iter().zip(outcomes) {
        let name = &host.name;
        let mut fails = |code: &str, text: String| {
            findings.push(finding(code, text.clone()));
            broken.get_or_insert_with(|| {
                format!("{text}: mail is deferred wherever DANE is checked")
            });
        };
        match outcome.as_deref() {
            Some(StarttlsOutcome::Tls(session)) => match session.dane {
                DaneMatch::Matched { .. } => {
                    let text = format!("the TLSA records of `{name}` hold for its certificate");
                    findings.push(finding("tlsa-holds", text));
                }
                DaneMatch::Broken => fails(
                    "tlsa-mismatch",
                    format!(
                        "the certificate of `{name}` is by the CA of its TLSA records, and not valid"
                    ),
                ),
                DaneMatch::Mismatch => fails(
                    "tlsa-mismatch",
                    format!("no TLSA record of `{name}` holds for its certificate"),
                ),
                DaneMatch::NameMismatch => fails(
                    "tlsa-mismatch",
                    format!(
                        "the certificate of `{name}` is by the CA of its TLSA records, but not for its name"
                    ),
                ),
                DaneMatch::NotAsked | DaneMatch::Unusable => {}
            },
            Some(StarttlsOutcome::NotOffered { .. }) => {
                fails("no-starttls", format!("`{name}` has TLSA records and offers no STARTTLS"));
            }
            Some(StarttlsOutcome::Failed { step, why }) => {
                let text = format!("`{name}` failed at `{}`: {why}", step.as_str());
                findings.push(finding("server-unknown", text));
            }
            Some(StarttlsOutcome::Refused { step, text, .. }) => {
                let text = format!("`{name}` refused `{}`: {text}", step.as_str());
                findings.push(finding("server-unknown", text));
            }
            None => {}
        }
    }
    broken
}

fn shown(
    domain: &DomainName,
    host: &Host,
    outcome: Option<&StarttlsOutcome>,
    findings: &mut Vec<Finding>,
) -> Shown {
    let name = &host.name;
    let mut unknown = |why: String| {
        findings.push(finding("server-unknown", why.clone()));
        Shown::Unknown(why)
    };
    match outcome {
        None if host.refused.is_empty() => unknown(format!("`{name}` has no address")),
        None => unknown(format!("no address of `{name}` may be connected to")),
        Some(StarttlsOutcome::Failed { step, why }) => {
            unknown(format!("`{name}` failed at `{}`: {why}", step.as_str()))
        }
        Some(StarttlsOutcome::Refused { step, text, .. }) => {
            unknown(format!("`{name}` refused `{}`: {text}", step.as_str()))
        }
        Some(StarttlsOutcome::NotOffered { .. }) => {
            findings.push(finding("no-starttls", format!("`{name}` offers no STARTTLS")));
            Shown::Plain
        }
        Some(StarttlsOutcome::Tls(session)) => certificate(domain, name, session, findings),
    }
}

fn certificate(
    domain: &DomainName,
    host: &DomainName,
    session: &Session,
    findings: &mut Vec<Finding>,
) -> Shown {
    let Some(leaf) = session.chain.first() else {
        let text = format!("`{host}` shows no certificate");
        findings.push(finding("no-certificate", text.clone()));
        return Shown::Encrypted(text);
    };
    findings.push(finding("certificate", described(host, session, leaf)));
    if let Err(why) = session.verified() {
        let text = format!("the certificate of `{host}` does not hold: {why}");
        findings.push(finding("certificate-untrusted", text.clone()));
        return Shown::Encrypted(text);
    }
    let Some(pattern) = name_for(domain, host, leaf) else {
        let text = format!("the certificate of `{host}` has no name that could be asked for");
        findings.push(finding("certificate-name", text.clone()));
        return Shown::Encrypted(text);
    };
    if pattern != MatchPattern::Name(host.clone()) {
        let text = format!("the certificate of `{host}` is not for that name, but for `{pattern}`");
        findings.push(finding("certificate-name", text));
    }
    Shown::Trusted(pattern)
}

fn described(host: &DomainName, session: &Session, leaf: &Certificate) -> String {
    let names = leaf.names.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = match leaf.names.len().saturating_sub(5) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let until = jiff::tz::Offset::UTC.to_datetime(leaf.not_after).date();
    format!(
        "`{host}`: {}, names {names}{more}, issued by {}, valid until {until}, sha256 {}",
        session.protocol, leaf.issuer, leaf.digests.certificate
    )
}

/// The name in a certificate to ask for: the host's own, else one of the domain, else the first.
fn name_for(domain: &DomainName, host: &DomainName, leaf: &Certificate) -> Option<MatchPattern> {
    let own = MatchPattern::Name(host.clone());
    if leaf.names.iter().any(|name| own.matches_certificate_name(name)) {
        return Some(own);
    }
    let candidates: Vec<MatchPattern> = leaf.names.iter().filter_map(|it| pattern(it)).collect();
    let of_domain = |pattern: &&MatchPattern| match pattern {
        MatchPattern::Name(name) | MatchPattern::Subdomains(name) => {
            name == domain || name.is_below(domain.as_str())
        }
        MatchPattern::LiteralWildcard(_)
        | MatchPattern::NextHop
        | MatchPattern::DotNextHop
        | MatchPattern::Hostname
        | MatchPattern::Fingerprint(_)
        | MatchPattern::Unmatchable(_) => false,
    };
    candidates.iter().find(of_domain).or_else(|| candidates.first()).cloned()
}

/// What matches a name in a certificate. A wildcard becomes everything below its parent, since `*.` would
/// be taken literally and fail with the next certificate; of a suffix under which anybody can have a name
/// that would match anybody.
fn pattern(name: &str) -> Option<MatchPattern> {
    let Some(parent) = name.strip_prefix("*.") else {
        return MatchPattern::parse_name(name).ok();
    };
    let suffix = psl::suffix(parent.as_bytes()).filter(psl::Suffix::is_known);
    if suffix.is_some_and(|suffix| suffix.as_bytes() == parent.as_bytes()) {
        return None;
    }
    MatchPattern::parse_name(&format!(".{parent}")).ok()
}
