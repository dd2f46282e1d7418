//! What there is to probe of a target.

use crate::cli::context::Context;
use crate::deployed::{Hosts, place};
use crate::diag::printable;
use crate::diff::{Compared, find};
use crate::model::Target;
use crate::postfix::{HopPolicy, NextHop, Outcome, SecurityLevel, Settings, TlsPolicy, deliver};
use crate::probe::{Job, Site, anchors};
use crate::source::Span;
use crate::tables::{Lowered, Rows as _, Tables};
use crate::world::{Host, Place, Trust};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// Which recipients and next hops are probed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::cli::commands) enum Scope {
    /// Everything that is compiled.
    All,
    /// These recipient domains, whether there are entries for them or not.
    Domains(BTreeSet<String>),
    /// These recipient domains and these next hops, which change.
    Changed(BTreeSet<String>, BTreeSet<String>),
}

impl Scope {
    /// What changes.
    pub(in crate::cli::commands) fn of_diff(compared: &Compared<'_>) -> Self {
        Self::of_diffs(compared, std::iter::once(compared))
    }

    /// What changes on some targets, as far as another one has entries for it.
    pub(in crate::cli::commands) fn of_diffs<'c>(
        seen_by: &Compared<'_>,
        changes: impl Iterator<Item = &'c Compared<'c>>,
    ) -> Self {
        let (mut recipients, mut next_hops) = (BTreeSet::new(), BTreeSet::new());
        for compared in changes {
            let own = std::ptr::eq(compared, seen_by);
            let changing = compared.diff.groups.iter().flat_map(|it| it.recipients.iter());
            let known = |name: &&String| {
                own || {
                    let delivery = seen_by.after.deliver(name);
                    delivery.transport_key.is_some() || delivery.policy_keys().next().is_some()
                }
            };
            recipients.extend(changing.filter(known).cloned());
            let after = compared.after.tls_policy.iter().filter(|it| is_next_hop(&it.key));
            let before = |key: &str| find(&compared.before.tls_policy, key).map(|it| &it.value);
            let differs = after.filter(|it| before(&it.key) != Some(&it.value));
            next_hops.extend(differs.map(|it| it.key.to_string()));
        }
        Self::Changed(recipients, next_hops)
    }
}

/// What there is to probe of a target.
pub(super) struct Work {
    pub(super) site: Site,
    pub(super) hops: Vec<Hop>,
    /// The indices of the next hops of each recipient, in the order of trying.
    pub(super) ways: Vec<(String, Vec<usize>)>,
    pub(super) notes: Vec<String>,
}

/// A next hop with its policy.
pub(super) struct Hop {
    pub(super) job: Job,
    pub(super) recipients: Vec<String>,
    /// The key of its policy, where an entry holds.
    policy_key: Option<String>,
}

impl Hop {
    /// Where that is declared.
    pub(super) fn span(&self, tables: &Lowered<'_>) -> Option<Span> {
        let policy = self.policy_key.as_ref().and_then(|key| tables.policy_origin(key));
        let first = || self.recipients.first().and_then(|it| tables.transport_origin(it));
        policy.or_else(first).map(|it| it.span)
    }
}

impl Work {
    /// Everything that `scope` names.
    ///
    /// # Errors
    ///
    /// What cannot be read on the host of the target.
    pub(super) fn new(
        context: &Context<'_, '_>,
        hosts: &mut Hosts<'_>,
        target: &Target,
        lowered: &Lowered<'_>,
        scope: &Scope,
    ) -> Result<Self, String> {
        let at = [&target.tls_policy, &target.transport].into_iter().flatten();
        let at =
            at.filter_map(|it| place(&it.value, &context.global.directory)).map(|it| it.0).next();
        let mut reader = Reader { context, hosts, at: at.unwrap_or(Place::Here) };
        let (trust, note) = reader.trust(target)?;
        let dane_is_default = target.security_level.value == SecurityLevel::Dane;
        let site = Site {
            version: target.postfix,
            trust,
            ipv4: target.ipv4,
            ipv6: target.ipv6,
            insecure_mx: Site::takes_insecure_mx(target.postfix, dane_is_default),
        };
        let (hops, ways) = (Vec::new(), Vec::new());
        let mut work = Self { site, hops, ways, notes: note.into_iter().collect() };
        work.fill(&lowered.tables(), &target.settings(), scope, &mut reader);
        Ok(work)
    }

    /// The jobs, in the order of [`Self::hops`].
    pub(super) fn jobs(&self) -> Vec<Job> {
        self.hops.iter().map(|it| it.job.clone()).collect()
    }

    fn fill(
        &mut self,
        tables: &Tables,
        settings: &Settings,
        scope: &Scope,
        reader: &mut Reader<'_, '_, '_, '_>,
    ) {
        let texts: Vec<String> =
            tables.transport.entries().iter().map(|it| it.value.to_string()).collect();
        let policies: Vec<String> =
            tables.tls_policy.entries().iter().map(|it| it.value.to_string()).collect();
        let transport = |key: &str| Some(texts[tables.transport.position(key)?].as_str());
        let policy = |key: &str| Some(policies[tables.tls_policy.position(key)?].as_str());
        let mut known: BTreeMap<(String, String), usize> = BTreeMap::new();
        let mut invalid = 0;
        for recipient in recipients(tables, scope) {
            let delivery = deliver(&recipient, &transport, &policy, settings);
            let Outcome::Smtp { hops, .. } = delivery.outcome else { continue };
            let mut way = Vec::with_capacity(hops.len());
            for hop in hops {
                let HopPolicy::Valid(policy) = hop.policy else {
                    invalid += 1;
                    continue;
                };
                let key = hop.policy_key.as_deref();
                let index = self.hop(&mut known, reader, &hop.next_hop, &policy, key);
                self.hops[index].recipients.push(recipient.clone());
                way.push(index);
            }
            self.ways.push((recipient, way));
        }
        // Policies of relays, and of addresses that no domain is sent to.
        for entry in tables.tls_policy.entries() {
            let wanted = match scope {
                Scope::All => true,
                Scope::Domains(_) => false,
                Scope::Changed(_, next_hops) => next_hops.contains(entry.key.as_str()),
            };
            if wanted
                && is_next_hop(&entry.key)
                && let Ok(next_hop) = NextHop::parse_as_postfix(&entry.key)
            {
                self.hop(&mut known, reader, &next_hop, &entry.value, Some(&entry.key));
            }
        }
        let subdomains = match scope {
            Scope::All => {
                tables.tls_policy.entries().iter().filter(|it| it.key.starts_with('.')).count()
            }
            Scope::Domains(_) | Scope::Changed(..) => 0,
        };
        if subdomains > 0 {
            self.notes.push(format!(
                "{} of all subdomains: no server can be asked about them but by `--domain`",
                crate::report::counted(subdomains, "policy")
            ));
        }
        if invalid > 0 {
            self.notes.push("policies that Postfix refuses were not probed".to_owned());
        }
    }

    fn hop(
        &mut self,
        known: &mut BTreeMap<(String, String), usize>,
        reader: &mut Reader<'_, '_, '_, '_>,
        next_hop: &NextHop,
        policy: &TlsPolicy,
        key: Option<&str>,
    ) -> usize {
        let hops = &mut self.hops;
        *known.entry((next_hop.to_string(), policy.to_string())).or_insert_with(|| {
            let anchors = reader.anchors(policy);
            let job = Job { next_hop: next_hop.clone(), policy: policy.clone(), anchors };
            let policy_key = key.map(str::to_owned);
            hops.push(Hop { job, recipients: Vec::new(), policy_key });
            hops.len() - 1
        })
    }
}

fn is_next_hop(key: &str) -> bool {
    key.contains(['[', ':'])
}

/// The recipient domains to look at, sorted.
fn recipients(tables: &Tables, scope: &Scope) -> BTreeSet<String> {
    let is_domain =
        |key: &str| !is_next_hop(key) && !key.starts_with('.') && !key.contains(['@', '*']);
    match scope {
        Scope::Domains(domains) => domains.clone(),
        Scope::Changed(domains, _) => domains.iter().filter(|it| is_domain(it)).cloned().collect(),
        Scope::All => {
            let transport = tables.transport.entries().iter().map(|it| it.key.as_str());
            let policies = tables.tls_policy.entries().iter().map(|it| it.key.as_str());
            // A name with U-labels is the same domain as that with A-labels.
            let keys = transport.chain(policies).filter(|it| is_domain(it) && it.is_ascii());
            keys.map(str::to_owned).collect()
        }
    }
}

/// Reads files on the host of a target.
struct Reader<'r, 'a, 'p, 'w> {
    context: &'r Context<'a, 'p>,
    hosts: &'r mut Hosts<'w>,
    at: Place,
}

impl Reader<'_, '_, '_, '_> {
    /// The authorities of the target.
    fn trust(&mut self, target: &Target) -> Result<(Trust, Option<String>), String> {
        let nobody = || Trust::Certificates(Arc::from([]));
        let Some(ca) = &target.ca else {
            let note = "the target names no `ca`: as if `smtp_tls_CAfile` were empty there, nobody is trusted";
            return Ok((nobody(), Some(note.to_owned())));
        };
        let path = &ca.value;
        let unreadable =
            |why: &str| format!("cannot read the CA file `{}`: {why}", printable(path));
        if self.at == Place::Here {
            let path = self.context.path(path);
            if !self.context.world.exists(&path) {
                return Err(unreadable("there is no such file"));
            }
            return Ok((Trust::Path(path), None));
        }
        let host = self.hosts.host(&self.at).map_err(|error| error.to_string())?;
        let mut host = host.borrow_mut();
        let fault = |error: crate::world::HostError| unreadable(&error.to_string());
        let bytes = match host.read(path) {
            Ok(bytes) => bytes.ok_or_else(|| unreadable("there is no such file"))?,
            Err(error) => match host.real_folder(path) {
                Ok(Some(_)) => folder(&mut **host, path).map_err(fault)?,
                Ok(None) | Err(_) => return Err(fault(error)),
            },
        };
        Ok((Trust::Certificates(bytes.into()), None))
    }

    /// The anchors of a policy; `None` when a file cannot be read.
    fn anchors(&mut self, policy: &TlsPolicy) -> Option<Vec<crate::dane::Tlsa>> {
        let mut list = Vec::new();
        for file in &policy.tafiles {
            let bytes = if self.at == Place::Here {
                self.context.world.read(Path::new(file)).ok()?
            } else {
                self.hosts.host(&self.at).ok()?.borrow_mut().read(file).ok()??
            };
            list.extend(anchors(&String::from_utf8_lossy(&bytes))?);
        }
        Some(list)
    }
}

/// The certificates of a folder of another host, by the names of `c_rehash(1)`.
fn folder(host: &mut dyn Host, path: &str) -> Result<Vec<u8>, crate::world::HostError> {
    let mut bytes = Vec::new();
    for name in host.list(path)? {
        let hashed = name.split_once('.').is_some_and(|(hash, number)| {
            hash.len() == 8 && number.bytes().all(|byte| byte.is_ascii_digit())
        });
        if hashed && let Some(file) = host.read(&format!("{path}/{name}"))? {
            bytes.extend(file);
            bytes.push(b'\n');
        }
    }
    Ok(bytes)
}
