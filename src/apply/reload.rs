//! `postfix reload`, without which resumed TLS sessions and cached routes keep what was before.

use crate::diag::printable;
use crate::world::{CommandOutput, Host};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

/// What knows routes, or keeps TLS sessions. [trivial-rewrite(8), tlsmgr(8)]
const KNOWING: [&str; 4] = ["qmgr", "oqmgr", "trivial-rewrite", "tlsmgr"];

/// What delivers by SMTP.
const DELIVERING: [&str; 2] = ["smtp", "lmtp"];

/// Waits until none of some processes is there any more; names one that stays.
const GONE: &str = "for process; do left=600
while kill -0 \"$process\" 2>/dev/null; do
[ $((left -= 1)) -gt 0 ] || { echo \"$process\"; exit 1; }; sleep 0.1 2>/dev/null || sleep 1
done; done";

/// How long a queue manager may take to see a reload, in seconds, where nobody can look.
const BLIND: &str = "10";

/// A Postfix that is told of changes.
pub struct Reload {
    /// Its host.
    pub host: Rc<RefCell<Box<dyn Host>>>,
    /// Its name in messages.
    pub name: String,
    /// The folder with its main.cf; `None` is the one that Postfix was built for.
    pub config: Option<String>,
}

impl Reload {
    /// Tells it, and waits until the processes that know old routes and sessions are gone; `false` when it
    /// does not run, and so needs no telling.
    ///
    /// The command only sends a signal. Until qmgr(8) has ended by it, it hands out deliveries to old next
    /// hops, and an smtp(8) that is started for one of them reads maps that are switched to meanwhile. Until
    /// tlsmgr(8) has ended by it, sessions are resumed that were verified by old policies.
    /// [master(8), qmgr(8), tlsmgr(8)]
    ///
    /// # Errors
    ///
    /// What Postfix says, in a phrase, or which process stays.
    pub fn run(&self) -> Result<bool, String> {
        if self.postfix("status")?.status != Some(0) {
            return Ok(false);
        }
        // Without a queue manager to be seen, one must be on its way.
        let old = self.processes(&KNOWING).filter(|old| old.has_manager);
        let output = self.postfix("reload")?;
        if output.status != Some(0) {
            let message = String::from_utf8_lossy(&output.stderr);
            let last = message.lines().last().unwrap_or("postfix reload failed");
            return Err(printable(last).into_owned());
        }
        let Some(old) = old else {
            self.command("sleep", &[BLIND])?;
            return Ok(true);
        };
        let mut args = vec!["-c", GONE, "sh"];
        args.extend(old.numbers.iter().map(String::as_str));
        let output = self.command("sh", &args)?;
        if output.status == Some(0) {
            return Ok(true);
        }
        let process = String::from_utf8_lossy(&output.stdout);
        Err(format!("process {} of it still runs after a minute", printable(process.trim())))
    }

    /// The processes that deliver now, none where it does not run; `None` when they cannot be told.
    pub(super) fn deliveries(&self) -> Option<BTreeSet<String>> {
        match self.processes(&DELIVERING) {
            Some(found) => Some(found.numbers),
            None if self.postfix("status").ok()?.status != Some(0) => Some(BTreeSet::new()),
            None => None,
        }
    }

    /// The processes of some programs; `None` when they cannot be told.
    fn processes(&self, programs: &[&str]) -> Option<Processes> {
        let directory = self.configured("postconf", &["-h", "queue_directory"]).ok()?;
        let directory = String::from_utf8(directory.stdout).ok()?;
        let master = format!("{}/pid/master.pid", directory.trim_end());
        let master = self.host.borrow_mut().read(&master).ok()??;
        let master: u32 = std::str::from_utf8(&master).ok()?.trim().parse().ok()?;
        let list = self.command("ps", &["-A", "-o", "pid=", "-o", "ppid=", "-o", "comm="]).ok()?;
        let list = Some(list).filter(|list| list.status == Some(0))?;
        Some(children(&String::from_utf8_lossy(&list.stdout), master, programs))
    }

    fn postfix(&self, verb: &str) -> Result<CommandOutput, String> {
        self.configured("postfix", &[verb])
    }

    fn configured(&self, program: &str, args: &[&str]) -> Result<CommandOutput, String> {
        let config = self.config.iter().flat_map(|folder| ["-c", folder.as_str()]);
        self.command(program, &config.chain(args.iter().copied()).collect::<Vec<_>>())
    }

    fn command(&self, program: &str, args: &[&str]) -> Result<CommandOutput, String> {
        self.host.borrow_mut().run(program, args, b"").map_err(|error| error.to_string())
    }
}

/// Processes of one Postfix.
#[derive(Debug)]
struct Processes {
    numbers: BTreeSet<String>,
    has_manager: bool,
}

/// The processes of a list that a master(8) has started from some programs.
fn children(list: &str, master: u32, programs: &[&str]) -> Processes {
    let mut found = Processes { numbers: BTreeSet::new(), has_manager: false };
    for line in list.lines() {
        let mut words = line.split_whitespace();
        let (Some(process), Some(parent), Some(name)) = (words.next(), words.next(), words.next())
        else {
            continue;
        };
        let process = process.parse::<u32>().ok().filter(|_| parent.parse() == Ok(master));
        let name = name.rsplit('/').next().unwrap_or(name);
        if let Some(process) = process
            && programs.contains(&name)
        {
            found.has_manager |= matches!(name, "qmgr" | "oqmgr");
            found.numbers.insert(process.to_string());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{DELIVERING, KNOWING, children};

    #[test]
    fn those_of_one_postfix_are_waited_for() {
        let list = "    1     0 init\n  200     1 master\n  201   200 qmgr\n  300     1 master\n  \
                    301   300 /usr/libexec/postfix/qmgr\n  302   300 trivial-rewrite\n  303   300 smtp\n  \
                    304   300 tlsmgr\n";
        let knowing = |list: &str, master: u32| {
            let found = children(list, master, &KNOWING);
            (found.has_manager, found.numbers.into_iter().collect::<Vec<_>>().join(" "))
        };
        assert_eq!(knowing(list, 300), (true, String::from("301 302 304")));
        assert_eq!(knowing(list, 200), (true, String::from("201")));
        assert_eq!(knowing("302 300 trivial-rewrite", 300), (false, String::from("302")));
        assert_eq!(knowing("", 300), (false, String::new()));
        let delivering = children(list, 300, &DELIVERING).numbers;
        assert_eq!(delivering.into_iter().collect::<Vec<_>>(), ["303"]);
    }
}
