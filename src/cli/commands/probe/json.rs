//! What servers do, for programs.

use super::{HopReport, Report, days_left};
use crate::probe::Server;
use crate::world::{Certificate, Session, StarttlsOutcome};
use jiff::Timestamp;
use serde_json::{Value, json};

pub(super) fn json(report: &Report<'_>) -> Value {
    let targets = report.targets.iter().map(|target| {
        let hops: Vec<Value> = target.hops.iter().map(|it| hop(it, report)).collect();
        json!({ "target": target.name, "notes": target.notes, "not_probed": target.left, "next_hops": hops })
    });
    json!({ "format_version": 1, "targets": targets.collect::<Vec<_>>() })
}

fn hop(hop: &HopReport, report: &Report<'_>) -> Value {
    let problem =
        hop.found.problem.as_ref().map(|it| json!({ "text": it.text, "notes": it.notes }));
    let servers: Vec<Value> = hop.found.servers.iter().map(|it| server(it, report.now)).collect();
    json!({
        "next_hop": hop.next_hop,
        "policy": hop.policy,
        "place": hop.span.map(|span| report.sources.place(span)),
        "does": hop.found.does().as_str(),
        "recipients": hop.recipients,
        "stranded": hop.stranded,
        "problem": problem,
        "passed_over": hop.found.passed_over,
        "servers": servers,
    })
}

fn server(server: &Server, now: Timestamp) -> Value {
    let (endpoint, verdict) = (&server.endpoint, &server.verdict);
    let session = match server.outcome.as_deref() {
        Some(StarttlsOutcome::Tls(it)) => Some(session(it)),
        Some(_) | None => None,
    };
    json!({
        "host": endpoint.host.to_string(),
        "address": endpoint.address,
        "port": endpoint.port,
        "preference": endpoint.preference,
        "does": verdict.does.as_str(),
        "text": verdict.text,
        "log": verdict.log,
        "notes": verdict.notes,
        "days_left": days_left(server, now),
        "tls": session,
    })
}

fn session(session: &Session) -> Value {
    let chain = |list: &[Certificate]| list.iter().map(certificate).collect::<Vec<_>>();
    json!({
        "protocol": session.protocol,
        "cipher": session.cipher,
        "bits": session.bits.0,
        "chain": chain(&session.chain),
        "path": chain(&session.path),
    })
}

fn certificate(certificate: &Certificate) -> Value {
    json!({
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "names": certificate.names,
        "by_common_name": certificate.by_common_name,
        "not_before": certificate.not_before.to_string(),
        "not_after": certificate.not_after.to_string(),
        "sha256": certificate.digests.certificate,
        "key_sha256": certificate.digests.public_key,
    })
}
