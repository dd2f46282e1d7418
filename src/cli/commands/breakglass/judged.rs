//! What an exception does, to whom it is meant for and to others.

use crate::cli::args::{Breakglass, Consent};
use crate::cli::commands::consent::Consented;
use crate::cli::commands::sides::Sides;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::diff::{Compared, Group, Recipient, describe};
use crate::names::Recipients;
use crate::plan::Refusal;
use crate::postfix::{Effect, SecurityLevel};
use crate::report::{counted, some_of};

/// What happens to other domains only where `--allow` names it: the effect, the guard, and what it would be.
pub(super) const GUARDS: [(Effect, &str, &str); 3] = [
    (Effect::Breaks, "breaks", "would not get their mail any more"),
    (Effect::Weaker, "weaker", "would be less safe, too"),
    (Effect::Different, "different", "would be treated otherwise, too"),
];

/// A target, and what changes there.
pub(super) type Judged<'a> = (&'a Sides<'a>, &'a Compared<'a>);

fn is_named(named: &[Recipients], recipient: &str) -> bool {
    Recipients::parse(recipient).is_ok_and(|it| named.contains(&it))
}

/// The groups of a target that somebody is in.
fn groups_of<'a>(of: &Recipients, compared: &'a Compared<'_>) -> impl Iterator<Item = &'a Group> {
    let named = [of.clone()];
    compared
        .diff
        .groups
        .iter()
        .filter(move |it| it.recipients.iter().any(|name| is_named(&named, name)))
}

/// An exception that changes nothing helps nobody, and somebody has to look elsewhere.
///
/// # Errors
///
/// About whom it changes nothing, and what decides.
pub(super) fn without_effect(
    named: &[Recipients],
    targets: &[Judged<'_>],
    level: SecurityLevel,
) -> Result<(), String> {
    if targets.is_empty() {
        return Err("mxward.yaml names no target, so that no policy is compiled".to_owned());
    }
    for of in named {
        if targets.iter().any(|(_, compared)| groups_of(of, compared).next().is_some()) {
            continue;
        }
        let key = of.key().to_string();
        let recipient =
            if of.is_subdomains() { Recipient::Subdomains(key) } else { Recipient::Domain(key) };
        let now = targets.iter().map(|(sides, compared)| {
            let delivery = compared.before.deliver(&recipient.example());
            format!("{}: {}", sides.target.name.value, describe(&delivery))
        });
        let now: Vec<String> = now.collect();
        return Err(format!(
            "`{level}` would change nothing for `{of}`, whose mail goes out so: {}; `mxward explain` shows why",
            some_of(now.iter().map(String::as_str), 3)
        ));
    }
    Ok(())
}

/// Where an exception asks for more than what is compiled now: right only where something else than these
/// maps makes mail wait.
pub(super) fn stronger(named: &[Recipients], targets: &[Judged<'_>]) -> Vec<String> {
    let mut notes = Vec::new();
    for (sides, compared) in targets {
        let of_target = compared.diff.groups.iter().filter(|it| it.effect == Effect::Stronger);
        let names: Vec<&str> = of_target
            .flat_map(|it| &it.recipients)
            .filter(|it| is_named(named, it))
            .map(String::as_str)
            .collect();
        if !names.is_empty() {
            notes.push(format!(
                "on target {} this asks for more than the maps do now, about {}: it helps only where a resolver \
                 for MTA-STS behind them makes mail wait",
                sides.target.name.value,
                some_of(names.into_iter(), 3)
            ));
        }
    }
    notes
}

/// What is against it: other domains that lose, and protect.yaml.
///
/// # Errors
///
/// The status to exit with, when flags or protect.yaml are wrong; that was said.
pub(super) fn refusals(
    context: &mut Context<'_, '_>,
    options: &Breakglass,
    named: &[Recipients],
    targets: &[Judged<'_>],
) -> Result<Vec<Refusal>, Exit> {
    let (allow, protect) = (options.allow.clone(), options.protect.clone());
    let consented = Consented::read(context, &Consent { allow, only: Vec::new(), protect })?;
    let today = context.world.today();
    let mut list = Vec::new();
    for (sides, compared) in targets {
        let target = &sides.target.name.value;
        for (effect, guard, what) in GUARDS {
            let of_effect = compared.diff.groups.iter().filter(|it| it.effect == effect);
            let meant = |it: &&String| effect != Effect::Breaks && is_named(named, it);
            let names: Vec<&str> = of_effect
                .flat_map(|it| &it.recipients)
                .filter(|it| !meant(it))
                .map(String::as_str)
                .collect();
            let count = names.len();
            if count > 0 && !consented.allowed.allows(guard, count) {
                list.push(Refusal {
                    guard,
                    target: target.clone(),
                    message: format!(
                        "{} {what}: {}",
                        counted(count, "domain"),
                        some_of(names.into_iter(), 5)
                    ),
                    flag: Some(format!("--allow {guard}={count}")),
                });
            }
        }
        list.extend(consented.protect.refusals(target, compared, today));
    }
    Ok(list)
}
