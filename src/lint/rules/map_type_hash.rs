//! Maps that are written in place.

use crate::lint::findings::Findings;
use crate::lint::rule::{Docs, Rule};
use crate::lint::view::View;
use crate::model::{LintLevel, MapType};

pub(super) static RULE: Rule = Rule {
    name: "map-type-hash",
    level: LintLevel::Note,
    lowest: LintLevel::Allow,
    summary: "a target with `map_type: hash` or `btree`",
    docs: Docs {
        what: "Finds targets whose maps are of the type `hash` or `btree`.",
        why: "\
`postmap` empties such a map before it fills it again. When it is killed in between, the map stays empty,
every lookup finds nothing, and mail goes out at the level of the target. `lmdb` keeps the old content
until the new one is complete, and `cdb` is built beside and renamed. Berkeley DB is also on its way out
of distributions.",
        example: "\
targets:
  mx: { postfix: \"3.10\", security_level: dane, map_type: hash }
",
        instead: "\
targets:
  mx: { postfix: \"3.10\", security_level: dane, map_type: lmdb }
",
        sources: "Postfix `dict_db.c`, `mkmap_db.c`, `dict_lmdb.c`, `mkmap_cdb.c`; DATABASE_README",
    },
    run,
};

fn run(view: &View<'_>, findings: &mut Findings<'_>) {
    for target in view.targets.iter().filter(|it| it.has_files()) {
        let kind = &target.target.map_type;
        if matches!(kind.value, MapType::Hash | MapType::Btree) {
            let message =
                format!("a `postmap` that is killed leaves a `{}` map empty", kind.value.as_str());
            let hint = "`lmdb` and `cdb` keep the old map until the new one is complete";
            findings.push(findings.at(kind.span, message).hint(hint));
        }
    }
}
