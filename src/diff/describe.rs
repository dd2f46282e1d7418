//! A delivery in few words.

use crate::postfix::{Delivery, HopPolicy, Outcome, Promises};

/// What a delivery does, for a line of a report. Deliveries that differ in addresses only are described
/// alike.
pub(crate) fn describe(delivery: &Delivery) -> String {
    let hops = match &delivery.outcome {
        Outcome::Fatal(error) => return format!("stalls all mail: {error}"),
        Outcome::Other(transport) => return format!("transport `{transport}`"),
        Outcome::Smtp { hops, .. } => hops,
    };
    let addresses = hops.iter().filter(|hop| hop.next_hop.is_address()).count();
    let way = match (hops.as_slice(), addresses) {
        ([only], 0) if only.next_hop.bare_domain().is_some() => "by MX".to_owned(),
        ([only], 1) => format!("to {} alone", only.next_hop),
        ([only], _) => format!("to {}", only.next_hop),
        (_, 0) => {
            let names: Vec<&str> = hops.iter().map(|hop| hop.next_hop.as_str()).collect();
            format!("to {}", names.join(", "))
        }
        (list, count) if count == list.len() => "to addresses alone".to_owned(),
        _ => "to addresses, then by MX".to_owned(),
    };
    let mut policies: Vec<String> = Vec::new();
    for hop in hops {
        let text = match &hop.policy {
            HopPolicy::Invalid(error) => format!("invalid policy ({error})"),
            HopPolicy::Valid(policy) => {
                let mut text = policy.to_string();
                if hop.policy_key.is_none() {
                    text.push_str(" (default)");
                }
                if Promises::of(policy, &hop.next_hop).is_none() {
                    text.push_str(", which no server can satisfy here");
                } else if policy.level.checks_tlsa() && hop.next_hop.is_address() {
                    text.push_str(", which is `may` on an address");
                }
                text
            }
        };
        if !policies.contains(&text) {
            policies.push(text);
        }
    }
    format!("{way}: {}", policies.join("; else "))
}
