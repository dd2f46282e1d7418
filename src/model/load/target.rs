//! `targets:`

use super::loader::next_hop_error;
use super::location::{inside, read_location, read_postfix};
use crate::diag::{Diagnostic, Diagnostics, Fields, values};
use crate::model::{
    DomainFilter, Location, MailLogPlace, MapType, PinFallback, Target, Unmanaged, seconds,
};
use crate::postfix::{NextHop, SecurityLevel, Version};
use crate::source::{Node, NodeKind, Spanned};
use crate::sql::TableMapping;
use std::borrow::Cow;

/// An hour: deliveries that a queue manager has begun rarely last longer.
const PRUNE_AFTER: u32 = 3600;

/// Five minutes: each of the five addresses that smtp(8) tries may take 30 seconds to connect to, twice over.
/// [postconf(5) `smtp_mx_address_limit`, `smtp_connect_timeout`]
const SETTLE: u32 = 300;

/// 30 days.
const LONGEST: u32 = 30 * 86400;

/// What `parent_domain_matches_subdomains` takes. [postconf(5)]
const PARENT_FEATURES: [&str; 8] = [
    "debug_peer_list",
    "fast_flush_domains",
    "mynetworks",
    "permit_mx_backup_networks",
    "qmqpd_authorized_clients",
    "relay_domains",
    "smtpd_access_maps",
    "transport_maps",
];

const VERSION: &str = "write the version that `postconf -h mail_version` prints, such as `\"3.7\"`";

pub(super) fn read_targets(node: Node<'_>, diagnostics: &mut Diagnostics) -> Vec<Target> {
    let NodeKind::Mapping(mapping) = node.kind else {
        let message = format!(
            "`targets` must be a mapping from name to target, not {}",
            values::describe(&node)
        );
        diagnostics.push(Diagnostic::error("wrong-type", node.span, message));
        return Vec::new();
    };
    mapping.entries.into_iter().filter_map(|(name, node)| target(name, node, diagnostics)).collect()
}

fn target(
    name: Spanned<Cow<'_, str>>,
    node: Node<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Target> {
    // The name becomes a folder of `compile --out`.
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if name.value.is_empty() || !name.value.chars().all(plain) {
        diagnostics.push(
            Diagnostic::error(
                "bad-target-name",
                name.span,
                format!("`{}` cannot name a target", name.value),
            )
            .hint("use letters, digits, `-` and `_`"),
        );
    }
    let mut fields = Fields::new(node, "a target", diagnostics)?;
    let postfix = fields.required_as("postfix", VERSION, diagnostics).and_then(|(_, node)| {
        let text = values::text(&node, "`postfix`", diagnostics)?;
        Version::parse(&text.value)
            .map_err(|error| {
                diagnostics.push(
                    Diagnostic::error("bad-version", text.span, error.to_string()).hint(VERSION),
                );
            })
            .ok()
    });
    let levels: Vec<(&str, SecurityLevel)> =
        SecurityLevel::ALL.iter().map(|level| (level.as_str(), *level)).collect();
    let security_level = fields
        .required_as(
            "security_level",
            "write the level that `postconf -h smtp_tls_security_level` prints there, such as `dane`",
            diagnostics,
        )
        .and_then(|(_, node)| values::choice(&node, "`security_level`", &levels, diagnostics));
    let is_placed = ["deployed", "transport", "tls_policy"].iter().any(|key| fields.has(key));
    let (transport, tls_policy) = locations(&mut fields, diagnostics);
    let map_type = if fields.has("map_type") || has_files(is_placed, &transport, &tls_policy) {
        fields
            .required_as(
                "map_type",
                "write `lmdb`, or another that `postconf -m` prints there",
                diagnostics,
            )
            .and_then(|(_, node)| values::choice(&node, "`map_type`", MapType::ALL, diagnostics))
    } else {
        // Tables of a database have the type of their dialect.
        Some(Spanned::new(MapType::Lmdb, name.span))
    };
    let parents =
        fields.one_or_list("parent_domain_matches_subdomains", diagnostics, |node, diagnostics| {
            let features = PARENT_FEATURES.map(|it| (it, it));
            values::choice(&node, "a feature", &features, diagnostics)
        });
    let families = fields.one_or_list("address_families", diagnostics, |node, diagnostics| {
        values::choice(&node, "an address family", &[("ipv4", false), ("ipv6", true)], diagnostics)
    });
    let pin_fallback = fields.choice(
        "pin_fallback",
        &[("domain", PinFallback::Domain), ("none", PinFallback::None)],
        diagnostics,
    );
    let relayhost = fields.text("relayhost", diagnostics);
    let relayhost = relayhost.and_then(|text| next_hop(&text, diagnostics));
    let fallback_relay = fields.one_or_list("fallback_relay", diagnostics, |node, diagnostics| {
        let text = values::text(&node, "a next hop", diagnostics)?;
        next_hop(&text, diagnostics)
    });
    let ca = fields.text("ca", diagnostics).and_then(|text| authorities(text, diagnostics));
    let domains = fields.take("domains").map(|(_, node)| filter(node, diagnostics));
    let unmanaged = fields.choice(
        "unmanaged",
        &[("keep", Unmanaged::Keep), ("report", Unmanaged::Report), ("remove", Unmanaged::Remove)],
        diagnostics,
    );
    let password_env = fields.text("password_env", diagnostics);
    let state = fields.text("state", diagnostics);
    let state = state.and_then(|text| read_location(&text, None, diagnostics));
    let mut time = |key, otherwise| {
        let text = fields.text(key, diagnostics);
        text.and_then(|text| duration(&text, diagnostics)).unwrap_or(otherwise)
    };
    let prune_after = time("prune_after", PRUNE_AFTER);
    let settle = time("settle", SETTLE);
    let reload = fields.one_or_list("reload", diagnostics, |node, diagnostics| {
        let text = values::text(&node, "a location", diagnostics)?;
        read_postfix(&text, diagnostics)
    });
    let log = fields.text("log", diagnostics).and_then(|text| mail_log(text, diagnostics));
    let span = name.span;
    fields.finish(diagnostics);
    Some(Target {
        name: name.map(Cow::into_owned),
        postfix: postfix?,
        security_level: security_level?,
        map_type: map_type?,
        transport,
        tls_policy,
        relayhost,
        fallback_relay: fallback_relay.unwrap_or_default(),
        parent_domain_matches_subdomains: parents
            .is_some_and(|list| list.iter().any(|it| it.value == "transport_maps")),
        ipv4: families.as_ref().is_none_or(|list| list.iter().any(|it| !it.value)),
        ipv6: families.is_some_and(|list| list.iter().any(|it| it.value)),
        pin_fallback: pin_fallback.unwrap_or_else(|| Spanned::new(PinFallback::Domain, span)),
        ca,
        domains: domains.unwrap_or_default(),
        unmanaged: unmanaged.map(|it| it.value).unwrap_or_default(),
        password_env,
        state,
        prune_after,
        settle,
        reload: reload.unwrap_or_default(),
        log,
    })
}

/// Reads where Postfix logs.
fn mail_log(text: Spanned<String>, diagnostics: &mut Diagnostics) -> Option<Spanned<MailLogPlace>> {
    if text.value == "journal" {
        return Some(Spanned::new(MailLogPlace::Journal, text.span));
    }
    if !text.value.starts_with('/') || text.value.ends_with('/') || text.value.contains('\0') {
        let message = format!("`{}` is not the place of a mail log", text.value);
        diagnostics.push(
            Diagnostic::error("bad-path", text.span, message)
                .hint("write an absolute path, such as `/var/log/mail.log`, or `journal`"),
        );
        return None;
    }
    Some(text.map(MailLogPlace::File))
}

/// Reads `90m`, in seconds.
fn duration(text: &Spanned<String>, diagnostics: &mut Diagnostics) -> Option<u32> {
    let read = seconds(&text.value, LONGEST);
    if read.is_none() {
        let message = format!("`{}` is no time of up to 30 days", text.value);
        diagnostics.push(
            Diagnostic::error("bad-duration", text.span, message)
                .hint("write a number and `s`, `m`, `h` or `d`, such as `90m`"),
        );
    }
    read
}

type Place = Option<Spanned<Location>>;

/// Whether a map of the target is a file: also where nothing says where its maps are, but not where what
/// says it is wrong.
fn has_files(is_placed: bool, transport: &Place, tls_policy: &Place) -> bool {
    let is_file = |it: &Spanned<Location>| !matches!(it.value, Location::Sql { .. });
    !is_placed || [transport, tls_policy].into_iter().flatten().any(is_file)
}

/// The locations of the transport map and of the TLS policy map.
fn locations(fields: &mut Fields<'_>, diagnostics: &mut Diagnostics) -> (Place, Place) {
    let mut location = |key, table| {
        let text = fields.text(key, diagnostics)?;
        read_location(&text, Some(table), diagnostics)
    };
    let folder = location("deployed", TableMapping::tls_policies());
    let transport = location("transport", TableMapping::transports());
    let tls_policy = location("tls_policy", TableMapping::tls_policies());
    let Some(folder) = folder else { return (transport, tls_policy) };
    if let Some(other) = transport.as_ref().or(tls_policy.as_ref()) {
        diagnostics.push(
            Diagnostic::error(
                "conflicting-keys",
                other.span,
                "`deployed` already places both maps",
            )
            .related(folder.span, "here")
            .hint("write either `deployed`, or `transport` and `tls_policy`"),
        );
    }
    let at = |name| inside(&folder.value, name).map(|it| Spanned::new(it, folder.span));
    let (transport, tls_policy) = (at("transport"), at("tls_policy"));
    if transport.is_none() {
        diagnostics.push(
            Diagnostic::error(
                "bad-location",
                folder.span,
                "`deployed` is a folder, not a database",
            )
            .hint("write `tls_policy:` with this URL, and `transport:` if that map is managed too"),
        );
    }
    (transport, tls_policy)
}

/// The file or folder of CAs; a folder ends in `/`. Postfix that takes a folder for a file has no TLS at
/// all, so a name without an ending is a folder.
fn authorities(
    mut text: Spanned<String>,
    diagnostics: &mut Diagnostics,
) -> Option<Spanned<String>> {
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, ',' | '$' | '{' | '}' | '#');
    if !text.value.starts_with('/') || !text.value.chars().all(plain) {
        let message = format!("`{}` is not the place of CAs", text.value);
        diagnostics.push(
            Diagnostic::error("bad-path", text.span, message).hint(
                "write an absolute path, such as `/etc/ssl/certs/ca-certificates.crt`, or `/etc/ssl/certs/` \
                 for a folder",
            ),
        );
        return None;
    }
    let name = text.value.rsplit('/').next().unwrap_or_default();
    if !name.is_empty() && !name.contains('.') {
        text.value.push('/');
    }
    Some(text)
}

fn next_hop(text: &Spanned<String>, diagnostics: &mut Diagnostics) -> Option<Spanned<NextHop>> {
    match NextHop::parse(&text.value) {
        Ok(next_hop) => Some(Spanned::new(next_hop, text.span)),
        Err(error) => {
            diagnostics.push(next_hop_error(text.span, &error));
            None
        }
    }
}

fn filter(node: Node<'_>, diagnostics: &mut Diagnostics) -> DomainFilter {
    if let NodeKind::Scalar(_) = node.kind {
        let words = [("all", DomainFilter::All), ("none", DomainFilter::None)];
        let word = values::choice(&node, "`domains`", &words, diagnostics);
        return word.map(|it| it.value).unwrap_or_default();
    }
    let mut set = globset::GlobSetBuilder::new();
    let globs = values::list_of(node, "`domains`", diagnostics, |node, diagnostics| {
        let text = values::text(&node, "a glob", diagnostics)?;
        match globset::Glob::new(&text.value.to_lowercase()) {
            Ok(glob) => {
                set.add(glob);
                Some(text)
            }
            Err(error) => {
                diagnostics.push(Diagnostic::error(
                    "bad-glob",
                    text.span,
                    error.kind().to_string(),
                ));
                None
            }
        }
    });
    set.build()
        .map_or(DomainFilter::None, |set| DomainFilter::Globs(set, globs.unwrap_or_default()))
}
