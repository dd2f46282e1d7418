//! What holds for every host, wherever it is.

use super::{Sshd, Stand, failure, folder, mode, text};
use mxward::world::system::open_host;
use mxward::world::{Host, HostError, Place};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;

type Open<'a> = &'a dyn Fn() -> Box<dyn Host>;

/// One thing that holds, tried in a folder of its own.
type Check = fn(&mut dyn Host, &Path);

#[test]
fn this_host_conforms() {
    conforms(&|| open_host(&Place::Here, None).unwrap());
}

#[test]
fn a_host_behind_openssh_conforms() {
    let sshd = Sshd::start();
    conforms(&|| sshd.open().unwrap());
}

#[test]
fn a_host_with_nothing_but_busybox_and_flock_conforms() {
    let stand = Stand::busybox(&["flock"]);
    conforms(&|| stand.open().unwrap());
}

#[test]
fn a_host_whose_shell_is_bash_conforms() {
    let stand = Stand::new("start bash --posix");
    conforms(&|| stand.open().unwrap());
}

fn conforms(open: Open<'_>) {
    let all: [Check; 12] = [
        bytes_are_kept,
        what_is_absent_is_told_from_what_fails,
        names_are_never_read_as_anything_else,
        a_leftover_or_link_is_replaced,
        owner_and_mode_are_those_of_the_other_file,
        a_rename_is_one_step,
        only_files_are_removed,
        folders_are_made_listed_and_found,
        what_is_there_can_be_synced,
        programs_get_and_give_what_they_should,
        every_end_of_a_program_is_told,
        after_a_failure_the_host_goes_on,
    ];
    let mut host = open();
    for check in all {
        let folder = folder();
        check(&mut *host, folder.path());
    }
    drop(host);
    locks_keep_others_out(open);
}

/// Texts that a shell, printf(1) or the protocol could stumble over.
const ODD: &[&str] = &[
    " a b ",
    "a\nb\n\n",
    "it's \"quoted\"",
    "$(touch pwned)`touch pwned`",
    "; touch pwned #",
    "-n",
    "--help",
    "*?[a]",
    "back\\slash\\0101\\n%s%b",
    "zürich日本",
    "\t\r\u{7f}\u{1b}[31m",
    "~root",
    "!!",
    "a=b",
    "&& touch pwned ||",
];

fn bytes_are_kept(host: &mut dyn Host, folder: &Path) {
    let path = folder.join("file");
    let every: Vec<u8> = (0..=255).collect();
    let large: Vec<u8> = (0_u32..1 << 20).flat_map(u32::to_le_bytes).collect();
    let contents: [&[u8]; 8] = [
        b"",
        b"\n",
        b"no newline",
        b"two\n\n",
        &every,
        b"\n00000000000000000000000000000000 0\n\n00000000000000000000000000000000\n",
        b"exit 1\n$(touch pwned)\n",
        &large,
    ];
    for content in contents {
        host.write(text(&path), content, "/nowhere").unwrap();
        assert!(fs::read(&path).unwrap() == content, "written: {} bytes", content.len());
        assert!(host.read(text(&path)).unwrap().unwrap() == content, "read: {}", content.len());
    }
}

fn what_is_absent_is_told_from_what_fails(host: &mut dyn Host, folder: &Path) {
    let absent = folder.join("a/b: Permission denied");
    assert_eq!(host.read(text(&absent)).unwrap(), None);
    assert_eq!(host.list(text(&absent)).unwrap(), [""; 0]);
    assert_eq!(host.real_folder(text(&absent)).unwrap(), None);
    symlink("nowhere", folder.join("link")).unwrap();
    assert_eq!(host.read(text(&folder.join("link"))).unwrap(), None);
    let file = folder.join("No such file or directory");
    fs::write(&file, "").unwrap();
    let inside = file.join("x");
    for why in [
        failure(host.read(text(&inside))),
        failure(host.list(text(&file))),
        failure(host.real_folder(text(&file))),
    ] {
        assert!(why.starts_with("cannot ") && why.ends_with(": not a directory"), "{why}");
    }
    let why = failure(host.read(text(folder)));
    assert_eq!(why, format!("cannot read `{}`: is a directory", folder.display()));
}

fn names_are_never_read_as_anything_else(host: &mut dyn Host, folder: &Path) {
    let mut names: Vec<&str> = ODD.to_vec();
    names.sort_unstable();
    for name in &names {
        let (first, second) = (folder.join("first"), folder.join(name));
        host.write(text(&first), name.as_bytes(), text(&second)).unwrap();
        host.rename(text(&first), text(&second)).unwrap();
        assert_eq!(fs::read(&second).unwrap(), name.as_bytes(), "{name:?}");
        assert_eq!(host.read(text(&second)).unwrap().unwrap(), name.as_bytes(), "{name:?}");
        host.sync(text(&second)).unwrap();
        let output = host.run("printf", &["%s", name], b"").unwrap();
        assert_eq!(output.stdout, name.as_bytes(), "{name:?}");
        let output = host.run("cat", &[], name.as_bytes()).unwrap();
        assert_eq!(output.stdout, name.as_bytes(), "{name:?}");
    }
    assert_eq!(host.list(text(folder)).unwrap(), names);
    for name in names {
        host.remove(text(&folder.join(name))).unwrap();
        let inside = folder.join(name).join(name);
        host.make_folder(text(&inside)).unwrap();
        let real = fs::canonicalize(&inside).unwrap();
        assert_eq!(host.real_folder(text(&inside)).unwrap().unwrap(), text(&real));
        fs::remove_dir_all(folder.join(name)).unwrap();
    }
    assert_eq!(fs::read_dir(folder).unwrap().count(), 0, "nothing else was made");
}

fn a_leftover_or_link_is_replaced(host: &mut dyn Host, folder: &Path) {
    let (path, precious) = (folder.join("new"), folder.join("precious"));
    fs::write(&precious, "precious").unwrap();
    fs::write(&path, "left behind").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
    host.write(text(&path), b"one", "/nowhere").unwrap();
    assert_eq!((fs::read(&path).unwrap(), mode(&path)), (b"one".to_vec(), 0o644));
    fs::remove_file(&path).unwrap();
    symlink(&precious, &path).unwrap();
    host.write(text(&path), b"two", "/nowhere").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"two");
    assert_eq!(fs::read(&precious).unwrap(), b"precious");
}

fn owner_and_mode_are_those_of_the_other_file(host: &mut dyn Host, folder: &Path) {
    let (path, like) = (folder.join("new"), folder.join("like"));
    for wanted in [0o600, 0o640, 0o664, 0o444, 0o755, 0o000] {
        fs::write(&like, "").unwrap();
        fs::set_permissions(&like, fs::Permissions::from_mode(wanted)).unwrap();
        host.write(text(&path), b"x", text(&like)).unwrap();
        assert_eq!(mode(&path), wanted, "{wanted:o}");
        fs::remove_file(&like).unwrap();
    }
    // The owner can be given away by the superuser only.
    fs::write(&like, "").unwrap();
    let superuser = fs::metadata(&like).unwrap().uid() == 0;
    if superuser {
        std::os::unix::fs::chown(&like, Some(4711), Some(4712)).unwrap();
    }
    fs::set_permissions(&like, fs::Permissions::from_mode(0o4640)).unwrap();
    host.write(text(&path), b"x", text(&like)).unwrap();
    let [new, like] = [&path, &like].map(|it| fs::metadata(it).unwrap());
    assert_eq!((new.uid(), new.gid()), (like.uid(), like.gid()));
    assert_eq!(mode(&path), 0o640, "no more than reading and writing");
    // Through a link it is the file that counts.
    symlink("like", folder.join("link")).unwrap();
    host.write(text(&path), b"x", text(&folder.join("link"))).unwrap();
    assert_eq!(mode(&path), 0o640);
}

fn a_rename_is_one_step(host: &mut dyn Host, folder: &Path) {
    let [from, to, inner] = ["from", "to", "folder"].map(|name| folder.join(name));
    fs::write(&from, "new").unwrap();
    fs::write(&to, "old").unwrap();
    fs::set_permissions(&to, fs::Permissions::from_mode(0o400)).unwrap();
    let number = fs::metadata(&from).unwrap().ino();
    host.rename(text(&from), text(&to)).unwrap();
    assert_eq!(fs::read(&to).unwrap(), b"new");
    assert_eq!(fs::metadata(&to).unwrap().ino(), number, "renamed, not copied");
    let why = failure(host.rename(text(&from), text(&to)));
    assert!(why.ends_with(": no such file or directory"), "{why}");
    fs::create_dir(&inner).unwrap();
    let why = failure(host.rename(text(&to), text(&inner)));
    assert!(why.ends_with(": is a directory"), "{why}");
    assert_eq!(fs::read_dir(&inner).unwrap().count(), 0, "it was not moved inside");
    let why = failure(host.rename(text(&to), text(&inner.join("to"))));
    assert!(why.ends_with(": the new file lies in another folder"), "{why}");
    assert_eq!(fs::read(&to).unwrap(), b"new");
}

fn only_files_are_removed(host: &mut dyn Host, folder: &Path) {
    let file = folder.join("file");
    fs::write(&file, "").unwrap();
    host.remove(text(&file)).unwrap();
    assert!(!file.exists());
    host.remove(text(&file)).unwrap();
    let why = failure(host.remove(text(folder)));
    assert!(why.ends_with(": is a directory"), "{why}");
    assert!(folder.exists());
}

fn folders_are_made_listed_and_found(host: &mut dyn Host, folder: &Path) {
    let deep = folder.join("one/two");
    host.make_folder(text(&deep)).unwrap();
    host.make_folder(text(&deep)).unwrap();
    assert_eq!((mode(&deep), mode(&folder.join("one"))), (0o755, 0o755));
    assert_eq!(host.list(text(&deep)).unwrap(), [""; 0]);
    for name in ["b", "a", ".hidden", "B"] {
        fs::write(folder.join(name), "").unwrap();
    }
    symlink("one", folder.join("link")).unwrap();
    symlink("nowhere", folder.join("dangling")).unwrap();
    let strange = std::os::unix::ffi::OsStrExt::from_bytes(b"\xff");
    fs::write(folder.join::<&std::ffi::OsStr>(strange), "").unwrap();
    let listed = host.list(text(folder)).unwrap();
    assert_eq!(listed, [".hidden", "B", "a", "b", "dangling", "link"]);
    let winding = folder.join("link/../link/two/.");
    let real = fs::canonicalize(&deep).unwrap();
    assert_eq!(host.real_folder(text(&winding)).unwrap().unwrap(), text(&real));
    failure(host.make_folder(text(&folder.join("a/b"))));
}

fn what_is_there_can_be_synced(host: &mut dyn Host, folder: &Path) {
    let file = folder.join("file");
    fs::write(&file, "x").unwrap();
    host.sync(text(&file)).unwrap();
    host.sync(text(folder)).unwrap();
    let why = failure(host.sync(text(&folder.join("absent"))));
    assert!(why.ends_with(": no such file or directory"), "{why}");
}

fn programs_get_and_give_what_they_should(host: &mut dyn Host, _: &Path) {
    let both = "cat; printf 'to\\n\\nstderr\\n\\n' >&2; printf 'no newline'";
    let output = host.run("sh", &["-c", both], b"\0\xffin\n").unwrap();
    assert_eq!(output.stdout, b"\0\xffin\nno newline");
    assert_eq!(output.stderr, b"to\n\nstderr\n\n");
    assert_eq!(output.status, Some(0));
    let output = host.run("cat", &[], b"").unwrap();
    assert_eq!((output.stdout.len(), output.status), (0, Some(0)));
    // Much goes in while much comes out.
    let large = b"0123456789abcdef\n".repeat(300_000);
    assert!(host.run("cat", &[], &large).unwrap().stdout == large);
    // A program need not read what it is given.
    let output = host.run("true", &[], &large).unwrap();
    assert_eq!((output.stdout.len(), output.status), (0, Some(0)));
    let output = host.run("head", &["-n", "1"], &large).unwrap();
    assert_eq!(output.stdout, b"0123456789abcdef\n");
    // Nor does it get what is meant for the next one.
    assert_eq!(host.run("cat", &["-"], b"").unwrap().stdout, b"");
}

fn every_end_of_a_program_is_told(host: &mut dyn Host, _: &Path) {
    for status in [0, 1, 3, 75, 126, 127, 128] {
        let output = host.run("sh", &["-c", &format!("exit {status}")], b"input").unwrap();
        assert_eq!(output.status, Some(status));
    }
    for input in [&b""[..], b"input"] {
        let output = host.run("sh", &["-c", "echo first; kill -9 $$"], input).unwrap();
        assert_eq!((output.stdout, output.status), (b"first\n".to_vec(), None));
    }
    let why = failure(host.run("mxward-no-such-program", &["x"], b"input"));
    assert!(why.starts_with("`mxward-no-such-program` is not installed"), "{why}");
    for program in ["", "-x", "exit 3", "a=b", "$(touch pwned)"] {
        failure(host.run(program, &[], b""));
    }
}

fn after_a_failure_the_host_goes_on(host: &mut dyn Host, folder: &Path) {
    let inside = folder.join("absent/file");
    let large = vec![b'x'; 1 << 20];
    failure(host.write(text(&inside), &large, "/nowhere"));
    failure(host.make_folder("/proc/mxward"));
    failure(host.write("/proc/mxward", &large, "/nowhere"));
    failure(host.read("a\0b"));
    failure(host.read(""));
    failure(host.run("cat", &["a\0b"], b""));
    failure(host.lock(text(&inside)));
    let path = folder.join("file");
    host.write(text(&path), b"x", "/nowhere").unwrap();
    assert_eq!(host.read(text(&path)).unwrap().unwrap(), b"x");
}

fn locks_keep_others_out(open: Open<'_>) {
    let folder = folder();
    let paths: Vec<_> =
        (0..12).map(|number| folder.path().join(format!("lock {number}"))).collect();
    let (mut first, mut second) = (open(), open());
    for path in &paths {
        first.lock(text(path)).unwrap();
        first.lock(text(path)).unwrap();
        assert_eq!(second.lock(text(path)), Err(HostError::Locked));
    }
    // Under its locks a host works as before.
    let file = folder.path().join("file");
    first.write(text(&file), b"x", "/nowhere").unwrap();
    assert_eq!(second.read(text(&file)).unwrap().unwrap(), b"x");
    assert_eq!(first.run("cat", &[], b"x").unwrap().stdout, b"x");
    // It holds also against flock(1), and ends with the host.
    let taken = || {
        let mut flock = std::process::Command::new("flock");
        flock.arg("-n").arg(&paths[3]).arg("true").status().unwrap().code()
    };
    assert_eq!(taken(), Some(1));
    drop(first);
    assert_eq!(taken(), Some(0));
    for path in &paths {
        second.lock(text(path)).unwrap();
    }
}
