//! What Postfix answers for the entries of a map, through all the tables that it asks.

use super::asked::{AskedTable, AskedTables, TableKind};
use std::collections::BTreeMap;

/// Gives what a table answers for some keys, `key<TAB>value` a line, as `postmap -q -` does; fails with
/// a phrase when the table cannot be asked.
pub type Asking<'a> = dyn FnMut(&AskedTable, &[&str]) -> Result<String, String> + 'a;

/// What comes of asking for all entries of a map.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Answers {
    /// How many entries there are.
    pub entries: usize,
    /// Entries that get another answer, or none, sorted by key.
    pub differing: Vec<Differing>,
    /// Tables that are asked before the entries are found and answer as some program likes, with the
    /// number of entries that wait for them.
    pub programs: Vec<(String, usize)>,
    /// Tables that could not be asked, why, and the number of entries behind them.
    pub failed: Vec<(String, String, usize)>,
}

/// An entry that is not what Postfix answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Differing {
    /// The key.
    pub key: String,
    /// The right-hand side that it should have.
    pub wanted: String,
    /// What is answered instead, and by which table; `None` when there is no answer.
    pub found: Option<(String, String)>,
}

impl Answers {
    /// Whether each entry is answered as it should be.
    pub fn are_right(&self) -> bool {
        self.differing.is_empty() && self.programs.is_empty() && self.failed.is_empty()
    }
}

/// Asks for all entries, keys with their right-hand sides, in the order in which Postfix asks.
///
/// Postfix asks all tables for one key before it goes on to the next key. So before an entry of
/// `.parent` comes whatever a table says of one of the domains below, and before an entry of
/// `transport_maps` whatever it says of a whole address; a made-up name stands for all of those. Tables
/// that hold some keys and no others are not asked for made-up names. [Postfix `mail_addr_find.c`,
/// `smtp_tls_policy.c` `tls_policy_lookup`]
pub fn answers(
    list: &AskedTables,
    is_transport: bool,
    entries: &[(&str, &str)],
    ask: &mut Asking<'_>,
) -> Answers {
    let mut answers = Answers { entries: entries.len(), ..Answers::default() };
    let mut open: Vec<Open<'_>> =
        entries.iter().map(|&(key, wanted)| Open { key, wanted, found: None }).collect();
    if is_transport {
        let all = |_: TableKind, _: &str| true;
        let address = |key: &str| match key {
            "*" => "any--user@any--domain.invalid".to_owned(),
            _ => format!("any--user@{}", example(key)),
        };
        round(list, &mut open, &mut answers, ask, &address, &all);
    }
    // A program that answers for some domains below stands in everybody's way who has one: that it may
    // do so is told by the comparison of main.cf.
    let below = |kind: TableKind, key: &str| {
        key.starts_with('.')
            && (kind == TableKind::Other || kind == TableKind::Pattern && !is_transport)
    };
    round(list, &mut open, &mut answers, ask, &example, &below);
    let own = |kind: TableKind, _: &str| match kind {
        TableKind::Exact | TableKind::Other => true,
        TableKind::Pattern | TableKind::Program => !is_transport,
    };
    round(list, &mut open, &mut answers, ask, &str::to_owned, &own);
    let differs = |it: &Open<'_>| match &it.found {
        None => true,
        Some((value, _)) => !is_same(value, it.wanted),
    };
    let differing = open.into_iter().filter(differs).map(|it| Differing {
        key: it.key.to_owned(),
        wanted: it.wanted.to_owned(),
        found: it.found,
    });
    answers.differing = differing.collect();
    answers
}

/// An entry that no table has answered for yet.
struct Open<'e> {
    key: &'e str,
    wanted: &'e str,
    found: Option<(String, String)>,
}

/// Asks all tables for one form of each key. Entries behind a table that cannot be asked, or should not,
/// are left out from then on.
fn round(
    list: &AskedTables,
    open: &mut Vec<Open<'_>>,
    answers: &mut Answers,
    ask: &mut Asking<'_>,
    form: &dyn Fn(&str) -> String,
    asks: &dyn Fn(TableKind, &str) -> bool,
) {
    for table in &list.tables {
        let is_made_up = |key: &str| form(key) != key;
        let applies = |it: &Open<'_>| {
            it.found.is_none()
                && asks(table.kind, it.key)
                && !(table.kind == TableKind::Exact && is_made_up(it.key))
        };
        let keys: Vec<String> =
            open.iter().filter(|it| applies(it)).map(|it| form(it.key)).collect();
        if keys.is_empty() {
            continue;
        }
        if table.kind == TableKind::Program {
            answers.programs.push((table.text.clone(), keys.len()));
            open.retain(|it| !applies(it));
            continue;
        }
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let text = match ask(table, &keys) {
            Ok(text) => text,
            Err(why) => {
                answers.failed.push((table.text.clone(), why, keys.len()));
                open.retain(|it| !applies(it));
                continue;
            }
        };
        let found: BTreeMap<&str, &str> =
            text.lines().filter_map(|line| line.split_once('\t')).collect();
        for it in open.iter_mut().filter(|it| it.found.is_none() && asks(table.kind, it.key)) {
            let value = found.get(form(it.key).as_str());
            it.found = value.map(|value| ((*value).to_owned(), table.text.clone()));
        }
    }
}

/// A domain that an entry is for; nobody has one of this name, since no label starts with two hyphens.
fn example(key: &str) -> String {
    match key.strip_prefix('.') {
        Some(parent) => format!("any--subdomain.{parent}"),
        None => key.to_owned(),
    }
}

/// Whether two right-hand sides are the same but for what parts their words: Postfix takes a comma for a
/// blank. [Postfix `CHARS_COMMA_SP`]
fn is_same(a: &str, b: &str) -> bool {
    let words = |text| <str>::split(text, [' ', '\t', ',', '\r', '\n']).filter(|it| !it.is_empty());
    words(a).eq(words(b))
}

#[cfg(test)]
mod tests {
    use super::super::requirements::RequiredTable;
    use super::super::running::{PostconfOutput, Running};
    use super::*;

    const PATH: &str = "/etc/postfix/ours";

    fn list(parameter: &str, value: &str) -> AskedTables {
        let all = format!("{parameter} = {value}\n");
        let running = Running::parse(&PostconfOutput { all, ..PostconfOutput::default() });
        let ours = RequiredTable { map_type: "lmdb", paths: vec![PATH.to_owned()] };
        let mut lists = match parameter {
            "transport_maps" => AskedTables::of_transport(&running, &ours),
            _ => AskedTables::of_policy(&running, &ours, std::iter::empty()),
        };
        lists.pop().unwrap()
    }

    /// What is answered, with the tables and keys that were asked.
    fn asked(
        parameter: &str,
        value: &str,
        entries: &[(&str, &str)],
        contents: &[(&str, &str, &str)],
    ) -> (Answers, Vec<(String, String)>) {
        let mut log = Vec::new();
        let mut ask = |table: &AskedTable, keys: &[&str]| {
            log.push((table.map.clone(), keys.join(" ")));
            if table.map.starts_with("mysql:") {
                return Err("no server".to_owned());
            }
            let lines = contents.iter().filter(|it| it.0 == table.map && keys.contains(&it.1));
            Ok(lines.flat_map(|(_, key, value)| [key, "\t", value, "\n"]).collect())
        };
        let list = list(parameter, value);
        let answers = answers(&list, parameter == "transport_maps", entries, &mut ask);
        (answers, log)
    }

    const POLICY: &str = "smtp_tls_policy_maps";
    const OURS: &str = "lmdb:/etc/postfix/ours";

    #[test]
    fn the_first_table_that_answers_counts() {
        let entries = [("a.example", "encrypt"), ("b.example", "secure match=x:y")];
        let contents = [
            (OURS, "a.example", "encrypt"),
            (OURS, "b.example", "secure,match=x:y"),
            ("hash:/o", "a.example", "may"),
        ];
        let (first, _) = asked(POLICY, &format!("{OURS}, hash:/o"), &entries, &contents);
        assert!(first.are_right() && first.entries == 2, "{first:?}");
        let (second, _) = asked(POLICY, &format!("hash:/o {OURS}"), &entries, &contents);
        let shadowed = Differing {
            key: "a.example".to_owned(),
            wanted: "encrypt".to_owned(),
            found: Some(("may".to_owned(), "hash:/o".to_owned())),
        };
        assert_eq!(second.differing, [shadowed]);
        let (none, asked) = asked(POLICY, "", &entries, &contents);
        assert!(asked.is_empty());
        assert!(none.differing.len() == 2 && none.differing.iter().all(|it| it.found.is_none()));
    }

    #[test]
    fn a_program_before_the_map_is_told_and_not_asked_while_one_behind_it_is_nothing() {
        let contents = [(OURS, "a.example", "encrypt")];
        let entries = [("a.example", "encrypt")];
        let resolver = "socketmap:inet:127.0.0.1:8461:postfix";
        let (before, log) = asked(POLICY, &format!("{resolver}, {OURS}"), &entries, &contents);
        assert_eq!(before.programs, [(resolver.to_owned(), 1)]);
        assert!(log.is_empty() && before.differing.is_empty());
        let (behind, _) = asked(POLICY, &format!("{OURS}, {resolver}"), &entries, &contents);
        assert!(behind.are_right(), "{behind:?}");
    }

    /// [Postfix `smtp_tls_policy.c`: all tables are asked for a key before the next key]
    #[test]
    fn domains_below_a_parent_may_be_answered_by_a_later_table() {
        let contents = [
            (OURS, ".example", "secure match=x"),
            ("static:may", "any--subdomain.example", "may"),
            ("static:may", ".example", "may"),
        ];
        let entries = [(".example", "secure match=x")];
        let (found, _) = asked(POLICY, &format!("{OURS}, static:may"), &entries, &contents);
        assert_eq!(found.differing[0].found, Some(("may".to_owned(), "static:may".to_owned())));
    }

    /// [transport(5)]
    #[test]
    fn patterns_of_transport_maps_get_whole_addresses_and_come_first() {
        let contents = [
            (OURS, "a.example", "smtp:[x]"),
            (OURS, "b.example", "smtp:[x], [y]"),
            ("regexp:/r", "any--user@a.example", "smtp:[z]"),
            ("regexp:/r", "b.example", "smtp:[z]"),
        ];
        let entries = [("a.example", "smtp:[x]"), ("b.example", "smtp:[x],[y]")];
        let (found, log) =
            asked("transport_maps", &format!("{OURS}, regexp:/r"), &entries, &contents);
        assert_eq!(found.differing.len(), 1, "{found:?}");
        assert_eq!(found.differing[0].found, Some(("smtp:[z]".to_owned(), "regexp:/r".to_owned())));
        let [(first, addresses), (second, domains)] = log.as_slice() else { panic!("{log:?}") };
        assert_eq!((first.as_str(), second.as_str()), ("regexp:/r", OURS));
        assert_eq!(addresses, "any--user@a.example any--user@b.example");
        assert_eq!(domains, "b.example");
    }

    #[test]
    fn what_a_table_that_cannot_be_asked_hides_is_not_guessed() {
        let contents = [(OURS, "a.example", "encrypt"), (OURS, "b.example", "encrypt")];
        let entries = [("a.example", "encrypt"), ("b.example", "encrypt")];
        let list = format!("inline:{{a.example=encrypt}}, mysql:/m, {OURS}");
        let known =
            [&contents[..], &[("inline:{a.example=encrypt}", "a.example", "encrypt")]].concat();
        let (found, _) = asked(POLICY, &list, &entries, &known);
        assert_eq!(found.failed, [("mysql:/m".to_owned(), "no server".to_owned(), 1)]);
        assert!(found.differing.is_empty());
    }
}
