//! What a policy demands of the handshake, beside Postfix's own defaults.

use super::policy::TlsPolicy;
use super::protocols::{Allowed, allowed, grade_rank};
use super::version::Version;

/// What Postfix allows where a policy says nothing. [postconf(5) `smtp_tls_mandatory_protocols`,
/// `smtp_tls_mandatory_ciphers`]
const DEFAULT_PROTOCOLS: &str = "!SSLv2:!SSLv3";
const DEFAULT_GRADE: &str = "medium";

impl TlsPolicy {
    /// The attributes that refuse handshakes which Postfix's defaults allow.
    pub fn demands_more(&self, version: Version) -> impl Iterator<Item = &'static str> {
        let protocols = self.protocols_and_default(version);
        let protocols = protocols.is_some_and(|(mine, usual)| exceeds(usual, mine));
        let ciphers = self.grade_and_default(version).is_some_and(|(mine, usual)| mine > usual);
        let found =
            [("protocols", protocols), ("ciphers", ciphers), ("exclude", self.exclude.is_some())];
        found.into_iter().filter_map(|(name, holds)| holds.then_some(name))
    }

    /// The attributes that allow handshakes which Postfix's defaults refuse.
    pub fn allows_more(&self, version: Version) -> impl Iterator<Item = &'static str> {
        let protocols = self.protocols_and_default(version);
        let protocols = protocols.is_some_and(|(mine, usual)| exceeds(mine, usual));
        let ciphers = self.grade_and_default(version).is_some_and(|(mine, usual)| mine < usual);
        let found = [("protocols", protocols), ("ciphers", ciphers)];
        found.into_iter().filter_map(|(name, holds)| holds.then_some(name))
    }

    fn protocols_and_default(&self, version: Version) -> Option<(Allowed, Allowed)> {
        let mine = allowed(self.protocols.as_deref()?, version).ok()?;
        Some((mine, allowed(DEFAULT_PROTOCOLS, version).ok()?))
    }

    fn grade_and_default(&self, version: Version) -> Option<(u8, u8)> {
        let mine = grade_rank(self.ciphers.as_deref()?, version)?;
        Some((mine, grade_rank(DEFAULT_GRADE, version)?))
    }
}

/// Whether the first allows a protocol that the second does not.
fn exceeds(a: Allowed, b: Allowed) -> bool {
    a.iter().zip(b).any(|(a, b)| *a && !b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(text: &str, version: Version) -> (Vec<&'static str>, Vec<&'static str>) {
        let policy = TlsPolicy::parse(text, version).unwrap();
        (policy.demands_more(version).collect(), policy.allows_more(version).collect())
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
            ("encrypt protocols=SSLv3:TLSv1", vec!["protocols"], vec!["protocols"]),
            ("encrypt ciphers=export", vec![], vec![]),
        ] {
            assert_eq!(both(text, Version::NEWEST), (more, less), "{text}");
        }
    }

    /// [RELEASE_NOTES-3.8]
    #[test]
    fn before_3_8_low_grades_are_what_they_say() {
        assert_eq!(both("encrypt ciphers=export", Version::series(3, 7)).1, ["ciphers"]);
        assert_eq!(both("encrypt ciphers=export", Version::series(3, 8)).1, [""; 0]);
    }
}
