//! From a policy and what a server said to what Postfix would do.

use super::ask::Asked;
use super::route::Endpoint;
use super::site::Site;
use super::verdict::{Does, Verdict};
use crate::dane::counting;
use crate::postfix::{MatchPattern, SecurityLevel, TlsPolicy, Version};
use crate::world::{DaneMatch, Failure, Objection, Session, StarttlsOutcome, Step};

/// [OpenSSL `X509_STORE_CTX_get_error(3)`]
const HOSTNAME_MISMATCH: i32 = 62;

/// What Postfix would do with mail for a server that answered so. [Postfix `smtp_proto.c` `smtp_helo`,
/// `smtp_start_tls`; `smtp_connect.c`]
pub fn judge(
    policy: &TlsPolicy,
    endpoint: &Endpoint,
    site: &Site,
    asked: &Asked,
    outcome: &StarttlsOutcome,
) -> Verdict {
    let (peer, level) = (endpoint.peer(), asked.decided.level);
    // What is `dane` here has TLSA records; without any it came to be `may`.
    let required = !matches!(level, SecurityLevel::None | SecurityLevel::May);
    match outcome {
        StarttlsOutcome::Tls(session) => of_session(policy, endpoint, site, asked, session),
        StarttlsOutcome::NotOffered { .. } if required => {
            Verdict::defers(format!("TLS is required, but was not offered by host {peer}"))
        }
        StarttlsOutcome::NotOffered { .. } => Verdict::new(Does::DeliversInClear, ""),
        StarttlsOutcome::Refused { step: Step::Starttls, .. } if !required => {
            Verdict::new(Does::DeliversInClear, "")
                .note("the server refuses STARTTLS, which it offers")
        }
        StarttlsOutcome::Refused { step, code, text } => {
            let bounces = *code >= 500 && *step != Step::Greeting;
            let does = if bounces { Does::Bounces } else { Does::Defers };
            let what = match step {
                Step::Starttls => {
                    format!("TLS is required, but host {peer} refused to start TLS: {text}")
                }
                Step::Connect | Step::Greeting | Step::Ehlo | Step::Handshake => {
                    format!("host {peer} refused to talk to me: {text}")
                }
            };
            Verdict::new(does, what)
        }
        StarttlsOutcome::Failed { step: Step::Connect, why } => {
            let why = if *why == Failure::TimedOut {
                "Connection timed out".to_owned()
            } else {
                capitalised(&why.to_string())
            };
            Verdict::defers(format!("connect to {peer}:{}: {why}", endpoint.port))
        }
        StarttlsOutcome::Failed { step: Step::Handshake, why } => {
            let does =
                if level == SecurityLevel::May { Does::DefersThenClear } else { Does::Defers };
            Verdict::new(does, "Cannot start TLS: handshake failure").note(why.to_string())
        }
        StarttlsOutcome::Failed { step, why } => {
            let during = match step {
                Step::Greeting => "receiving the initial server greeting",
                Step::Ehlo => "performing the EHLO handshake",
                Step::Connect | Step::Starttls | Step::Handshake => {
                    "receiving the STARTTLS response"
                }
            };
            match why {
                // Postfix reads on until its deadline.
                Failure::TimedOut | Failure::TooMuch => {
                    let text = format!("conversation with {peer} timed out while {during}");
                    Verdict::defers(text).note(why.to_string())
                }
                Failure::Garbled(text) => {
                    // A reply without a code counts as a permanent error. [Postfix `smtp_chat.c`
                    // `smtp_chat_resp`]
                    let text = format!("host {peer} refused to talk to me: {text}");
                    Verdict::new(Does::Bounces, text)
                }
                Failure::Lost
                | Failure::Unreachable(_)
                | Failure::Handshake(_)
                | Failure::Local(_) => {
                    Verdict::defers(format!("lost connection with {peer} while {during}"))
                }
            }
        }
    }
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|it| it.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}

/// Why a session does not satisfy a policy, in Postfix's words.
struct Fault {
    /// The line of the log.
    log: String,
    /// Whether the chain is trusted all the same.
    trusted: bool,
    /// More about it.
    notes: Vec<String>,
}

fn of_session(
    policy: &TlsPolicy,
    endpoint: &Endpoint,
    site: &Site,
    asked: &Asked,
    session: &Session,
) -> Verdict {
    let place = endpoint.place();
    let fault = match asked.decided.level {
        SecurityLevel::None | SecurityLevel::May | SecurityLevel::Encrypt => None,
        SecurityLevel::Dane | SecurityLevel::DaneOnly => dane_fault(&place, asked, session),
        SecurityLevel::Fingerprint => fingerprint_fault(&place, policy, session),
        SecurityLevel::Verify | SecurityLevel::Secure => {
            certificate_fault(&place, site.version, policy, asked, session)
        }
    };
    let takes_anyone = matches!(
        asked.decided.level,
        SecurityLevel::None | SecurityLevel::May | SecurityLevel::Encrypt
    );
    let word = match &fault {
        _ if session.chain.is_empty() => "Anonymous",
        None if takes_anyone && (!session.objections.is_empty() || !named(asked, session)) => {
            "Untrusted"
        }
        None if takes_anyone => "Trusted",
        // Who it should be is not signed. [Postfix `tls.h` `TLS_NEVER_SECURED`]
        None if asked.decided.half => "Trusted",
        None => "Verified",
        Some(fault) if fault.trusted => "Trusted",
        Some(_) => "Untrusted",
    };
    let (used, all) = session.bits;
    let connection = format!(
        "{word} TLS connection established to {place}: {} with cipher {} ({used}/{all} bits)",
        session.protocol, session.cipher
    );
    match fault {
        None => Verdict { log: vec![connection], ..Verdict::new(Does::Delivers, "") },
        Some(Fault { log, notes, .. }) => {
            let verdict = Verdict::defers("Server certificate not verified");
            Verdict { log: vec![log, connection], notes, ..verdict }
        }
    }
}

/// Whether the names of DANE are in the certificate, where they are looked at: also when no TLSA record
/// can be used, and whoever answers gets the mail.
fn named(asked: &Asked, session: &Session) -> bool {
    let Some(leaf) = session.chain.first() else { return false };
    let names = &asked.request.tlsa_names;
    let has = |name: &String| names.iter().any(|it| it.matches_certificate_name(name));
    asked.decided.base.is_none() || leaf.names.iter().any(has)
}

fn dane_fault(place: &str, asked: &Asked, session: &Session) -> Option<Fault> {
    let fault = |log: String, notes| Some(Fault { log, trusted: false, notes });
    let server = |what: &str| format!("server certificate verification failed for {place}: {what}");
    if asked.decided.must_fail {
        return fault(
            server("num=1:unspecified certificate verification error"),
            vec!["none of the TLSA records can be used".to_owned()],
        );
    }
    let records: Vec<String> = asked.request.tlsa.iter().map(|it| format!("`{it}`")).collect();
    match session.dane {
        DaneMatch::Matched { .. } => None,
        DaneMatch::NameMismatch => {
            let names: Vec<String> =
                asked.request.tlsa_names.iter().map(|it| format!("`{it}`")).collect();
            let note = format!(
                "a TLSA record holds for the issuer, but the certificate is not one for {}: {}",
                names.join(", "),
                has_names(session)
            );
            fault(server("num=62:hostname mismatch"), vec![note])
        }
        DaneMatch::NotAsked | DaneMatch::Unusable | DaneMatch::Mismatch | DaneMatch::Broken => {
            if let Some(told) = session.objections.first() {
                return fault(log_line(place, told), notes_of(told, String::new(), session));
            }
            let key = session.chain.first().map(|it| it.digests.public_key.as_str());
            let mut notes = vec![format!("the TLSA records are {}", records.join(", "))];
            notes
                .extend(key.map(|key| format!("the certificate that came would be `3 1 1 {key}`")));
            fault(server("num=65:no matching DANE TLSA records"), notes)
        }
    }
}

fn fingerprint_fault(place: &str, policy: &TlsPolicy, session: &Session) -> Option<Fault> {
    let leaf = session.chain.first();
    let holds = policy.matches.iter().any(|pattern| {
        let MatchPattern::Fingerprint(text) = pattern else { return false };
        let digest = text.replace(':', "");
        // The digest of main.cf is SHA-256, as `main.cf.required` says.
        leaf.is_some_and(|it| it.digests.certificate == digest || it.digests.public_key == digest)
    });
    if holds {
        return None;
    }
    let log = format!(
        "server certificate verification failed for {place}: num=65:no matching DANE TLSA records"
    );
    let notes = leaf.map(|leaf| {
        let colons = |digest: &str| {
            let pairs = (0..digest.len()).step_by(2).filter_map(|at| digest.get(at..at + 2));
            pairs.collect::<Vec<_>>().join(":")
        };
        let (certificate, key) = (&leaf.digests.certificate, &leaf.digests.public_key);
        format!("the certificate is `{}`, its key `{}`", colons(certificate), colons(key))
    });
    Some(Fault { log, trusted: false, notes: notes.into_iter().collect() })
}

fn certificate_fault(
    place: &str,
    version: Version,
    policy: &TlsPolicy,
    asked: &Asked,
    session: &Session,
) -> Option<Fault> {
    let names = &asked.names;
    let fault = |log: String, trusted, notes| Some(Fault { log, trusted, notes });
    let Some(leaf) = session.chain.first() else {
        let log = format!("certificate verification failed for {place}: no certificate");
        return fault(log, false, vec!["the server shows no certificate".to_owned()]);
    };
    if names.is_empty() {
        let log = format!("{place}: could not configure peer name checks");
        return fault(log, false, vec!["`match` names nothing that can be checked".to_owned()]);
    }
    let mismatch = names.objection(leaf).map(|(code, text)| {
        let (subject, issuer) = (leaf.subject.clone(), leaf.issuer.clone());
        Objection { code, text, depth: 0, subject, issuer }
    });
    let mut list = if policy.tafiles.is_empty() {
        session.objections.clone()
    } else {
        anchor_objection(asked, session).into_iter().collect()
    };
    // OpenSSL looks at names after it has built the chain, and at signatures and dates after that.
    let at = list.iter().position(Objection::comes_after_names).unwrap_or(list.len());
    let names_only = list.is_empty();
    list.splice(at..at, mismatch);
    let told = worst(&list, version)?;
    let log = log_line(place, told);
    let trusted = names_only && told.code == HOSTNAME_MISMATCH && distinguishes_names(version);
    fault(log, trusted, notes_of(told, names.shown(), session))
}

/// The error that Postfix tells: the one nearest to the server's certificate, and there the first.
/// [Postfix `tls_verify.c` `update_error_state`]
fn worst(list: &[Objection], version: Version) -> Option<&Objection> {
    let mut told: Option<&Objection> = None;
    for objection in list {
        let replaces = told.is_none_or(|old| {
            if distinguishes_names(version) && old.code == HOSTNAME_MISMATCH {
                return true;
            }
            let is_name = distinguishes_names(version) && objection.code == HOSTNAME_MISMATCH;
            objection.depth < old.depth && !is_name
        });
        if replaces {
            told = Some(objection);
        }
    }
    told
}

/// Whether Postfix tells a trusted certificate with other names from one that is not trusted.
/// [Postfix 3.10.4, 3.11.0]
fn distinguishes_names(version: Version) -> bool {
    version.at_least(3, 11)
        || (version.at_least(3, 10) && version.patch.is_some_and(|patch| patch >= 4))
}

/// What is wrong with a chain that should end at a trust anchor of `tafile`.
fn anchor_objection(asked: &Asked, session: &Session) -> Option<Objection> {
    let leaf = session.chain.first()?;
    let holds = matches!(session.dane, DaneMatch::Matched { .. } | DaneMatch::NameMismatch);
    // Its usages are both: an issuer, and the certificate itself, whose names are then looked at too.
    if holds
        || counting(&asked.request.tlsa, crate::dane::CertificateUsage::DaneEe)
            .any(|it| it.is_about(&leaf.der, &leaf.public_key))
    {
        return None;
    }
    let (subject, issuer) = (leaf.subject.clone(), leaf.issuer.clone());
    let broken = session.objections.first().cloned();
    let text = "no matching DANE TLSA records";
    Some(broken.unwrap_or(Objection { code: 65, text, depth: 0, subject, issuer }))
}

/// [Postfix `tls_verify.c` `tls_log_verify_error`]
fn log_line(place: &str, objection: &Objection) -> String {
    let Objection { code, text, depth, issuer, .. } = objection;
    let whose = if *depth > 0 { "CA" } else { "server" };
    match code {
        27 => format!(
            "certificate verification failed for {place}: not trusted by local or TLSA policy"
        ),
        18 => format!("certificate verification failed for {place}: self-signed certificate"),
        19 | 20 => {
            format!("certificate verification failed for {place}: untrusted issuer {issuer}")
        }
        9 | 13 => {
            format!(
                "{whose} certificate verification failed for {place}: certificate not yet valid"
            )
        }
        10 | 14 => {
            format!("{whose} certificate verification failed for {place}: certificate has expired")
        }
        26 => format!(
            "certificate verification failed for {place}: not designated for use as a {whose} certificate"
        ),
        _ => {
            format!("{whose} certificate verification failed for {place}: num={code}:{text}")
        }
    }
}

fn has_names(session: &Session) -> String {
    let Some(leaf) = session.chain.first() else { return "it has no names".to_owned() };
    let shown: Vec<String> = leaf.names.iter().take(5).map(|it| format!("`{it}`")).collect();
    let more = match leaf.names.len().saturating_sub(5) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    match (shown.is_empty(), leaf.by_common_name) {
        (true, _) => "it has no names".to_owned(),
        (false, true) => format!("its common name is {}", shown.join(", ")),
        (false, false) => format!("its names are {}{more}", shown.join(", ")),
    }
}

fn notes_of(told: &Objection, names: String, session: &Session) -> Vec<String> {
    let Objection { code, subject, issuer, depth, .. } = told;
    match code {
        62 | 64 => {
            let wanted =
                if names.is_empty() { "what no certificate has".to_owned() } else { names };
            vec![format!("the policy wants {wanted}; {}", has_names(session))]
        }
        // The issuer is neither sent nor among the authorities: an intermediate that the server forgets,
        // or a root that is not there, or no more.
        20 => vec![format!(
            "`{issuer}`, which issued `{subject}`, is neither sent by the server nor in the CA file"
        )],
        19 => vec![format!("`{subject}` is sent by the server, and not in the CA file")],
        9 | 10 if *depth > 0 => vec![format!("that is `{subject}`")],
        _ => Vec::new(),
    }
}
