//! `mxward.yaml`.

use super::Loader;
use super::body::{check, fill};
use super::lints::read_lints;
use super::loader::{first_time, wrong_top};
use super::target::read_targets;
use crate::diag::{Diagnostic, Diagnostics, Fields, unknown_key, values};
use crate::model::{Body, Config, DnsConfig, LockSettings, Route};
use crate::source::yaml::Reader;
use crate::source::{FileId, Node, NodeKind, SourceMap, Span, Spanned};
use ipnet::IpNet;

/// The version of the configuration format that this program reads.
const VERSION: u32 = 1;

/// The top-level keys of `mxward.yaml`.
const KEYS: &[&str] =
    &["version", "include", "defaults", "domains", "next_hops", "targets", "lock", "dns", "lints"];

/// One entry of `include:`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Include {
    /// A glob below the repository.
    pub glob: Spanned<String>,
    /// The body of every domain in the files, when they are plain lists; `None` for YAML.
    pub list: Option<u32>,
}

pub(super) fn read_root(
    loader: &mut Loader,
    sources: &SourceMap,
    file: FileId,
    diagnostics: &mut Diagnostics,
) -> Vec<Include> {
    let text = sources.text(file);
    let mut reader = Reader::new(file, text);
    let mut found = Diagnostics::new();
    let mut root = Root { loader, has_version: false, version: None, includes: Vec::new() };
    let mapping = reader.enter_mapping();
    if mapping {
        let mut seen = Vec::new();
        while let Some(key) = reader.next_key() {
            if !first_time(&mut seen, &key, &mut found) {
                continue;
            }
            match &*key.value {
                "domains" => root.loader.domains(text, &mut reader, &mut found),
                name if KEYS.contains(&name) => {
                    if let Some(node) = reader.node() {
                        root.key(name, node, &mut found);
                    }
                }
                _ => unknown_key(&key, "mxward.yaml", KEYS, &mut found),
            }
        }
    } else if let Some(node) = reader.node() {
        wrong_top(&node, &mut found);
    }
    let Root { has_version, version, includes, .. } = root;
    // An empty file, too, lacks its version.
    let lacks_version = !has_version && !reader.failed() && (mapping || found.is_empty());
    loader.config.gaps.files |= reader.failed();
    found.push_yaml(reader.finish());
    match version {
        Some(version) if version.value > VERSION => {
            // What a newer format means is not known, so nothing else is said about the file.
            diagnostics.push(
                Diagnostic::error(
                    "newer-version",
                    version.span,
                    format!(
                        "version {} is newer than the version {VERSION} that this mxward reads",
                        version.value
                    ),
                )
                .hint("install a newer mxward"),
            );
            loader.config = Config::default();
            loader.config.gaps.files = true;
            return Vec::new();
        }
        Some(_) | None if lacks_version => found.push(
            Diagnostic::error(
                "missing-key",
                Span::new(file, 0, 0),
                "mxward.yaml needs the key `version`",
            )
            .hint(format!("write `version: {VERSION}` as the first line")),
        ),
        Some(_) | None => {}
    }
    diagnostics.extend(found);
    includes
}

struct Root<'a> {
    loader: &'a mut Loader,
    has_version: bool,
    /// What `version` says, if that is a number.
    version: Option<Spanned<u32>>,
    includes: Vec<Include>,
}

impl Root<'_> {
    fn key(&mut self, key: &str, node: Node<'_>, diagnostics: &mut Diagnostics) {
        if key != "version" && node.kind == NodeKind::Null {
            return;
        }
        match key {
            "version" => {
                self.has_version = true;
                self.version = values::integer(&node, "`version`", 1..=u32::MAX, diagnostics);
            }
            "include" => {
                let includes =
                    values::one_or_list(node, "`include`", diagnostics, |node, diagnostics| {
                        include(self.loader, node, diagnostics)
                    });
                self.includes = includes.unwrap_or_default();
            }
            "defaults" => {
                let span = node.span;
                let before = diagnostics.iter().count();
                if let Some(mut fields) = Fields::new(node, "`defaults`", diagnostics) {
                    self.loader.config.default_route =
                        fields.choice("route", Route::ALL, diagnostics);
                    fields.finish(diagnostics);
                }
                if diagnostics.iter().count() != before {
                    // Domains are not to be asked for what is meant to stand here.
                    let route = Spanned::new(Route::Mx, span);
                    self.loader.config.default_route.get_or_insert(route);
                }
            }
            "next_hops" => self.loader.next_hops(Some(node), diagnostics),
            "targets" => self.loader.config.targets = read_targets(node, diagnostics),
            "lock" => self.loader.config.lock = lock(node, diagnostics),
            "lints" => self.loader.config.lints = read_lints(node, diagnostics),
            _ => self.loader.config.dns = dns(node, diagnostics),
        }
    }
}

fn include(loader: &mut Loader, node: Node<'_>, diagnostics: &mut Diagnostics) -> Option<Include> {
    if let NodeKind::Scalar(_) = node.kind {
        let glob = values::text(&node, "an include", diagnostics)?;
        let glob = inside(glob, diagnostics)?;
        if ![".yaml", ".yml"].iter().any(|ending| glob.value.ends_with(ending)) {
            diagnostics.push(
                Diagnostic::error(
                    "bad-include",
                    glob.span,
                    format!("`{}` does not name YAML files", glob.value),
                )
                .hint(format!(
                    "for plain lists write `{{ list: {}, provider: NAME }}`",
                    glob.value
                )),
            );
            return None;
        }
        return Some(Include { glob, list: None });
    }
    let mut fields = Fields::new(node, "an include", diagnostics)?;
    let before = diagnostics.iter().count();
    let glob = fields.required("list", diagnostics);
    let mut body = Body::new(fields.span());
    fill(&mut body, &mut fields, diagnostics);
    fields.finish(diagnostics);
    check(&body, diagnostics);
    body.broken = diagnostics.iter().count() != before;
    let glob = values::text(&glob?.1, "`list`", diagnostics)?;
    let glob = inside(glob, diagnostics)?;
    Some(Include { glob, list: Some(loader.add_body(body)) })
}

/// Refuses globs that leave the repository; `./` in front is dropped.
fn inside(mut glob: Spanned<String>, diagnostics: &mut Diagnostics) -> Option<Spanned<String>> {
    if let Some(rest) = glob.value.strip_prefix("./") {
        glob.value = rest.to_owned();
    }
    let parts = || glob.value.split('/');
    let (message, hint) = if glob.value.is_empty() {
        ("this names no file".to_owned(), "write a glob such as `domains/*.yaml`")
    } else if glob.value.starts_with('/') {
        let message = format!("`{}` does not begin at the repository", glob.value);
        (message, "write a path relative to mxward.yaml")
    } else if parts().any(|part| part == "..") {
        let message = format!("`{}` leads out of the repository", glob.value);
        (message, "includes stay below the folder of mxward.yaml: move the files, or commit a copy")
    } else if glob.value.contains('\\') || parts().any(|part| matches!(part, "" | ".")) {
        let message = format!("`{}` is not a plain path", glob.value);
        (message, "write a glob such as `domains/*.yaml`, without `\\`, `//` and `.`")
    } else {
        return Some(glob);
    };
    diagnostics.push(Diagnostic::error("bad-include", glob.span, message).hint(hint));
    None
}

fn lock(node: Node<'_>, diagnostics: &mut Diagnostics) -> LockSettings {
    let mut settings = LockSettings::default();
    let Some(mut fields) = Fields::new(node, "`lock`", diagnostics) else { return settings };
    if let Some(days) = fields.integer("retain", 0..=365_u16, diagnostics) {
        settings.retain = days.value;
    }
    if let Some(days) = fields.integer("max_age", 1..=365_u16, diagnostics) {
        settings.max_age = days.value;
    }
    let networks = fields.one_or_list("allow_addresses", diagnostics, |node, diagnostics| {
        let text = values::text(&node, "a network", diagnostics)?;
        let network = text.value.parse::<IpNet>().or_else(|error| {
            text.value.parse::<std::net::IpAddr>().map(IpNet::from).map_err(|_| error)
        });
        if let Ok(network) = network {
            Some(network.trunc())
        } else {
            let message = format!("`{}` is not a network", text.value);
            diagnostics.push(
                Diagnostic::error("bad-network", text.span, message)
                    .hint("write an address or a prefix, such as `10.1.0.0/16` or `fd00::/8`"),
            );
            None
        }
    });
    settings.allow_addresses = networks.unwrap_or_default();
    fields.finish(diagnostics);
    settings
}

fn dns(node: Node<'_>, diagnostics: &mut Diagnostics) -> DnsConfig {
    let mut dns = DnsConfig::default();
    let Some(mut fields) = Fields::new(node, "`dns`", diagnostics) else { return dns };
    let servers = fields.one_or_list("servers", diagnostics, |node, diagnostics| {
        values::text(&node, "a name server", diagnostics)
    });
    dns.servers = servers.unwrap_or_default();
    dns.trust_anchor = fields.text("trust_anchor", diagnostics);
    if let Some(by) =
        fields.choice("validation", &[("local", false), ("resolver", true)], diagnostics)
    {
        dns.resolver_validates = by.value;
    }
    if let Some(seconds) = fields.integer("timeout", 1..=60_u32, diagnostics) {
        dns.timeout_ms = seconds.value * 1000;
    }
    fields.finish(diagnostics);
    dns
}
