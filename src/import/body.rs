//! What stands beside a domain, as YAML.

use super::value::Written;
use crate::postfix::{TlsPolicy, Transport};
use crate::source::yaml::scalar;
use std::rc::Rc;

/// What is said of a domain.
#[derive(Debug, Default)]
pub(super) struct Body {
    pub(super) provider: Option<Rc<str>>,
    /// Whether it is pinned to the addresses in the lock.
    pub(super) pinned: bool,
    pub(super) transport: Option<Rc<Written<Transport>>>,
    /// The policy. With a provider the level and the names are those of its template.
    pub(super) policy: Option<Rc<Written<TlsPolicy>>>,
}

impl Body {
    /// The keys with their values, in the order in which people read them.
    pub(super) fn fields(&self) -> Vec<String> {
        let mut fields = Vec::new();
        if let Some(name) = &self.provider {
            fields.push(format!("provider: {}", scalar(name)));
        }
        if self.pinned {
            fields.push("route: pin".to_owned());
        }
        if let Some(transport) = &self.transport {
            fields.push(match transport.next_hops.as_slice() {
                [only] if transport.service == "smtp" => {
                    format!("next_hop: {}", scalar(only.as_str()))
                }
                _ => format!("transport: {}", scalar(&transport.text)),
            });
        }
        if let Some(policy) = &self.policy {
            let own = policy_fields(policy);
            let of_template = |it: &String| it.starts_with("level: ") || it.starts_with("match: ");
            let skipped = self.provider.is_some();
            fields.extend(own.into_iter().filter(|it| !(skipped && of_template(it))));
        }
        fields
    }

    /// The value of the domain's key.
    pub(super) fn text(&self, fields: &[String]) -> String {
        match (&self.provider, fields) {
            (Some(name), [_]) => scalar(name),
            (_, fields) => format!("{{ {} }}", fields.join(", ")),
        }
    }
}

/// The level and the names alone, which is what templates are recognised by: other attributes may stand
/// beside a provider.
pub(super) fn base(policy: &TlsPolicy) -> TlsPolicy {
    TlsPolicy { matches: policy.matches.clone(), ..TlsPolicy::new(policy.level) }
}

/// The level and the attributes of a policy.
pub(crate) fn policy_fields(policy: &TlsPolicy) -> Vec<String> {
    let mut fields = vec![format!("level: {}", policy.level)];
    let mut list = |name: &str, values: Vec<String>| {
        if !values.is_empty() {
            fields.push(format!("{name}: [{}]", values.join(", ")));
        }
    };
    list("match", policy.matches.iter().map(|it| scalar(&it.to_string())).collect());
    list("tafile", policy.tafiles.iter().map(|it| scalar(it)).collect());
    let texts = [
        ("protocols", &policy.protocols),
        ("ciphers", &policy.ciphers),
        ("exclude", &policy.exclude),
        ("servername", &policy.servername),
    ];
    for (name, value) in texts {
        fields.extend(value.iter().map(|it| format!("{name}: {}", scalar(it))));
    }
    let switches =
        [("connection_reuse", policy.connection_reuse), ("enable_rpk", policy.enable_rpk)];
    for (name, value) in switches {
        fields.extend(value.map(|it| format!("{name}: {}", if it { "yes" } else { "no" })));
    }
    for group in policy.external.chunk_by(|a, b| a.0 == b.0) {
        let values: Vec<String> = group.iter().map(|(_, value)| scalar(value)).collect();
        fields.push(match values.as_slice() {
            [only] => format!("{}: {only}", group[0].0),
            several => format!("{}: [{}]", group[0].0, several.join(", ")),
        });
    }
    fields
}
