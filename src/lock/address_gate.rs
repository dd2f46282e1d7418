//! Addresses that no mail may be pinned to.

use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Networks that are not part of the public Internet. [IANA special-purpose address registries;
/// RFC 6890 §2.2]
const V4: &[(&str, &str)] = &[
    ("0.0.0.0/8", "this network [RFC 1122 §3.2.1.3]"),
    ("10.0.0.0/8", "private [RFC 1918 §3]"),
    ("100.64.0.0/10", "shared address space of a carrier [RFC 6598 §7]"),
    ("127.0.0.0/8", "loopback [RFC 1122 §3.2.1.3]"),
    ("169.254.0.0/16", "link-local [RFC 3927 §2.1]"),
    ("172.16.0.0/12", "private [RFC 1918 §3]"),
    ("192.0.0.0/24", "reserved for protocols [RFC 6890 §2.1]"),
    ("192.0.2.0/24", "for documentation [RFC 5737 §3]"),
    ("192.88.99.0/24", "a 6to4 relay [RFC 7526 §4]"),
    ("192.168.0.0/16", "private [RFC 1918 §3]"),
    ("198.18.0.0/15", "for benchmarks [RFC 2544 §C.2.2]"),
    ("198.51.100.0/24", "for documentation [RFC 5737 §3]"),
    ("203.0.113.0/24", "for documentation [RFC 5737 §3]"),
    ("224.0.0.0/4", "multicast [RFC 5771 §3]"),
    ("240.0.0.0/4", "reserved [RFC 1112 §4]"),
];

const V6: &[(&str, &str)] = &[
    ("::/128", "unspecified [RFC 4291 §2.5.2]"),
    ("::1/128", "loopback [RFC 4291 §2.5.3]"),
    ("64:ff9b:1::/48", "for local translation [RFC 8215 §3]"),
    ("100::/64", "discarded [RFC 6666 §4]"),
    ("2001::/23", "reserved for protocols [RFC 2928 §2]"),
    ("2001:db8::/32", "for documentation [RFC 3849 §4]"),
    ("3fff::/20", "for documentation [RFC 9637 §4]"),
    ("5f00::/16", "for segment routing [RFC 9602 §6]"),
    ("fc00::/7", "private [RFC 4193 §3]"),
    ("fe80::/10", "link-local [RFC 4291 §2.5.6]"),
    ("fec0::/10", "site-local [RFC 3879 §4]"),
    ("ff00::/8", "multicast [RFC 4291 §2.7]"),
];

/// Why no mail may be pinned to an address; `None` when it may.
///
/// IPv4 addresses are judged as such also when they are wrapped in IPv6: mapped, compatible, NAT64,
/// 6to4 and Teredo. Networks in `allowed` are never refused.
pub fn refused(address: IpAddr, allowed: &[IpNet]) -> Option<&'static str> {
    if allowed.iter().any(|network| network.contains(&address)) {
        return None;
    }
    match address {
        IpAddr::V4(address) => of(address.into(), V4),
        IpAddr::V6(address) => match wrapped(address) {
            Some(inner) if allowed.iter().any(|it| it.contains(&IpAddr::V4(inner))) => None,
            Some(inner) => of(inner.into(), V4).or_else(|| of(address.into(), V6)),
            None => of(address.into(), V6),
        },
    }
}

fn of(address: IpAddr, networks: &[(&str, &'static str)]) -> Option<&'static str> {
    let contains = |network: &str| network.parse::<IpNet>().is_ok_and(|it| it.contains(&address));
    networks.iter().find(|(network, _)| contains(network)).map(|(_, why)| *why)
}

/// The IPv4 address inside of an IPv6 address.
fn wrapped(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let octets = address.octets();
    let at = |start: usize| {
        Ipv4Addr::new(octets[start], octets[start + 1], octets[start + 2], octets[start + 3])
    };
    let segments = address.segments();
    #[expect(clippy::match_same_arms, reason = "one standard an arm")]
    match segments {
        // IPv4-mapped [RFC 4291 §2.5.5.2] and translated [RFC 2765 §2.1].
        [0, 0, 0, 0, 0, 0xffff, ..] | [0, 0, 0, 0, 0xffff, 0, ..] => Some(at(12)),
        // IPv4-compatible, but not `::` and `::1`. [RFC 4291 §2.5.5.1]
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 || low > 1 => Some(at(12)),
        // NAT64 [RFC 6052 §2.1].
        [0x64, 0xff9b, 0, 0, 0, 0, ..] => Some(at(12)),
        // 6to4 [RFC 3056 §2].
        [0x2002, ..] => Some(at(2)),
        // Teredo: the client's address is stored inverted. [RFC 4380 §4]
        [0x2001, 0, ..] => {
            let [a, b, c, d] = at(12).octets();
            Some(Ipv4Addr::new(!a, !b, !c, !d))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_refused(address: &str, allowed: &[&str]) -> bool {
        let allowed: Vec<IpNet> = allowed.iter().map(|it| it.parse().unwrap()).collect();
        refused(address.parse().unwrap(), &allowed).is_some()
    }

    #[test]
    fn every_network_of_the_tables_is_one() {
        for (network, _) in V4.iter().chain(V6) {
            assert!(network.parse::<IpNet>().is_ok_and(|it| it.trunc() == it), "{network}");
        }
    }

    #[test]
    fn public_addresses_pass() {
        for address in
            ["64.233.166.26", "217.26.49.138", "2a00:1450:4001:80e::1b", "2002:40e9:a61a::1"]
        {
            assert!(!is_refused(address, &[]), "{address}");
        }
    }

    #[test]
    fn addresses_that_lead_inside_are_refused_also_when_wrapped() {
        for address in [
            "10.1.2.3",
            "127.0.0.1",
            "169.254.1.1",
            "172.31.0.1",
            "192.168.1.1",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.2.1",
            "198.19.0.1",
            "::",
            "::1",
            "fe80::1",
            "fd00::1",
            "ff02::1",
            "2001:db8::1",
            "::ffff:10.0.0.1",
            "::10.0.0.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::a00:1",
            "2002:a00:1::",
            "2001:0:0:0:0:0:f5ff:fffe",
            "::ffff:0:127.0.0.1",
        ] {
            assert!(is_refused(address, &[]), "{address}");
        }
    }

    #[test]
    fn a_network_that_is_allowed_passes_also_when_wrapped() {
        assert!(!is_refused("10.1.2.3", &["10.1.0.0/16"]));
        assert!(!is_refused("::ffff:10.1.2.3", &["10.1.0.0/16"]));
        assert!(is_refused("10.2.2.3", &["10.1.0.0/16"]));
        assert!(!is_refused("2001:db8::1", &["2001:db8::/32"]));
    }
}
