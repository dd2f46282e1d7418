//! The mail log of each Postfix that reads the maps: what is added to it from now on.

use super::hosts::{Hosts, SharedHost};
use super::main_cf::postconf;
use super::seen::postfixes;
use crate::diag::printable;
use crate::model::{MailLogPlace, Target};
use crate::postfix::main_cf::{AskedTables, RequiredTable};
use std::collections::BTreeSet;
use std::path::Path;
use std::rc::Rc;

/// So much is read at once.
const PIECE: usize = 4 << 20;

/// Says the number and the size of the file `$1`; both are 0 where there is none. A pipe, such as the
/// `/dev/stdout` of containers, has no end that could be looked for.
const END: &str = "[ -e \"$1\" ] || { echo 0 0; exit; }
[ -f \"$1\" ] || { echo \"$1 is no file\" >&2; exit 1; }
set -- \"$1\" $(ls -di -- \"$1\")
size=$(wc -c <\"$1\") && echo \"$2\" $size";

/// Gives what is in the file `$1` behind the byte `$3`, at most `$4` bytes, if its number is still `$2`; else
/// the rest of the file that was renamed to `$1.1`, or the start of the new one. In front stands a line
/// with the number, where it starts, and whether it is the renamed one.
const MORE: &str = "number() { set -- $(ls -di -- \"$1\" 2>/dev/null); echo \"${1:-0}\"; }
file=$1 renamed=0 now=$(number \"$1\")
if [ \"$now\" != \"$2\" ]; then
if [ \"$2\" != 0 ] && [ \"$(number \"$1.1\")\" = \"$2\" ]; then file=$1.1 renamed=1
else set -- \"$1\" \"$now\" 0 \"$4\"; fi
fi
[ \"$2\" != 0 ] || { echo 0 0 0; exit; }
[ -f \"$file\" ] || { echo \"$file is no file\" >&2; exit 1; }
size=$(wc -c <\"$file\") || exit
[ \"$size\" -ge \"$3\" ] || set -- \"$1\" \"$2\" 0 \"$4\"
echo \"$2 $3 $renamed\"
tail -c \"+$(($3 + 1))\" -- \"$file\" | head -c \"$4\"";

/// The mail log of a Postfix, behind a place in it.
pub struct MailLog {
    host: SharedHost,
    postfix: String,
    tables: BTreeSet<String>,
    from: From,
}

/// Up to where a log is read.
enum From {
    File {
        path: String,
        /// The number of the file, by which one that was renamed is known; 0 where there is none yet.
        number: u64,
        at: u64,
    },
    /// The last entry; `None` where there was none.
    Journal { cursor: Option<String> },
}

impl MailLog {
    /// The logs of all Postfixes that read the maps of a target, from their ends on. `services` are those
    /// that transports name.
    ///
    /// # Errors
    ///
    /// Why a log cannot be read, in a phrase.
    pub fn all(
        hosts: &mut Hosts<'_>,
        repository: &Path,
        target: &Target,
        services: &BTreeSet<&str>,
    ) -> Result<Vec<Self>, String> {
        let postfixes = postfixes(hosts, repository, target).map_err(|error| error.to_string())?;
        if postfixes.is_empty() {
            return Err(
                "no main.cf lies beside the maps, and `reload` names no Postfix that reads \
                        them, so there is no log to be looked at"
                    .to_owned(),
            );
        }
        let mut logs = Vec::with_capacity(postfixes.len());
        for postfix in postfixes {
            let host = hosts.host(&postfix.place).map_err(|error| error.to_string())?;
            let name = printable(&postfix.to_string()).into_owned();
            let running = postconf(&mut **host.borrow_mut(), postfix.config.as_deref());
            let running = running.map_err(|error| error.to_string())??;
            let place = match (&target.log, running.get("maillog_file").unwrap_or_default()) {
                (Some(place), _) => place.value.clone(),
                (None, "") => {
                    return Err(format!(
                        "where the Postfix of {name} logs is not known: write `log: journal`, or \
                         `log: /var/log/mail.log`, into the target"
                    ));
                }
                (None, path) => MailLogPlace::File(path.to_owned()),
            };
            let none = RequiredTable { map_type: "", paths: Vec::new() };
            let lists = AskedTables::of_transport(&running, &none)
                .into_iter()
                .chain(AskedTables::of_policy(&running, &none, services.iter().copied()));
            // What a resolver answers is none of our doing.
            let tables = lists.flat_map(|list| list.tables).filter(|table| !table.is_program());
            let tables = tables.map(|table| table.map).collect();
            let from = match place {
                MailLogPlace::File(path) => From::File { path, number: 0, at: 0 },
                MailLogPlace::Journal => From::Journal { cursor: None },
            };
            let mut log = Self { host, postfix: name.clone(), tables, from };
            log.skip()?;
            if let (Some(_), From::File { path, number: 0, .. }) = (&target.log, &log.from) {
                return Err(format!("{name} has no log `{}`", printable(path)));
            }
            logs.push(log);
        }
        Ok(logs)
    }

    /// The Postfix that writes it, as messages name it.
    pub fn postfix(&self) -> &str {
        &self.postfix
    }

    /// The tables that this Postfix asks for transports and policies.
    pub fn tables(&self) -> &BTreeSet<String> {
        &self.tables
    }

    /// Passes over all that is there.
    fn skip(&mut self) -> Result<(), String> {
        let host = Rc::clone(&self.host);
        match &mut self.from {
            From::File { path, number, at } => {
                let output = shell(&host, END, &[path])?;
                let text = String::from_utf8_lossy(&output);
                let mut numbers = text.split_whitespace().map(str::parse);
                let (Some(Ok(file)), Some(Ok(size))) = (numbers.next(), numbers.next()) else {
                    return Err(unreadable(path));
                };
                (*number, *at) = (file, size);
            }
            From::Journal { cursor } => {
                (_, *cursor) = journal(&host, &["-n", "1"])?;
            }
        }
        Ok(())
    }

    /// Gives what was added since, in pieces of whole lines.
    ///
    /// # Errors
    ///
    /// Why the log cannot be read, in a phrase.
    pub fn more(&mut self, take: &mut dyn FnMut(&[u8])) -> Result<(), String> {
        let host = Rc::clone(&self.host);
        match &mut self.from {
            From::File { path, number, at } => loop {
                let piece = PIECE.to_string();
                let args = [path.as_str(), &number.to_string(), &at.to_string(), &piece];
                let output = shell(&host, MORE, &args)?;
                let end = memchr::memchr(b'\n', &output).ok_or_else(|| unreadable(path))?;
                let head = String::from_utf8_lossy(&output[..end]);
                let head: Vec<u64> =
                    head.split_whitespace().filter_map(|it| it.parse().ok()).collect();
                let [file, start, renamed] = head[..] else { return Err(unreadable(path)) };
                let bytes = &output[end + 1..];
                // The rest of a line comes later, unless nobody writes it any more.
                let length = match memchr::memrchr(b'\n', bytes) {
                    Some(last) => last + 1,
                    // A line of this length is none of Postfix's.
                    None if bytes.len() == PIECE => bytes.len(),
                    None => 0,
                };
                take(&bytes[..length]);
                (*number, *at) = (file, start + length as u64);
                if bytes.len() == PIECE {
                    continue;
                }
                if renamed == 0 {
                    return Ok(());
                }
                (*number, *at) = (0, 0);
            },
            From::Journal { cursor } => {
                let after = cursor.as_ref().map(|cursor| format!("--after-cursor={cursor}"));
                let args: Vec<&str> = after.iter().map(String::as_str).collect();
                let (bytes, last) = journal(&host, &args)?;
                take(&bytes);
                if last.is_some() {
                    *cursor = last;
                }
                Ok(())
            }
        }
    }
}

fn unreadable(path: &str) -> String {
    format!("cannot read the log `{}`", printable(path))
}

/// Runs a script with arguments.
fn shell(host: &SharedHost, script: &str, args: &[&str]) -> Result<Vec<u8>, String> {
    let args: Vec<&str> = ["-c", script, "sh"].into_iter().chain(args.iter().copied()).collect();
    run(host, "sh", &args)
}

/// Entries of the facility `mail`, and the cursor of the last one. [journalctl(1), syslog(3)]
fn journal(host: &SharedHost, more: &[&str]) -> Result<(Vec<u8>, Option<String>), String> {
    let args =
        ["--quiet", "--no-pager", "--output=short-iso", "--show-cursor", "SYSLOG_FACILITY=2"];
    let args: Vec<&str> = args.into_iter().chain(more.iter().copied()).collect();
    let bytes = run(host, "journalctl", &args)?;
    let text = String::from_utf8_lossy(&bytes);
    let last = text.lines().rev().find_map(|line| line.strip_prefix("-- cursor: "));
    let plain = |cursor: &&str| cursor.bytes().all(|byte| byte.is_ascii_graphic());
    let cursor = last.filter(plain).map(str::to_owned);
    Ok((bytes, cursor))
}

fn run(host: &SharedHost, program: &str, args: &[&str]) -> Result<Vec<u8>, String> {
    let output = host.borrow_mut().run(program, args, b"").map_err(|error| error.to_string())?;
    if output.status == Some(0) {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().last();
    let last = last.map_or_else(|| format!("`{program}` ended with an error"), str::to_owned);
    let last = if program == "journalctl" && !last.contains(program) {
        format!("`{program}`: {last}")
    } else {
        last
    };
    Err(format!("cannot read the log: {}", printable(&last)))
}
