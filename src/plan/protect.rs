//! `protect.yaml`: limits and waivers, kept by somebody else than the authors of the declarations.

use super::guards::Refusal;
use crate::diag::{Diagnostic, Diagnostics, Fields, parse_yaml, values};
use crate::diff::{Compared, Recipient};
use crate::model::recipients;
use crate::names::Recipients;
use crate::postfix::{Promises, SecurityLevel};
use crate::report::{counted, some_of};
use crate::source::{FileId, Node, NodeKind};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// The version of the format.
const VERSION: u32 = 1;

/// What protect.yaml says; nothing in it can be opened from the command line.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Protect {
    /// The least that domains must have, whatever the repository declares.
    pub domains: BTreeMap<Recipients, SecurityLevel>,
    /// More than this share of a target's domains is never changed at once, in percent.
    pub share: Option<u8>,
    /// At most so many domains of a class, whatever `--allow` says.
    pub limits: BTreeMap<&'static str, usize>,
    /// Whether the servers of what changes must be probed before.
    pub probe: bool,
    /// The targets that every apply changes first, and the others after their probe.
    pub canary: Vec<String>,
    /// Domains for which a class is agreed to.
    pub waivers: Vec<Waiver>,
}

/// One agreed exception.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Waiver {
    /// The recipient.
    pub domain: Recipients,
    /// `breaks`, `weaker` or `different`.
    pub class: &'static str,
    /// The last day on which it holds.
    pub until: Date,
}

const CLASSES: [&str; 3] = ["breaks", "weaker", "different"];

impl Protect {
    /// Reads protect.yaml. `None` after an error.
    pub fn read(file: FileId, text: &str, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut found = Diagnostics::new();
        let node = parse_yaml(file, text, &mut found);
        let protect = node.and_then(|node| Self::load(node, &mut found));
        let valid = !found.has_errors();
        diagnostics.extend(found);
        protect.filter(|_| valid)
    }

    fn load(node: Node<'_>, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut protect = Self::default();
        let mut fields = Fields::new(node, "protect.yaml", diagnostics)?;
        fields.version(VERSION, diagnostics)?;
        if let Some((_, node)) = fields.take("domains") {
            protect.load_domains(node, diagnostics);
        }
        if let Some((_, node)) = fields.take("limits")
            && let Some(mut limits) = Fields::new(node, "`limits`", diagnostics)
        {
            protect.share = limits.integer("share", 0..=100_u8, diagnostics).map(|it| it.value);
            for class in CLASSES {
                if let Some(limit) = limits.integer(class, 0..=u32::MAX, diagnostics) {
                    protect.limits.insert(class, limit.value as usize);
                }
            }
            limits.finish(diagnostics);
        }
        protect.probe = fields.boolean("probe", diagnostics).is_some_and(|it| it.value);
        let canary = fields.one_or_list("canary", diagnostics, |node, diagnostics| {
            values::text(&node, "a target", diagnostics).map(|it| it.value)
        });
        protect.canary = canary.unwrap_or_default();
        let waivers = fields.list_of("waivers", diagnostics, waiver);
        protect.waivers = waivers.unwrap_or_default();
        fields.finish(diagnostics);
        Some(protect)
    }

    fn load_domains(&mut self, node: Node<'_>, diagnostics: &mut Diagnostics) {
        let NodeKind::Mapping(mapping) = node.kind else {
            let message = format!(
                "`domains` must be a mapping from domain to level, not {}",
                values::describe(&node)
            );
            diagnostics.push(Diagnostic::error("wrong-type", node.span, message));
            return;
        };
        let levels: Vec<(&str, SecurityLevel)> =
            SecurityLevel::ALL.iter().map(|level| (level.as_str(), *level)).collect();
        for (key, node) in mapping.entries {
            let level = values::choice(&node, "a level", &levels, diagnostics);
            if let (Some(domain), Some(level)) =
                (recipients(&key.value, key.span, diagnostics), level)
            {
                self.domains.insert(domain, level.value);
            }
        }
    }

    /// Whether a class is agreed to for a recipient on a day.
    pub fn waives(&self, class: &str, recipient: &str, today: Date) -> bool {
        self.waivers.iter().any(|waiver| {
            waiver.class == class && waiver.until >= today && waiver.domain.key() == recipient
        })
    }

    /// What protect.yaml has against a target.
    pub(crate) fn refusals(
        &self,
        target: &str,
        compared: &Compared<'_>,
        today: Date,
    ) -> Vec<Refusal> {
        let refusal =
            |message| Refusal { guard: "protect", target: target.to_owned(), message, flag: None };
        let mut list = Vec::new();
        for (class, limit) in &self.limits {
            let of_class = compared.diff.groups.iter().filter(|it| it.effect.as_str() == *class);
            let waived = |name: &&String| self.waives(class, name, today);
            let count = of_class.flat_map(|it| &it.recipients).filter(|it| !waived(it)).count();
            if count > *limit {
                list.push(refusal(format!(
                    "{} would be {class}, and protect.yaml allows {limit}",
                    counted(count, "domain")
                )));
            }
        }
        let mut short: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (domain, level) in &self.domains {
            let key = domain.key();
            let recipient = if domain.is_subdomains() {
                Recipient::Subdomains(key.to_string())
            } else {
                Recipient::Domain(key.to_string())
            };
            let delivery = compared.after.deliver(&recipient.example());
            // What is not delivered is not read by anybody else.
            let reached =
                Promises::of_delivery(&delivery).is_none_or(|promises| promises.reaches(*level));
            if !reached && !self.waives("weaker", &key, today) {
                short.entry(level.as_str()).or_default().push(key.to_string());
            }
        }
        for (level, names) in short {
            let shown = some_of(names.iter().map(String::as_str), 5);
            list.push(refusal(format!(
                "protect.yaml wants at least {level} for {shown}, which would have less"
            )));
        }
        list
    }
}

fn waiver(node: Node<'_>, diagnostics: &mut Diagnostics) -> Option<Waiver> {
    let mut fields = Fields::new(node, "a waiver", diagnostics)?;
    let domain = fields.required("domain", diagnostics).and_then(|(_, node)| {
        let name = values::text(&node, "`domain`", diagnostics)?;
        recipients(&name.value, name.span, diagnostics)
    });
    let classes = CLASSES.map(|class| (class, class));
    let class = fields
        .required("allow", diagnostics)
        .and_then(|(_, node)| values::choice(&node, "`allow`", &classes, diagnostics));
    let reason = fields
        .required("reason", diagnostics)
        .and_then(|(_, node)| values::text(&node, "`reason`", diagnostics));
    let until = fields.required("until", diagnostics).and_then(|(_, node)| {
        let text = values::text(&node, "`until`", diagnostics)?;
        let date = text.value.parse().ok();
        if date.is_none() {
            let message = format!("`{}` is not a day", text.value);
            let error = Diagnostic::error("wrong-type", text.span, message);
            diagnostics.push(error.hint("write it as YYYY-MM-DD"));
        }
        date
    });
    fields.finish(diagnostics);
    reason?;
    Some(Waiver { domain: domain?, class: class?.value, until: until? })
}
