//! One right-hand side of `smtp_tls_policy_maps`.

use super::level::SecurityLevel;
use super::match_pattern::MatchPattern;
use super::policy_error::PolicyError;
use super::policy_parser::parse;
use super::version::Version;
use std::fmt;

/// The TLS policy of one next hop. [postconf(5) `smtp_tls_policy_maps`]
///
/// Absent attributes mean the parameter of main.cf; lists keep the order of writing.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct TlsPolicy {
    /// The security level.
    pub level: SecurityLevel,
    /// `match`; empty means `smtp_tls_verify_cert_match`, `smtp_tls_secure_cert_match` or
    /// `smtp_tls_fingerprint_cert_match`.
    pub matches: Vec<MatchPattern>,
    /// `tafile`, each the path of a file with trust anchors; empty means the CAs of main.cf.
    pub tafiles: Vec<String>,
    /// `protocols`, as written; the empty text allows all.
    pub protocols: Option<String>,
    /// `ciphers`, the least grade in lower case.
    pub ciphers: Option<String>,
    /// `exclude`, as written; replaces what main.cf excludes.
    pub exclude: Option<String>,
    /// `servername`: a host name, `hostname` or `nexthop`.
    pub servername: Option<String>,
    /// `connection_reuse`.
    pub connection_reuse: Option<bool>,
    /// `enable_rpk`.
    pub enable_rpk: Option<bool>,
    /// Whether `protocols`, `ciphers` or `exclude` keep TLS from being started; only in deployed maps.
    pub fails_handshake: bool,
    /// The attributes for TLSRPT and MTA-STS, in the order of [`super::ATTRIBUTES`]: name and value.
    pub external: Vec<(&'static str, String)>,
}

impl TlsPolicy {
    /// A policy without attributes.
    pub fn new(level: SecurityLevel) -> Self {
        Self {
            level,
            matches: Vec::new(),
            tafiles: Vec::new(),
            protocols: None,
            ciphers: None,
            exclude: None,
            servername: None,
            connection_reuse: None,
            enable_rpk: None,
            fails_handshake: false,
            external: Vec::new(),
        }
    }

    /// Reads what may be emitted for `version`.
    ///
    /// # Errors
    ///
    /// Everything that this Postfix refuses, warns about, ignores, or accepts here and fails on later.
    pub fn parse(text: &str, version: Version) -> Result<Self, PolicyError> {
        parse(text, version, &mut |error| Err(error))
    }

    /// Reads a deployed policy as `version` does; what Postfix accepts although it is wrong is among
    /// the warnings, in the order of the text.
    ///
    /// # Errors
    ///
    /// What makes Postfix defer the mail with `client TLS configuration problem`.
    pub fn parse_as_postfix(
        text: &str,
        version: Version,
    ) -> Result<(Self, Vec<PolicyError>), PolicyError> {
        let mut warnings = Vec::new();
        let policy = parse(text, version, &mut |error| {
            warnings.push(error);
            Ok(())
        })?;
        Ok((policy, warnings))
    }
}

impl fmt::Display for TlsPolicy {
    /// The canonical text: `secure match=a:b ciphers=high`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.level.as_str())?;
        let separator = if self.level == SecurityLevel::Fingerprint { "|" } else { ":" };
        for (at, pattern) in self.matches.iter().enumerate() {
            f.write_str(if at == 0 { " match=" } else { separator })?;
            write!(f, "{pattern}")?;
        }
        let mut attribute = |name: &str, value: &str| {
            if value.contains([' ', '\t', ',']) {
                write!(f, " {{ {name} = {value} }}")
            } else {
                write!(f, " {name}={value}")
            }
        };
        for file in &self.tafiles {
            attribute("tafile", file)?;
        }
        let texts = [
            ("protocols", &self.protocols),
            ("ciphers", &self.ciphers),
            ("exclude", &self.exclude),
            ("servername", &self.servername),
        ];
        for (name, value) in texts {
            if let Some(value) = value {
                attribute(name, value)?;
            }
        }
        let switches =
            [("connection_reuse", self.connection_reuse), ("enable_rpk", self.enable_rpk)];
        for (name, value) in switches {
            if let Some(value) = value {
                attribute(name, if value { "yes" } else { "no" })?;
            }
        }
        self.external.iter().try_for_each(|(name, value)| attribute(name, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postfix::MatchPatternError;
    use proptest::prelude::*;

    const V3_7: Version = Version::series(3, 7);
    const V3_11: Version = Version::series(3, 11);

    fn refused(text: &str, version: Version) -> PolicyError {
        TlsPolicy::parse_as_postfix(text, version).unwrap_err()
    }

    /// [Postfix `smtp_tls_policy.c` `tls_policy_lookup_one`: `CHARS_COMMA_SP`, `name_code`]
    #[test]
    fn words_are_separated_by_blanks_and_commas_in_any_case() {
        let canonical = "secure match=a.example:b.example protocols=>=TLSv1.2 ciphers=high";
        for text in [
            canonical,
            "SECURE, match=A.example, protocols=>=TLSv1.2\tMATCH=b.example, ciphers=HIGH",
            "secure\r\nmatch=a.example match=b.example protocols=>=TLSv1.2,ciphers=high,",
        ] {
            assert_eq!(TlsPolicy::parse(text, V3_7).unwrap().to_string(), canonical, "{text:?}");
        }
    }

    /// [Postfix `smtp_tls_policy.c`: `invalid security level`]
    #[test]
    fn an_unknown_level_makes_the_policy_invalid() {
        for text in ["secur", "half-dane", "halfdane", "secure:", "OK"] {
            assert!(matches!(refused(text, V3_7), PolicyError::Level(_)), "{text}");
        }
        assert_eq!(refused(" , ", V3_7), PolicyError::Empty);
        assert_eq!(refused("secur", V3_7).hint().unwrap(), "did you mean `secure`?");
    }

    /// [Postfix `smtp_tls_policy.c`: `malformed attribute/value pair`]
    #[test]
    fn a_trailing_comment_makes_the_policy_invalid() {
        let error = refused("encrypt # mx has selfsigned cert", V3_7);
        assert_eq!(error, PolicyError::Malformed("#".into()));
        assert_eq!(error.hint().unwrap(), "a comment must have a line of its own");
        assert!(matches!(refused("secure match = a.example", V3_7), PolicyError::Malformed(_)));
    }

    /// [Postfix `smtp_tls_policy.c`: `attribute "match" invalid at security level`]
    #[test]
    fn match_is_invalid_at_levels_without_names() {
        for level in ["may", "encrypt", "dane", "dane-only"] {
            let error = refused(&format!("{level} match=a.example"), V3_7);
            assert!(matches!(error, PolicyError::NotAtLevel("match", _)), "{level}");
            let error = refused(&format!("{level} tafile=/x.pem"), V3_7);
            assert!(matches!(error, PolicyError::NotAtLevel("tafile", _)), "{level}");
        }
    }

    /// [postconf(5) `smtp_tls_policy_maps`]
    #[test]
    fn none_is_plain_text_and_its_attributes_are_ignored_with_a_warning() {
        let (policy, warnings) = TlsPolicy::parse_as_postfix("none match=a.example", V3_7).unwrap();
        assert_eq!((policy.level, warnings.len()), (SecurityLevel::None, 1));
        assert!(TlsPolicy::parse("none match=a.example", V3_7).is_err());
    }

    #[test]
    fn attributes_that_may_stand_once_are_refused_twice() {
        for attribute in
            ["ciphers=high", "protocols=TLSv1.2", "exclude=RC4", "servername=a.example"]
        {
            let error = refused(&format!("encrypt {attribute} {attribute}"), V3_7);
            assert!(matches!(error, PolicyError::Twice(_)), "{attribute}");
        }
        let text = "encrypt connection_reuse=yes connection_reuse=no";
        assert_eq!(
            TlsPolicy::parse_as_postfix(text, V3_7).unwrap().0.connection_reuse,
            Some(false)
        );
        assert!(TlsPolicy::parse(text, V3_7).is_err());
    }

    #[test]
    fn empty_values_are_refused_or_never_written() {
        for attribute in ["protocols", "exclude"] {
            let text = format!("encrypt {attribute}=");
            assert!(TlsPolicy::parse_as_postfix(&text, V3_7).is_ok(), "{attribute}");
            assert_eq!(TlsPolicy::parse(&text, V3_7), Err(PolicyError::NoValue(attribute)));
        }
        for attribute in ["match", "ciphers", "servername", "tafile", "connection_reuse"] {
            let error = refused(&format!("secure {attribute}="), V3_7);
            assert!(matches!(error, PolicyError::NoValue(_)), "{attribute}");
        }
    }

    /// [RELEASE_NOTES-3.4, -3.6, -3.9, -3.10; Postfix `smtp_tls_policy.c` at each tag]
    #[test]
    fn attributes_are_refused_before_the_version_that_brought_them() {
        for (text, since) in [
            ("encrypt servername=a.example", (3, 4)),
            ("encrypt connection_reuse=yes", (3, 6)),
            ("encrypt protocols=>=TLSv1.2", (3, 6)),
            ("encrypt enable_rpk=yes", (3, 9)),
            ("encrypt { ciphers = high }", (3, 10)),
            ("secure match=a.example policy_type=sts policy_domain=a.example", (3, 10)),
        ] {
            let (before, from) =
                (Version::series(since.0, since.1 - 1), Version::series(since.0, since.1));
            assert!(TlsPolicy::parse(text, before).is_err(), "{text} before {from}");
            assert!(TlsPolicy::parse(text, from).is_ok(), "{text} from {from}");
        }
        assert!(
            TlsPolicy::parse("encrypt connection_reuse=yes", Version::parse("3.5.4").unwrap())
                .is_ok()
        );
    }

    /// [Postfix `tls_misc.c`: `Invalid TLS protocol list`, `invalid cipher grade`]
    #[test]
    fn values_that_fail_in_the_handshake_are_never_written() {
        for text in [
            "encrypt protocols=TLS1.2",
            "encrypt protocols=SSLv3",
            "encrypt protocols=>=1.2",
            "encrypt ciphers=strong",
            "encrypt exclude=!RC4",
        ] {
            assert!(
                matches!(TlsPolicy::parse(text, V3_7), Err(PolicyError::Handshake(..))),
                "{text}"
            );
            let (policy, warnings) = TlsPolicy::parse_as_postfix(text, V3_7).unwrap();
            assert!(policy.fails_handshake && warnings.len() == 1, "{text}");
        }
    }

    /// [OpenSSL `X509_VERIFY_PARAM_set1_ip_asc(3)`; Postfix `tls_client.c` `add_namechecks`]
    #[test]
    fn patterns_that_never_match_are_never_written() {
        for text in [
            "secure match=192.0.2.1:mx.google.com",
            "secure match=mx.google.com.",
            "secure match=:",
        ] {
            assert!(TlsPolicy::parse(text, V3_7).is_err(), "{text}");
            assert!(!TlsPolicy::parse_as_postfix(text, V3_7).unwrap().1.is_empty(), "{text}");
        }
        let error = TlsPolicy::parse("secure match=192.0.2.1", V3_7).unwrap_err();
        assert!(matches!(error, PolicyError::Match(MatchPatternError::Address(_))));
    }

    #[test]
    fn fingerprints_are_separated_by_bars() {
        let (a, b) = (vec!["ab"; 32].join(":"), vec!["cd"; 32].join(":"));
        let policy = TlsPolicy::parse(&format!("fingerprint match={a}|{b}"), V3_7).unwrap();
        assert_eq!(policy.matches.len(), 2);
        assert_eq!(policy.to_string(), format!("fingerprint match={a}|{b}"));
    }

    /// [Postfix `tls_dane.c`: `malformed fingerprint value`; RELEASE_NOTES-3.6]
    #[test]
    fn what_is_no_fingerprint_is_left_out_and_without_any_the_policy_is_invalid() {
        let (policy, warnings) =
            TlsPolicy::parse_as_postfix("fingerprint match=zz|aa:bb", V3_7).unwrap();
        assert_eq!((policy.matches.len(), warnings.len()), (1, 2));
        assert_eq!(refused("fingerprint match=zz", V3_7), PolicyError::NoFingerprint);
        assert!(TlsPolicy::parse_as_postfix("fingerprint match=zz", Version::series(3, 5)).is_ok());
        assert_eq!(TlsPolicy::parse("fingerprint", V3_7), Err(PolicyError::NoFingerprint));
    }

    #[test]
    fn servername_is_a_name_or_one_of_two_words() {
        for (value, ok) in [
            ("hostname", true),
            ("nexthop", true),
            ("mx.example", true),
            ("192.0.2.1", false),
            ("mx.ö", false),
        ] {
            let text = format!("encrypt servername={value}");
            assert_eq!(TlsPolicy::parse_as_postfix(&text, V3_7).is_ok(), ok, "{value}");
        }
    }

    fn any_policy() -> impl Strategy<Value = String> {
        let level =
            prop::sample::select(vec!["may", "encrypt", "dane", "dane-only", "secure", "verify"]);
        let names = prop::collection::vec("(\\*\\.|\\.)?[a-z][a-z0-9]{0,8}\\.(example|test)", 0..4);
        let rest = prop::sample::subsequence(
            vec![
                "protocols=>=TLSv1.2",
                "ciphers=high",
                "exclude=RC4:3DES",
                "servername=hostname",
                "connection_reuse=yes",
                "enable_rpk=no",
                "policy_type=sts { policy_string = version: STSv1 } policy_domain=a.example",
            ],
            0..7,
        );
        (level, names, rest).prop_map(|(level, names, rest)| {
            let matching = matches!(level, "secure" | "verify") && !names.is_empty();
            let names =
                if matching { format!(" match={}", names.join(":")) } else { String::new() };
            format!("{level}{names} {}", rest.join(" "))
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(text in any_policy()) {
            let policy = TlsPolicy::parse(&text, V3_11).unwrap();
            let written = policy.to_string();
            prop_assert_eq!(&TlsPolicy::parse(&written, V3_11).unwrap(), &policy);
            prop_assert_eq!(TlsPolicy::parse_as_postfix(&written, V3_11).unwrap(), (policy, vec![]));
        }

        #[test]
        fn no_text_is_too_strange(text in ".{0,80}") {
            let strict = TlsPolicy::parse(&text, V3_11);
            let lenient = TlsPolicy::parse_as_postfix(&text, V3_11);
            prop_assert!(strict.is_err() || lenient.is_ok_and(|(_, warnings)| warnings.is_empty()));
        }
    }
}
