//! Which templates there are: those of the repository, and the built-in ones behind them.

use super::builtin;
use super::load_provider::load_provider;
use super::mx_pattern::MxPattern;
use super::provider::Provider;
use crate::diag::{Diagnostic, Diagnostics, nearest};
use crate::source::{SourceMap, Spanned};
use std::collections::BTreeMap;

/// Adds the built-in template `name` and its members to `providers`, each unless one of that name is
/// there. False means that neither knows the name.
pub fn add_builtin(
    name: &str,
    providers: &mut BTreeMap<String, Provider>,
    sources: &mut SourceMap,
    diagnostics: &mut Diagnostics,
) -> bool {
    if providers.contains_key(name) {
        return true;
    }
    let Some(provider) = load_builtin(name, sources, diagnostics) else { return false };
    let members: Vec<_> = provider.members.iter().map(|member| member.value.clone()).collect();
    providers.insert(name.to_owned(), provider);
    for member in members {
        add_builtin(&member, providers, sources, diagnostics);
    }
    true
}

/// Adds every built-in template that `providers` does not have a template of the same name for, as
/// detection and lists of all templates need them.
pub fn add_all(
    providers: &mut BTreeMap<String, Provider>,
    sources: &mut SourceMap,
    diagnostics: &mut Diagnostics,
) {
    for name in builtin::names() {
        add_builtin(name, providers, sources, diagnostics);
    }
    add_members(providers, sources, diagnostics);
}

/// Gives every template with `members` the patterns of its members, and adds the members that are
/// built in.
///
/// To be called when all templates of the repository are in `providers`; a second call adds nothing. Reports
/// `unknown-provider` for a member that does not exist and `nested-members` for one that has members.
pub fn add_members(
    providers: &mut BTreeMap<String, Provider>,
    sources: &mut SourceMap,
    diagnostics: &mut Diagnostics,
) {
    let wanted: Vec<(String, Spanned<String>)> = providers
        .iter()
        .flat_map(|(name, provider)| {
            provider.members.iter().map(|member| (name.clone(), member.clone()))
        })
        .collect();
    for (name, member) in wanted {
        if !add_builtin(&member.value, providers, sources, diagnostics) {
            diagnostics.push(unknown_provider(&member, providers));
            continue;
        }
        let Some(found) = providers.get(&member.value) else { continue };
        if !found.members.is_empty() {
            let message = format!("`{}` has members of its own", member.value);
            let error = Diagnostic::error("nested-members", member.span, message);
            diagnostics.push(error.hint("name its members here"));
            continue;
        }
        let (patterns, odd) = (found.mx_patterns.clone(), found.odd_patterns.clone());
        if let Some(umbrella) = providers.get_mut(&name) {
            extend(&mut umbrella.mx_patterns, patterns);
            extend(&mut umbrella.odd_patterns, odd);
        }
    }
}

/// The message for a name that no template has, with the nearest ones that exist.
pub fn unknown_provider(
    name: &Spanned<String>,
    providers: &BTreeMap<String, Provider>,
) -> Diagnostic {
    let message = format!("no provider named `{}`", name.value);
    let error = Diagnostic::error("unknown-provider", name.span, message);
    let own = providers.keys().map(String::as_str);
    match nearest(&name.value, own.chain(builtin::names().map(|name| -> &str { name }))) {
        Some(meant) => error.hint(format!("did you mean `{meant}`?")),
        None => error.hint("`mxward providers list` shows all; your own go into `providers/`"),
    }
}

fn extend(patterns: &mut Vec<MxPattern>, more: Vec<MxPattern>) {
    for pattern in more {
        if patterns.iter().all(|known| known.span != pattern.span) {
            patterns.push(pattern);
        }
    }
}

fn load_builtin(
    name: &str,
    sources: &mut SourceMap,
    diagnostics: &mut Diagnostics,
) -> Option<Provider> {
    let text = builtin::text(name)?;
    let file = sources.add(format!("builtin:providers/{name}.yaml"), text);
    load_provider(file, text, Some(name), true, diagnostics)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::DomainName;

    type State = (BTreeMap<String, Provider>, SourceMap, Diagnostics);

    fn own(list: &[&'static str]) -> State {
        let (mut sources, mut diagnostics) = (SourceMap::new(), Diagnostics::new());
        let mut providers = BTreeMap::new();
        for text in list {
            let file = sources.add("providers/own.yaml", *text);
            let provider = load_provider(file, text, None, false, &mut diagnostics).unwrap();
            providers.insert(provider.name.value.clone(), provider);
        }
        (providers, sources, diagnostics)
    }

    #[test]
    fn a_built_in_umbrella_brings_its_members_and_their_patterns() {
        let (mut providers, mut sources, mut diagnostics) = own(&[]);
        assert!(add_builtin("google", &mut providers, &mut sources, &mut diagnostics));
        add_members(&mut providers, &mut sources, &mut diagnostics);
        add_members(&mut providers, &mut sources, &mut diagnostics);
        assert!(diagnostics.is_empty());
        let names: Vec<_> = providers.keys().map(String::as_str).collect();
        assert_eq!(names, ["google", "google-gmail", "google-workspace"]);
        let patterns = |name: &str| providers[name].mx_patterns.len();
        assert_eq!(patterns("google"), patterns("google-gmail") + patterns("google-workspace"));
        let host = DomainName::parse("alt1.aspmx.l.google.com").unwrap();
        assert!(providers["google"].accepts(&host) && !providers["google-gmail"].accepts(&host));
    }

    #[test]
    fn a_template_of_the_repository_replaces_the_built_in_member() {
        let text = "name: google-gmail\ntitle: x\nmx_patterns: ['mx\\.example\\.net']\n";
        let (mut providers, mut sources, mut diagnostics) = own(&[text]);
        add_all(&mut providers, &mut sources, &mut diagnostics);
        assert!(diagnostics.is_empty());
        assert!(!providers["google-gmail"].builtin && providers["google"].builtin);
        assert!(providers["google"].accepts(&DomainName::parse("mx.example.net").unwrap()));
        let gmail = DomainName::parse("gmail-smtp-in.l.google.com").unwrap();
        assert!(!providers["google"].accepts(&gmail));
    }

    #[test]
    fn a_member_that_does_not_exist_or_has_members_is_an_error() {
        let text = "name: mine\ntitle: x\nmembers: [gogle-gmail, google]\nhosts_from: mx\n";
        let (mut providers, mut sources, mut diagnostics) = own(&[text]);
        add_members(&mut providers, &mut sources, &mut diagnostics);
        let found: Vec<_> = diagnostics
            .iter()
            .map(|d| (d.code, d.hints.first().map_or("", String::as_str)))
            .collect();
        let expected = [
            ("unknown-provider", "did you mean `google-gmail`?"),
            ("nested-members", "name its members here"),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn an_unknown_name_is_not_added() {
        let (mut providers, mut sources, mut diagnostics) = own(&[]);
        assert!(!add_builtin("nobody", &mut providers, &mut sources, &mut diagnostics));
        assert!(providers.is_empty() && diagnostics.is_empty());
    }
}
