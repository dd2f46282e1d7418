//! The documentation of errors that keep a repository from being compiled.

use super::rule::Docs;

/// An error that other modules report; it has no level.
#[derive(Debug)]
pub struct FixedError {
    /// The stable name, which is the code of the message.
    pub name: &'static str,
    /// What it says, in one phrase.
    pub summary: &'static str,
    /// The documentation.
    pub docs: Docs,
}

/// Errors about policies, pins and targets, sorted by name.
pub static ERRORS: &[FixedError] = &[
    FixedError {
        name: "address-refused",
        summary: "a pin to an address that is not public",
        docs: Docs {
            what: "\
Pins to private, loopback, link-local, multicast, documentation or reserved addresses, also where they are
wrapped in IPv6, that `lock.allow_addresses` does not name.",
            why: "\
Who can answer for a DNS name can send mail for a pinned domain into your own network, past its filters.",
            example: "\
domains:
  kunde.example: { provider: inside, route: pin }   # whose MX host has the address 10.1.2.3
",
            instead: "\
lock: { allow_addresses: [10.1.2.0/24] }
domains:
  kunde.example: { provider: inside, route: pin }
",
            sources: "IANA special-purpose address registries; RFC 6890 §2.2",
        },
    },
    FixedError {
        name: "next-hop-conflict",
        summary: "two policies for one next hop",
        docs: Docs {
            what: "Two domains, or a domain and `next_hops`, that ask for different policies for one next hop.",
            why: "\
Postfix looks policies up by the text of the next hop, so that each has exactly one. Whichever was taken,
the other would not hold.",
            example: "\
domains:
  a.example: { next_hop: \"[relay.example.net]\", level: secure, match: [relay.example.net] }
  b.example: { next_hop: \"[relay.example.net]\", level: encrypt }
",
            instead: "\
domains:
  a.example: { next_hop: \"[relay.example.net]\", level: secure, match: [relay.example.net] }
  b.example: { next_hop: \"[relay.example.net]\", level: secure, match: [relay.example.net] }
",
            sources: "postconf(5) `smtp_tls_policy_maps`; Postfix `smtp_tls_policy.c`",
        },
    },
    FixedError {
        name: "pin-addresses",
        summary: "a pin without an IPv4 address that the target reaches",
        docs: Docs {
            what: "Pins of hosts of which a target reaches no IPv4 address.",
            why: "\
With `inet_protocols = ipv4` an IPv6 address at the end of a list of next hops does not fall through to
the domain behind it: the mail is returned.",
            example: "\
domains:
  kunde.example: { provider: hostpoint, route: pin }
targets:
  mx:
    postfix: \"3.10\"
    security_level: dane
    map_type: lmdb
    ca: /etc/ssl/certs/ca-certificates.crt
    address_families: [ipv6]
",
            instead: "\
domains:
  kunde.example: { provider: hostpoint, route: pin }
targets:
  mx:
    postfix: \"3.10\"
    security_level: dane
    map_type: lmdb
    ca: /etc/ssl/certs/ca-certificates.crt
    address_families: [ipv4, ipv6]
",
            sources: "Postfix `smtp_addr.c`, `smtp_connect.c`",
        },
    },
    FixedError {
        name: "pin-fallback",
        summary: "a pin on a target with `pin_fallback: none`",
        docs: Docs {
            what: "Pins on targets whose lists of pins would not end in the domain itself.",
            why: "\
When a provider changes its addresses all pins are dead at once. Behind them the domain itself, by MX and
under the same policy, still delivers.",
            example: "\
domains:
  kunde.example: { provider: hostpoint, route: pin }
targets:
  mx:
    postfix: \"3.10\"
    security_level: dane
    map_type: lmdb
    ca: /etc/ssl/certs/ca-certificates.crt
    pin_fallback: none
",
            instead: "\
domains:
  kunde.example: { provider: hostpoint, route: pin }
targets:
  mx:
    postfix: \"3.10\"
    security_level: dane
    map_type: lmdb
    ca: /etc/ssl/certs/ca-certificates.crt
",
            sources: "Postfix `smtp_connect.c`",
        },
    },
    FixedError {
        name: "pin-policy",
        summary: "a pin whose policy would not notice a stranger",
        docs: Docs {
            what: "\
`route: pin` written beside a domain whose policy is not `secure` or `verify` with names in `match`, nor
`fingerprint` with `match`; and a pin for a domain that is DANE-secured. From `defaults` a pin is not
inherited by entries with `dane` or `dane-only`.",
            why: "\
Addresses are given to somebody else one day. The certificate must tell, and it can only by a name that is
written down. DANE does not work on addresses.",
            example: "\
domains:
  kunde.example: { provider: hostpoint, route: pin, level: encrypt }
",
            instead: "\
domains:
  kunde.example: { provider: hostpoint, route: pin }
",
            sources: "Postfix `tls_client.c`, `tls_dane.c`",
        },
    },
    FixedError {
        name: "pin-subdomains",
        summary: "a pin on a target where it would take all subdomains along",
        docs: Docs {
            what: "Pins on targets whose `parent_domain_matches_subdomains` has `transport_maps`.",
            why: "\
There the key `example.com` also holds for everything below it, whose mail the pinned hosts do not take.",
            example: "\
domains:
  kunde.example: { provider: hostpoint, route: pin }
targets:
  mx:
    postfix: \"3.10\"
    security_level: dane
    map_type: lmdb
    ca: /etc/ssl/certs/ca-certificates.crt
    parent_domain_matches_subdomains: [transport_maps]
",
            instead: "\
domains:
  kunde.example: { provider: hostpoint, route: mx }
targets:
  mx:
    postfix: \"3.10\"
    security_level: dane
    map_type: lmdb
    ca: /etc/ssl/certs/ca-certificates.crt
    parent_domain_matches_subdomains: [transport_maps]
",
            sources: "postconf(5) `parent_domain_matches_subdomains`; transport(5)",
        },
    },
    FixedError {
        name: "policy",
        summary: "a policy that no Postfix takes",
        docs: Docs {
            what: "\
Attributes that do not belong to the level, values that no Postfix understands, and addresses, final dots
or misplaced `*` in `match`.",
            why: "\
Postfix defers all mail for a policy that it cannot read, or reads something else than was meant. An
address in `match` is a condition beside all names, so that no name matches any more.",
            example: "\
domains:
  example.com: { level: secure, match: [203.0.113.25] }
",
            instead: "\
domains:
  example.com: { level: secure, match: [mx.example.com] }
",
            sources: "postconf(5) `smtp_tls_policy_maps`; Postfix `smtp_tls_policy.c`, `tls_client.c`",
        },
    },
    FixedError {
        name: "postfix-version",
        summary: "something that the Postfix of a target does not know",
        docs: Docs {
            what: "\
Attributes, values, lists of next hops and pins that need a newer Postfix than a target has.",
            why: "\
One unknown attribute makes the whole policy invalid, and defers all mail for its key. A list of next hops
ends smtp(8) before 3.5. A protocol list that the version does not understand ends in plain text at `may`.",
            example: "\
domains:
  example.com: { level: secure, match: [mx.example.com], enable_rpk: true }
targets:
  mx:
    postfix: \"3.7\"
    security_level: dane
    map_type: lmdb
    ca: /etc/ssl/certs/ca-certificates.crt
",
            instead: "\
domains:
  example.com: { level: secure, match: [mx.example.com] }
targets:
  mx:
    postfix: \"3.7\"
    security_level: dane
    map_type: lmdb
    ca: /etc/ssl/certs/ca-certificates.crt
",
            sources: "the RELEASE_NOTES of each Postfix; Postfix `smtp_tls_policy.c`",
        },
    },
    FixedError {
        name: "provider-left",
        summary: "a domain whose MX hosts are not those of its provider",
        docs: Docs {
            what: "\
Domains with `route: pin` or `host` whose own MX set, as the lock has it, names a host that the template
does not.",
            why: "\
The domain moved. The old provider answers 550, and mail is returned at once: Postfix does not ask for MX
records after a refusal.",
            example: "\
domains:
  moved.example: { provider: hostpoint, route: pin }   # whose MX is now aspmx.l.google.com
",
            instead: "\
domains:
  moved.example: { provider: google-workspace, route: mx }
",
            sources: "Postfix `smtp_connect.c`: a 5xx reply ends the delivery",
        },
    },
    FixedError {
        name: "route-of-subdomains",
        summary: "`route: pin` or hosts of its own for a `.domain`",
        docs: Docs {
            what: "\
`.domain` entries with `route: pin` written beside them, or with `route: host` where the hosts are those
of the domain's own MX set. From `defaults` they inherit no pin.",
            why: "\
The entry stands for many domains, and the list of pins ends in one. `.example.com` as a next hop ends
smtp(8), and with it all mail.",
            example: "\
domains:
  .kunde.example: { provider: hostpoint, route: pin }
",
            instead: "\
domains:
  .kunde.example: { provider: hostpoint, route: mx }
",
            sources: "Postfix `smtp_connect.c` `smtp_parse_destination`",
        },
    },
    FixedError {
        name: "transport-unmanaged",
        summary: "a next hop for a target without a transport map",
        docs: Docs {
            what: "\
Domains with a next hop of their own, `route: host` or `route: pin` on targets that have `tls_policy` and
no `transport`.",
            why: "\
Without the transport entry mail goes by MX, and the policies for its next hops are never asked for.",
            example: "\
domains:
  example.com: { next_hop: \"[mx.example.com]\", level: encrypt }
targets:
  mx:
    postfix: \"3.10\"
    security_level: may
    map_type: lmdb
    tls_policy: \"file:/etc/postfix/tls_policy\"
",
            instead: "\
domains:
  example.com: { next_hop: \"[mx.example.com]\", level: encrypt }
targets:
  mx:
    postfix: \"3.10\"
    security_level: may
    map_type: lmdb
    transport: \"file:/etc/postfix/transport\"
    tls_policy: \"file:/etc/postfix/tls_policy\"
",
            sources: "transport(5)",
        },
    },
];
