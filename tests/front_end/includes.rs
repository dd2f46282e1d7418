//! Which files belong to a repository.

use crate::harness::Test;
use std::os::unix::fs::symlink;

const DOMAINS: &str = "domains:\n  a.example: { level: may }\n";

/// A repository that includes what `include` says.
fn including(include: &str) -> Test {
    Test::new().file("mxward.yaml", format!("version: 1\ninclude: {include}\n"))
}

#[test]
fn a_yaml_file_that_two_globs_name_is_read_once() {
    including("[domains/*.yaml, ./domains/a.yaml, 'domains/**/*.yaml']")
        .file("domains/a.yaml", DOMAINS)
        .args(["check"])
        .stdout_has("1 domain, 0 targets")
        .run();
}

#[test]
fn a_list_that_two_globs_name_is_refused_and_not_its_lines() {
    including("[{ list: lists/*.txt, level: may }, { list: lists/a.txt, level: encrypt }]")
        .file("lists/a.txt", "a.example\nb.example\n")
        .args(["check"])
        .stdout(
            "\
error[included-twice]: `lists/a.txt` is included already
 --> mxward.yaml:2:54
  |
2 | include: [{ list: lists/*.txt, level: may }, { list: lists/a.txt, level: encrypt }]
  |                   ----------- first included here    ^^^^^^^^^^^
  |
  = help: write globs that have no file in common

1 error
",
        )
        .status(3)
        .run();
}

#[test]
fn yaml_is_no_plain_list() {
    including("{ list: 'lists/*', level: may }")
        .file("lists/a.yaml", DOMAINS)
        .file("lists/b.txt", "b.example\n")
        .args(["check"])
        .stdout(
            "\
error[bad-include]: `lists/a.yaml` is YAML and no plain list
 --> mxward.yaml:2:18
  |
2 | include: { list: 'lists/*', level: may }
  |                  ^^^^^^^^^
  |
  = help: write a glob that leaves it out, such as `domains/*.txt`

1 error
",
        )
        .status(3)
        .run();
}

#[test]
fn a_star_stays_in_its_folder_and_hidden_files_are_left_out() {
    including("domains/*.yaml")
        .file("domains/a.yaml", DOMAINS)
        .file("domains/more/b.yaml", "domains:\n  b.example: { level: may }\n")
        .file("domains/.swap.yaml", "not: [yaml")
        .args(["check"])
        .stdout_has("1 domain, 0 targets")
        .run();
}

#[test]
fn a_symbolic_link_inside_of_the_repository_is_followed() {
    let test = including("domains/*.yaml").file("shared/a.yaml", DOMAINS);
    std::fs::create_dir(test.path().join("domains")).unwrap();
    symlink("../shared/a.yaml", test.path().join("domains/a.yaml")).unwrap();
    test.args(["check"]).stdout_has("1 domain, 0 targets").run();
}

#[test]
fn a_symbolic_link_that_leaves_the_repository_is_refused() {
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("a.yaml"), DOMAINS).unwrap();
    let links = [
        ("domains/a.yaml", outside.path().join("a.yaml")),
        ("domains/more", outside.path().into()),
    ];
    for (name, target) in links {
        let test = including("domains/*.yaml").file("domains/b.yaml", "domains: {}\n");
        symlink(target, test.path().join(name)).unwrap();
        test.args(["check"])
            .stdout(format!(
                "\
error[unreadable]: cannot list the files of `domains/*.yaml`: `{name}`: a symbolic link leads out of the repository
 --> mxward.yaml:2:10
  |
2 | include: domains/*.yaml
  |          ^^^^^^^^^^^^^^

1 error
"
            ))
            .status(3)
            .run();
    }
}

#[test]
fn mxward_yaml_itself_stays_in_the_repository() {
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("mxward.yaml"), "version: 1\n").unwrap();
    let test = Test::new();
    symlink(outside.path().join("mxward.yaml"), test.path().join("mxward.yaml")).unwrap();
    test.args(["check"])
        .stdout_has("cannot read `mxward.yaml`: a symbolic link leads out of the repository")
        .status(3)
        .run();
}

#[test]
fn links_that_lead_nowhere_or_in_a_circle_are_named() {
    for (target, what) in
        [("nowhere", "leads nowhere"), ("../domains", "leads back to a folder around it")]
    {
        let test = including("'domains/**/*.yaml'").file("domains/b.yaml", DOMAINS);
        symlink(target, test.path().join("domains/x")).unwrap();
        test.args(["check"])
            .stdout_has(&format!("`domains/x`: a symbolic link {what}\n --> mxward.yaml:2:10\n"))
            .status(3)
            .run();
    }
}

#[test]
fn a_template_may_not_stand_in_two_files() {
    let template = "name: own\ntitle: Own\n";
    Test::new()
        .file("mxward.yaml", "version: 1\n")
        .file("providers/own.yaml", template)
        .file("providers/more/own.yaml", template)
        .args(["check"])
        .stdout(
            "\
error[duplicate-provider]: the template `own` is there twice
 --> providers/own.yaml:1:7
  |
1 | name: own
  |       ^^^
  |
 ::: providers/more/own.yaml:1:7
  |
1 | name: own
  |       --- first written here
  |
  = help: remove or rename one of the files

1 error
",
        )
        .status(3)
        .run();
}

#[test]
fn names_of_files_are_no_orders_to_the_terminal() {
    let test = including("'domains/*.yaml'")
        .file("domains/a\u{1b}[31m.yaml", "domains:\n  a.example: nobody\n");
    test.args(["check"]).stdout_has(" --> domains/a\\u{1b}[31m.yaml:2:14\n").status(3).run();
}

#[test]
fn an_included_file_without_anything_in_it_is_an_error() {
    for text in ["", "# none yet\n", "---\n"] {
        including("domains/*.yaml")
            .file("domains/b.yaml", text)
            .args(["check"])
            .stdout_has("error[empty-file]: the file declares nothing\n --> domains/b.yaml:1:1\n")
            .stdout_has("= help: write `domains: {}` where that is meant\n")
            .status(3)
            .run();
    }
}
