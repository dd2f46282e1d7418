//! What a policy demands of the handshake, beside Postfix's own defaults.

use super::policy::TlsPolicy;
use super::protocols::{allowed, grade_rank};
use super::version::Version;
use std::cmp::Ordering;

/// What Postfix allows where a policy says nothing. [postconf(5) `smtp_tls_mandatory_protocols`,
/// `smtp_tls_mandatory_ciphers`]
const DEFAULT_PROTOCOLS: &str = ">=TLSv1";
const DEFAULT_GRADE: &str = "medium";

impl TlsPolicy {
    /// The attributes that refuse handshakes which Postfix's defaults allow, in the order of
    /// writing a policy.
    pub fn demands_more(&self) -> impl Iterator<Item = &'static str> {
        let protocols = self.protocols_beside_default(|usual, now| usual && !now);
        let ciphers = self.grade_beside_default().is_some_and(Ordering::is_gt);
        let exclude = self.exclude.is_some();
        let found = [("protocols", protocols), ("ciphers", ciphers), ("exclude", exclude)];
        found.into_iter().filter_map(|(name, holds)| holds.then_some(name))
    }

    /// The attributes that allow handshakes which Postfix's defaults refuse.
    pub fn allows_more(&self) -> impl Iterator<Item = &'static str> {
        let protocols = self.protocols_beside_default(|usual, now| !usual && now);
        let ciphers = self.grade_beside_default().is_some_and(Ordering::is_lt);
        let found = [("protocols", protocols), ("ciphers", ciphers)];
        found.into_iter().filter_map(|(name, holds)| holds.then_some(name))
    }

    /// Whether the default and the list differ so in any protocol. A list that cannot be read has
    /// been refused before.
    fn protocols_beside_default(&self, differ: fn(bool, bool) -> bool) -> bool {
        let list = |text| allowed(text, Version::NEWEST).ok();
        let now = self.protocols.as_deref().and_then(list);
        list(DEFAULT_PROTOCOLS)
            .zip(now)
            .is_some_and(|(usual, now)| usual.into_iter().zip(now).any(|(a, b)| differ(a, b)))
    }

    fn grade_beside_default(&self) -> Option<Ordering> {
        let rank = |grade| grade_rank(grade, Version::NEWEST);
        let now = rank(self.ciphers.as_deref()?)?;
        Some(now.cmp(&rank(DEFAULT_GRADE)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(text: &str) -> (Vec<&'static str>, Vec<&'static str>) {
        let policy = TlsPolicy::parse(text, Version::NEWEST).unwrap();
        (policy.demands_more().collect(), policy.allows_more().collect())
    }

    #[test]
    fn demands_are_judged_beside_the_defaults_of_postfix() {
        for (text, more, less) in [
            ("may", vec![], vec![]),
            ("may protocols=>=TLSv1 ciphers=medium", vec![], vec![]),
            ("may protocols=!SSLv2:!SSLv3", vec![], vec![]),
            ("may protocols=>=TLSv1.2", vec!["protocols"], vec![]),
            ("may protocols=TLSv1.2 ciphers=high", vec!["protocols", "ciphers"], vec![]),
            ("encrypt exclude=RC4", vec!["exclude"], vec![]),
            ("encrypt protocols=!SSLv2", vec![], vec!["protocols"]),
        ] {
            assert_eq!(both(text), (more, less), "{text}");
        }
    }
}
