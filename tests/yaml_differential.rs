//! The fast lane gives the same events as the parser of all of YAML, as far as it goes.

use crate::fuzzing::checks::difference;

/// How many texts each generator makes.
const TEXTS: u32 = 250_000;

#[test]
fn random_tokens_are_read_alike_or_left_to_the_full_parser() {
    let taken = compare(TEXTS, 0x5eed_0001, tokens);
    assert!(taken > TEXTS / 100, "only {taken} texts were simple");
}

#[test]
fn random_lines_are_read_alike_or_left_to_the_full_parser() {
    let taken = compare(TEXTS, 0x5eed_0002, lines);
    assert!(taken > TEXTS / 10, "only {taken} texts were simple");
}

#[test]
fn what_people_write_is_taken() {
    let texts = [
        "",
        "# nothing\n",
        "a: b",
        "version: 1\ndomains:\n  gmail.com: google\n  mgb.ch: { provider: microsoft, route: mx }\n",
        "a:\n- b\n- c: 1\n  d: [x, \"y z\", '*.example', {}]\n\n# end\ne:\n",
        "- - 1\n  -\n- a:\n    b: c # d\n",
        "\"[relay.example.net]:587\": { level: dane-only, match: [.example.com, nexthop], }\n",
        "zürich.example: größe # größer\n",
        "\u{feff}a: b\n",
    ];
    for text in texts {
        assert_eq!(difference(text), Ok(true), "{text}");
    }
}

#[test]
fn the_smallest_texts_are_read_alike() {
    const ALPHABET: [&str; 13] =
        ["a", " ", "\n", ":", "-", "#", ",", "[", "]", "{", "}", "\"", "\n  "];
    let mut taken = 0;
    for length in 1..=5 {
        for number in 0..ALPHABET.len().pow(length) {
            let digits = (0..length).map(|digit| number / ALPHABET.len().pow(digit));
            let text: String = digits.map(|digit| ALPHABET[digit % ALPHABET.len()]).collect();
            let result = difference(&text);
            assert!(result.is_ok(), "{text:?}\n{}", result.unwrap_err());
            taken += u32::from(result == Ok(true));
        }
    }
    assert!(taken > 1000, "only {taken} texts were simple");
}

/// Reads texts both ways; how many the fast lane took.
fn compare(texts: u32, seed: u64, make: fn(&mut Random) -> String) -> u32 {
    let mut random = Random(seed);
    let mut taken = 0;
    for _ in 0..texts {
        let text = make(&mut random);
        let result = difference(&text);
        assert!(result.is_ok(), "{text:?}\n{text}\n{}", result.unwrap_err());
        taken += u32::from(result == Ok(true));
    }
    taken
}

/// A few tokens that mean something in YAML, in any order.
fn tokens(random: &mut Random) -> String {
    const TOKENS: [&str; 60] = [
        "a",
        "b: ",
        "c:",
        "- ",
        "-",
        "\n",
        "\n",
        "\n  ",
        "\n    ",
        "\n ",
        " ",
        "  ",
        "#",
        " # d",
        ": ",
        ":",
        ",",
        ", ",
        "[",
        "]",
        "{",
        "}",
        "\"e\"",
        "'f'",
        "\"",
        "'",
        "*",
        "&g ",
        "*g",
        "!h ",
        "| ",
        ">",
        "---",
        "...",
        "%",
        "@",
        "`",
        "?",
        "? ",
        "<<: ",
        "~",
        "null",
        "1",
        "é",
        "日本",
        "\t",
        "\r\n",
        "\u{feff}",
        "\u{85}",
        "\u{a0}",
        "\\",
        ".example",
        "k: v",
        "k: v\n",
        "- v\n",
        "x:\n",
        "[a, b]",
        "{a: b}",
        "{a, b: }",
        "https://x",
    ];
    (0..=random.below(14)).map(|_| random.pick(&TOKENS)).collect()
}

/// Lines that mostly fit each other.
fn lines(random: &mut Random) -> String {
    let mut text = String::new();
    let mut indent = 0_usize;
    for _ in 0..=random.below(7) {
        match random.below(24) {
            0 => text.push('\n'),
            1 => text.push_str("   # comment\n"),
            2 => indent = 0,
            3..8 => indent += 2,
            8..11 => indent = indent.saturating_sub(2),
            11 => indent += 1,
            _ => {}
        }
        text.push_str(&" ".repeat(indent));
        while random.below(5) == 0 {
            text.push_str(random.pick(&["- ", "- ", "- ", "-   "]));
        }
        if random.below(6) > 0 {
            text.push_str(&scalar(random));
            text.push_str(random.pick(&[":", ": ", ": ", ": ", ":  ", " : "]));
        } else if random.below(4) == 0 {
            text.push('-');
        }
        if random.below(3) > 0 {
            text.push_str(&value(random, 0));
        }
        text.push_str(random.pick(&["", "", "", "", " ", " # c", "  # c: d", "#"]));
        text.push_str(random.pick(&["\n", "\n", "\n", "\n", "\n", "\n\n", ""]));
        if !text.ends_with('\n') && random.below(3) > 0 {
            text.push('\n');
        }
    }
    text
}

fn value(random: &mut Random, depth: u32) -> String {
    if depth > 3 || random.below(3) > 0 {
        return scalar(random);
    }
    let mapping = random.below(2) == 0;
    let items: Vec<String> = (0..random.below(4))
        .map(|_| {
            let item = value(random, depth + 1);
            match random.below(8) {
                0..3 if mapping => item,
                3 if mapping => format!("{}:", scalar(random)),
                4 if mapping => format!("{}:{item}", scalar(random)),
                _ if mapping => format!("{}: {item}", scalar(random)),
                0 => format!("{}: {item}", scalar(random)),
                _ => item,
            }
        })
        .collect();
    let comma = random.pick(&[",", ", ", ", ", " , "]);
    let blank = random.pick(&["", "", " "]);
    let last = random.pick(&["", "", "", ",", ", "]);
    let (open, close) = if mapping { ('{', '}') } else { ('[', ']') };
    format!("{open}{blank}{}{last}{blank}{close}", items.join(comma))
}

fn scalar(random: &mut Random) -> String {
    const SCALARS: [&str; 40] = [
        "a",
        "b",
        "google",
        "gmail.com",
        ".example.com",
        "p12",
        "true",
        "no",
        "~",
        "null",
        "2027-03-31",
        "3.10",
        "-1",
        "-",
        "--",
        "-a",
        "\"q\"",
        "'q'",
        "\"\"",
        "''",
        "'it''s'",
        "\"a\\n\"",
        "\"a: b\"",
        "'[x]:25'",
        "\"# x\"",
        "smtp:[x]",
        "a b",
        "a  b c",
        "a#b",
        "a:b",
        "a: b",
        "a,b",
        "é",
        "日本 語",
        "file:///etc",
        "<<",
        "=",
        "x]",
        "{x",
        "*.example",
    ];
    random.pick(&SCALARS).to_owned()
}

/// A generator of pseudo-random numbers; the same seed gives the same texts [Marsaglia,
/// xorshift64].
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}
