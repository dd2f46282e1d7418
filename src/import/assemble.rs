//! Which entries belong together: domains with their transports and policies, and next hops.

use super::body::{Body, base};
use super::finding::Finding;
use super::maps::{Maps, Said, raw};
use super::options::Options;
use super::pins::Pins;
use super::source::SourceEntry;
use super::templates::Templates;
use super::value::Written;
use crate::diag::Severity;
use crate::lock::Lock;
use crate::names::{DomainName, Recipients};
use crate::plan::Which;
use crate::postfix::{NextHop, TlsPolicy, Transport};
use hashbrown::{HashMap, HashSet};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::rc::Rc;

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

impl Domain {
    /// The order of the old maps.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        (self.place, &self.key).cmp(&(other.place, &other.key))
    }
}

/// The policy of a next hop.
#[derive(Debug)]
pub(super) struct NextHopEntry {
    pub(super) key: String,
    line: u32,
    pub(super) comments: Vec<String>,
    pub(super) policy: Rc<Written<TlsPolicy>>,
}

/// Puts the entries of both maps together.
pub(super) fn assemble(maps: &mut Maps, options: &Options, templates: &Templates) -> Draft {
    let mut draft = Draft::default();
    let transports = std::mem::take(&mut maps.transports);
    let policies = std::mem::take(&mut maps.policies);
    let mut pins = Pins::new(templates, options);
    let (mut covered, mut told) = (HashSet::new(), HashSet::new());
    for (key, line) in &transports {
        let policy = policy_of(key, &line.value, &policies, &maps.dead, &mut covered);
        let mut body = Body { policy: policy.map(Rc::clone), ..Body::default() };
        if !pins.pin(key, &line.value, &policies, &mut body) {
            body.transport = Some(Rc::clone(&line.value));
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
                body: Body { policy: Some(Rc::clone(&line.value)), ..Body::default() },
            }),
            Ok(_) if is_dead && !covered.contains(key.as_str()) => never(maps, key, line, own),
            // The policy of its own mail.
            Ok(_) if own.is_some_and(|it| goes_by_mx(&it.value)) => {}
            Ok(_) if covered.contains(key.as_str()) => {}
            Ok(Recipients::Subdomains(_)) => {
                let why =
                    "subdomains have a next hop, and their policy is looked up by another way too";
                maps.leave(Which::TlsPolicy, entry(key, line), why, None);
            }
            Ok(Recipients::Domain(_)) | Err(_) => {
                if covered.contains(key.as_str()) {
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
                    policy: Rc::clone(&line.value),
                });
            }
        }
    }
    drop((covered, told));
    trace_ignored(maps, templates);
    recognise(&mut draft, maps, templates);
    draft.domains.sort_by(Domain::order);
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
    transport: &'p Transport,
    policies: &'p BTreeMap<String, Said<TlsPolicy>>,
    dead: &HashSet<String>,
    covered: &mut HashSet<&'p str>,
) -> Option<&'p Rc<Written<TlsPolicy>>> {
    if !transport.speaks_smtp() {
        return None;
    }
    let Some((first, rest)) = transport.next_hops.split_first() else {
        return policies.get(key).filter(|_| !dead.contains(key)).map(|it| &it.value);
    };
    let of = |next_hop: &NextHop| policies.get(next_hop.as_str()).map(|it| &it.value);
    let policy = of(first)?;
    let same = |other: &Rc<Written<TlsPolicy>>| Rc::ptr_eq(policy, other) || policy == other;
    if !rest.iter().all(|next_hop| of(next_hop).is_some_and(same)) {
        return None;
    }
    covered.extend(transport.next_hops.iter().map(NextHop::as_str));
    Some(policy)
}

/// What stands above the policies of next hops, each said once: they are written beside the domain now.
fn hosts<'p>(
    transport: &'p Transport,
    policies: &BTreeMap<String, Said<TlsPolicy>>,
    told: &mut HashSet<&'p str>,
) -> Vec<String> {
    let mut comments = Vec::new();
    for next_hop in transport.next_hops.iter().map(NextHop::as_str) {
        let Some(line) = policies.get(next_hop).filter(|_| next_hop.starts_with('[')) else {
            continue;
        };
        if told.insert(next_hop) {
            let said = line.comments.iter().filter(|it| !it.is_empty());
            comments.extend(said.map(|it| format!("{next_hop}: {it}")));
        }
    }
    comments
}

/// An entry as it was, for what is to be said about it.
fn entry(key: &str, line: &Said<TlsPolicy>) -> SourceEntry {
    let value = line.value.text.clone();
    SourceEntry { key: key.to_owned(), value, line: line.line, comments: Vec::new() }
}

/// The policy of a domain that nothing looks up.
fn never(maps: &mut Maps, key: &str, line: &Said<TlsPolicy>, own: Option<&Said<Transport>>) {
    let why = match own {
        Some(own) if own.line > 0 => {
            format!("transport:{} sends its mail to `{}`", own.line, own.value.text)
        }
        Some(own) => format!("its mail goes to `{}`", own.value.text),
        None => "its mail goes where an entry for a parent domain sends it".to_owned(),
    };
    let message =
        format!("`{key}` is never looked up: {why}, and policies are looked up by next hop");
    let place = (Which::TlsPolicy, line.line, key);
    let old = raw(&maps.old(Which::TlsPolicy, key, line));
    maps.findings.push(
        Finding::new(Severity::Warning, "never-looked-up", place, message)
            .kept(old)
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
    let mut old = raw(&maps.old(Which::TlsPolicy, key, line));
    // Writing to a String cannot fail.
    let _ = host.map(|host| write!(old, "   # {host}"));
    let place = (Which::TlsPolicy, line.line, key);
    let mut finding =
        Finding::new(Severity::Warning, "never-looked-up", place, message).kept(old).hint(format!(
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

/// What policies say of names, and the template that says it.
struct Naming {
    base: TlsPolicy,
    users: usize,
    template: Option<Rc<str>>,
}

/// Puts the names of templates in the place of policies, and makes templates of those that repeat.
fn recognise(draft: &mut Draft, maps: &Maps, templates: &Templates) {
    let mut places: HashMap<*const Written<TlsPolicy>, usize> = HashMap::new();
    let mut by_text: HashMap<String, usize> = HashMap::new();
    let mut namings: Vec<Naming> = Vec::new();
    let mut users: Vec<(usize, usize)> = Vec::with_capacity(draft.domains.len());
    for (at, domain) in draft.domains.iter().enumerate() {
        let Some(policy) = domain.body.policy.as_ref().filter(|it| !it.matches.is_empty()) else {
            continue;
        };
        let place = *places.entry(Rc::as_ptr(policy)).or_insert_with(|| {
            let base = base(policy);
            *by_text.entry(base.to_string()).or_insert_with(|| {
                let template = templates.of_policy(&base).map(Rc::from);
                namings.push(Naming { base, users: 0, template });
                namings.len() - 1
            })
        });
        namings[place].users += 1;
        users.push((at, place));
    }
    for (at, place) in users {
        let Naming { base, users, template } = &mut namings[place];
        if template.is_none() {
            let wanted = maps.names.get(&base.to_string());
            if *users < 2 && wanted.is_none() {
                continue;
            }
            let own = &mut draft.templates;
            let name = templates.new_name(base, wanted.map(String::as_str), own);
            own.insert(name.clone(), base.clone());
            *template = Some(name.into());
        }
        draft.domains[at].body.provider.clone_from(template);
    }
}

/// The host that the comment right above an address names.
pub(super) fn host_of(line: &Said<TlsPolicy>) -> Option<DomainName> {
    DomainName::parse(line.comments.last()?).ok()
}
