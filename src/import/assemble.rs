//! Which entries belong together: domains with their transports and policies, and next hops.

use super::body::{Body, base};
use super::finding::Finding;
use super::maps::{Maps, Said};
use super::options::Options;
use super::pins::Pins;
use super::source::SourceEntry;
use super::templates::Templates;
use crate::diag::Severity;
use crate::lock::Lock;
use crate::names::{DomainName, Recipients};
use crate::plan::Which;
use crate::postfix::{NextHop, TlsPolicy, Transport};
use hashbrown::HashSet;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A repository before it is written.
#[derive(Debug, Default)]
pub(super) struct Draft {
    /// In the order of the old maps.
    pub(super) domains: Vec<Domain>,
    /// In the order of the old map.
    pub(super) next_hops: Vec<NextHopEntry>,
    /// Templates of the user's own.
    pub(super) templates: BTreeMap<String, TlsPolicy>,
    /// Facts that pins need.
    pub(super) lock: Lock,
}

/// A domain.
#[derive(Debug)]
pub(super) struct Domain {
    pub(super) key: String,
    /// The old map and line; policies first.
    place: (bool, u32),
    pub(super) comments: Vec<String>,
    pub(super) body: Body,
}

/// The policy of a next hop.
#[derive(Debug)]
pub(super) struct NextHopEntry {
    pub(super) key: String,
    line: u32,
    pub(super) comments: Vec<String>,
    pub(super) policy: TlsPolicy,
}

/// Puts the entries of both maps together.
pub(super) fn assemble(maps: &mut Maps, options: &Options, templates: &Templates) -> Draft {
    let mut draft = Draft::default();
    let mut covered: HashSet<String> = HashSet::new();
    let transports = std::mem::take(&mut maps.transports);
    let policies = std::mem::take(&mut maps.policies);
    let mut pins = Pins::new(templates, options);
    let mut told: HashSet<String> = HashSet::new();
    for (key, line) in &transports {
        let policy = policy_of(key, &line.value, &policies, &maps.dead, &mut covered);
        let mut body = Body { policy: policy.cloned(), ..Body::default() };
        if !pins.pin(key, &line.value, &policies, &mut body) {
            body.transport = Some(line.value.clone());
        }
        // Comments above the policy of the domain are of the domain, too.
        let own = policies.get(key);
        let mut comments = line.comments.clone();
        comments.extend(own.iter().flat_map(|it| it.comments.clone()));
        if policy.is_some() {
            comments.append(&mut hosts(&line.value, &policies, &mut told));
        }
        let place = own.map_or((true, line.line), |it| (false, it.line));
        draft.domains.push(Domain { key: key.clone(), place, comments, body });
    }
    draft.lock = pins.lock;
    for (key, line) in &policies {
        let is_dead = maps.dead.contains(key);
        let own = transports.get(key);
        match Recipients::parse(key) {
            Ok(_) if own.is_none() && !is_dead => draft.domains.push(Domain {
                key: key.clone(),
                place: (false, line.line),
                comments: line.comments.clone(),
                body: Body { policy: Some(line.value.clone()), ..Body::default() },
            }),
            Ok(_) if is_dead && !covered.contains(key) => never(maps, key, line, own),
            // The policy of its own mail.
            Ok(_) if own.is_some_and(|it| goes_by_mx(&it.value)) => {}
            Ok(_) if covered.contains(key) => {}
            Ok(Recipients::Subdomains(_)) => {
                let why =
                    "subdomains have a next hop, and their policy is looked up by another way too";
                maps.leave(Which::TlsPolicy, entry(key, line), why, None);
            }
            Ok(Recipients::Domain(_)) | Err(_) => {
                if covered.contains(key) {
                    continue;
                }
                if is_dead && trace(maps, key, line, templates) {
                    continue;
                }
                if is_dead {
                    unused(maps, key, line);
                }
                draft.next_hops.push(NextHopEntry {
                    key: key.clone(),
                    line: line.line,
                    comments: line.comments.clone(),
                    policy: line.value.clone(),
                });
            }
        }
    }
    trace_ignored(maps, templates);
    recognise(&mut draft, maps, templates);
    draft.domains.sort_by(|a, b| (a.place, &a.key).cmp(&(b.place, &b.key)));
    draft.next_hops.sort_by(|a, b| (a.line, &a.key).cmp(&(b.line, &b.key)));
    (maps.transports, maps.policies) = (transports, policies);
    draft
}

/// Whether the recipient domain is the next hop.
fn goes_by_mx(transport: &Transport) -> bool {
    transport.speaks_smtp() && transport.next_hops.is_empty()
}

/// The policy that stands beside a domain with a transport: its own where mail goes by its MX records, else
/// that of all its next hops, if they have the same.
fn policy_of<'p>(
    key: &str,
    transport: &Transport,
    policies: &'p BTreeMap<String, Said<TlsPolicy>>,
    dead: &HashSet<String>,
    covered: &mut HashSet<String>,
) -> Option<&'p TlsPolicy> {
    if !transport.speaks_smtp() {
        return None;
    }
    let Some((first, rest)) = transport.next_hops.split_first() else {
        return policies.get(key).filter(|_| !dead.contains(key)).map(|it| &it.value);
    };
    let of = |next_hop: &NextHop| policies.get(next_hop.as_str()).map(|it| &it.value);
    let policy = of(first)?;
    if rest.iter().any(|next_hop| of(next_hop) != Some(policy)) {
        return None;
    }
    covered.extend(transport.next_hops.iter().map(|it| it.as_str().to_owned()));
    Some(policy)
}

/// What stands above the policies of next hops, each said once: they are written beside the domain now.
fn hosts(
    transport: &Transport,
    policies: &BTreeMap<String, Said<TlsPolicy>>,
    told: &mut HashSet<String>,
) -> Vec<String> {
    let mut comments = Vec::new();
    for next_hop in transport.next_hops.iter().map(NextHop::as_str) {
        let Some(line) = policies.get(next_hop).filter(|_| next_hop.starts_with('[')) else {
            continue;
        };
        if told.insert(next_hop.to_owned()) {
            let said = line.comments.iter().filter(|it| !it.is_empty());
            comments.extend(said.map(|it| format!("{next_hop}: {it}")));
        }
    }
    comments
}

/// An entry as it was, for what is to be said about it.
fn entry(key: &str, line: &Said<TlsPolicy>) -> SourceEntry {
    let value = line.value.to_string();
    SourceEntry { key: key.to_owned(), value, line: line.line, comments: Vec::new() }
}

/// The policy of a domain that nothing looks up.
fn never(maps: &mut Maps, key: &str, line: &Said<TlsPolicy>, own: Option<&Said<Transport>>) {
    let why = match own {
        Some(own) if own.line > 0 => {
            format!("transport:{} sends its mail to `{}`", own.line, own.value)
        }
        Some(own) => format!("its mail goes to `{}`", own.value),
        None => "its mail goes where an entry for a parent domain sends it".to_owned(),
    };
    let message =
        format!("`{key}` is never looked up: {why}, and policies are looked up by next hop");
    let place = (Which::TlsPolicy, line.line, key);
    maps.findings.push(
        Finding::new(Severity::Warning, "never-looked-up", place, message)
            .kept(line.raw.clone())
            .hint("it would hold again without the transport entry"),
    );
}

/// A next hop that no transport leads to: whether it is an address of a known provider.
fn trace(maps: &mut Maps, key: &str, line: &Said<TlsPolicy>, templates: &Templates) -> bool {
    if !NextHop::parse(key).is_ok_and(|it| it.is_address()) {
        return false;
    }
    let host = line.comments.last().filter(|it| !it.is_empty());
    let host = host.map(|it| it.trim_end_matches('.'));
    let Some(name) = templates.of_address(Some(&line.value), host) else { return false };
    let message = format!(
        "`{key}` is never looked up: no transport leads there; it is an address of the template `{name}`"
    );
    let raw = host.map_or_else(|| line.raw.clone(), |host| format!("{}   # {host}", line.raw));
    let place = (Which::TlsPolicy, line.line, key);
    let mut finding =
        Finding::new(Severity::Warning, "never-looked-up", place, message).kept(raw).hint(format!(
            "name the domains that are there: `example.com: {name}`; mxward looks addresses up itself"
        ));
    finding.template = Some(name);
    maps.findings.push(finding);
    true
}

/// Lines that Postfix passes over may have been meant for a provider, too.
fn trace_ignored(maps: &mut Maps, templates: &Templates) {
    for finding in &mut maps.findings {
        if matches!(finding.code, "no-value" | "duplicate")
            && finding.key.starts_with('[')
            && let Some(host) = &finding.comment
            && let Some(name) = templates.of_address(None, Some(host.trim_end_matches('.')))
        {
            // Writing to a String cannot fail.
            let _ = write!(finding.message, "; it is an address of the template `{name}`");
            finding.template = Some(name);
        }
    }
}

/// A next hop that no transport leads to, and that may be one of main.cf.
fn unused(maps: &mut Maps, key: &str, line: &Said<TlsPolicy>) {
    let message = format!(
        "`{key}` is looked up only if main.cf sends mail there, as with `relayhost`: no transport does"
    );
    let place = (Which::TlsPolicy, line.line, key);
    maps.findings.push(
        Finding::new(Severity::Note, "unused-next-hop", place, message)
            .hint("it is imported under `next_hops`; remove it there if main.cf does not"),
    );
}

/// Puts the names of templates in the place of policies, and makes templates of those that repeat.
fn recognise(draft: &mut Draft, maps: &Maps, templates: &Templates) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for domain in &mut draft.domains {
        let Some(policy) = domain.body.policy.as_ref().filter(|it| !it.matches.is_empty()) else {
            continue;
        };
        let policy = base(policy);
        match templates.of_policy(&policy) {
            Some(name) => domain.body.provider = Some(name.to_owned()),
            None => *counts.entry(policy.to_string()).or_default() += 1,
        }
    }
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for domain in draft.domains.iter_mut().filter(|it| it.body.provider.is_none()) {
        let Some(policy) = domain.body.policy.as_ref().filter(|it| !it.matches.is_empty()) else {
            continue;
        };
        let policy = base(policy);
        let text = policy.to_string();
        let wanted = maps.names.get(&text);
        if counts.get(&text).is_none_or(|count| *count < 2 && wanted.is_none()) {
            continue;
        }
        let own = &mut draft.templates;
        let name = names.entry(text).or_insert_with(|| {
            let name = templates.new_name(&policy, wanted.map(String::as_str), own);
            own.insert(name.clone(), policy);
            name
        });
        domain.body.provider = Some(name.clone());
    }
}

/// The host that the comment right above an address names.
pub(super) fn host_of(line: &Said<TlsPolicy>) -> Option<DomainName> {
    DomainName::parse(line.comments.last()?).ok()
}
