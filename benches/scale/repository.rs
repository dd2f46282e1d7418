//! Repositories of any size, the same bytes every time.
//!
//! Half of the domains are YAML mappings over [`TEMPLATES`] templates, half stand in plain lists; a
//! fifth of either is pinned. Of the mappings a quarter is written in block style, and one in fifty
//! says what no other says. Names are in no order, as in lists that have grown.
#![expect(clippy::disallowed_methods, reason = "writes files for the program to read")]

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// How many provider templates there are, each with two MX hosts and five addresses.
const TEMPLATES: u32 = 50;

/// How many files the mappings are spread over, and as many the lists.
const FILES: u32 = 10;

/// Which of two states of a repository, between which one domain in a hundred changed its template.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Before,
    After,
}

/// What a repository is like.
#[derive(Clone, Copy)]
pub(crate) struct Repository<'t> {
    /// How many domains it has.
    pub(crate) domains: u32,
    pub(crate) state: State,
    /// Whether a fifth of them is pinned; otherwise each is one policy, and no transport.
    pub(crate) pins: bool,
    /// Its target, as a YAML mapping in one line.
    pub(crate) target: &'t str,
}

impl Repository<'_> {
    /// Writes it into an empty `folder`.
    pub(crate) fn write(self, folder: &Path) -> io::Result<()> {
        for name in ["domains", "lists", "providers", "postfix"] {
            fs::create_dir_all(folder.join(name))?;
        }
        fs::write(folder.join("postfix/main.cf"), "compatibility_level = 3.6\n")?;
        fs::write(folder.join("mxward.yaml"), self.root())?;
        for template in 0..TEMPLATES {
            let file = folder.join(format!("providers/p{template:02}.yaml"));
            fs::write(file, provider(template))?;
        }
        let mut pinned = Vec::new();
        for file in 0..FILES {
            self.mappings(folder, file, &mut pinned)?;
            self.list(folder, file, &mut pinned)?;
        }
        lock(folder, pinned)
    }

    fn root(self) -> String {
        let mut text = format!(
            "version: 1\n\
             defaults: {{ route: mx }}\n\
             lock: {{ allow_addresses: [198.18.0.0/15] }}\n\
             targets:\n  mx: {}\n\
             include:\n  - domains/*.yaml\n",
            self.target
        );
        for file in 0..FILES {
            let pin = if self.list_is_pinned(file) { ", route: pin, ciphers: high" } else { "" };
            let template = list_template(file);
            let _ =
                writeln!(text, "  - {{ list: lists/{file}.txt, provider: p{template:02}{pin} }}");
        }
        text
    }

    /// Two of ten lists are pinned.
    fn list_is_pinned(self, file: u32) -> bool {
        self.pins && file < FILES / 5
    }

    fn mappings(self, folder: &Path, file: u32, pinned: &mut Vec<Pinned>) -> io::Result<()> {
        let mut text = BufWriter::new(File::create(folder.join(format!("domains/{file}.yaml")))?);
        text.write_all(b"domains:\n")?;
        for number in (0..self.domains / 2).filter(|number| number % FILES == file) {
            let (name, at) = (name(number), number / FILES);
            // Every template meets every choice.
            let choice = (at + at / TEMPLATES) % 50;
            let template = (at + self.shift(number)) % TEMPLATES;
            let attributes = if self.pins && choice.is_multiple_of(5) {
                pinned.push((name.clone(), template));
                vec!["route: pin".to_owned(), "ciphers: high".to_owned()]
            } else if choice == 1 {
                vec![format!("match: [mx.{name}, .p{template:02}.example]")]
            } else {
                let protocols = if choice.is_multiple_of(3) { ">=TLSv1.2" } else { ">=TLSv1.3" };
                let ciphers = if choice.is_multiple_of(2) { "high" } else { "medium" };
                vec![format!("protocols: \"{protocols}\""), format!("ciphers: {ciphers}")]
            };
            if choice.is_multiple_of(4) {
                write!(text, "  {name}:\n    provider: p{template:02}\n")?;
                for attribute in attributes {
                    writeln!(text, "    {attribute}")?;
                }
            } else {
                let attributes = attributes.join(", ");
                writeln!(text, "  {name}: {{ provider: p{template:02}, {attributes} }}")?;
            }
        }
        text.flush()
    }

    fn list(self, folder: &Path, file: u32, pinned: &mut Vec<Pinned>) -> io::Result<()> {
        let mut text = BufWriter::new(File::create(folder.join(format!("lists/{file}.txt")))?);
        let here = |number: &u32| (number + self.shift(*number)) % FILES == file;
        for number in (self.domains / 2..self.domains).filter(here) {
            let name = name(number);
            writeln!(text, "{name}")?;
            if self.list_is_pinned(file) {
                pinned.push((name, list_template(file)));
            }
        }
        text.flush()
    }

    /// By how much the template, or the list, of a domain is another one.
    fn shift(self, number: u32) -> u32 {
        u32::from(number % 100 == 7 && self.state == State::Before)
    }
}

fn list_template(file: u32) -> u32 {
    file * (TEMPLATES / FILES)
}

fn provider(template: u32) -> String {
    format!(
        "name: p{template:02}\n\
         title: Provider {template}\n\
         mx_patterns: ['mx[12]\\.p{template:02}\\.example']\n\
         hosts:\n  \
           - {{ preference: 10, host: mx1.p{template:02}.example }}\n  \
           - {{ preference: 20, host: mx2.p{template:02}.example }}\n\
         policy: {{ level: secure, match: [.p{template:02}.example] }}\n\
         pin: ok\n"
    )
}

/// One domain and the template that it is pinned to.
type Pinned = (String, u32);

fn lock(folder: &Path, mut pinned: Vec<Pinned>) -> io::Result<()> {
    let mut text = BufWriter::new(File::create(folder.join("mxward.lock"))?);
    text.write_all(b"# @generated\nversion: 1\nchecked: 2026-11-24\nhosts:\n")?;
    for (host, addresses) in [("mx1", 0..3), ("mx2", 3..5)] {
        for template in 0..TEMPLATES {
            write!(
                text,
                "  {host}.p{template:02}.example:\n    dnssec: insecure\n    addresses:\n"
            )?;
            for address in addresses.clone() {
                writeln!(text, "      - 198.18.{template}.{address} since 2026-11-20")?;
            }
        }
    }
    if !pinned.is_empty() {
        text.write_all(b"domains:\n")?;
    }
    pinned.sort_unstable();
    for (name, template) in pinned {
        let zone = format!("p{template:02}.example");
        writeln!(
            text,
            "  {name}: {{ dnssec: insecure, since: 2026-11-20, mx: [10 mx1.{zone}, 20 mx2.{zone}] }}"
        )?;
    }
    text.flush()
}

/// A name of 9 to 35 bytes; different numbers below 2^24 have different names.
fn name(number: u32) -> String {
    const ENDINGS: [&str; 8] = [
        "example",
        "test",
        "co.example",
        "com.test",
        "city.example",
        "mail.test",
        "invalid",
        "edu.test",
    ];
    // Odd factors permute the numbers below 2^24.
    let mixed = number.wrapping_mul(0x009e_3779) & 0x00ff_ffff;
    let mixed = (mixed ^ mixed >> 12).wrapping_mul(0x0085_ebcb) & 0x00ff_ffff;
    let mut name = String::with_capacity(36);
    for at in 0..4 {
        let syllable = mixed >> (6 * at) & 63;
        let vowels = ["a", "e", "i", "o"];
        let consonants =
            ["b", "ch", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "st", "t", "v", "w"];
        name.push_str(consonants[(syllable >> 2) as usize]);
        name.push_str(vowels[(syllable & 3) as usize]);
    }
    if mixed.is_multiple_of(7) {
        name.push_str("-services");
    }
    name.push('.');
    name.push_str(ENDINGS[(mixed >> 5) as usize % ENDINGS.len()]);
    name
}
