//! What a policy demands of the handshake, beside Postfix's own defaults.

use super::policy::TlsPolicy;
use super::protocols::{allowed, grade_rank};

/// What Postfix allows where a policy says nothing. [postconf(5) `smtp_tls_mandatory_protocols`,
/// `smtp_tls_mandatory_ciphers`]
const DEFAULT_PROTOCOLS: &str = ">=TLSv1";
const DEFAULT_GRADE: &str = "medium";

impl TlsPolicy {
    /// The attributes that refuse handshakes which Postfix's defaults allow, in the order of
    /// writing a policy.
    pub fn demands_more(&self) -> impl Iterator<Item = &'static str> {
        let protocols = self.protocols.as_deref().is_some_and(|list| {
            allowed(DEFAULT_PROTOCOLS).iter().zip(allowed(list)).any(|(usual, now)| *usual && !now)
        });
        let ciphers =
            self.ciphers.as_deref().is_some_and(|it| grade_rank(it) > grade_rank(DEFAULT_GRADE));
        let exclude = self.exclude.is_some();
        let found = [("protocols", protocols), ("ciphers", ciphers), ("exclude", exclude)];
        found.into_iter().filter_map(|(name, holds)| holds.then_some(name))
    }

    /// The attributes that allow handshakes which Postfix's defaults refuse.
    pub fn allows_more(&self) -> impl Iterator<Item = &'static str> {
        let protocols = self.protocols.as_deref().is_some_and(|list| {
            allowed(DEFAULT_PROTOCOLS).iter().zip(allowed(list)).any(|(usual, now)| !usual && now)
        });
        let ciphers =
            self.ciphers.as_deref().is_some_and(|it| grade_rank(it) < grade_rank(DEFAULT_GRADE));
        let found = [("protocols", protocols), ("ciphers", ciphers)];
        found.into_iter().filter_map(|(name, holds)| holds.then_some(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postfix::Version;

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
            ("encrypt protocols=!SSLv2 ciphers=export", vec![], vec!["protocols", "ciphers"]),
            ("encrypt ciphers=null", vec![], vec!["ciphers"]),
        ] {
            assert_eq!(both(text), (more, less), "{text}");
        }
    }
}
