//! Maps that are read once.

use crate::lint::findings::Findings;
use crate::lint::rule::{Docs, Rule};
use crate::lint::view::View;
use crate::model::{LintLevel, MapType};

pub(super) static RULE: Rule = Rule {
    name: "map-type-texthash",
    level: LintLevel::Warn,
    lowest: LintLevel::Allow,
    summary: "a target with `map_type: texthash`",
    docs: Docs {
        what: "Finds targets whose maps are of the type `texthash`.",
        why: "\
A daemon reads the text when it starts, and never looks again: after a change some processes work with the
old policies and some with the new ones until `postfix reload`. The text has no index either: when it is
read in the moment it is written, half of it is all there is. And one key that stands twice, such as a
line added by hand, makes every lookup of that map fail, and all mail with it.",
        example: "\
targets:
  mx: { postfix: \"3.10\", security_level: dane, map_type: texthash }
",
        instead: "\
targets:
  mx: { postfix: \"3.10\", security_level: dane, map_type: lmdb }
",
        sources: "DATABASE_README; Postfix `dict_thash.c`",
    },
    run,
};

fn run(view: &View<'_>, findings: &mut Findings<'_>) {
    for target in view.targets.iter().filter(|it| it.has_files()) {
        let kind = &target.target.map_type;
        if kind.value == MapType::Texthash {
            let message = "`texthash` is read when a daemon starts, and never again";
            let finding = findings
                .at(kind.span, message)
                .hint("write `lmdb` or `cdb`, or run `postfix reload` after every change");
            findings.push(finding);
        }
    }
}
