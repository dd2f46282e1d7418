//! The facts of one name, read.

use super::{BY_MXWARD, DNSSEC};
use crate::answer::MxRecord;
use crate::diag::{Diagnostic, Diagnostics, Fields, values};
use crate::lock::facts::{AddressFact, DomainFact, HostFact, Stale};
use crate::names::DomainName;
use crate::source::yaml::Reader;
use crate::source::{Node, Span, Spanned};
use hashbrown::HashMap;
use jiff::civil::Date;
use std::net::IpAddr;

/// Reports a value that mxward has not written.
fn bad(span: Span, what: &str, text: &str, diagnostics: &mut Diagnostics) {
    wrong(span, format!("`{text}` is not {what}"), diagnostics);
}

fn wrong(span: Span, message: String, diagnostics: &mut Diagnostics) {
    diagnostics.push(Diagnostic::error("bad-lock", span, message).hint(BY_MXWARD));
}

/// Reads a day.
pub(super) fn day(text: &str, span: Span, diagnostics: &mut Diagnostics) -> Option<Date> {
    let date = text.parse().ok();
    if date.is_none() {
        bad(span, "a day", text, diagnostics);
    }
    date
}

fn stale(text: Option<Spanned<String>>, diagnostics: &mut Diagnostics) -> Option<Stale> {
    let text = text?;
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    match text.value.split_once(" since ") {
        Some((reason, since)) if !reason.is_empty() && reason.chars().all(plain) => {
            let since = day(since, text.span, diagnostics)?;
            Some(Stale { since, reason: reason.to_owned() })
        }
        _ => {
            bad(text.span, "a reason with a day", &text.value, diagnostics);
            None
        }
    }
}

/// Reads the fact of a host.
pub(super) fn host(node: Node<'_>, diagnostics: &mut Diagnostics) -> Option<HostFact> {
    let mut fields = Fields::new(node, "a host in the lock", diagnostics)?;
    let status = fields.required("dnssec", diagnostics);
    let status =
        status.and_then(|(_, node)| values::choice(&node, "`dnssec`", DNSSEC, diagnostics));
    let dane = fields.boolean("dane", diagnostics).map(|it| it.value);
    let stale = stale(fields.text("stale", diagnostics), diagnostics);
    let addresses = fields.list_of("addresses", diagnostics, |node, diagnostics| {
        let text = values::text(&node, "an address", diagnostics)?;
        let fact = address(&text.value);
        if fact.is_none() {
            bad(text.span, "an address with its days", &text.value, diagnostics);
        }
        fact
    });
    let span = fields.span();
    fields.finish(diagnostics);
    let mut addresses = addresses.unwrap_or_default();
    addresses.sort();
    if let Some(twice) = addresses.windows(2).find(|it| it[0].address == it[1].address) {
        wrong(span, format!("`{}` stands there twice", twice[0].address), diagnostics);
    }
    if !addresses.is_empty() && addresses.iter().all(|it| it.gone.is_some()) {
        wrong(span, "every address is gone".to_owned(), diagnostics);
    }
    Some(HostFact { dnssec: status?.value, addresses, dane, stale })
}

fn address(text: &str) -> Option<AddressFact> {
    let mut words = text.split(' ');
    let address: IpAddr = words.next()?.parse().ok()?;
    let since = (words.next()? == "since").then(|| words.next()?.parse().ok()).flatten()?;
    let gone = match words.next() {
        None => None,
        Some("gone") => Some(words.next()?.parse().ok()?),
        Some(_) => return None,
    };
    words.next().is_none().then_some(AddressFact { address, since, gone })
}

/// Reads the fact of a domain: those with the same words are taken apart once, as many domains have
/// the MX hosts of one provider.
pub(super) fn known_domain<'src>(
    text: &'src str,
    reader: &mut Reader<'src>,
    known: &mut HashMap<&'src str, DomainFact>,
    diagnostics: &mut Diagnostics,
) -> Option<DomainFact> {
    let span = reader.value_span()?;
    let words = &text[span.start as usize..span.end as usize];
    if let Some(fact) = known.get(words) {
        return Some(fact.clone());
    }
    let errors = reader.errors();
    let fact = domain(reader.node()?, diagnostics)?;
    // The words of an alias do not say all, and those of a wrong value must be reported again.
    if !words.contains('*') && reader.errors() == errors {
        known.insert(words, fact.clone());
    }
    Some(fact)
}

fn domain(node: Node<'_>, diagnostics: &mut Diagnostics) -> Option<DomainFact> {
    let mut fields = Fields::new(node, "a domain in the lock", diagnostics)?;
    let status = fields.required("dnssec", diagnostics);
    let status =
        status.and_then(|(_, node)| values::choice(&node, "`dnssec`", DNSSEC, diagnostics));
    let since = fields.required("since", diagnostics).and_then(|(_, node)| {
        let text = values::text(&node, "`since`", diagnostics)?;
        day(&text.value, text.span, diagnostics)
    });
    let stale = stale(fields.text("stale", diagnostics), diagnostics);
    let mx = fields.list_of("mx", diagnostics, |node, diagnostics| {
        let text = values::text(&node, "an MX record", diagnostics)?;
        let record = mx(&text.value);
        if record.is_none() {
            bad(text.span, "an MX record", &text.value, diagnostics);
        }
        record
    });
    let span = fields.span();
    fields.finish(diagnostics);
    let mut mx = mx.unwrap_or_default();
    mx.sort();
    if mx.is_empty() {
        wrong(span, "there is no MX record".to_owned(), diagnostics);
        return None;
    }
    if let Some(twice) = mx.windows(2).find(|it| it[0] == it[1]) {
        let host = twice[0].exchange.as_ref().map_or(".", DomainName::as_str);
        wrong(span, format!("`{host}` stands there twice"), diagnostics);
    }
    let stale = stale.map(Box::new);
    Some(DomainFact { dnssec: status?.value, mx: mx.into(), since: since?, stale })
}

fn mx(text: &str) -> Option<MxRecord> {
    let (preference, host) = text.split_once(' ')?;
    let exchange = DomainName::parse(host).ok()?;
    Some(MxRecord { preference: preference.parse().ok()?, exchange: Some(exchange) })
}
