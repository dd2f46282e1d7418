//! The plan as a file.

use super::steps::{Step, Which};
use crate::diff::{Cause, Compared, Difference, Drift, Group, differences};
use crate::formats::MapEntry;
use crate::formats::seal::hex;
use crate::postfix::Effect;
use crate::report::schema;
use crate::source::SourceMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The version of the plan's shape.
pub const FORMAT_VERSION: u32 = 1;

/// What would be done: reviewed by people, applied exactly.
///
/// It holds no secrets, and the same repository and the same deployed maps give the same bytes. What
/// it says of effects is for people: `apply` judges anew, since a plan never grades itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The version of this shape; one that readers would stumble over gets a new one.
    #[schemars(range(min = 1, max = 1))]
    pub format_version: u32,
    /// SHA-256 over the files of the repository, in hexadecimal.
    pub repository: String,
    /// Targets in the order of their names.
    pub targets: Vec<TargetPlan>,
}

/// What would be done for one target.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetPlan {
    /// Its name.
    pub target: String,
    /// Digests of the maps as they are.
    pub before: Digests,
    /// Digests of the maps as they will be.
    pub after: Digests,
    /// How many recipients see each effect, worst first.
    #[schemars(with = "Vec<(schema::Effect, usize)>")]
    pub effects: Vec<(String, usize)>,
    /// Recipients that are treated otherwise than before.
    pub changes: Vec<Change>,
    /// Entries that somebody else changed since the last apply.
    pub drift: Vec<DriftPlan>,
    /// Policies in a table that nothing asks for any more, sorted by key: they stay until a later apply.
    pub waiting: Vec<WaitingPlan>,
    /// What is done, in this order.
    pub steps: Vec<StepPlan>,
    /// Entries of `transport_maps` that change, sorted by key.
    pub transport: Vec<EntryChange>,
    /// Entries of `smtp_tls_policy_maps` that change, sorted by key.
    pub tls_policy: Vec<EntryChange>,
}

/// SHA-256 over the entries of both maps, whatever form they are kept in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Digests {
    /// Of `transport_maps`.
    pub transport: String,
    /// Of `smtp_tls_policy_maps`.
    pub tls_policy: String,
}

/// Recipients to whom the same happens for the same reason.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// What happens to them.
    #[schemars(with = "schema::Effect")]
    pub effect: String,
    /// The template that they get their entries from.
    pub template: Option<String>,
    /// Where that was decided: `file:line:column`, or what decided otherwise.
    pub place: String,
    /// What happens with their mail before.
    pub before: String,
    /// And after.
    pub after: String,
    /// Addresses that are new.
    pub new_addresses: Vec<String>,
    /// Addresses that go.
    pub old_addresses: Vec<String>,
    /// The recipients.
    pub recipients: Vec<String>,
}

/// One step.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepPlan {
    /// Which map.
    #[schemars(with = "Which")]
    pub map: String,
    /// What the step is for.
    pub what: String,
    /// How many entries the map has then.
    pub entries: usize,
    /// SHA-256 over them.
    pub digest: String,
    /// Whether it only takes away what nothing asks for any more.
    pub prunes: bool,
}

/// One policy that stays although nothing asks for it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaitingPlan {
    /// The lookup key.
    pub key: String,
    /// The time until which it waits; absent when it begins to wait with this plan.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub until: Option<String>,
}

/// One entry that changes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EntryChange {
    /// The lookup key.
    pub key: String,
    /// The right-hand side before; absent when the entry is new.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub before: Option<String>,
    /// The right-hand side after; absent when the entry goes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub after: Option<String>,
}

/// One entry that is not as mxward left it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DriftPlan {
    /// Which map.
    #[schemars(with = "Which")]
    pub map: String,
    /// The lookup key.
    pub key: String,
    /// The right-hand side that was applied.
    pub applied: String,
    /// What it is now; absent when the entry is gone.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub live: Option<String>,
    /// What it will be; absent when the entry goes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub wanted: Option<String>,
    /// What an apply does with it.
    #[schemars(with = "schema::Fate")]
    pub fate: String,
    /// All of it in a phrase.
    pub what: String,
}

/// SHA-256 over entries, sorted by key, in hexadecimal.
pub(crate) fn digest(lines: &[MapEntry<'_>]) -> String {
    let mut text = String::with_capacity(lines.len() * 48);
    for line in lines {
        // No key holds a tab, and no value a line break.
        for part in [&*line.key, "\t", &*line.value, "\n"] {
            text.push_str(part);
        }
    }
    hex(text.as_bytes())
}

impl TargetPlan {
    /// Describes the steps of a target.
    pub(crate) fn new(
        target: &str,
        compared: &Compared<'_>,
        steps: &[Step<'_>],
        waiting: Vec<WaitingPlan>,
        sources: &SourceMap,
    ) -> Self {
        let Compared { before, after, diff } = compared;
        let changed = |old: &[MapEntry<'_>], new: &[MapEntry<'_>]| -> Vec<EntryChange> {
            differences(old, new).iter().map(EntryChange::from).collect()
        };
        let mut tls_policy = changed(&before.tls_policy, &after.tls_policy);
        tls_policy.retain(|it| {
            let waits = waiting.binary_search_by(|waits| waits.key.cmp(&it.key));
            it.after.is_some() || waits.is_err()
        });
        let effects = Effect::ALL.iter().map(|effect| (effect.to_string(), diff.count(*effect)));
        Self {
            target: target.to_owned(),
            before: Digests {
                transport: digest(&before.transport),
                tls_policy: digest(&before.tls_policy),
            },
            after: Digests {
                transport: digest(&after.transport),
                tls_policy: digest(&after.tls_policy),
            },
            effects: effects.filter(|(_, count)| *count > 0).collect(),
            changes: diff.groups.iter().map(|group| Change::new(group, sources)).collect(),
            drift: [(Which::Transport, &diff.transport), (Which::TlsPolicy, &diff.tls_policy)]
                .into_iter()
                .flat_map(|(map, diff)| diff.drift.iter().map(move |it| DriftPlan::new(map, it)))
                .collect(),
            waiting,
            steps: steps.iter().map(StepPlan::from).collect(),
            transport: changed(&before.transport, &after.transport),
            tls_policy,
        }
    }

    /// How many recipients see an effect.
    pub fn count(&self, effect: Effect) -> usize {
        let counts = self.effects.iter().find(|(name, _)| name == effect.as_str());
        counts.map_or(0, |(_, count)| *count)
    }

    /// Whether nothing is done but to make maps that are not there.
    pub fn makes_maps_alone(&self) -> bool {
        let changes = self.transport.len() + self.tls_policy.len() + self.effects.len();
        let waits = self.waiting.iter().all(|it| it.until.is_some());
        changes == 0 && waits && !self.steps.is_empty()
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.waiting.iter().all(|it| it.until.is_some())
    }
}

impl Change {
    fn new(group: &Group, sources: &SourceMap) -> Self {
        let place = match group.cause {
            Cause::Declared(span) => sources.place(span),
            Cause::Deployed(map, line) => format!("not declared any more ({map}:{line})"),
            Cause::Settings => "by the settings of the target".to_owned(),
        };
        Self {
            effect: group.effect.to_string(),
            template: group.template.as_deref().map(str::to_owned),
            place,
            before: group.before.clone(),
            after: group.after.clone(),
            new_addresses: group.new_addresses.iter().cloned().collect(),
            old_addresses: group.old_addresses.iter().cloned().collect(),
            recipients: group.recipients.clone(),
        }
    }
}

impl DriftPlan {
    fn new(map: Which, drift: &Drift) -> Self {
        Self {
            map: map.as_str().to_owned(),
            key: drift.key.clone(),
            applied: drift.applied.clone(),
            live: drift.live.clone(),
            wanted: drift.wanted.clone(),
            fate: drift.fate().as_str().to_owned(),
            what: drift.to_string(),
        }
    }
}

impl From<&Step<'_>> for StepPlan {
    fn from(step: &Step<'_>) -> Self {
        Self {
            map: step.map.as_str().to_owned(),
            what: step.what.to_owned(),
            entries: step.lines.len(),
            digest: digest(&step.lines),
            prunes: step.prunes,
        }
    }
}

impl From<&Difference<'_>> for EntryChange {
    fn from(difference: &Difference<'_>) -> Self {
        let value = |line: Option<&MapEntry<'_>>| line.map(|it| it.value.to_string());
        Self {
            key: difference.key.to_owned(),
            before: value(difference.before),
            after: value(difference.after),
        }
    }
}

/// Why a plan that was reviewed is not the one that would be applied now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Stale {
    /// It is no plan; what is wrong, in a phrase.
    Unreadable(String),
    /// It was made by another version of mxward.
    Version(u32),
    /// The repository is another one.
    Repository,
    /// The targets are others.
    Targets,
    /// A deployed map has changed since; the target and the map.
    Moved(String, Which),
    /// Something in it was changed by hand; the target.
    Edited(String),
}

impl std::fmt::Display for Stale {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreadable(why) => write!(f, "it is no plan: {why}"),
            Self::Version(version) => {
                write!(
                    f,
                    "its format version is {version}, and this mxward writes {FORMAT_VERSION}"
                )
            }
            Self::Repository => f.write_str("the repository has changed since"),
            Self::Targets => f.write_str("it is for other targets"),
            Self::Moved(target, map) => {
                write!(f, "the deployed {} of target `{target}` has changed since", map.as_str())
            }
            Self::Edited(target) => write!(
                f,
                "what it says of target `{target}` is not what the repository gives: was it edited?"
            ),
        }
    }
}

impl Plan {
    /// The plan as a file.
    pub fn write(&self) -> String {
        let value = serde_json::to_value(self).unwrap_or_default();
        format!("{value:#}\n")
    }

    /// Whether a plan that was reviewed, as a file, is this one.
    ///
    /// # Errors
    ///
    /// The first thing that differs.
    pub fn confirms(&self, reviewed: &[u8]) -> Result<(), Stale> {
        #[derive(Deserialize)]
        struct Head {
            format_version: u32,
        }
        let unreadable = |error: serde_json::Error| Stale::Unreadable(error.to_string());
        let head: Head = serde_json::from_slice(reviewed).map_err(unreadable)?;
        if head.format_version != FORMAT_VERSION {
            return Err(Stale::Version(head.format_version));
        }
        let reviewed: Self = serde_json::from_slice(reviewed).map_err(unreadable)?;
        if reviewed.repository != self.repository {
            return Err(Stale::Repository);
        }
        let names = |plan: &Self| -> Vec<String> {
            plan.targets.iter().map(|it| it.target.clone()).collect()
        };
        if names(&reviewed) != names(self) {
            return Err(Stale::Targets);
        }
        for (theirs, mine) in reviewed.targets.iter().zip(&self.targets) {
            if theirs.before.transport != mine.before.transport {
                return Err(Stale::Moved(mine.target.clone(), Which::Transport));
            }
            if theirs.before.tls_policy != mine.before.tls_policy {
                return Err(Stale::Moved(mine.target.clone(), Which::TlsPolicy));
            }
            if theirs != mine {
                return Err(Stale::Edited(mine.target.clone()));
            }
        }
        Ok(())
    }

    /// The keys that wait by a plan that was reviewed, as a file, of each target: they may have become due
    /// since, and are none of what it removes. None of what is no plan.
    pub fn held(reviewed: &[u8]) -> BTreeMap<String, BTreeSet<String>> {
        let Ok(plan) = serde_json::from_slice::<Self>(reviewed) else { return BTreeMap::new() };
        let keys = |it: TargetPlan| {
            it.waiting.into_iter().filter(|it| it.until.is_some()).map(|it| it.key).collect()
        };
        plan.targets.into_iter().map(|it| (it.target.clone(), keys(it))).collect()
    }

    /// How many recipients of a target see each effect.
    pub fn counts(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for (effect, count) in self.targets.iter().flat_map(|it| &it.effects) {
            *counts.entry(effect.as_str()).or_default() += count;
        }
        counts
    }
}
