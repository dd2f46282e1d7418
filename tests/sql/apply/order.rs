//! Maps in files and in tables, and the Postfix that is told.

use super::{apply, no_changes, yaml};
use crate::harness::{ALLOW, Ran, Test, path};
use crate::sql::on_every_database;
use crate::sql::place::Place;
use mxward::sql::TableMapping;
use std::os::unix::fs::PermissionsExt as _;

on_every_database! {
    policies_in_a_table_come_before_transports_in_a_file
    a_postfix_that_refuses_to_be_told_takes_the_table_back
}

const HOP: &str =
    "domains:\n  d.example: { next_hop: \"[tls.example]\", level: secure, match: [x.example] }\n";

/// A `postfix` that notes what it is told, and what the map in the file has then.
const POSTFIX: &str = "#!/bin/sh\necho \"$*: $(grep -c example deployed/transport)\" >> told\n\
                       test ! -e refuses || { echo 'fatal: no' >&2; test \"$3\" = status; }\n";

fn repository(place: &Place) -> Test {
    let table = TableMapping::tls_policies();
    let reload = "    reload: \"file:conf\"\n";
    let test = Test::new()
        .file("mxward.yaml", yaml(&place.url(""), "file:deployed/transport", reload, HOP))
        .file("bin/postfix", POSTFIX)
        .file(
            "conf/lookup.cf",
            format!("{}query = {}\n", place.lookup(), table.query(place.dialect)),
        );
    let folder = test.path().to_str().unwrap();
    let main_cf = format!(
        "compatibility_level = 3.6\nqueue_directory = /\ntransport_maps = texthash:{folder}/deployed/transport\n\
         smtp_tls_policy_maps = {kind}:{folder}/conf/lookup.cf\n",
        kind = place.dialect.map_type(),
    );
    let test = test.file("conf/main.cf", main_cf);
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(test.path().join("bin/postfix"), mode).unwrap();
    std::fs::create_dir(test.path().join("deployed")).unwrap();
    with_path(test)
}

fn with_path(test: Test) -> Test {
    let path = format!("{}:{}", test.path().join("bin").display(), path());
    test.variable("PATH", &path)
}

fn then(ran: &Ran) -> Test {
    with_path(ran.then())
}

fn policies_in_a_table_come_before_transports_in_a_file(place: &Place) {
    place.with_table().with_rows(&[("'d.example'", "'encrypt'", "NULL")]);
    let ran = apply(repository(place));
    let order = ["Switched tls_policy", "Switched transport", "Reloaded postfix"];
    let found = order.map(|it| ran.stderr.find(it).unwrap_or_else(|| panic!("{}", ran.stderr)));
    assert!(found.is_sorted(), "{}", ran.stderr);
    assert!(ran.read("deployed/transport").ends_with("\nd.example smtp:[tls.example]\n"));
    assert!(place.dump().contains("[tls.example]\tsecure\tmatch=x.example\n"));
    // It is told when the transports are there.
    let told = ran.read("told");
    assert!(told.lines().all(|line| line.contains("conf ") && line.ends_with(": 1")), "{told}");
    no_changes(&ran);
    let ran = then(&ran).args(["rollback"]).args(ALLOW).any_stdout().any_stderr().run();
    assert!(!ran.read("deployed/transport").contains("d.example"));
    let rows = place.dump();
    assert!(rows.contains("d.example\tencrypt\t") && rows.contains("[tls.example]\t"), "{rows}");
}

fn a_postfix_that_refuses_to_be_told_takes_the_table_back(place: &Place) {
    place.with_table().with_rows(&[("'d.example'", "'encrypt'", "NULL")]);
    let before = place.dump();
    let ran = repository(place).file("refuses", "").args(["apply"]).args(ALLOW);
    let ran = ran.any_stdout().stderr_has("was not reloaded: fatal: no").status(7).run();
    // Postfix may have either in memory: the policies of both are there.
    assert!(!ran.read("deployed/transport").contains("d.example"), "{}", ran.stderr);
    let rows = place.dump();
    assert!(
        before.lines().all(|row| rows.contains(row)) && rows.contains("[tls.example]"),
        "{rows}"
    );
    std::fs::remove_file(ran.path().join("refuses")).unwrap();
    let ran = then(&ran).args(["apply"]).args(ALLOW).any_stdout().any_stderr().run();
    no_changes(&ran);
}
