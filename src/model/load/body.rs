//! What stands beside a domain.

use super::loader::next_hop_error;
use crate::diag::{Diagnostic, Diagnostics, Fields, values};
use crate::model::{Body, PolicySpec, Route};
use crate::postfix::{NextHop, Transport, Version};
use crate::source::{Node, NodeKind, Spanned};
use jiff::civil::Date;

/// Reads a provider's name, or a mapping.
pub(super) fn read_body(node: Node<'_>, diagnostics: &mut Diagnostics) -> Body {
    let mut body = Body::new(node.span);
    match &node.kind {
        NodeKind::Scalar(_) => {
            body.provider = values::text(&node, "the provider", diagnostics);
            return body;
        }
        NodeKind::Null => {
            diagnostics.push(
                Diagnostic::error("empty-entry", node.span, "nothing is said about this domain")
                    .hint("write a provider, as in `example.com: google`, or a mapping with a `level`"),
            );
            body.broken = true;
            return body;
        }
        NodeKind::Sequence(_) => {
            let message = "a domain takes the name of a provider or a mapping, not a sequence";
            diagnostics.push(
                Diagnostic::error("wrong-type", node.span, message)
                    .hint("write `example.com: google`, or `example.com: { level: secure, … }`"),
            );
            body.broken = true;
            return body;
        }
        NodeKind::Mapping(_) => {}
    }
    let Some(mut fields) = Fields::new(node, "a domain", diagnostics) else { return body };
    let before = diagnostics.iter().count();
    fill(&mut body, &mut fields, diagnostics);
    fields.finish(diagnostics);
    check(&body, diagnostics);
    body.broken = diagnostics.iter().count() != before;
    body
}

/// Reads the keys of a body out of a mapping that may have others.
pub(super) fn fill(body: &mut Body, fields: &mut Fields<'_>, diagnostics: &mut Diagnostics) {
    body.provider = fields.text("provider", diagnostics);
    if let Some((_, node)) = fields.take("params") {
        params(body, node, diagnostics);
    }
    body.route = fields.choice("route", Route::ALL, diagnostics);
    body.policy = PolicySpec::take(fields, diagnostics);
    body.next_hop =
        fields.text("next_hop", diagnostics).and_then(|text| match NextHop::parse(&text.value) {
            Ok(next_hop) => Some(Spanned::new(next_hop, text.span)),
            Err(error) => {
                diagnostics.push(next_hop_error(text.span, &error));
                None
            }
        });
    body.transport =
        fields.text("transport", diagnostics).and_then(|text| transport(&text, diagnostics));
    body.leave_to = fields.choice("leave_to", &[("mta-sts", "mta-sts".to_owned())], diagnostics);
    body.reason = fields.text("reason", diagnostics);
    body.until = fields.text("until", diagnostics).and_then(|text| {
        if let Ok(date) = text.value.parse::<Date>() {
            Some(Spanned::new(date, text.span))
        } else {
            let message = format!("`{}` is not a day", text.value);
            diagnostics
                .push(Diagnostic::error("bad-date", text.span, message).hint("write `YYYY-MM-DD`"));
            None
        }
    });
}

fn params(body: &mut Body, node: Node<'_>, diagnostics: &mut Diagnostics) {
    let NodeKind::Mapping(mapping) = node.kind else {
        let message = format!("`params` must be a mapping, not {}", values::describe(&node));
        diagnostics.push(Diagnostic::error("wrong-type", node.span, message));
        return;
    };
    for (key, node) in mapping.entries {
        if let Some(value) = values::text(&node, "a parameter", diagnostics) {
            body.params.insert(key.value.into_owned(), value);
        }
    }
}

/// A transport: the name of a delivery service, or a whole `service:next-hop`.
fn transport(text: &Spanned<String>, diagnostics: &mut Diagnostics) -> Option<Spanned<Transport>> {
    let whole =
        if text.value.contains(':') { text.value.clone() } else { format!("{}:", text.value) };
    match Transport::parse(&whole, Version::NEWEST) {
        Ok(transport) => Some(Spanned::new(transport, text.span)),
        Err(error) => {
            let mut diagnostic = Diagnostic::error("bad-transport", text.span, error.to_string());
            if let Some(hint) = error.hint() {
                diagnostic = diagnostic.hint(hint);
            }
            diagnostics.push(diagnostic);
            None
        }
    }
}

/// Refuses what cannot stand together.
pub(super) fn check(body: &Body, diagnostics: &mut Diagnostics) {
    let policy = body.policy.level.as_ref().map(|it| it.span);
    let policy = policy.or_else(|| body.policy.attributes.first().map(|it| it.span));
    let mut conflict = |span, message: &str, hint: &str| {
        diagnostics.push(Diagnostic::error("conflicting-keys", span, message).hint(hint));
    };
    if let Some(leave_to) = &body.leave_to {
        let others = [
            body.provider.as_ref().map(|it| it.span),
            body.route.as_ref().map(|it| it.span),
            body.next_hop.as_ref().map(|it| it.span),
            body.transport.as_ref().map(|it| it.span),
            policy,
        ];
        if let Some(span) = others.into_iter().flatten().next() {
            let message =
                format!("`leave_to: {}` emits nothing, so this has no effect", leave_to.value);
            conflict(span, &message, "remove one of the two");
        }
    }
    let own = body.next_hop.as_ref().map(|it| it.span);
    let own = own.or_else(|| body.transport.as_ref().map(|it| it.span));
    if let (Some(route), Some(_)) = (&body.route, own) {
        conflict(
            route.span,
            "a domain with a next hop or transport of its own has no `route`",
            "remove `route`",
        );
    }
    if let (Some(_), Some(transport)) = (&body.next_hop, &body.transport)
        && !transport.value.next_hops.is_empty()
    {
        conflict(
            transport.span,
            "both `next_hop` and `transport` name a next hop",
            "write only the service as `transport`, such as `relay`",
        );
    }
    if !body.params.is_empty() && body.provider.is_none() {
        conflict(body.span, "`params` without a `provider` have no effect", "remove `params`");
    }
}
