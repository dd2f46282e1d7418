//! The files of a repository.

use super::assemble::{Domain, Draft};
use super::body::{Body, policy_fields};
use super::finding::Finding;
use super::maps::{LevelFrom, Maps};
use super::options::Options;
use crate::compile::LOCK_FILE;
use crate::diag::printable;
use crate::report::counted;
use crate::source::yaml::scalar;
use hashbrown::{HashMap, HashSet};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::rc::Rc;

/// Domains of which so many say the same get a file of their own, as a plain list.
const LIST: usize = 50;

/// Writes every file, by path.
pub(super) fn files(draft: &Draft, maps: &Maps, options: &Options) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut users: BTreeMap<&str, usize> = BTreeMap::new();
    for name in draft.domains.iter().filter_map(|it| it.body.provider.as_deref()) {
        *users.entry(name).or_default() += 1;
    }
    for (name, policy) in &draft.templates {
        let users = counted(users.get(name.as_str()).copied().unwrap_or_default(), "domain");
        // Writing to a String cannot fail.
        let mut text = format!("# Imported: {users} of the old maps had this policy.\n");
        let title = policy.matches.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let _ = write!(text, "name: {}\ntitle: {}\npolicy:\n", scalar(name), scalar(&title));
        for field in policy_fields(policy) {
            let _ = writeln!(text, "  {field}");
        }
        files.insert(format!("providers/{name}.yaml"), text);
    }
    let kept = Kept::new(maps, draft);
    let (lists, listed) = lists(draft, &kept);
    let mut text = head(maps);
    if !lists.is_empty() {
        text.push_str("\ninclude:\n");
    }
    for List { name, fields, domains } in lists {
        let _ = writeln!(text, "  - {{ list: domains/{name}.txt, {fields} }}");
        files.insert(format!("domains/{name}.txt"), domains);
    }
    text.push_str(
        "\n# Mail goes by MX records, where nothing else is said.\ndefaults: { route: mx }\n",
    );
    domains(&mut text, draft, &kept, &listed);
    next_hops(&mut text, draft, &kept);
    target(&mut text, maps, options);
    kept.rest(&mut text, maps);
    files.insert("mxward.yaml".to_owned(), text);
    if !draft.lock.domains.is_empty() {
        files.insert(LOCK_FILE.to_owned(), draft.lock.write());
    }
    files
}

fn head(maps: &Maps) -> String {
    let names: Vec<String> =
        maps.sources.iter().flatten().map(|it| printable(it).into_owned()).collect();
    format!(
        "# Imported from {}.\n# `transport:3` and `tls_policy:3` in comments are lines of these.\nversion: 1\n",
        names.join(" and ")
    )
}

/// Lines that are not compiled, by the keys that they belong to.
struct Kept<'a> {
    by_key: HashMap<&'a str, Vec<&'a Finding>>,
    rest: Vec<&'a Finding>,
}

impl<'a> Kept<'a> {
    fn new(maps: &'a Maps, draft: &'a Draft) -> Self {
        let findings = || maps.findings.iter().filter(|it| it.kept.is_some());
        let wanted: HashSet<&str> = findings().map(|it| it.key.as_str()).collect();
        let domains = draft.domains.iter().map(|it| it.key.as_str());
        let entries = domains.chain(draft.next_hops.iter().map(|it| it.key.as_str()));
        let here: HashSet<&str> = entries.filter(|key| wanted.contains(key)).collect();
        let mut kept = Self { by_key: HashMap::new(), rest: Vec::new() };
        for finding in findings() {
            if finding.code != "foreign" && here.contains(finding.key.as_str()) {
                kept.by_key.entry(finding.key.as_str()).or_default().push(finding);
            } else {
                kept.rest.push(finding);
            }
        }
        for list in kept.by_key.values_mut() {
            list.sort_by_key(|it| (it.map, it.line));
        }
        kept.rest.sort_by_key(|it| (it.map, it.line));
        kept
    }

    /// The comments above an entry.
    fn above(&self, text: &mut String, key: &str, comments: &[String], indent: &str) {
        for comment in comments.iter().filter(|it| !it.is_empty()) {
            let _ = writeln!(text, "{indent}# {}", printable(comment));
        }
        for finding in self.by_key.get(key).into_iter().flatten() {
            Self::line(text, finding, indent);
        }
    }

    fn line(text: &mut String, finding: &Finding, indent: &str) {
        let old = finding.kept.as_deref().unwrap_or_default();
        let _ = writeln!(text, "{indent}# {}: {}", place(finding), printable(old));
        let _ = writeln!(text, "{indent}#   {}", printable(&finding.message));
    }

    /// What belongs to no entry.
    fn rest(&self, text: &mut String, maps: &Maps) {
        let (foreign, never): (Vec<&Finding>, Vec<&Finding>) =
            self.rest.iter().partition(|it| it.code == "foreign");
        if !foreign.is_empty() {
            text.push_str(
                "\n# Cannot be said here: these stay in the maps as foreign entries, since `unmanaged` of the \
                 target is `keep`.\n",
            );
        }
        for finding in foreign {
            Self::line(text, finding, "");
        }
        let mut groups: BTreeMap<Option<&str>, Vec<&Finding>> = BTreeMap::new();
        for finding in never {
            groups.entry(finding.template.as_deref()).or_default().push(finding);
        }
        for (template, findings) in groups {
            match template {
                None => text.push_str("\n# Not compiled, with the reason:\n"),
                Some(name) => {
                    let _ = writeln!(
                        text,
                        "\n# Addresses of the template `{name}` to which nothing led: not compiled. With \
                         `DOMAIN: {name}` mxward\n# writes the policy, with `route: pin` the addresses too."
                    );
                }
            }
            for finding in findings {
                if template.is_some() && finding.code == "never-looked-up" {
                    let old = finding.kept.as_deref().unwrap_or_default();
                    let _ = writeln!(text, "# {}: {}", place(finding), printable(old));
                } else {
                    Self::line(text, finding, "");
                }
            }
        }
        if maps.tails.iter().any(|it| !it.is_empty()) {
            text.push_str("\n# Comments at the end of the old maps:\n");
        }
        for comment in maps.tails.iter().filter(|it| !it.is_empty()) {
            let _ = writeln!(text, "# {}", printable(comment));
        }
    }
}

/// The place of a line, or the map alone.
fn place(finding: &Finding) -> String {
    if finding.line > 0 { finding.place() } else { finding.map.as_str().to_owned() }
}

/// Domains that say the same.
struct List {
    name: String,
    fields: String,
    domains: String,
}

/// Domains by what is said of them. Most say what others do, and share its parts.
fn groups(draft: &Draft) -> BTreeMap<String, Vec<&Domain>> {
    let mut places: HashMap<_, usize> = HashMap::new();
    let mut groups: Vec<Vec<&Domain>> = Vec::new();
    for domain in draft.domains.iter().filter(|it| it.body.transport.is_none() && !it.body.pinned) {
        let Body { provider, policy, .. } = &domain.body;
        let parts = (provider.as_ref().map(Rc::as_ptr), policy.as_ref().map(Rc::as_ptr));
        let place = *places.entry(parts).or_insert(groups.len());
        if place == groups.len() {
            groups.push(Vec::new());
        }
        groups[place].push(domain);
    }
    let mut by_fields: BTreeMap<String, Vec<&Domain>> = BTreeMap::new();
    for mut group in groups {
        by_fields.entry(group[0].body.fields().join(", ")).or_default().append(&mut group);
    }
    by_fields
}

/// The lists, and whose domains are in them.
fn lists<'d>(draft: &'d Draft, kept: &Kept<'_>) -> (Vec<List>, HashSet<&'d str>) {
    let (mut lists, mut listed, mut names) = (Vec::new(), HashSet::new(), BTreeSet::new());
    for (fields, mut domains) in groups(draft) {
        if domains.len() < LIST {
            continue;
        }
        domains.sort_by(|a, b| a.order(b));
        let body = &domains[0].body;
        let base = match (&body.provider, &body.policy) {
            (Some(name), _) => name.to_string(),
            (None, Some(policy)) => policy.level.to_string(),
            (None, None) => continue,
        };
        let numbered = (2_u32..).map(|number| format!("{base}-{number}"));
        let mut all = std::iter::once(base.clone()).chain(numbered);
        let name = all.find(|name| names.insert(name.clone())).unwrap_or_default();
        let mut text = String::new();
        for domain in &domains {
            kept.above(&mut text, &domain.key, &domain.comments, "");
            text.push_str(&domain.key);
            text.push('\n');
        }
        listed.extend(domains.iter().map(|it| it.key.as_str()));
        lists.push(List { name, fields, domains: text });
    }
    (lists, listed)
}

fn domains(text: &mut String, draft: &Draft, kept: &Kept<'_>, listed: &HashSet<&str>) {
    let mut entries = String::new();
    for domain in draft.domains.iter().filter(|it| !listed.contains(it.key.as_str())) {
        let body = domain.body.text(&domain.body.fields());
        kept.above(&mut entries, &domain.key, &domain.comments, "  ");
        let _ = writeln!(entries, "  {}: {body}", scalar(&domain.key));
    }
    if !entries.is_empty() {
        text.push_str("\ndomains:\n");
        text.push_str(&entries);
    }
}

fn next_hops(text: &mut String, draft: &Draft, kept: &Kept<'_>) {
    if !draft.next_hops.is_empty() {
        text.push_str(
            "\n# Policies of next hops that are not domains, and of relays.\nnext_hops:\n",
        );
    }
    for it in &draft.next_hops {
        kept.above(text, &it.key, &it.comments, "  ");
        let policy = policy_fields(&it.policy).join(", ");
        let _ = writeln!(text, "  {}: {{ {policy} }}", scalar(&it.key));
    }
}

fn target(text: &mut String, maps: &Maps, options: &Options) {
    text.push_str("\ntargets:\n  mx:\n");
    if !options.version_given {
        text.push_str("    # Assumed: write what `postconf -h mail_version` prints.\n");
    }
    let version = options.version;
    let _ = writeln!(text, "    postfix: \"{version}\"");
    match maps.level_from {
        LevelFrom::Given => {}
        LevelFrom::DefaultRow(0) => text.push_str("    # From the row `_default`.\n"),
        LevelFrom::DefaultRow(line) => {
            let _ = writeln!(text, "    # From `_default`, tls_policy:{line}.");
        }
        LevelFrom::Nowhere => text
            .push_str("    # Assumed: write what `postconf -h smtp_tls_security_level` prints.\n"),
    }
    let _ = writeln!(text, "    security_level: {}", maps.security_level);
    if !options.map_type_given {
        text.push_str("    # Assumed: write the type that main.cf names.\n");
    }
    let _ = writeln!(text, "    map_type: {}", options.map_type.as_str());
    if let Some(relayhost) = &options.relayhost {
        let _ = writeln!(text, "    relayhost: {}", scalar(relayhost.as_str()));
    }
    let checks = |policy: &crate::postfix::TlsPolicy| policy.level.checks_names();
    let uses_ca = maps.policies.values().any(|it| checks(&it.value) && it.value.tafiles.is_empty());
    if uses_ca {
        text.push_str(
            "    # `verify` and `secure` need the CAs of main.cf: write `ca:` with `smtp_tls_CAfile`.\n",
        );
    }
    // A target whose transport map is elsewhere, or nowhere, takes no transports.
    let placed = &options.placed;
    let fits = placed.transport.is_some() || maps.transports.is_empty();
    let Some(tls_policy) = placed.tls_policy.as_ref().filter(|_| fits) else {
        text.push_str("    # Where the maps are: deployed: \"file:///etc/postfix\"\n");
        return;
    };
    if let Some(transport) = &placed.transport {
        let _ = writeln!(text, "    transport: {}", scalar(transport));
    }
    let _ = writeln!(text, "    tls_policy: {}", scalar(tls_policy));
    if let Some(name) = &placed.password_env {
        let _ = writeln!(text, "    password_env: {}", scalar(name));
    }
}
