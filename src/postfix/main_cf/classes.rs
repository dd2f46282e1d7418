//! Domains of the repository that this Postfix does not send away.

use super::checker::Checker;
use super::difference::Severity;
use super::requirements::RequiredMap;
use super::table_list::{TableName, elements};
use crate::postfix::{NextHop, policy_keys, transport_keys};
use std::collections::BTreeSet;

/// The address classes that are not `default`. [Postfix `ADDRESS_CLASS_README`]
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Delivered here.
    Here,
    /// Rewritten to other recipients.
    Alias,
    /// Sent on by `relay_transport`.
    Relay,
}

const CLASSES: [(&str, Class); 4] = [
    ("mydestination", Class::Here),
    ("virtual_mailbox_domains", Class::Here),
    ("virtual_alias_domains", Class::Alias),
    ("relay_domains", Class::Relay),
];

impl Checker<'_> {
    pub(super) fn classes(&mut self) {
        let main = self.main();
        for (parameter, class) in CLASSES {
            let list = main.text(parameter).to_lowercase();
            let all = elements(&list);
            let (tables, domains): (Vec<&str>, Vec<&str>) =
                all.iter().partition(|it| TableName::is_one(it));
            if !tables.is_empty() {
                let why = "what these tables hold is not looked into: no domain of the repository may be there";
                self.noted(main, Severity::Note, parameter, why);
            }
            for (domain, transport) in self.declared(parameter, &domains) {
                self.clash(parameter, class, &all, &domain, transport);
            }
        }
    }

    /// The domains of a list that the maps have an entry for, and the transport entry among those.
    fn declared(&self, parameter: &str, domains: &[&str]) -> BTreeSet<(String, Option<String>)> {
        let parents = elements(self.main().text("parent_domain_matches_subdomains"));
        let with_subdomains = parents.contains(&parameter);
        let required = self.required;
        let mut found = BTreeSet::new();
        let has = |map: &RequiredMap<'_>, key: &str| map.keys.binary_search(&key).is_ok();
        let mut add = |domain: &str| {
            let transport = transport_keys(domain, required.parents_match)
                .find(|key| has(&required.transport, key))
                .map(str::to_owned);
            let policy = NextHop::parse_as_postfix(domain)
                .is_ok_and(|hop| policy_keys(&hop).any(|key| has(&required.tls_policy, key)));
            if transport.is_some() || policy {
                found.insert((domain.to_owned(), transport));
            }
        };
        let mut above = Vec::new();
        for domain in domains.iter().filter(|it| !it.starts_with('!')) {
            match domain.strip_prefix('.') {
                Some(parent) if !with_subdomains => above.push(parent),
                Some(_) => {}
                None => {
                    add(domain);
                    if with_subdomains {
                        above.push(domain);
                    }
                }
            }
        }
        if !above.is_empty() {
            let keys = required.transport.keys.iter().chain(&required.tls_policy.keys);
            let below = |key: &str, parent: &str| {
                key.strip_suffix(parent).is_some_and(|it| it.len() > 1 && it.ends_with('.'))
            };
            for key in keys.filter(|key| !key.starts_with(['.', '['])) {
                if above.iter().any(|parent| below(key, parent)) {
                    add(key);
                }
            }
        }
        found
    }

    fn clash(
        &mut self,
        parameter: &str,
        class: Class,
        all: &[&str],
        domain: &str,
        transport: Option<String>,
    ) {
        let (severity, why) = match (class, transport) {
            (Class::Here, Some(key)) => (
                Severity::Breaks,
                format!(
                    "mail for {domain} is delivered here, and the entry `{key}` would send it away"
                ),
            ),
            (Class::Here, None) => {
                (Severity::Note, format!("mail for {domain} stays here: its policy is never asked"))
            }
            (Class::Alias, _) => (
                Severity::Note,
                format!(
                    "mail for {domain} goes to the addresses behind it: its entries are never asked"
                ),
            ),
            (Class::Relay, Some(key)) => (
                Severity::Note,
                format!(
                    "mail for {domain} goes by `relay_transport`, and the entry `{key}` puts it on another \
                     transport"
                ),
            ),
            // The policy is asked by that transport as well.
            (Class::Relay, None) => return,
        };
        let rest: Vec<&str> = all.iter().copied().filter(|it| *it != domain).collect();
        if rest.len() == all.len() {
            // It is meant by another element of the list.
            self.noted(self.main(), severity, parameter, &why);
        } else {
            self.wrong(self.main(), severity, parameter, &rest.join(", "), &why);
        }
    }
}
