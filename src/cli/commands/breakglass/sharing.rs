//! Others who use the next hops of those who are named.

use super::before::Before;
use super::compiled::maps;
use super::judged::example;
use super::wanted::Wanted;
use crate::cli::commands::edited::is_yaml;
use crate::cli::context::Context;
use crate::compile::Compiled;
use crate::diff::{Entries, Side};
use crate::formats::postmap_text;
use crate::names::Recipients;
use crate::report::some_of;
use std::collections::{BTreeMap, BTreeSet};

/// So many are named.
const FEW: usize = 5;

/// Why the repository would not compile any more: others may share a next hop, which has one policy.
pub(super) fn why_uncompiled(
    context: &mut Context<'_, '_>,
    before: &Before,
    wanted: &Wanted,
    old: &Compiled,
    mxward: &str,
) -> String {
    let mine = before.next_hops_of(&wanted.named);
    if let Some(next_hop) = before.next_hops.iter().find(|it| mine.contains(*it)) {
        return format!(
            "the policy of `{next_hop}` stands in `next_hops:`, and holds for everybody whose mail goes there; if all \
             of them shall have less, change it there by hand, and back afterwards"
        );
    }
    let sharing = sharing(context, before, &wanted.named, &mine, old);
    if sharing.is_empty() {
        return "the repository would not compile any more".to_owned();
    }
    let (what, end) = if wanted.exception.is_some() {
        ("if all of them shall have the exception", "…")
    } else {
        ("to end the exception of all of them", "--end")
    };
    let names: Vec<String> = sharing.keys().map(ToString::to_string).collect();
    let one = "Postfix has one policy for a next hop, and";
    if names.len() <= FEW {
        let named = wanted.named.iter().map(ToString::to_string);
        let all = named.chain(names).collect::<Vec<_>>().join(" ");
        return format!("{one} others use this one too; {what}: `{mxward} breakglass {all} {end}`");
    }
    let of_lists = sharing.values().any(|file| !is_yaml(file));
    let by_hand = if of_lists { ", or change the `list:` entry of their list by hand" } else { "" };
    let count = names.len();
    let some = some_of(names.iter().map(String::as_str), 3);
    format!("{one} {count} others use this one too: {some}; {what}, name all of them{by_hand}")
}

/// Others with a policy of their own under one of these keys, with their files.
fn sharing<'o>(
    context: &mut Context<'_, '_>,
    before: &Before,
    named: &[Recipients],
    mine: &BTreeSet<String>,
    old: &'o Compiled,
) -> BTreeMap<&'o Recipients, &'o str> {
    let targets = &old.repository.config.targets;
    // It compiled a moment ago.
    let maps = maps(context, old, targets).unwrap_or_default();
    let mut list = BTreeMap::new();
    for (target, maps) in targets.iter().zip(&maps) {
        let settings = target.settings();
        let [transport, tls_policy] = maps.each_ref().map(|it| postmap_text::read(&it.bytes));
        let side = Side {
            transport: Entries::Borrowed(&transport.entries),
            tls_policy: Entries::Borrowed(&tls_policy.entries),
            settings: &settings,
        };
        for it in &old.destinations.list {
            let of = &it.recipients;
            let body = before.declared.entries.get(of);
            let has_policy =
                body.is_some_and(|it| it.policy.level.is_some() || it.provider.is_some());
            if !has_policy || named.contains(of) {
                continue;
            }
            let delivery = side.deliver(&example(of));
            if delivery.policy_keys().any(|key| mine.contains(key)) {
                list.insert(of, old.repository.sources.name(it.span.file));
            }
        }
    }
    list
}
