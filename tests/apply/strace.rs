//! System calls of an apply, one by one. [strace(1) `inject`]

use super::scene::Copy;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// System calls that change something outside of the process.
pub(super) const CALLS: &str = "write,writev,pwrite64,pwritev,sendto,sendmsg,open,openat,creat,mkdir,rename,\
     renameat,renameat2,link,linkat,unlink,unlinkat,ftruncate,fallocate,fsync,fdatasync,fchmod,fchown,flock,\
     kill,exit_group";

/// The `nth` time, from 1, that a process makes a call.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Point {
    pub(super) call: String,
    pub(super) nth: usize,
    /// The line of strace(1), for people.
    pub(super) line: String,
    /// Whether it is a call about the files of a database, by the thread that has it open.
    pub(super) of_database: bool,
}

/// What to run before a program to see what any of its threads does with the files of a database.
fn strace_of_database(copy: &Copy<'_>, trace: &str, what: &str) -> Vec<String> {
    let mut line = ["strace", "-f", "--seccomp-bpf", "-qq", "-o", trace, "-e", what]
        .map(str::to_owned)
        .to_vec();
    for name in ["policies.sqlite", "policies.sqlite-journal"] {
        let path = copy.path.join("deployed").join(name).display().to_string();
        line.extend(["-P".to_owned(), path]);
    }
    line
}

/// All points at which an apply that is left alone changes a database.
pub(super) fn points_of_database(copy: &Copy<'_>) -> Vec<Point> {
    let trace = copy.path.join("trace");
    let calls = format!("trace={CALLS}");
    let output = copy.run(&strace_of_database(copy, trace.to_str().unwrap(), &calls), "apply");
    assert!(output.status.success(), "{}", super::scene::told(&output));
    // Each line starts with the number of the thread; one of them has the database.
    let text = std::fs::read_to_string(&trace).unwrap();
    let lines = text.lines().filter_map(|line| line.split_once(' '));
    let calls: Vec<(&str, &str)> = lines.filter(|(_, line)| line.contains('(')).collect();
    let writes = calls.iter().find(|(_, line)| line.trim_start().starts_with("pwrite64("));
    let thread = writes.expect("something is written").0;
    let of_thread = calls.iter().filter(|(number, _)| *number == thread);
    let lines: Vec<&str> = of_thread.map(|(_, line)| line.trim_start()).collect();
    std::fs::write(&trace, lines.join("\n")).unwrap();
    let mut points = points(&trace);
    for point in &mut points {
        point.of_database = true;
    }
    points
}

impl Point {
    /// What to run before a program so that `what` happens at this point.
    pub(super) fn inject(&self, what: &str) -> Vec<String> {
        self.inject_when(what, "")
    }

    /// The same at this point and each later time of this call.
    pub(super) fn inject_from(&self, what: &str) -> Vec<String> {
        self.inject_when(what, "+")
    }

    /// The same where the call is about a database.
    pub(super) fn inject_into_database(&self, copy: &Copy<'_>, what: &str) -> Vec<String> {
        let inject = format!("inject={}:{what}:when={}", self.call, self.nth);
        strace_of_database(copy, "/dev/null", &inject)
    }

    fn inject_when(&self, what: &str, more: &str) -> Vec<String> {
        let inject = format!("inject={}:{what}:when={}{more}", self.call, self.nth);
        ["strace", "-qq", "-o", "/dev/null", "-e", &inject].map(str::to_owned).to_vec()
    }
}

/// All points of a file that strace(1) wrote.
pub(super) fn points(trace: &Path) -> Vec<Point> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut points = Vec::new();
    for line in std::fs::read_to_string(trace).unwrap().lines() {
        let Some((call, _)) = line.split_once('(') else { continue };
        let count = counts.entry(call.to_owned()).or_default();
        *count += 1;
        let only_reads = matches!(call, "open" | "openat") && !line.contains("O_CREAT");
        // So do questions about the interfaces of this host.
        if !only_reads && !line.contains("AF_NETLINK") {
            points.push(Point {
                call: call.to_owned(),
                nth: *count,
                line: line.to_owned(),
                of_database: false,
            });
        }
    }
    points
}

/// All points of an apply that is left alone.
pub(super) fn points_of_apply(copy: &Copy<'_>) -> Vec<Point> {
    let trace = copy.path.join("trace");
    let calls = format!("trace={CALLS}");
    let before = ["strace", "-qq", "-o", trace.to_str().unwrap(), "-e", &calls].map(str::to_owned);
    let output = copy.run(&before, "apply");
    assert!(output.status.success(), "{}", super::scene::told(&output));
    points(&trace)
}

/// Each fifth of the points of an apply to a server, which differ from their neighbours in what was read; all
/// of them where `EVERY_POINT` is set, which takes some minutes for each kind of server.
pub(super) fn of_server<T>(points: Vec<T>) -> Vec<T> {
    let step = if std::env::var_os("EVERY_POINT").is_some() { 1 } else { 5 };
    points.into_iter().step_by(step).collect()
}

/// Does something with each of a list, some at a time; all that went wrong is told at the end.
#[track_caller]
pub(super) fn each<T: Sync>(list: &[T], work: impl Fn(&T) -> Result<(), String> + Sync) {
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(item) = list.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(why) = work(item) {
                        wrong.lock().unwrap().push(why);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    let first: Vec<&str> = wrong.iter().take(100).map(String::as_str).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), list.len(), first.join("\n\n"));
}
