//! Declarations that entries which stay overrule.

use super::affected::{Recipient, affected};
use super::side::{Side, differences, find};

/// The recipients with an entry of ours whose mail goes otherwise than the compiled maps alone would
/// have it, because of foreign entries that stay; sorted.
pub(crate) fn overruled(alone: &Side<'_>, wanted: &Side<'_>) -> Vec<String> {
    let transport = differences(&alone.transport, &wanted.transport);
    let tls_policy = differences(&alone.tls_policy, &wanted.tls_policy);
    if transport.is_empty() && tls_policy.is_empty() {
        return Vec::new();
    }
    let is_ours = |recipient: &Recipient| {
        let key = recipient.key();
        find(&alone.transport, key).or_else(|| find(&alone.tls_policy, key)).is_some()
    };
    let ours = affected(alone, wanted, &transport, &tls_policy).into_iter().filter(is_ours);
    let overruled = ours.filter(|recipient| {
        let domain = recipient.example();
        !alone.deliver(&domain).outcome.treats_alike(&wanted.deliver(&domain).outcome)
    });
    overruled.map(|it| it.to_string()).collect()
}
