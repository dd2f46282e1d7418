//! What is declared before an exception, and where mail goes by it.

use super::judged::example;
use crate::cli::commands::edited::Declared;
use crate::deployed::DeployedMap;
use crate::diff::find;
use crate::formats::postmap_text;
use crate::model::{AttributeSpec, Body, Config, Route, Target};
use crate::names::Recipients;
use crate::postfix::{NextHop, Transport, deliver};
use crate::source::{SourceMap, Spanned};
use std::collections::{BTreeMap, BTreeSet};

/// What is declared of those who are named, and of their parents.
pub(super) struct Before {
    /// Everything.
    pub(super) declared: Declared,
    /// What `next_hops` has policies of.
    pub(super) next_hops: Vec<String>,
    /// The file of each who is named and declared.
    pub(super) files: BTreeMap<Recipients, String>,
    route: Option<Route>,
    /// Those whose mail would go to a relay, or where that of a parent goes, without an entry of their own in
    /// `transport_maps`.
    pub(super) kept: BTreeSet<Recipients>,
}

/// A next hop or service that mail goes to.
#[derive(Default)]
pub(super) struct Way {
    pub(super) next_hop: Option<Spanned<NextHop>>,
    pub(super) transport: Option<Spanned<Transport>>,
}

impl Before {
    /// Takes the declarations out of a repository.
    pub(super) fn new(config: Config, sources: &SourceMap, named: &[Recipients]) -> Self {
        let mut files = BTreeMap::new();
        for it in config.declarations.iter().filter(|it| named.contains(&it.recipients)) {
            files.insert(it.recipients.clone(), sources.name(it.span.file).to_owned());
        }
        let route = config.default_route.as_ref().map(|it| it.value);
        let next_hops = config.next_hops.iter().map(|it| it.next_hop.value.as_str().to_lowercase());
        let next_hops = next_hops.collect();
        Self { declared: config.into(), next_hops, files, route, kept: BTreeSet::new() }
    }

    /// The way that mail goes by a declaration, where that is not by the MX records of its domain.
    pub(super) fn way(&self, of: &Recipients) -> Way {
        let Some((key, body)) = deciding(&self.declared, of) else { return Way::default() };
        let way = Way::of(body);
        if way.next_hop.is_some() || way.transport.is_some() {
            return way;
        }
        let route = body.route.as_ref().map(|it| it.value).or(self.route);
        let is_hosts = body.provider.is_some() && route == Some(Route::Host);
        if self.kept.contains(of) || (key != of && is_hosts) {
            // Else a relay, or the entry of a parent, would go on to decide where mail goes.
            let transport = Spanned::new(Transport::smtp(Vec::new()), body.span);
            return Way { transport: Some(transport), ..way };
        }
        way
    }

    /// The next hops that policies of those who are named are looked up by.
    pub(super) fn next_hops_of(&self, named: &[Recipients]) -> BTreeSet<String> {
        let mut list = BTreeSet::new();
        for of in named {
            let hops = deciding(&self.declared, of).map(|(_, body)| hops(body)).unwrap_or_default();
            if hops.is_empty() {
                list.insert(of.key().to_string());
            }
            list.extend(hops);
        }
        list
    }
}

impl Way {
    /// As a declaration says.
    pub(super) fn of(body: &Body) -> Self {
        Self { next_hop: body.next_hop.clone(), transport: body.transport.clone() }
    }
}

/// What decides about somebody: a declaration of their own, or of the nearest parent.
fn deciding<'d>(declared: &'d Declared, of: &Recipients) -> Option<(&'d Recipients, &'d Body)> {
    let mut name = match of {
        Recipients::Domain(name) => name.parent(),
        Recipients::Subdomains(_) => of.name().parent(),
    };
    if let Some(own) = declared.entries.get_key_value(of) {
        return Some(own);
    }
    while let Some(parent) = name {
        let Ok(key) = Recipients::parse(&format!(".{parent}")) else { break };
        if let Some(found) = declared.entries.get_key_value(&key) {
            return Some(found);
        }
        name = parent.split_once('.').map(|(_, behind)| behind);
    }
    None
}

/// The attributes of what decides about somebody.
pub(super) fn attributes<'d>(declared: &'d Declared, of: &Recipients) -> &'d [AttributeSpec] {
    deciding(declared, of).map_or(&[], |(_, body)| body.policy.attributes.as_slice())
}

/// The next hops that a declaration names.
pub(super) fn hops(body: &Body) -> Vec<String> {
    let own = body.next_hop.iter().map(|it| &it.value);
    let listed = body.transport.iter().flat_map(|it| &it.value.next_hops);
    own.chain(listed).map(|it| it.as_str().to_lowercase()).collect()
}

/// Those whose own entry in the compiled `transport_maps` of a target is all that keeps their mail from its
/// relay, and from where that of a parent goes.
pub(super) fn kept(
    named: &[Recipients],
    targets: &[Target],
    maps: &[[DeployedMap; 2]],
) -> BTreeSet<Recipients> {
    let mut kept = BTreeSet::new();
    for (target, [transport, _]) in targets.iter().zip(maps) {
        let (transport, settings) = (postmap_text::read(&transport.bytes), target.settings());
        let value = |key: &str| find(&transport.entries, key).map(|it| &*it.value);
        for of in named {
            let (own, domain) = (of.key(), example(of));
            let Some(_) = value(&own) else { continue };
            let others = |key: &str| if key == own { None } else { value(key) };
            let without = deliver(&domain, &others, &|_| None, &settings);
            if without.transport_key.is_some() || settings.relayhost.is_some() {
                kept.insert(of.clone());
            }
        }
    }
    kept
}
