//! What an attacker gets under a policy, reckoned world by world and attack by attack.

use mxward::postfix::{MatchPattern, NextHop, SecurityLevel, TlsPolicy};

/// One attack in one world; it succeeds or it does not.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Attack {
    /// Whether the destination has usable TLSA records.
    tlsa: bool,
    means: Means,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Means {
    /// Records what passes between us and a server, and breaks the oldest protocols later.
    Listen { server: Server, breaks: usize },
    /// Hides STARTTLS, or disturbs the handshake.
    Strip,
    /// Answers in place of the server.
    Answer(Credential),
    /// Answers, and can break ciphers of this grade or below.
    BreakGrade(u8),
    /// Answers, and can break this cipher.
    BreakCipher(&'static str),
}

/// What the right server can do.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Server {
    /// Which of `SSLv3`, `TLSv1` … `TLSv1.3`.
    protocols: [bool; 5],
    /// The grade of its ciphers, 2 to 4.
    grade: u8,
    /// The only cipher that it has, where that is one of those that policies exclude.
    cipher: Option<&'static str>,
}

/// What the attacker can show.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Credential {
    Nothing,
    Certificate {
        root: &'static str,
        name: &'static str,
    },
    Fingerprint(&'static str),
    /// The key that TLSA records name, of this host or domain.
    TlsaKey(&'static str),
}

const CIPHERS: [&str; 2] = ["RC4", "3DES"];
const NAMES: [&str; 9] = [
    "example.com",
    "mx.example.com",
    "a.mx.example.com",
    "mx.example.net",
    "a.mx.example.net",
    "*.example.net",
    "*.mx.example.net",
    "mx.example.org",
    "stranger.example",
];

/// Every attack of the model.
pub(super) fn attacks() -> Vec<Attack> {
    let mut means = vec![Means::Strip, Means::Answer(Credential::Nothing)];
    for root in ["public", "/x", "/y"] {
        let certificate = |name| Means::Answer(Credential::Certificate { root, name });
        means.extend(NAMES.into_iter().map(certificate));
    }
    means.extend(["a1", "b2"].map(|it| Means::Answer(Credential::Fingerprint(it))));
    means
        .extend(["example.com", "mx.example.com"].map(|it| Means::Answer(Credential::TlsaKey(it))));
    means.extend([1, 2, 3].map(Means::BreakGrade));
    means.extend(CIPHERS.map(Means::BreakCipher));
    let ciphers = [None, Some(CIPHERS[0]), Some(CIPHERS[1])];
    for bits in 1..32_u8 {
        let protocols = std::array::from_fn(|at| bits & (1 << at) != 0);
        for grade in [2, 3, 4] {
            for cipher in ciphers {
                let server = Server { protocols, grade, cipher };
                means
                    .extend((0..=5).map(|breaks| Means::Listen { server: server.clone(), breaks }));
            }
        }
    }
    let both = |means: Means| [false, true].map(|tlsa| Attack { tlsa, means: means.clone() });
    means.into_iter().flat_map(both).collect()
}

/// Which of the attacks succeed against mail sent by one of these policies; the attacker chooses which.
pub(super) fn wins(policies: &[(TlsPolicy, NextHop)], attacks: &[Attack]) -> Vec<bool> {
    let won = |attack: &Attack| policies.iter().any(|(policy, hop)| succeeds(policy, hop, attack));
    attacks.iter().map(won).collect()
}

/// Whether every attack that succeeds in the first succeeds in the second.
pub(super) fn within(first: &[bool], second: &[bool]) -> bool {
    first.iter().zip(second).all(|(first, second)| !first || *second)
}

/// How mail is sent.
#[derive(PartialEq)]
enum Mode {
    Plain,
    Opportunistic,
    Mandatory,
    Not,
}

fn mode(policy: &TlsPolicy, next_hop: &NextHop, tlsa: bool) -> Mode {
    use SecurityLevel as L;
    let dane = tlsa && !next_hop.is_address();
    match policy.level {
        L::None => Mode::Plain,
        L::May => Mode::Opportunistic,
        L::Dane if !dane => Mode::Opportunistic,
        L::DaneOnly if !dane => Mode::Not,
        L::Encrypt | L::Dane | L::DaneOnly | L::Fingerprint | L::Verify | L::Secure => {
            Mode::Mandatory
        }
    }
}

fn succeeds(policy: &TlsPolicy, next_hop: &NextHop, attack: &Attack) -> bool {
    match (mode(policy, next_hop, attack.tlsa), &attack.means) {
        (Mode::Not, _) | (Mode::Mandatory, Means::Strip) => false,
        (Mode::Plain, _) => true,
        (mode, Means::Listen { server, breaks }) => {
            // Both ends take the newest protocol that they share.
            let allowed = protocols(policy);
            let common = (0..5).rev().find(|at| server.protocols[*at] && allowed[*at]);
            let excluded = server.cipher.is_some_and(|it| excludes(policy).contains(&it));
            match common.filter(|_| server.grade >= grade(policy) && !excluded) {
                Some(protocol) => protocol < *breaks,
                None => mode == Mode::Opportunistic,
            }
        }
        (Mode::Opportunistic, _) => true,
        (Mode::Mandatory, Means::Answer(credential)) => trusts(policy, next_hop, credential),
        (Mode::Mandatory, Means::BreakGrade(broken)) => grade(policy) <= *broken,
        (Mode::Mandatory, Means::BreakCipher(broken)) => !excludes(policy).contains(broken),
    }
}

fn trusts(policy: &TlsPolicy, next_hop: &NextHop, credential: &Credential) -> bool {
    match (policy.level, credential) {
        (SecurityLevel::Encrypt, _) => true,
        (SecurityLevel::Dane | SecurityLevel::DaneOnly, Credential::TlsaKey(of)) => {
            next_hop.host_part() == *of
        }
        (SecurityLevel::Fingerprint, Credential::Fingerprint(digest)) => {
            policy.matches.iter().any(|it| it.to_string().starts_with(digest))
        }
        (SecurityLevel::Verify | SecurityLevel::Secure, Credential::Certificate { root, name }) => {
            let roots = &policy.tafiles;
            (roots.is_empty() || roots.iter().any(|it| it == root)) && named(policy, next_hop, name)
        }
        _ => false,
    }
}

/// Whether the policy takes a certificate for this name.
fn named(policy: &TlsPolicy, next_hop: &NextHop, name: &str) -> bool {
    let default = if policy.level == SecurityLevel::Verify {
        vec![MatchPattern::Hostname]
    } else {
        vec![MatchPattern::NextHop, MatchPattern::DotNextHop]
    };
    let patterns = if policy.matches.is_empty() { &default } else { &policy.matches };
    let host = next_hop.host_part();
    let hostname = |of: &str| {
        name == of || name.strip_prefix("*.").is_some_and(|it| of.split_once('.').unwrap().1 == it)
    };
    patterns.iter().any(|pattern| match pattern {
        // The attacker answers the MX lookup with the name that the certificate is for.
        MatchPattern::Hostname => next_hop.bare_domain().is_some() || hostname(host),
        MatchPattern::NextHop => hostname(host),
        MatchPattern::DotNextHop => name.ends_with(&format!(".{host}")),
        MatchPattern::Name(_)
        | MatchPattern::Subdomains(_)
        | MatchPattern::LiteralWildcard(_)
        | MatchPattern::Fingerprint(_)
        | MatchPattern::Unmatchable(_) => pattern.matches_certificate_name(name),
    })
}

fn protocols(policy: &TlsPolicy) -> [bool; 5] {
    match policy.protocols.as_deref() {
        None | Some(">=TLSv1") => [false, true, true, true, true],
        Some("") => [true, true, true, true, true],
        Some(">=TLSv1.2") => [false, false, false, true, true],
        Some(">=TLSv1.3") => [false, false, false, false, true],
        Some("!TLSv1") => [true, false, true, true, true],
        Some("TLSv1") => [false, true, false, false, false],
        Some("<=TLSv1.2") => [true, true, true, true, false],
        Some("TLSv1:TLSv1.3") => [false, true, false, false, true],
        Some(other) => panic!("the model lacks {other}"),
    }
}

fn grade(policy: &TlsPolicy) -> u8 {
    match policy.ciphers.as_deref() {
        None | Some("medium") => 3,
        Some("high") => 4,
        Some(other) => panic!("the model lacks {other}"),
    }
}

fn excludes(policy: &TlsPolicy) -> Vec<&str> {
    policy.exclude.as_deref().unwrap_or_default().split(':').collect()
}
