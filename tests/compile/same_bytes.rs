//! The same repository gives the same bytes: at any time, in any place, in whichever order the system
//! lists its files.
#![expect(clippy::disallowed_methods, reason = "looks at what the program left behind")]

use super::generate;
use crate::harness::{Ran, Test};
use mxward::compile::{Repository, compile};
use mxward::diag::Diagnostics;
use mxward::emit::emit;
use mxward::lock::LockMode;
use mxward::world::system::System;
use mxward::world::{DnsSettings, Files, World as _};
use std::io;
use std::path::{Path, PathBuf};

/// How many domains the repository has.
const DOMAINS: u32 = 2_000;

/// Every file that is compiled.
const FILES: [&str; 3] = ["transport", "tls_policy", "main.cf.required"];

/// A test in a folder with a repository below `policy`.
fn generated() -> Test {
    let test = Test::new();
    generate(&test.path().join("policy"), DOMAINS);
    test
}

/// The compiled files below a folder.
fn compiled(ran: &Ran, folder: &str) -> Vec<String> {
    FILES.iter().map(|file| ran.read(&format!("{folder}/mx/{file}"))).collect()
}

/// The same without the digests of the sources and of the file.
fn entries(texts: Vec<String>) -> Vec<String> {
    let entries = |text: String| {
        let lines = text.lines().filter(|line| !line.contains(" sha256:"));
        lines.map(|line| format!("{line}\n")).collect::<Vec<_>>().concat()
    };
    texts.into_iter().map(entries).collect()
}

#[test]
fn a_repository_gives_the_same_bytes_wherever_it_lies() {
    let compile = ["compile", "--frozen", "--quiet"];
    let ran = generated().args(compile).args(["-C", "policy", "--out", "here"]).run();
    std::fs::create_dir_all(ran.path().join("a/much/longer/path")).unwrap();
    std::fs::rename(ran.path().join("policy"), ran.path().join("a/much/longer/path/x")).unwrap();
    let there =
        ran.then().args(compile).args(["-C", "a/much/longer/path/x", "--out", "there"]).run();
    assert_eq!(compiled(&there, "here"), compiled(&there, "there"));
    let absolute = there.path().join("a/much/longer/path/x").display().to_string();
    let again = there.then().args(compile).args(["-C", &absolute, "--out", "again"]).run();
    assert_eq!(compiled(&again, "here"), compiled(&again, "again"));
}

#[test]
fn a_repository_gives_the_same_bytes_a_year_later() {
    let tomorrow = System::new().today().tomorrow().unwrap();
    let ran = generated()
        .file(
            "policy/domains/zz.yaml",
            format!("domains:\n  x.example: {{ level: may, reason: ticket, until: {tomorrow} }}\n"),
        )
        .args(["-C", "policy", "compile", "--frozen", "--quiet", "--out", "now"])
        .run();
    let later = |test: Test| {
        let library = faketime().display().to_string();
        test.variable("LD_PRELOAD", &library).variable("FAKETIME", "+366d")
    };
    let ran = later(ran.then())
        .args(["-C", "policy", "compile", "--frozen", "--quiet", "--out", "later"])
        .run();
    assert_eq!(compiled(&ran, "now"), compiled(&ran, "later"));
    // Who judges by the day sees that it is another one.
    ran.then().args(["-C", "policy", "check", "--quiet"]).any_stdout().run();
    later(ran.then()).args(["-C", "policy", "check"]).stdout_has("expired").status(3).run();
}

/// The library of faketime(1).
fn faketime() -> PathBuf {
    let folders = std::fs::read_dir("/usr/lib").unwrap();
    let libraries = folders.map(|it| it.unwrap().path().join("faketime/libfaketime.so.1"));
    libraries.into_iter().find(|it| it.exists()).expect("faketime is installed")
}

#[test]
fn includes_and_domains_may_stand_in_any_order() {
    let compile = ["-C", "policy", "compile", "--frozen", "--quiet", "--out"];
    let ran = generated().args(compile).args(["one"]).run();
    let folder = ran.path().join("policy");
    reverse(&folder.join("mxward.yaml"), |line| line.starts_with("  - "));
    for file in 0..10 {
        reverse(&folder.join(format!("lists/{file}.txt")), |_| true);
        // A mapping in block style has several lines.
        let flow = |line: &str| line.starts_with("  ") && line.contains('{');
        reverse(&folder.join(format!("domains/{file}.yaml")), flow);
    }
    let ran = ran.then().args(compile).args(["other"]).run();
    assert_eq!(entries(compiled(&ran, "one")), entries(compiled(&ran, "other")));
}

/// Turns the order of the lines around that `moves` takes; the others stay where they are.
fn reverse(file: &Path, moves: impl Fn(&str) -> bool) {
    let text = std::fs::read_to_string(file).unwrap();
    let mut moved = text.lines().rev().filter(|line| moves(line));
    let lines = text.lines().map(|line| if moves(line) { moved.next().unwrap() } else { line });
    let turned = lines.map(|line| format!("{line}\n")).collect::<Vec<_>>().concat();
    assert_ne!(turned, text);
    std::fs::write(file, turned).unwrap();
}

/// The files of a repository, listed in the opposite order.
struct Backwards<'a>(&'a dyn Files);

impl Files for Backwards<'_> {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        self.0.read(path)
    }

    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        self.0.list(folder).map(|mut paths| {
            paths.reverse();
            paths
        })
    }
}

#[test]
fn files_may_be_listed_in_any_order() {
    let test = generated();
    let world = System::new();
    let files = world.repository(&test.path().join("policy")).unwrap();
    let emitted = |files: &dyn Files| {
        let (mut found, dns) = (Diagnostics::new(), DnsSettings::default());
        let repository = Repository::load(files, &mut found);
        let compiled = compile(&world, repository, LockMode::Frozen, &dns, &mut found).unwrap();
        let target = &compiled.repository.config.targets[0];
        let lowered = compiled.lowered(target, &mut found).unwrap();
        emit(&compiled.repository, target, &lowered, &mut found).unwrap()
    };
    let (forwards, backwards) = (emitted(&*files), emitted(&Backwards(&*files)));
    assert_eq!(forwards, backwards);
    assert!(forwards.iter().any(|artifact| artifact.entries > Some(1000)));
}
