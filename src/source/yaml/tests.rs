//! What is read from a text, and what is refused.

use super::{
    Events, FastLane, GranitEvents, MAX_ALIAS_EVENTS, MAX_DEPTH, Reader, YamlError, parse,
};
use crate::source::{FileId, Node, NodeKind, SourceMap};
use proptest::prelude::*;

/// Reads a text; the node in short and what is wrong, one error a line.
fn read(text: &str) -> (Option<String>, String) {
    let mut sources = SourceMap::new();
    let file = sources.add("a", text);
    let mut errors = Vec::new();
    let node = parse(file, text, &mut errors);
    (node.map(|node| short(&node)), errors.iter().map(|error| line(error, &sources)).collect())
}

/// The node of a text in which nothing is wrong.
fn good(text: &str) -> String {
    let (node, errors) = read(text);
    assert_eq!(errors, "", "{text}");
    node.unwrap()
}

/// What is wrong with a text.
fn wrong(text: &str) -> String {
    read(text).1
}

fn short(node: &Node<'_>) -> String {
    match &node.kind {
        NodeKind::Null => "null".to_owned(),
        NodeKind::Scalar(scalar) if scalar.plain => scalar.text.to_string(),
        NodeKind::Scalar(scalar) => format!("{:?}", scalar.text),
        NodeKind::Sequence(items) => {
            format!("[{}]", items.iter().map(short).collect::<Vec<_>>().join(", "))
        }
        NodeKind::Mapping(mapping) => {
            let entries = mapping.entries.iter();
            let entries = entries.map(|(key, node)| format!("{}: {}", key.value, short(node)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

fn line(error: &YamlError, sources: &SourceMap) -> String {
    let YamlError { code, span, message, .. } = error;
    let related = error.related.as_ref();
    let related = related.map(|(span, text)| format!(" ({}: {text})", sources.place(*span)));
    format!("{} {code}: {message}{}\n", sources.place(*span), related.unwrap_or_default())
}

#[test]
fn scalars_stay_text_and_only_plain_nothing_is_null() {
    assert_eq!(
        good("a: 1.10\nb: yes\nc: ~\nd: null\ne:\nf: '~'\ng: \"\"\nh: 017\n"),
        "{a: 1.10, b: yes, c: null, d: null, e: null, f: \"~\", g: \"\", h: 017}"
    );
    assert_eq!(good(""), "null");
    assert_eq!(good("# only a comment"), "null");
    assert_eq!(good("---\n"), "null");
    assert_eq!(good("\u{feff}a: b\n"), "{a: b}");
    assert_eq!(good("a: b\r\nc: d\r\n"), "{a: b, c: d}");
    assert_eq!(good("--- # x\na: |\n  two\n  lines\n...\n"), "{a: \"two\\nlines\\n\"}");
}

#[test]
fn aliases_repeat_what_their_anchor_names() {
    assert_eq!(
        good("a: &a {x: [1, &b 2]}\nb: *a\nc: [*b, *a]\n*b : d\n"),
        "{a: {x: [1, 2]}, b: {x: [1, 2]}, c: [2, {x: [1, 2]}], 2: d}"
    );
    assert_eq!(good("a: &a\nb: *a\n"), "{a: null, b: null}");
    assert_eq!(good("a: &a 1\nb: &a 2\nc: *a\n"), "{a: 1, b: 2, c: 2}");
    assert_eq!(
        wrong("a: &a [*a]\n"),
        "a:1:8 yaml-alias: this alias stands inside the value that it repeats\n"
    );
}

#[test]
fn every_value_knows_its_bytes() {
    let text =
        "a:\n  b: 'x'   # c\n  d:\n  - {e: f}\n\n# end\ng: [h]\ni: |\n  j\n\nk: &k\n- 1\nl: *k\n";
    let mut sources = SourceMap::new();
    let file = sources.add("a", text);
    let node = parse(file, text, &mut Vec::new()).unwrap();
    assert_eq!(sources.slice(node.span), text.trim_end());
    let NodeKind::Mapping(mapping) = node.kind else { panic!("{node:?}") };
    let values: Vec<&str> =
        mapping.entries.iter().map(|(_, node)| sources.slice(node.span)).collect();
    assert_eq!(values, ["b: 'x'   # c\n  d:\n  - {e: f}", "[h]", "j", "- 1", "- 1"]);
    let keys: Vec<&str> = mapping.entries.iter().map(|(key, _)| sources.slice(key.span)).collect();
    assert_eq!(keys, ["a", "g", "i", "k", "l"]);
}

#[test]
fn everything_wrong_is_found_in_one_run() {
    let text = "\
a: 1
b: *.example
a: !!str 2
<<: {c: d}
[x]: y
e: {f: 1, f: 2, 'f': 3}
";
    let (node, errors) = read(text);
    assert_eq!(
        errors,
        "\
a:2:4 yaml-alias: no anchor `&.example` stands before this alias
a:3:1 duplicate-key: the key `a` stands twice in this mapping (a:1:1: first written here)
a:3:4 yaml-unsupported: tags such as `!!str` are not supported
a:4:1 yaml-unsupported: merge keys are not supported
a:5:1 yaml-unsupported: a key must be text
a:6:11 duplicate-key: the key `f` stands twice in this mapping (a:6:5: first written here)
a:6:17 duplicate-key: the key `f` stands twice in this mapping (a:6:5: first written here)
"
    );
    assert_eq!(node.unwrap(), "{a: 1, b: \"*.example\", e: {f: 1}}");
}

#[test]
fn a_key_is_found_twice_in_large_mappings_too() {
    let mut keys: Vec<String> = (0..1000).map(|number| format!("k{number}: {number}\n")).collect();
    keys.extend(["k15: again\n", "k16: again\n", "k999: again\n"].map(str::to_owned));
    assert_eq!(wrong(&keys.concat()).lines().count(), 3);
}

#[test]
fn syntax_errors_say_what_to_write() {
    let cases = [
        ("a: [b\n", "a:1:4 yaml-syntax: `[` is never closed\n"),
        ("a: \"b", "a:1:4 yaml-syntax: this quote is never closed\n"),
        (
            "a: \"b\nc: d\n",
            "a:1:4 yaml-syntax: this quote is never closed (a:2:1: this cannot stand inside of it)\n",
        ),
        ("a: [b}\n", "a:1:4 yaml-syntax: `[` is closed with `}`\n"),
        ("a: b: c\n", "a:1:5 yaml-syntax: a key with `:` cannot stand here\n"),
        ("a:\n\tb: c\n", "a:2:1 yaml-syntax: a tab cannot stand here\n"),
        ("a: @b\n", "a:1:4 yaml-syntax: text cannot begin with `@`\n"),
        ("a: *\n", "a:1:4 yaml-syntax: `*` and `&` begin an alias or an anchor here\n"),
        ("*.example: b\n", "a:1:1 yaml-alias: `*.example:` is an alias and no key\n"),
        ("a: `b`\n", "a:1:4 yaml-syntax: text cannot begin with a backtick\n"),
        ("- a\nb: c\n", "a:2:1 yaml-syntax: expected `- item` here\n"),
        ("%YAML 1.2\n---\na\n", "a:1:1 yaml-syntax: directives are not supported\n"),
        ("a\n---\nb\n", "a:2:1 yaml-unsupported: a second document begins here\n"),
        ("a: \"b\" c\n", "a:1:8 yaml-syntax: text goes on after its closing quote\n"),
        ("a: b\0: c\n", "a:1:5 yaml-syntax: the control character 0x00 cannot stand in YAML\n"),
        ("a: \u{9b}2J\n", "a:1:4 yaml-syntax: the control character 0x9b cannot stand in YAML\n"),
        (": a\n", "a:1:1 yaml-unsupported: there is no key before this `:`\n"),
    ];
    let found: Vec<(&str, String)> = cases.iter().map(|(text, _)| (*text, wrong(text))).collect();
    assert_eq!(found, cases.map(|(text, error)| (text, error.to_owned())));
}

#[test]
fn errors_before_a_syntax_error_are_kept() {
    let (node, errors) = read("a: 1\na: *x\nb: [\n");
    assert_eq!(node, None);
    let codes: Vec<&str> = errors.lines().filter_map(|line| line.split(' ').nth(1)).collect();
    assert_eq!(codes, ["duplicate-key:", "yaml-alias:", "yaml-syntax:"]);
}

#[test]
fn billions_of_laughs_are_refused() {
    let level = |level: u32| {
        let below = if level == 0 { "x".to_owned() } else { format!("*a{}", level - 1) };
        format!("a{level}: &a{level} [{}]\n", [&*below; 9].join(", "))
    };
    let text: Vec<String> = (0..10).map(level).collect();
    assert!(
        wrong(&text.concat()).ends_with("yaml-limit: the aliases of this file repeat too much\n")
    );
    // Values may be repeated as often as the budget has it, and no more.
    let hundred = format!("a: &a [{}]\n", "x,".repeat(98));
    let aliases = |count| format!("{hundred}b: [{}]\n", "*a,".repeat(count));
    assert_eq!(wrong(&aliases(MAX_ALIAS_EVENTS / 100)), "");
    assert!(wrong(&aliases(MAX_ALIAS_EVENTS / 100 + 1)).contains("yaml-limit"));
}

#[test]
fn a_long_file_may_use_an_anchor_in_every_line() {
    let line = |number: u32| format!("d{number}.example: *p\n");
    let lines: Vec<String> = (0..100_000).map(line).collect();
    let text = format!("p: &p {{ level: secure, match: [a, b] }}\n{}", lines.concat());
    assert_eq!(wrong(&text), "");
}

#[test]
fn deep_nesting_is_refused_in_every_form() {
    let nested_maps: Vec<String> =
        (0..4000).map(|depth| format!("{}k:\n", " ".repeat(depth))).collect();
    let texts = [
        "[".repeat(100_000),
        "{a: ".repeat(100_000),
        "- ".repeat(100_000),
        "? ".repeat(100_000),
        "a: {".repeat(100_000),
        "[\n ".repeat(100_000),
        nested_maps.concat(),
    ];
    for text in texts {
        let (node, errors) = read(&text);
        assert_eq!(node, None);
        let message = "more than 64 mappings and sequences stand in each other\n";
        let start: String = text.chars().take(20).collect();
        assert!(errors.ends_with(message), "{start}: {errors}");
    }
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(wrong(&nested(MAX_DEPTH)), "");
    assert!(wrong(&nested(MAX_DEPTH + 1)).contains("yaml-limit"));
    let in_alias = format!("a: &a {}\nb: {{c: {{d: *a}}}}\n", nested(MAX_DEPTH - 2));
    assert!(wrong(&in_alias).contains("yaml-limit"), "{}", wrong(&in_alias));
}

#[test]
fn entries_are_read_one_by_one_in_both_lanes() {
    let simple = "version: 1\ndomains:\n  b.example: x\n  a.example: {route: mx}\nlast: z\n";
    let anchored = simple.replace("1\n", "&v 1\n");
    for text in [simple, &anchored] {
        let mut sources = SourceMap::new();
        let file = sources.add("a", text);
        assert_eq!(is_simple(text), text == simple);
        let mut reader = Reader::new(file, text);
        let mut seen = Vec::new();
        assert!(reader.enter_mapping());
        while let Some(key) = reader.next_key() {
            if key.value != "domains" {
                // A value that nobody takes is passed over.
                seen.push(key.value.into_owned());
                continue;
            }
            assert!(reader.enter_mapping());
            assert_eq!(reader.node(), None);
            while let Some(key) = reader.next_key() {
                assert!(!(key.value == "b.example" && reader.enter_mapping()));
                seen.push(format!("{} = {}", key.value, short(&reader.node().unwrap())));
                assert_eq!(reader.node(), None);
            }
        }
        assert_eq!(reader.next_key(), None);
        assert_eq!(seen, ["version", "b.example = x", "a.example = {route: mx}", "last"]);
        assert_eq!(reader.finish(), []);
    }
}

#[test]
fn a_value_is_looked_at_before_it_is_taken_or_passed_over_in_both_lanes() {
    let simple = "a: {x: [1, 2]}\nb:\n  c: d\n  e: f # g\nh: i\nj:\nk: l\n";
    let anchored = simple.replace(": i", ": &v i");
    for text in [simple, &anchored] {
        let mut sources = SourceMap::new();
        let file = sources.add("a", text);
        assert_eq!(is_simple(text), text == simple);
        let mut reader = Reader::new(file, text);
        assert!(reader.enter_mapping());
        let mut seen = Vec::new();
        while let Some(key) = reader.next_key() {
            let span = reader.value_span().unwrap();
            assert_eq!(reader.value_span(), Some(span));
            seen.push(format!("{} = {}", key.value, &text[span.start as usize..span.end as usize]));
            if key.value == "b" {
                assert_eq!(reader.node().unwrap().span, span);
                assert_eq!(reader.value_span(), None);
            }
        }
        let last = ["h = i", "j = ", "k = l"];
        assert_eq!(seen[..2], ["a = {x: [1, 2]}", "b = c: d\n  e: f"]);
        assert_eq!(seen[2..], last);
        assert_eq!(reader.finish(), []);
    }
}

#[test]
fn a_reader_ends_at_a_syntax_error_and_names_it() {
    let text = "a:\n  b: 1\n  c: [\n";
    let mut sources = SourceMap::new();
    let file = sources.add("a", text);
    let mut reader = Reader::new(file, text);
    assert!(reader.enter_mapping());
    assert_eq!(reader.next_key().unwrap().value, "a");
    assert!(reader.enter_mapping());
    assert_eq!(reader.next_key().unwrap().value, "b");
    assert_eq!(reader.next_key().unwrap().value, "c");
    assert_eq!(reader.node(), None);
    assert_eq!(reader.next_key(), None);
    assert!(!reader.enter_mapping());
    assert_eq!(reader.finish().len(), 1);
}

/// Reads a text in every way; checks that every place lies in it.
fn survive(text: &str) {
    let mut sources = SourceMap::new();
    let file = sources.add("a", text);
    let mut errors = Vec::new();
    let node = parse(file, text, &mut errors);
    assert!(node.is_some() || !errors.is_empty());
    if let Some(node) = &node {
        check_places(node, &sources);
    }
    for error in &errors {
        line(error, &sources);
        sources.slice(error.span);
    }
    let mut reader = Reader::new(file, text);
    if reader.enter_mapping() {
        while reader.next_key().is_some() {
            if reader.enter_mapping() {
                while reader.next_key().is_some() {
                    let span = reader.value_span();
                    assert_eq!(reader.node().map(|node| node.span), span);
                }
            }
        }
    }
    reader.finish();
    // Callers give any text to these too.
    drain(GranitEvents::new(file, text));
    if let Some(events) = FastLane::new(file, text) {
        drain(events);
    }
}

fn drain<'src>(mut events: impl Events<'src>) {
    while events.next().is_some() {}
}

/// Whether the fast lane reads a text to its end.
fn is_simple(text: &str) -> bool {
    let file = SourceMap::new().add("a", "");
    let Some(mut events) = FastLane::new(file, text) else { return false };
    while events.next().is_some() {}
    !events.failed()
}

fn check_places(node: &Node<'_>, sources: &SourceMap) {
    sources.slice(node.span);
    match &node.kind {
        NodeKind::Null | NodeKind::Scalar(_) => {}
        NodeKind::Sequence(items) => items.iter().for_each(|item| check_places(item, sources)),
        NodeKind::Mapping(mapping) => {
            for (key, value) in &mapping.entries {
                sources.slice(key.span);
                check_places(value, sources);
            }
        }
    }
}

const SAMPLE: &str = "# x\nversion: 1\ndefaults: &d { route: pin }\ndomains:\n  gmail.com: google\n  \
    mgb.ch: { provider: microsoft, route: mx }\n  \"[relay.example]:587\": *d\n  zürich.example: |\n    \
    text\n  - a\n? b\n: 'it''s'\nc: \"\\u00fc\\\n  d\"\n...\n";

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in any::<String>()) {
        survive(&text);
    }

    #[test]
    fn no_yaml_like_text_makes_the_reader_panic(text in "[a\u{e4}:#&*!|>'\"%@`?,{}\\[\\] \t\r\n\u{feff}0~<.-]{0,40}") {
        survive(&text);
    }

    #[test]
    fn no_damaged_file_makes_the_reader_panic(
        at in any::<prop::sample::Index>(),
        until in any::<prop::sample::Index>(),
        with in "[a\u{e4}:#&*!|>'\"?,{}\\[\\] \t\r\n\u{0}\u{85}-]{0,4}",
    ) {
        let ends: Vec<usize> =
            (0..=SAMPLE.len()).filter(|&at| SAMPLE.is_char_boundary(at)).collect();
        let (at, until) = (*at.get(&ends), *until.get(&ends));
        let (least, most) = (at.min(until), at.max(until));
        survive(&format!("{}{with}{}", &SAMPLE[..least], &SAMPLE[most..]));
        survive(&format!("{}{with}{}", &SAMPLE[..least], &SAMPLE[least..]));
    }
}

#[test]
fn files_are_told_apart() {
    let mut sources = SourceMap::new();
    let (one, two): (FileId, FileId) = (sources.add("one", "a: 1"), sources.add("two", "b: 2"));
    let node = parse(two, "b: 2", &mut Vec::new()).unwrap();
    assert_ne!(one, node.span.file);
    assert_eq!(sources.slice(node.span), "b: 2");
}
