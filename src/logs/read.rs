//! The bytes of a log, line by line.

use super::collector::Collector;
use super::line::{Line, ident, number};
use super::stamp::{Clock, When};
use jiff::civil::Date;
use std::io::{self, Read};

/// What is read at once; a longer line is none of Postfix's.
const BUFFER: usize = 256 * 1024;

/// Reads a whole log: lines of syslog, of `maillog_file` or `journalctl -o short…`, or what
/// `journalctl -o export` or `-o json` writes.
///
/// # Errors
///
/// The error of the reader.
pub fn read(input: &mut dyn Read, collector: &mut Collector) -> io::Result<()> {
    collector.begin();
    let mut lines = Lines::new(input);
    let Some(first) = lines.next()? else { return Ok(()) };
    let is_export = first.starts_with(b"__CURSOR=") || first.starts_with(b"__REALTIME_TIMESTAMP=");
    let is_json = first.starts_with(b"{\"") || first.starts_with(b"{ \"");
    lines.again();
    if is_export {
        export(&mut lines, collector)?;
    } else if is_json {
        while let Some(line) = lines.next()? {
            collector.totals.lines += 1;
            json(line, collector);
        }
    } else {
        while let Some(line) = lines.next()? {
            collector.totals.lines += 1;
            if let Some(line) = Line::parse(line) {
                collector.line(&line);
            }
        }
    }
    collector.totals.too_long += lines.too_long;
    Ok(())
}

/// When a log begins, in seconds since 1970; `None` where its first lines do not tell.
///
/// # Errors
///
/// The error of the reader.
pub fn begins(input: &mut dyn Read, today: Date) -> io::Result<Option<i64>> {
    let mut lines = Lines::new(input);
    let mut clock = Clock::new(today);
    for _ in 0..100 {
        let Some(line) = lines.next()? else { break };
        let when = if let Some(micros) = line.strip_prefix(b"__REALTIME_TIMESTAMP=") {
            std::str::from_utf8(micros).ok().and_then(|it| it.parse().ok()).map(When::Micros)
        } else {
            Line::parse(line).map(|it| it.when)
        };
        if let Some(seconds) = when.and_then(|when| clock.seconds(when)) {
            return Ok(Some(seconds));
        }
    }
    Ok(None)
}

/// One entry of the journal, as far as it matters. [systemd.journal-fields(7)]
#[derive(Default)]
struct Entry {
    time: Option<u64>,
    host: Vec<u8>,
    identifier: Vec<u8>,
    pid: Option<u32>,
    message: Vec<u8>,
}

impl Entry {
    fn set(&mut self, name: &[u8], value: &[u8]) {
        match name {
            b"__REALTIME_TIMESTAMP" => {
                self.time = std::str::from_utf8(value).ok().and_then(|it| it.parse().ok());
            }
            b"_HOSTNAME" => value.clone_into(&mut self.host),
            b"SYSLOG_IDENTIFIER" => value.clone_into(&mut self.identifier),
            b"SYSLOG_PID" => self.pid = number(value),
            // What the process said of itself wins.
            b"_PID" => self.pid = self.pid.or_else(|| number(value)),
            b"MESSAGE" => value.clone_into(&mut self.message),
            _ => {}
        }
    }

    fn give(&mut self, collector: &mut Collector) {
        if let (Some((instance, program)), Some(pid)) = (ident(&self.identifier), self.pid) {
            let when = self.time.map_or(When::Unknown, When::Micros);
            let (host, text) = (&self.host, &self.message);
            collector.line(&Line { when, host, instance, program, pid, text });
        }
        self.time = None;
        self.pid = None;
        for field in [&mut self.host, &mut self.identifier, &mut self.message] {
            field.clear();
        }
    }
}

/// [systemd.io, "Journal Export Formats"]
fn export(lines: &mut Lines<'_>, collector: &mut Collector) -> io::Result<()> {
    let mut entry = Entry::default();
    let mut is_open = false;
    let mut name = Vec::new();
    while let Some(line) = lines.next()? {
        if line.is_empty() {
            if std::mem::take(&mut is_open) {
                collector.totals.lines += 1;
                entry.give(collector);
            }
            continue;
        }
        is_open = true;
        if let Some(at) = memchr::memchr(b'=', line) {
            entry.set(&line[..at], &line[at + 1..]);
            continue;
        }
        // A field that is no plain text: its length as 64 bits, the bytes, and a line feed.
        line.clone_into(&mut name);
        let Some(length) = lines.exactly(8)? else { break };
        let length = length.try_into().map_or(0, u64::from_le_bytes);
        if let Ok(length @ 0..BUFFER) = usize::try_from(length) {
            let Some(value) = lines.exactly(length)? else { break };
            entry.set(&name, value);
        } else {
            lines.skip(length)?;
        }
        lines.skip(1)?;
    }
    if is_open {
        collector.totals.lines += 1;
        entry.give(collector);
    }
    Ok(())
}

/// [journalctl(1) `-o json`] A message that is no plain text is a list of bytes.
fn json(line: &[u8], collector: &mut Collector) {
    let Ok(serde_json::Value::Object(object)) = serde_json::from_slice(line) else { return };
    let mut entry = Entry::default();
    for (name, value) in &object {
        match value {
            serde_json::Value::String(text) => entry.set(name.as_bytes(), text.as_bytes()),
            serde_json::Value::Array(list) => {
                let byte =
                    |it: &serde_json::Value| it.as_u64().and_then(|it| u8::try_from(it).ok());
                let bytes: Option<Vec<u8>> = list.iter().map(byte).collect();
                entry.set(name.as_bytes(), &bytes.unwrap_or_default());
            }
            serde_json::Value::Null
            | serde_json::Value::Bool(_)
            | serde_json::Value::Number(_)
            | serde_json::Value::Object(_) => {}
        }
    }
    entry.give(collector);
}

/// Lines from a buffer of a fixed size.
struct Lines<'a> {
    input: &'a mut dyn Read,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    last: usize,
    is_over: bool,
    too_long: u64,
}

impl<'a> Lines<'a> {
    fn new(input: &'a mut dyn Read) -> Self {
        let buffer = vec![0; BUFFER];
        Self { input, buffer, start: 0, end: 0, last: 0, is_over: false, too_long: 0 }
    }

    /// Gives the last line once more.
    fn again(&mut self) {
        self.start = self.last;
    }

    /// The next line, without its end.
    fn next(&mut self) -> io::Result<Option<&[u8]>> {
        let mut searched = self.start;
        let mut is_too_long = false;
        loop {
            if let Some(at) = memchr::memchr(b'\n', &self.buffer[searched..self.end]) {
                let (start, end) = (self.start, searched + at);
                self.start = end + 1;
                if std::mem::take(&mut is_too_long) {
                    searched = self.start;
                    continue;
                }
                self.last = start;
                return Ok(Some(&self.buffer[start..end]));
            }
            if self.is_over {
                let (start, end) = (self.start, self.end);
                self.start = self.end;
                self.last = start;
                let is_line = start < end && !is_too_long;
                return Ok(is_line.then(|| &self.buffer[start..end]));
            }
            if self.end - self.start == BUFFER {
                self.too_long += u64::from(!is_too_long);
                is_too_long = true;
                self.start = self.end;
            }
            searched = self.fill()?;
        }
    }

    /// Reads more; gives where that starts.
    fn fill(&mut self) -> io::Result<usize> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        (self.start, self.last) = (0, 0);
        let before = self.end;
        loop {
            match self.input.read(&mut self.buffer[self.end..]) {
                Ok(0) => self.is_over = true,
                Ok(count) => self.end += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            return Ok(before);
        }
    }

    /// Exactly so many bytes, fewer than [`BUFFER`]; `None` when there are not as many.
    fn exactly(&mut self, count: usize) -> io::Result<Option<&[u8]>> {
        while self.end - self.start < count {
            if self.is_over {
                return Ok(None);
            }
            self.fill()?;
        }
        let start = self.start;
        self.start += count;
        Ok(Some(&self.buffer[start..self.start]))
    }

    fn skip(&mut self, mut count: u64) -> io::Result<()> {
        loop {
            let here = self.end - self.start;
            let step = usize::try_from(count).unwrap_or(usize::MAX).min(here);
            self.start += step;
            count -= step as u64;
            if count == 0 || self.is_over {
                return Ok(());
            }
            self.fill()?;
        }
    }
}
