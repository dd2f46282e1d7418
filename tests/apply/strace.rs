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
        if !only_reads {
            points.push(Point { call: call.to_owned(), nth: *count, line: line.to_owned() });
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
