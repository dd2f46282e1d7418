//! Maps behind ssh, for the commands that read them.

use super::{Sshd, Stand};
use crate::harness::{Ran, Test, postmap};
use std::fs;
use std::path::Path;

/// A repository with one target whose maps lie in `place`.
fn repository(map_type: &str, place: &str) -> String {
    format!(
        "version: 1\ndomains:\n  a.example: {{ level: encrypt }}\n  b.example: {{ next_hop: \"[mx.b.example]\", \
         level: secure, match: [mx.b.example] }}\ntargets:\n  mx: {{ postfix: \"3.7\", security_level: may, \
         map_type: {map_type}, deployed: \"{place}\" }}\n"
    )
}

/// What `diff` says of maps in a folder, read here, and read over ssh.
fn both(sshd: &Sshd, map_type: &str, folder: &Path) -> [String; 2] {
    let folder = folder.display();
    let places = [format!("file://{folder}"), format!("ssh://mx1{folder}")];
    places.map(|place| {
        let ran = Test::new()
            .file("mxward.yaml", repository(map_type, &place))
            .variable("MXWARD_SSH", &sshd.command)
            .args(["diff"])
            .any_stdout()
            .run();
        // Lines are broken by their length.
        let words: Vec<&str> = ran.stdout.split_whitespace().collect();
        words.join(" ").replace("ssh: //mx1/", "/").replace("ssh://mx1/", "/")
    })
}

fn built(map_type: &str, folder: &Path, name: &str, text: &str) {
    let map = folder.join(name);
    fs::write(&map, text).unwrap();
    let built = postmap::postmap(map_type, &map);
    assert!(built.status.success() && built.stderr.is_empty(), "{map_type}: {built:?}");
}

/// Writes a main.cf that is old enough: Postfix waits for one that changed a moment ago.
pub(super) fn main_cf(folder: &Path, text: &str) {
    fs::write(folder.join("main.cf"), text).unwrap();
    let file = fs::File::options().append(true).open(folder.join("main.cf")).unwrap();
    file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1 << 30)).unwrap();
}

#[test]
fn a_folder_reads_the_same_here_and_over_ssh() {
    let sshd = Sshd::start();
    for map_type in ["hash", "btree", "lmdb", "cdb", "texthash"] {
        let folder = super::folder();
        let folder = folder.path();
        // Without it the commands of Postfix do nothing.
        main_cf(folder, "compatibility_level = 3.6\n");
        let policy =
            "# by hand\na.example may\n[mx.b.example] secure match=mx.b.example\nc.example dane\n";
        let transport = "b.example smtp:[mx.b.example]\n";
        if map_type == "texthash" {
            fs::write(folder.join("tls_policy"), policy).unwrap();
            fs::write(folder.join("transport"), transport).unwrap();
        } else {
            built(map_type, folder, "tls_policy", policy);
            built(map_type, folder, "transport", transport);
        }
        let [here, there] = both(&sshd, map_type, folder);
        assert_eq!(here, there, "{map_type}");
        assert!(here.contains("stronger: 1 domain"), "{map_type}: {here}");
        assert!(here.contains("line 4: c.example dane"), "{map_type}: {here}");
        assert!(!here.contains("index was not read"), "{map_type}: {here}");

        // An index that says something else than its text counts, as one without text.
        if map_type != "texthash" {
            fs::write(folder.join("tls_policy"), "a.example encrypt\n").unwrap();
            let [here, there] = both(&sshd, map_type, folder);
            assert_eq!(here, there, "{map_type}");
            assert!(here.contains("differs from"), "{map_type}: {here}");
            assert!(here.contains(" - by MX: may + by MX: encrypt "), "{map_type}: {here}");
            fs::remove_file(folder.join("tls_policy")).unwrap();
            let [here, there] = both(&sshd, map_type, folder);
            assert_eq!(here, there, "{map_type}");
            assert!(here.contains(" - by MX: may + by MX: encrypt "), "{map_type}: {here}");
        }
    }
}

#[test]
fn absent_maps_read_the_same_here_and_over_ssh() {
    let sshd = Sshd::start();
    let folder = super::folder();
    let [here, there] = both(&sshd, "lmdb", &folder.path().join("absent"));
    assert_eq!(here, there);
    assert!(here.contains("does not exist: as if it were empty"), "{here}");
}

/// [Postfix `dict_thash.c` `dict_thash_open`: a duplicate key ends the whole table]
#[test]
fn a_texthash_with_a_key_that_stands_twice_is_named() {
    let sshd = Sshd::start();
    let folder = super::folder();
    let text = "a.example encrypt\nb.example may\nA.example encrypt\nb.example may\n";
    fs::write(folder.path().join("tls_policy"), text).unwrap();
    let [here, there] = both(&sshd, "texthash", folder.path());
    assert_eq!(here, there);
    let path = folder.path().join("tls_policy");
    let wanted = format!(
        "note: `{}` breaks all mail that asks it: line 3 repeats the key of line 1, and 1 line more, and",
        path.display()
    );
    assert!(here.contains(&wanted), "{here}");
}

/// A repository with two targets on one host.
fn two_targets(sshd: &Sshd) -> Ran {
    let folder = super::folder().keep();
    for name in ["one", "two"] {
        fs::create_dir(folder.join(name)).unwrap();
        built("lmdb", &folder.join(name), "tls_policy", "a.example may\n");
        built("lmdb", &folder.join(name), "transport", "b.example smtp:[mx.b.example]\n");
    }
    let target = |name: &str| {
        format!(
            "  {name}: {{ postfix: \"3.7\", security_level: may, map_type: lmdb, deployed: \
             \"ssh://mx1{}/{name}\" }}\n",
            folder.display()
        )
    };
    let text = format!(
        "version: 1\ndomains:\n  a.example: {{ level: encrypt }}\ntargets:\n{}{}",
        target("one"),
        target("two")
    );
    let (command, log) = sshd.counted();
    let ran = Test::new()
        .file("mxward.yaml", text)
        .variable("MXWARD_SSH", &command)
        .args(["diff"])
        .stdout_has("one  1 stronger\ntwo  1 stronger\n")
        .run();
    assert_eq!(fs::read_to_string(log).unwrap().lines().count(), 1, "one connection");
    fs::remove_dir_all(folder).unwrap();
    ran
}

#[test]
fn all_targets_of_a_host_share_one_connection() {
    two_targets(&Sshd::start());
}

#[test]
fn a_host_that_cannot_be_reached_is_asked_once_and_named() {
    let stand = Stand::new("echo x >>${0%/*}/calls; echo 'ssh: no route' >&2; exit 255");
    Test::new()
        .file("mxward.yaml", repository("lmdb", "ssh://mx1.example/etc/postfix"))
        .variable("MXWARD_SSH", &stand.command)
        .args(["diff"])
        .stdout("mx  not compared: cannot connect to `mx1.example`: ssh: no route\n")
        .status(1)
        .run();
    let calls = fs::read_to_string(stand.folder.path().join("calls")).unwrap();
    assert_eq!(calls, "x\n");
}

#[test]
fn offline_opens_no_connection() {
    let stand = Stand::new("touch ${0%/*}/called; exit 255");
    for flag in ["--offline", "--frozen"] {
        Test::new()
            .file("mxward.yaml", repository("lmdb", "ssh://mx1.example/etc/postfix"))
            .variable("MXWARD_SSH", &stand.command)
            .args(["diff", flag])
            .stdout(
                "mx  not compared: `mx1.example` was not asked: `--offline` forbids the network\n",
            )
            .status(1)
            .run();
    }
    assert!(!stand.folder.path().join("called").exists());
}

#[test]
fn explain_reads_deployed_maps_over_ssh() {
    let sshd = Sshd::start();
    let folder = super::folder();
    built("lmdb", folder.path(), "tls_policy", "a.example encrypt\n");
    let place = format!("ssh://mx1{}", folder.path().display());
    Test::new()
        .file("mxward.yaml", repository("lmdb", &place))
        .variable("MXWARD_SSH", &sshd.command)
        .args(["explain", "a.example", "--deployed"])
        .stdout_has("encrypt")
        .stdout_has(&format!("{place}/tls_policy:1"))
        .any_stderr()
        .run();
}
