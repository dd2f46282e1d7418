//! Entries that are made in passing are those that are kept.

use super::generate;
use crate::harness::Test;
use mxward::compile::{Compiled, Repository, compile};
use mxward::diag::Diagnostics;
use mxward::lock::LockMode;
use mxward::tables::{Counts, Rows, Tables};
use mxward::world::system::System;
use mxward::world::{DnsSettings, World as _};

/// Names with U-labels, subdomains, and policies of next hops: one is also a domain, one has the
/// policy of a domain.
const MORE: &str = "domains:\n  \
    münchen.example: { provider: p01, route: pin, ciphers: high }\n  \
    .münchen.example: p02\n  \
    zürich.example: { next_hop: \"[relay.example]:587\", level: secure, match: [relay.example] }\n  \
    relay.example: { level: encrypt }\n  \
    own.example: { transport: \"relay:\", level: encrypt }\n  \
    left.example: { leave_to: mta-sts }\n\
    next_hops:\n  \
    relay.example: { level: encrypt }\n  \
    \"relay.example:25\": { level: encrypt }\n";

const PINNED: &str =
    "  xn--mnchen-3ya.example: { dnssec: insecure, since: 2026-11-20, mx: [10 mx1.p01.example] }\n";

fn compiled() -> Compiled {
    let test = Test::new();
    generate(test.path(), 400);
    let lock = test.path().join("mxward.lock");
    let text = System::new().read(&lock).unwrap();
    let text = format!("{}{PINNED}", String::from_utf8(text).unwrap());
    let test = test.file("mxward.lock", text).file("domains/more.yaml", MORE);
    let (world, mut found) = (System::new(), Diagnostics::new());
    let files = world.repository(test.path()).unwrap();
    let repository = Repository::load(&*files, &mut found);
    let compiled =
        compile(&world, repository, LockMode::Frozen, &DnsSettings::default(), &mut found);
    assert!(found.is_empty(), "{found:?}");
    compiled.map_err(|(stopped, _)| stopped).unwrap()
}

#[test]
fn entries_are_sorted_and_found_under_their_keys_with_what_caused_them() {
    let compiled = compiled();
    let mut found = Diagnostics::new();
    let target = &compiled.repository.config.targets[0];
    let lowered = compiled.lowered(target, &mut found).unwrap_or_else(|| panic!("{found:?}"));
    let tables = lowered.tables();
    let Tables { transport, tls_policy } = &tables;
    assert!(transport.entries().is_sorted_by(|a, b| a.key < b.key));
    assert!(tls_policy.entries().is_sorted_by(|a, b| a.key < b.key));
    let counts = Counts { transport: transport.len(), tls_policy: tls_policy.len() };
    assert_eq!((lowered.counts(), tables.counts()), (counts, counts));
    for entry in transport.entries() {
        assert_eq!(lowered.transport_origin(&entry.key).as_ref(), Some(&entry.origin));
    }
    for entry in tls_policy.entries() {
        assert_eq!(lowered.policy_origin(&entry.key).as_ref(), Some(&entry.origin));
    }
    let policy = |key: &str| tls_policy.get(key).map(|entry| entry.value.to_string());
    for (key, level) in [("relay.example", "encrypt"), ("relay.example:25", "encrypt")] {
        assert_eq!(policy(key).as_deref(), Some(level), "{key}");
    }
    for key in ["münchen.example", "xn--mnchen-3ya.example", ".münchen.example"] {
        assert!(policy(key).is_some(), "{key}");
    }
    assert_eq!(policy("zürich.example"), None);
    assert!(
        transport.get("zürich.example").is_some()
            && lowered.policy_origin("zürich.example").is_none()
    );
    assert_eq!(lowered.transport_origin("nobody.example"), None);
}
