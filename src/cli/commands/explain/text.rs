//! The lookups, for people.

use super::{Explained, Report};
use crate::cli::page::Page;
use crate::diag::{Style, printable};
use crate::explain::{Lookup, meaning};
use crate::postfix::{Hop, HopPolicy, Outcome};
use crate::report::wrapped;
use anstyle::AnsiColor;

pub(super) fn text(report: &Report, style: &Style) -> String {
    let mut page = Page::new(style);
    for (at, explained) in report.targets.iter().enumerate() {
        if at > 0 {
            page.line("");
        }
        let title = format!("target {}: mail for {}", explained.target, report.recipient);
        page.heading(&title);
        page.target(explained);
    }
    page.text
}

impl Page<'_> {
    fn target(&mut self, explained: &Explained) {
        if let Some(resolver) = &explained.left_to {
            self.paragraph(
                2,
                &format!(
                    "declared with leave_to: {resolver}, so mxward emits nothing; that resolver decides, \
                     if it stands in smtp_tls_policy_maps and knows the domain"
                ),
            );
        }
        self.line("");
        self.line("transport_maps:");
        self.lookups(4, &explained.explanation.transport);
        let found = explained.explanation.transport.iter().any(|it| it.found.is_some());
        match (&explained.relayhost, found) {
            (Some(relay), false) => self.paragraph(4, &format!("nothing, so to relayhost {relay}")),
            (None, false) => self.paragraph(4, "nothing, so by the MX records of the domain"),
            (_, true) => {}
        }
        self.line("");
        match &explained.explanation.delivery.outcome {
            Outcome::Smtp { service, hops } => {
                let order = if hops.len() > 1 { ", tried in this order" } else { "" };
                self.line(&format!("next hops by {service}(8){order}, with smtp_tls_policy_maps:"));
                for (hop, asked) in hops.iter().zip(&explained.explanation.policies) {
                    self.hop(hop, asked, explained.security_level);
                }
            }
            Outcome::Other(transport) => {
                self.paragraph(
                    0,
                    &format!("to the service `{transport}`, where no policy applies"),
                );
            }
            Outcome::Fatal(error) => {
                let text =
                    format!("smtp(8) ends with a fatal error, and all its mail waits: {error}");
                let text = self.paint(AnsiColor::Red.on_default(), &printable(&text));
                self.line(&text);
            }
        }
    }

    fn hop(&mut self, hop: &Hop, asked: &[Lookup<String>], security_level: &str) {
        let what = match (hop.next_hop.bare_domain(), hop.is_fallback_relay) {
            (_, true) => ", the smtp_fallback_relay",
            (Some(_), false) => ", by its MX records",
            (None, false) => "",
        };
        self.line("");
        self.line(&format!("  {}{what}", printable(hop.next_hop.as_str())));
        self.lookups(6, asked);
        if hop.policy_key.is_none() {
            let text = format!("nothing, so smtp_tls_security_level = {security_level}");
            self.paragraph(6, &text);
        }
        let paint = match &hop.policy {
            HopPolicy::Invalid(_) => AnsiColor::Red.on_default(),
            HopPolicy::Valid(policy) if policy.level.may_end_in_plain_text() => {
                AnsiColor::Yellow.on_default()
            }
            HopPolicy::Valid(_) => AnsiColor::Green.on_default(),
        };
        let text =
            wrapped(&printable(&meaning(&hop.policy, &hop.next_hop)), self.style.width - 6, 9);
        let text = self.paint(paint, &format!("      => {text}"));
        self.line(&text);
    }

    fn lookups(&mut self, indent: usize, list: &[Lookup<String>]) {
        for Lookup { key, found } in list {
            match found {
                None => self.paragraph(indent, &format!("{key}: not found")),
                Some((value, place)) => {
                    self.paragraph(indent, &format!("{key}: {value}"));
                    self.paragraph(indent + 4, &format!("from {place}"));
                }
            }
        }
    }
}
