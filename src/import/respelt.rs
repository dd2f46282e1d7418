//! Transports that would be written in another way, which policies tell apart.

use super::finding::Finding;
use super::maps::{Maps, Said};
use super::options::Options;
use crate::diag::Severity;
use crate::plan::Which;
use crate::postfix::{Transport, policy_keys};
use hashbrown::HashSet;

impl Maps {
    /// Leaves policies whose keys would be spelt otherwise, where a transport that stays in the map asks for
    /// them as they are.
    fn leave_respelt_policies(&mut self, options: &Options) {
        let mut asked: HashSet<String> = HashSet::new();
        let mut in_unicode = Vec::new();
        for line in &self.foreign[0] {
            // Whatever ends smtp(8) asks for nothing.
            let Ok(read) = Transport::parse_as_postfix(&line.value, options.version) else {
                continue;
            };
            asked.extend(read.next_hops.iter().flat_map(policy_keys).map(str::to_owned));
            if read.next_hops.iter().any(|it| !it.as_str().is_ascii()) {
                in_unicode.push((line.key.to_string(), line.line));
            }
        }
        for (key, line) in in_unicode {
            self.unicode_next_hop(&key, line);
        }
        let keys = self.policies.iter();
        let keys =
            keys.filter(|(_, line)| line.was.as_deref().is_some_and(|it| asked.contains(it)));
        let keys: Vec<String> = keys.map(|(key, _)| key.clone()).collect();
        for key in keys {
            let Some(line) = self.policies.remove(&key) else { continue };
            let why = "its key would be written in another way, and a transport that stays asks for this one";
            self.leave(Which::TlsPolicy, self.old(Which::TlsPolicy, &key, &line), why, None);
        }
    }

    /// Leaves transports whose next hops would be spelt otherwise, where a policy that stays in the map has
    /// one of the two spellings; and those in U-labels, of which A-labels are another key.
    pub(super) fn leave_respelt(&mut self, options: &Options) {
        self.leave_respelt_policies(options);
        let foreign: HashSet<String> =
            self.foreign[1].iter().map(|it| it.key.to_string()).collect();
        let respelt = |(key, line): &(&String, &Said<Transport>)| {
            let old = line.was.as_ref().unwrap_or(key);
            let Some(old) = self.before[0].get(old).filter(|it| it.value != line.value.text) else {
                return false;
            };
            let read = Transport::parse_as_postfix(&old.value, options.version);
            let Some(read) = read.ok().filter(|it| it.next_hops != line.value.next_hops) else {
                return false;
            };
            let mut both = read.next_hops.iter().chain(&line.value.next_hops);
            both.any(|it| {
                !it.as_str().is_ascii() || policy_keys(it).any(|key| foreign.contains(key))
            })
        };
        let keys: Vec<String> =
            self.transports.iter().filter(respelt).map(|(key, _)| key.clone()).collect();
        for key in keys {
            let Some(line) = self.transports.remove(&key) else { continue };
            let entry = self.old(Which::Transport, &key, &line);
            if !entry.value.is_ascii() {
                self.unicode_next_hop(&entry.key, entry.line);
                continue;
            }
            let why =
                "its next hop would be written in another way, which is another key of policies";
            self.leave(Which::Transport, entry, why, None);
        }
    }

    /// A policy for it may stand under either form, and a repository writes one, or for a domain both.
    fn unicode_next_hop(&mut self, key: &str, line: u32) {
        let message = format!("`{key}` has a next hop in U-labels");
        let place = (Which::Transport, line, key);
        let finding = Finding::new(Severity::Error, "unicode-next-hop", place, message);
        self.findings.push(finding.hint("write it in A-labels, as `xn--…`, with its policy"));
    }
}
