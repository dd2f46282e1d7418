//! One finding for each fact that DNS and the policy host gave.

use super::facts::{Facts, Host, Mail, Sts, StsPolicy};
use super::outcome::Finding;
use super::published::{DaneState, dane_state};
use crate::answer::{Dnssec, MxRecord};
use crate::dane::TlsaState;
use crate::mta_sts::Mode;
use crate::names::DomainName;

/// A finding.
pub(super) fn finding(code: &str, evidence: impl Into<String>) -> Finding {
    Finding { code: code.to_owned(), evidence: evidence.into() }
}

/// The status in a word.
pub(super) fn status(dnssec: Dnssec) -> &'static str {
    match dnssec {
        Dnssec::Secure => "signed",
        Dnssec::Insecure => "unsigned",
    }
}

/// All findings but those of the provider and of the servers.
pub(super) fn findings(facts: &Facts) -> Vec<Finding> {
    let mut list = Vec::new();
    mail(&facts.mail, &mut list);
    for (_, it) in &facts.hosts {
        host(it, &mut list);
    }
    dane(facts, &mut list);
    sts(facts, &mut list);
    list
}

fn mail(mail: &Mail, list: &mut Vec<Finding>) {
    match mail {
        Mail::Mx { dnssec, records, alias } => {
            if let Some(alias) = alias {
                list.push(finding("domain-alias", format!("the domain is an alias of `{alias}`")));
            }
            let shown: Vec<String> = records.iter().map(record).collect();
            list.push(finding("mx", format!("{}; {}", shown.join(", "), status(*dnssec))));
        }
        Mail::Implicit { dnssec } => list.push(finding(
            "implicit-mx",
            format!("no MX record, so mail goes to the domain's own address; {}", status(*dnssec)),
        )),
        Mail::NullMx { dnssec } => list.push(finding(
            "null-mx",
            format!("a null MX: the domain takes no mail; {}", status(*dnssec)),
        )),
        Mail::Nowhere { dnssec } => list.push(finding(
            "no-mail",
            format!("neither MX records nor addresses; {}", status(*dnssec)),
        )),
        Mail::Unknown(why) => list.push(finding("mx-unknown", why.clone())),
    }
}

fn record(mx: &MxRecord) -> String {
    format!("{} {}", mx.preference, mx.exchange.as_ref().map_or(".", DomainName::as_str))
}

fn host(host: &Host, list: &mut Vec<Finding>) {
    let name = &host.name;
    if let Some(alias) = &host.alias {
        let text = format!("`{name}` is an alias of `{alias}`, which an MX host must not be");
        list.push(finding("host-alias", text));
    }
    if let Some(why) = &host.unknown {
        list.push(finding("host-unknown", format!("`{name}`: {why}")));
    }
    if let Some(dnssec) = host.dnssec {
        let addresses = host.addresses.iter().chain(host.refused.iter().map(|(it, _)| it));
        let shown: Vec<String> = addresses.map(ToString::to_string).collect();
        let text = format!("`{name}` has {}; {}", shown.join(", "), status(dnssec));
        list.push(finding("host", text));
    } else if host.unknown.is_none() {
        list.push(finding("host-without-address", format!("`{name}` has no address")));
    }
    for (address, why) in &host.refused {
        let text = format!("`{address}` of `{name}` is {why}, and not connected to");
        list.push(finding("address-refused", text));
    }
    match &host.dane {
        TlsaState::InsecureHost | TlsaState::None => {}
        TlsaState::Unknown(why) => {
            let text = format!("the TLSA records of `{name}`: {why}");
            list.push(finding("tlsa-unknown", text));
        }
        TlsaState::Records { base, records } => {
            for record in records {
                list.push(match record.usable() {
                    Ok(()) => finding("tlsa", format!("`{base}`: {record}")),
                    Err(why) => finding("tlsa-unusable", format!("`{base}`: {record}: {why}")),
                });
            }
        }
    }
}

fn dane(facts: &Facts, list: &mut Vec<Finding>) {
    let (code, text) = match dane_state(facts) {
        DaneState::None => return,
        DaneState::All => ("dane", "every MX host has usable TLSA records, below a signed MX set"),
        DaneState::Some => {
            ("dane-partial", "some MX hosts have usable TLSA records, others have none")
        }
        DaneState::InsecureMx => (
            "dane-insecure-mx",
            "MX hosts have usable TLSA records, and the MX set is unsigned: it can be forged",
        ),
        DaneState::Unusable => ("dane-unusable", "no MX host has a TLSA record that mail can use"),
        DaneState::Unknown => ("dane-unknown", "whether DANE secures the domain is not known"),
    };
    list.push(finding(code, text));
}

fn sts(facts: &Facts, list: &mut Vec<Finding>) {
    let (record, policy) = match &facts.sts {
        Sts::None => return,
        Sts::Unknown(why) => {
            list.push(finding("mta-sts-unknown", format!("the MTA-STS record: {why}")));
            return;
        }
        Sts::Invalid(error) => {
            list.push(finding("mta-sts-invalid", format!("the MTA-STS record: {error}")));
            return;
        }
        Sts::Record { record, policy } => (record, policy),
    };
    list.push(finding("mta-sts-record", record.to_string()));
    match policy {
        StsPolicy::Unavailable(why, _) => list.push(finding("mta-sts-unavailable", why.clone())),
        StsPolicy::Invalid(error) => {
            list.push(finding("mta-sts-policy-invalid", format!("the policy: {error}")));
        }
        StsPolicy::Valid(policy) => {
            let mx: Vec<String> = policy.mx.iter().map(ToString::to_string).collect();
            let text = format!(
                "mode {}, for {} seconds, mx {}",
                policy.mode.as_str(),
                policy.max_age,
                if mx.is_empty() { "none".to_owned() } else { mx.join(", ") }
            );
            list.push(finding("mta-sts-policy", text));
            if policy.mode == Mode::None {
                return;
            }
            for (_, host) in facts.hosts.iter().filter(|(_, host)| !policy.covers(&host.name)) {
                let text = format!("the MX host `{}` is not in the MTA-STS policy", host.name);
                list.push(finding("mta-sts-uncovered", text));
            }
        }
    }
}
