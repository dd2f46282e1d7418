//! Every lint, one file each.

mod ca_missing;
mod dane_on_address;
mod default_none;
mod exception_expired;
mod exception_expiring;
mod exception_without_end;
mod exception_without_reason;
mod fallback_relay_weaker;
mod fingerprint_digest;
mod leave_to_covered;
mod level_none;
mod literal_wildcard;
mod lock_old;
mod lock_retained;
mod lock_unconfirmed;
mod map_type_hash;
mod map_type_texthash;
mod match_impossible;
mod match_public_suffix;
mod match_unrelated;
mod match_wider_than_provider;
mod next_hop_unused;
mod next_hop_without_policy;
mod opportunistic_demands;
mod parent_key_ignored;
mod pin_discouraged;
mod policy_of_other_service;
mod policy_unreachable;
mod relayhost_bypassed;
mod relayhost_hides_policies;
mod relayhost_without_policy;
mod servername_of_address;
mod subdomains_captured;
mod subdomains_of_public_suffix;
mod verify_without_match;
mod weak_cryptography;
mod weaker_than_default;

use super::rule::Rule;

/// Every lint, sorted by name.
pub static RULES: &[&Rule] = &[
    &ca_missing::RULE,
    &dane_on_address::RULE,
    &default_none::RULE,
    &exception_expired::RULE,
    &exception_expiring::RULE,
    &exception_without_end::RULE,
    &exception_without_reason::RULE,
    &fallback_relay_weaker::RULE,
    &fingerprint_digest::RULE,
    &leave_to_covered::RULE,
    &level_none::RULE,
    &literal_wildcard::RULE,
    &lock_old::RULE,
    &lock_retained::RULE,
    &lock_unconfirmed::RULE,
    &map_type_hash::RULE,
    &map_type_texthash::RULE,
    &match_impossible::RULE,
    &match_public_suffix::RULE,
    &match_unrelated::RULE,
    &match_wider_than_provider::RULE,
    &next_hop_unused::RULE,
    &next_hop_without_policy::RULE,
    &opportunistic_demands::RULE,
    &parent_key_ignored::RULE,
    &pin_discouraged::RULE,
    &policy_of_other_service::RULE,
    &policy_unreachable::RULE,
    &relayhost_bypassed::RULE,
    &relayhost_hides_policies::RULE,
    &relayhost_without_policy::RULE,
    &servername_of_address::RULE,
    &subdomains_captured::RULE,
    &subdomains_of_public_suffix::RULE,
    &verify_without_match::RULE,
    &weak_cryptography::RULE,
    &weaker_than_default::RULE,
];
