//! The evidence, for programs.

use super::{Need, Report};
use crate::logs::{DomainEvidence, Reached};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

pub(super) fn json(report: &Report) -> Value {
    let Report { evidence, logs, is_detailed: _, advice } = report;
    let totals = evidence.totals;
    let troubles: Map<String, Value> = evidence
        .troubles
        .iter()
        .map(|(trouble, count)| (trouble.as_str().to_owned(), (*count).into()))
        .collect();
    let raises = advice.raises.iter().map(|it| {
        let now: Map<String, Value> = it
            .now
            .iter()
            .map(|(target, policy)| (target.clone(), policy.as_str().into()))
            .collect();
        json!({
            "domain": it.domain.as_str(),
            "to": it.to.level.as_str(),
            "gives_up_dane": it.to.gives_up_dane,
            "messages": it.basis.messages,
            "days": it.basis.days,
            "addresses": it.basis.hosts,
            "now": now,
            "declared": it.declared,
            "template": it.template,
        })
    });
    let held = advice.held.iter().map(|it| {
        let doubts: Vec<String> = it.doubts.iter().map(ToString::to_string).collect();
        json!({ "domain": it.domain.as_str(), "to": it.to.level.as_str(), "doubts": doubts })
    });
    let missed = advice.missed.iter().map(|it| {
        json!({
            "domain": it.domain.as_str(),
            "target": it.target,
            "policy": it.policy,
            "deferred": it.shortfall.deferred,
            "unknown": it.shortfall.untold,
            "sent": it.sent,
        })
    });
    let exceptions = advice.exceptions.iter().map(|it| {
        let need = match &it.need {
            Need::Over(_) => "over",
            Need::Needed(_) => "needed",
            Need::Open(_) => "open",
            Need::Untold => "unknown",
            Need::NoMail => "no-mail",
        };
        json!({ "domain": it.domain.as_str(), "place": it.place, "need": need })
    });
    json!({
        "format_version": 1,
        "logs": logs,
        "lines": totals.lines,
        "left_out": {
            "too_long": totals.too_long,
            "ambiguous": totals.ambiguous,
            "beyond_max_domains": totals.beyond,
            "no_domain": totals.no_domain,
        },
        "instances_without_tls_lines": evidence.silent,
        "troubles": troubles,
        "domains": evidence.domains().map(|it| domain(&it)).collect::<Vec<_>>(),
        "compared": advice.is_compared,
        "raises": raises.collect::<Vec<_>>(),
        "held": held.collect::<Vec<_>>(),
        "would_have_waited": missed.collect::<Vec<_>>(),
        "exceptions": exceptions.collect::<Vec<_>>(),
    })
}

fn domain(domain: &DomainEvidence<'_>) -> Value {
    let levels: Map<String, Value> = Reached::ALL
        .iter()
        .map(|level| (level.as_str().to_owned(), domain.deliveries(*level).into()))
        .collect();
    let connections: Vec<Value> = domain
        .connections()
        .iter()
        .map(|it| {
            json!({
                "level": it.reached.as_str(),
                "protocol": it.protocol,
                "cipher": it.cipher,
                "deliveries": it.deliveries,
            })
        })
        .collect();
    let hosts: Vec<Value> = domain
        .hosts()
        .iter()
        .map(|it| {
            json!({
                "host": it.name,
                "address": it.address.to_string(),
                "deliveries": it.deliveries,
                "weakest": it.weakest.as_str(),
            })
        })
        .collect();
    let failures: Vec<Value> = domain
        .failures()
        .iter()
        .map(|it| {
            json!({
                "failed": it.failed.as_str(),
                "reason": it.reason.to_string(),
                "tls": it.reason.is_tls(),
                "count": it.count,
                "last": it.last.map(|it| it.to_string()),
            })
        })
        .collect();
    let time = |it: Option<Timestamp>| it.map(|it| it.to_string());
    let seen = domain.seen();
    json!({
        "domain": domain.name().as_str(),
        "sent": domain.sent(),
        "messages": domain.messages(),
        "levels": levels,
        "first": time(seen.map(|it| it.0)),
        "last": time(seen.map(|it| it.1)),
        "connections": connections,
        "hosts": hosts,
        "more_hosts": domain.has_more_hosts(),
        "failures": failures,
    })
}
