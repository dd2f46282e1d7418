//! How connections come about, and how they end.

use super::{Sshd, Stand, failure, folder, loss, signal, text};
use crate::harness::wait_for;
use mxward::world::system::open_host;
use mxward::world::{Host, HostError, Place};
use std::fs;

#[test]
fn the_configuration_of_ssh_is_the_users_own() {
    let sshd = Sshd::start();
    // Only the configuration knows the address, the port and the key of `mx1`.
    let mut host = sshd.open().unwrap();
    assert_eq!(host.run("echo", &["there"], b"").unwrap().stdout, b"there\n");
}

#[test]
fn what_a_login_prints_is_passed_over() {
    let sshd = Sshd::configured(
        "ForceCommand echo 'welcome to mx1'; echo motd >&2; eval \"$SSH_ORIGINAL_COMMAND\"",
    );
    let mut host = sshd.open().unwrap();
    let output = host.run("sh", &["-c", "echo out; echo err >&2"], b"").unwrap();
    assert_eq!((output.stdout, output.stderr), (b"out\n".to_vec(), b"err\n".to_vec()));
}

#[test]
fn another_key_of_the_host_is_refused() {
    let sshd = Sshd::start();
    let known = fs::read_to_string(sshd.file("known_hosts")).unwrap();
    let (name, _) = known.split_once(' ').unwrap();
    let other = fs::read_to_string(sshd.file("user_key.pub")).unwrap();
    fs::write(sshd.file("known_hosts"), format!("{name} {other}")).unwrap();
    assert_eq!(
        failure(sshd.open()),
        "cannot connect to `mx1`: host key verification failed; ssh does not know this key of the host: \
         compare it, and add it to known_hosts"
    );
}

#[test]
fn a_host_of_which_no_key_is_known_is_refused() {
    let sshd = Sshd::start();
    fs::write(sshd.file("known_hosts"), "").unwrap();
    let why = failure(sshd.open());
    assert!(why.starts_with("cannot connect to `mx1`: host key verification failed; "), "{why}");
}

#[test]
fn a_user_without_an_accepted_key_is_told_so() {
    let sshd = Sshd::start();
    fs::write(sshd.file("authorized_keys"), "").unwrap();
    let why = failure(sshd.open());
    assert!(why.contains(": Permission denied (publickey"), "{why}");
    assert!(
        why.ends_with("; give this user a key that the host accepts without a password"),
        "{why}"
    );
}

#[test]
fn an_ssh_that_cannot_connect_says_why() {
    let nobody =
        Stand::new("echo 'ssh: connect to host mx1 port 22: Connection refused' >&2; exit 255");
    assert_eq!(
        failure(nobody.open()),
        "cannot connect to `mx1.example`: ssh: connect to host mx1 port 22: Connection refused"
    );
    let absent = open_host(&Place::Ssh("mx1".to_owned()), Some("/nowhere/ssh"));
    assert!(failure(absent).starts_with("cannot connect to `mx1`: "));
    let silent = Stand::new("exit 7");
    assert_eq!(failure(silent.open()), "cannot connect to `mx1.example`: ssh ended with status 7");
    let killed = Stand::new("kill -9 $$");
    assert_eq!(failure(killed.open()), "cannot connect to `mx1.example`: ssh was killed");
}

#[test]
fn a_user_without_a_shell_is_told_so() {
    let nologin = Stand::new("echo 'This account is currently not available.'; exit 1");
    assert_eq!(
        failure(nologin.open()),
        "cannot connect to `mx1.example`: instead of a shell it started: This account is currently not \
         available"
    );
    let endless = Stand::new("yes");
    assert_eq!(
        failure(endless.open()),
        "cannot connect to `mx1.example`: it prints without end instead of starting a shell"
    );
}

#[test]
fn a_name_that_is_an_option_or_a_command_is_refused() {
    for name in ["-oProxyCommand=touch pwned", "mx1;touch pwned", "$(touch pwned)", "a b", ""] {
        let stand = Stand::new("touch reached; start sh");
        let why = failure(open_host(&Place::Ssh(name.to_owned()), Some(&stand.command)));
        assert!(why.ends_with(": that is no name of a host"), "{why}");
    }
}

#[test]
fn a_port_is_given_to_ssh_as_such() {
    let stand = Stand::new("echo \"$@\" >&2; exit 255");
    let why = failure(open_host(&Place::Ssh("a@mx1:2222".to_owned()), Some(&stand.command)));
    assert!(why.contains(" -p 2222 -- a@mx1 exec /bin/sh -c "), "{why}");
}

#[test]
fn commands_that_are_missing_there_are_named() {
    let folder = folder();
    let mut host = Stand::busybox(&[]).open().unwrap();
    let lock = folder.path().join("lock");
    assert_eq!(failure(host.lock(text(&lock))), "`flock` is not installed on `mx1.example`");
    let mut host = Sshd::start().open().unwrap();
    let why = failure(host.run("mxward-no-such-program", &[], b"input"));
    assert_eq!(why, "`mxward-no-such-program` is not installed on `mx1`");
}

#[test]
fn only_absolute_paths_are_sent() {
    let mut host = Stand::new("start sh").open().unwrap();
    for path in ["etc/postfix", "./x", "-rf", "~/x"] {
        let why = failure(host.write(path, b"", "/nowhere"));
        assert_eq!(why, format!("cannot write `{path}`: that is no absolute path"));
    }
}

#[test]
fn an_ssh_that_dies_is_a_loss_and_the_final_name_stays_as_it_was() {
    let sshd = Sshd::start();
    // No more than a part of the payload ever comes through.
    let script = sshd.file("slow");
    let line = format!(
        "{{ dd bs=64k count=20 2>/dev/null; exec sleep 600; }} | {} \"$@\"\n",
        sshd.command
    );
    fs::write(&script, format!("echo $$ >{}\n{line}", sshd.file("group").display())).unwrap();
    let command = format!("setsid sh {}", script.display());
    let mut host = open_host(&Place::Ssh("mx1".to_owned()), Some(&command)).unwrap();
    let group = fs::read_to_string(sshd.file("group")).unwrap().trim().to_owned();
    let folder = folder();
    let (new, name, lock) =
        (folder.path().join("new"), folder.path().join("map"), folder.path().join("lock"));
    fs::write(&name, "old").unwrap();
    host.lock(text(&lock)).unwrap();
    let bytes = vec![b'x'; 8_000_000];
    let result = std::thread::scope(|scope| {
        scope.spawn(|| {
            wait_for("the new file", || fs::metadata(&new).ok().filter(|it| it.len() > 0));
            signal("KILL", &format!("-{group}"));
        });
        (host.write(text(&new), &bytes, text(&name)), host.rename(text(&new), text(&name)))
    });
    let why = loss(result.0);
    assert_eq!(why, "mx1: ssh was killed");
    assert_eq!(loss(result.1), why, "nothing is done after a loss");
    assert_eq!(fs::read(&name).unwrap(), b"old");
    // The lock dies with the connection.
    let mut next = sshd.open().unwrap();
    wait_for("the end of the lock", || match next.lock(text(&lock)) {
        Ok(()) => Some(()),
        Err(HostError::Locked) => None,
        Err(other) => panic!("{other}"),
    });
    next.write(text(&new), b"new", text(&name)).unwrap();
    next.rename(text(&new), text(&name)).unwrap();
    assert_eq!(fs::read(&name).unwrap(), b"new");
}

#[test]
fn what_arrives_in_part_is_not_kept() {
    // The script and one request arrive whole, and of the payload twenty pieces at most.
    let stand = Stand::new("dd bs=64k count=20 2>/dev/null | (start sh)");
    let mut host = stand.open().unwrap();
    let folder = folder();
    let (new, name) = (folder.path().join("new"), folder.path().join("map"));
    host.write(text(&new), &vec![b'x'; 2_000_000], text(&name)).unwrap_err();
    assert!(!new.exists());
    loss(host.rename(text(&new), text(&name)));
    assert!(!name.exists());
}

#[test]
fn a_shell_that_dies_is_a_loss() {
    let sshd = Sshd::start();
    let mut host = sshd.open().unwrap();
    // The parent of the command is the shell that serves.
    let kill = "kill -9 $(ps -o ppid= -p $(ps -o ppid= -p $$))";
    let why = loss(host.run("sh", &["-c", kill], b""));
    assert!(why.starts_with("mx1: "), "{why}");
    loss(host.read("/etc/hostname"));
}

#[test]
fn a_full_disk_is_a_failure_and_leaves_nothing() {
    // A limit of the size of files stands for the disk: 64 blocks of 512 bytes.
    let stand = Stand::new("trap '' XFSZ; ulimit -f 64; start sh");
    let mut host = stand.open().unwrap();
    let folder = folder();
    let new = folder.path().join("new");
    let why = failure(host.write(text(&new), &vec![b'x'; 5_000_000], "/nowhere"));
    assert_eq!(why, format!("cannot write `{}`: file too large", new.display()));
    assert!(!new.exists());
    host.write(text(&new), b"small", "/nowhere").unwrap();
    assert_eq!(fs::read(&new).unwrap(), b"small");
}

#[test]
fn a_host_that_is_dropped_leaves_no_ssh_behind() {
    let sshd = Sshd::start();
    let (command, log) = sshd.counted();
    let host: Box<dyn Host> = open_host(&Place::Ssh("mx1".to_owned()), Some(&command)).unwrap();
    let process = fs::read_to_string(log).unwrap().trim().to_owned();
    let running = || fs::exists(format!("/proc/{process}")).unwrap();
    assert!(running());
    drop(host);
    assert!(!running());
}
