//! The keys that Postfix tries, in order.

/// The keys of `transport_maps` for mail to `domain`, the `user@domain` forms left out.
///
/// The domain, then `.parent` of each parent, then `*`. With `transport_maps` in
/// `parent_domain_matches_subdomains` parents are tried without the dot, and `.parent` keys never.
/// [transport(5); Postfix `mail_addr_find.c`]
pub fn transport_keys(domain: &str, parents_match: bool) -> impl Iterator<Item = &str> {
    let parents = domain
        .match_indices('.')
        .map(move |(at, _)| if parents_match { &domain[at + 1..] } else { &domain[at..] });
    std::iter::once(domain).chain(parents.filter(|key| !key.is_empty())).chain(std::iter::once("*"))
}

/// The keys of `smtp_tls_policy_maps` for a next-hop destination.
///
/// The destination verbatim; then, for a bare domain only, `.parent` of each parent, down to the
/// top-level domain. `parent_domain_matches_subdomains` has no influence.
/// [postconf(5) `smtp_tls_policy_maps`; Postfix `smtp_tls_policy.c` `tls_policy_lookup`]
pub fn policy_keys(next_hop: &super::NextHop) -> impl Iterator<Item = &str> {
    let parents = next_hop.bare_domain().unwrap_or_default();
    let parents = parents.match_indices('.').map(move |(at, _)| &parents[at..]);
    std::iter::once(next_hop.as_str()).chain(parents)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postfix::NextHop;

    fn policy(next_hop: &str) -> Vec<String> {
        let next_hop = NextHop::parse_as_postfix(next_hop).unwrap();
        policy_keys(&next_hop).map(str::to_owned).collect()
    }

    #[test]
    fn transport_tries_the_domain_its_dotted_parents_and_the_star() {
        let keys: Vec<_> = transport_keys("a.b.c", false).collect();
        assert_eq!(keys, ["a.b.c", ".b.c", ".c", "*"]);
    }

    #[test]
    fn transport_tries_parents_without_dot_where_main_cf_says_so() {
        let keys: Vec<_> = transport_keys("a.b.c", true).collect();
        assert_eq!(keys, ["a.b.c", "b.c", "c", "*"]);
    }

    #[test]
    fn policies_of_bare_domains_are_searched_down_to_the_top_level() {
        assert_eq!(policy("a.b.c"), ["a.b.c", ".b.c", ".c"]);
    }

    #[test]
    fn policies_of_other_next_hops_have_one_key() {
        for next_hop in ["[mx.b.c]", "b.c:587", "[192.0.2.1]", "193.0.2.9", "[mx.b.c]:25"] {
            assert_eq!(policy(next_hop), [next_hop]);
        }
    }
}
