//! The documentation of the lints as one page.

use super::rule::Docs;
use super::{ERRORS, RULES};
use crate::model::LintLevel;
use std::fmt::Write as _;

const HEAD: &str = "\
<!-- Generated from src/lint: `UPDATE=1 cargo test` writes it anew. -->

# Lints

`mxward check` says everything that the compiler can say, and runs the lints: what is valid and still not
what anybody wants. It opens no network connection. Age and expiry are judged as of today, or of the day
that `--today YYYY-MM-DD` gives. `--target NAME` judges the named targets only.

A finding is made for what is written once, at the place where it is written first, however many domains
it concerns. Domains that only name the same provider are one thing that is written.

## Levels

| level | a finding is | `check` exits with |
|---|---|---|
| `allow` | not made | 0 |
| `note` | worth knowing | 0 |
| `warn` | a warning | 0, with `--deny-warnings` 3 |
| `deny` | an error, also for `plan` and `apply` | 3 |

Each lint has a level of its own. A repository sets others in `mxward.yaml`:

```yaml
lints:
  map-type-hash: allow
  lock-old: deny
```

A lint that *guards* can be set to `warn` and no lower. These are the lints for which silence would mean
that mail has less security than the repository says, and nobody sees it: a policy that is never asked
for, a level that does not hold, a name that everybody can get a certificate for. No lint changes what is
compiled.

A `reason` beside a domain marks an exception. It silences the lints that ask whether something is meant;
their pages say so. When its `until` has passed, `exception-expired` takes over.

";

const BETWEEN: &str = "\
## Errors

What Postfix would refuse, or read differently, is never emitted. These are not lints and have no level:
`check`, `compile` and `diff` stop. Listed are those about policies, pins and targets; errors about the
form of the files explain themselves.

";

/// `docs/reference/lints.md`.
pub fn page() -> String {
    let mut page = String::from(HEAD);
    page.push_str("## The lints\n\n| lint | level | finds |\n|---|---|---|\n");
    for rule in RULES {
        let guards = if rule.lowest > LintLevel::Allow { ", guards" } else { "" };
        let (name, level) = (rule.name, rule.level.as_str());
        add(
            &mut page,
            format_args!("| [{name}](#{name}) | {level}{guards} | {} |\n", rule.summary),
        );
    }
    page.push('\n');
    for rule in RULES {
        let level = rule.level.as_str();
        let lowest = if rule.lowest > LintLevel::Allow {
            format!("; guards, `{}` at least", rule.lowest.as_str())
        } else {
            String::new()
        };
        let head =
            format!("### {}\n\n{}. Level: `{level}`{lowest}.\n", rule.name, sentence(rule.summary));
        section(&mut page, &head, &rule.docs);
    }
    page.push_str(BETWEEN);
    page.push_str("| error | says |\n|---|---|\n");
    for error in ERRORS {
        add(&mut page, format_args!("| [{0}](#{0}) | {1} |\n", error.name, error.summary));
    }
    page.push('\n');
    for error in ERRORS {
        let head = format!("### {}\n\n{}.\n", error.name, sentence(error.summary));
        section(&mut page, &head, &error.docs);
    }
    page.truncate(page.trim_end().len());
    page.push('\n');
    page
}

fn section(page: &mut String, head: &str, docs: &Docs) {
    let Docs { what, why, example, instead, sources } = docs;
    page.push_str(head);
    for (title, text) in [("What it does", what), ("Why", why)] {
        add(page, format_args!("\n**{title}.** {text}\n"));
    }
    for (title, text) in [("Example", example), ("Write instead", instead)] {
        add(page, format_args!("\n**{title}.**\n\n```yaml\n{text}```\n"));
    }
    add(page, format_args!("\n**Sources.** {sources}\n\n"));
}

/// The phrase as the beginning of a sentence.
fn sentence(phrase: &str) -> String {
    let mut characters = phrase.chars();
    characters
        .next()
        .map(|first| first.to_uppercase().chain(characters).collect())
        .unwrap_or_default()
}

fn add(page: &mut String, text: std::fmt::Arguments<'_>) {
    page.write_fmt(text).expect("a string takes all text");
}
