//! `mxward explain`

mod text;
mod timeline;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::printer::Render;
use crate::compile::Compiled;
use crate::deployed::{Deployed, DeployedMap, Hosts, read_deployed};
use crate::diag::{Diagnostics, Style, printable};
use crate::explain::{Explanation, Lookup, Recipient, explain, meaning};
use crate::formats::{MapText, postmap_text};
use crate::model::Target;
use crate::postfix::{HopPolicy, Outcome};
use crate::source::SourceMap;
use crate::tables::{Origin, Tables};
use serde_json::{Map, Value, json};

/// What decides about mail for a recipient, for every target.
struct Report {
    recipient: Recipient,
    targets: Vec<Explained>,
}

/// What decides on one target.
struct Explained {
    target: String,
    security_level: &'static str,
    relayhost: Option<String>,
    /// The resolver that a declaration leaves the recipient to.
    left_to: Option<String>,
    explanation: Explanation<String>,
}

pub(super) fn run(
    context: &mut Context<'_, '_>,
    address: &str,
    deployed: bool,
    timeline: bool,
) -> Result<Exit, Exit> {
    let recipient = match Recipient::parse(address) {
        Ok(recipient) => recipient,
        Err(error) => {
            let address = printable(address).into_owned();
            context.printer.error(&format!("`{address}` is no mail address or domain: {error}"));
            return Err(Exit::Usage);
        }
    };
    let compiled = context.compile(context.lock_mode())?;
    let targets = context.targets(&compiled.repository.config.targets)?;
    if targets.is_empty() {
        context.printer.note("no targets: mxward.yaml names none, so there is nothing to explain");
    }
    if timeline {
        return timeline::run(context, &compiled, &targets, recipient);
    }
    let mut explained = Vec::with_capacity(targets.len());
    let mut hosts = context.hosts();
    for target in targets {
        explained.push(if deployed {
            of_deployed(context, &mut hosts, target, &recipient)?
        } else {
            of_compiled(context, &compiled, target, &recipient)?
        });
    }
    context.printer.report(&Report { recipient, targets: explained });
    Ok(Exit::Done)
}

fn of_compiled(
    context: &mut Context<'_, '_>,
    compiled: &Compiled,
    target: &Target,
    recipient: &Recipient,
) -> Result<Explained, Exit> {
    let mut diagnostics = Diagnostics::new();
    let tables = compiled.tables(target, &mut diagnostics);
    diagnostics.sort();
    let sources = &compiled.repository.sources;
    context.printer.diagnostics(&diagnostics, sources);
    let Tables { transport, tls_policy } = tables.ok_or(Exit::Findings)?;
    let texts: Vec<String> =
        transport.entries().iter().map(|entry| entry.value.to_string()).collect();
    let policies: Vec<String> =
        tls_policy.entries().iter().map(|entry| entry.value.to_string()).collect();
    let explanation = explain(
        recipient,
        &|key| {
            let at = transport.position(key)?;
            Some((texts[at].as_str(), place(&transport.entries()[at].origin, sources)))
        },
        &|key| {
            let at = tls_policy.position(key)?;
            Some((policies[at].as_str(), place(&tls_policy.entries()[at].origin, sources)))
        },
        &target.settings(),
    );
    let left_to = compiled.left_to(&recipient.domain).map(str::to_owned);
    Ok(Explained { left_to, ..Explained::new(target, explanation) })
}

fn of_deployed(
    context: &mut Context<'_, '_>,
    hosts: &mut Hosts<'_>,
    target: &Target,
    recipient: &Recipient,
) -> Result<Explained, Exit> {
    let deployed = read(context, hosts, target)?;
    let transport = postmap_text::read(&deployed.transport.bytes);
    let tls_policy = postmap_text::read(&deployed.tls_policy.bytes);
    let explanation = explain(
        recipient,
        &|key| find(&transport, key, &deployed.transport),
        &|key| find(&tls_policy, key, &deployed.tls_policy),
        &target.settings(),
    );
    Ok(Explained::new(target, explanation))
}

/// Reads the maps of a target; what should be known of how is said.
fn read(
    context: &mut Context<'_, '_>,
    hosts: &mut Hosts<'_>,
    target: &Target,
) -> Result<Deployed, Exit> {
    let name = &target.name.value;
    if target.transport.is_none() && target.tls_policy.is_none() {
        let message = format!("target `{name}` does not say where its maps are `deployed`");
        context.printer.error(&message);
        return Err(Exit::Failed);
    }
    match read_deployed(hosts, &context.global.directory, target, None) {
        Ok(deployed) => {
            for note in &deployed.notes {
                context.printer.note(&format!("note: {note}"));
            }
            Ok(deployed)
        }
        Err(why) => {
            context.printer.error(&format!("target `{name}`: {why}"));
            Err(Exit::Failed)
        }
    }
}

fn find<'m>(map: &'m MapText<'_>, key: &str, from: &DeployedMap) -> Option<(&'m str, String)> {
    let entry = map.get(key)?;
    let name = &from.name;
    let place = if from.has_lines { format!("{name}:{}", entry.line) } else { name.clone() };
    Some((&entry.value, place))
}

fn place(origin: &Origin, sources: &SourceMap) -> String {
    let place = sources.place(origin.span);
    match &origin.template {
        Some(template) => format!("{place}, template {template}"),
        None => place,
    }
}

impl Explained {
    fn new(target: &Target, explanation: Explanation<String>) -> Self {
        Self {
            target: target.name.value.clone(),
            security_level: target.security_level.value.as_str(),
            relayhost: target.relayhost.as_ref().map(|it| it.value.to_string()),
            left_to: None,
            explanation,
        }
    }
}

impl Render for Report {
    fn text(&self, style: &Style) -> String {
        text::text(self, style)
    }

    fn json(&self) -> Value {
        let targets: Vec<Value> = self.targets.iter().map(target).collect();
        json!({ "format_version": 1, "recipient": self.recipient.to_string(), "targets": targets })
    }

    fn markdown(&self) -> String {
        let text = text::text(self, &Style::default());
        // Four backticks: nothing in a map or a name ends the block.
        format!("### mxward explain\n\n````text\n{text}````\n")
    }
}

fn target(explained: &Explained) -> Value {
    let mut object = Map::new();
    object.insert("target".to_owned(), explained.target.as_str().into());
    object.insert("security_level".to_owned(), explained.security_level.into());
    object.insert("leave_to".to_owned(), explained.left_to.as_deref().into());
    outcome(&explained.explanation, &mut object);
    Value::Object(object)
}

/// Adds the lookups and what comes of them.
fn outcome(explanation: &Explanation<String>, object: &mut Map<String, Value>) {
    let Explanation { transport, policies, delivery } = explanation;
    object.insert("transport_lookups".to_owned(), lookups(transport));
    match &delivery.outcome {
        Outcome::Smtp { service, hops } => {
            object.insert("service".to_owned(), service.as_str().into());
            let hops = hops.iter().zip(policies).map(|(hop, asked)| {
                let (policy, error) = match &hop.policy {
                    HopPolicy::Valid(policy) => (Some(policy.to_string()), None),
                    HopPolicy::Invalid(error) => (None, Some(error.to_string())),
                };
                json!({
                    "next_hop": hop.next_hop.as_str(),
                    "fallback_relay": hop.is_fallback_relay,
                    "policy_lookups": lookups(asked),
                    "policy": policy,
                    "error": error,
                    "meaning": meaning(&hop.policy, &hop.next_hop),
                })
            });
            object.insert("next_hops".to_owned(), hops.collect());
        }
        Outcome::Other(transport) => {
            object.insert("service".to_owned(), transport.service.as_str().into());
            object.insert("next_hops".to_owned(), json!([]));
        }
        Outcome::Fatal(error) => {
            object.insert("error".to_owned(), error.to_string().into());
        }
    }
}

fn lookups(list: &[Lookup<String>]) -> Value {
    list.iter()
        .map(|it| match &it.found {
            Some((value, place)) => json!({ "key": it.key, "value": value, "place": place }),
            None => json!({ "key": it.key, "value": null, "place": null }),
        })
        .collect()
}
