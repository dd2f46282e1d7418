//! What changes, for people.

use super::{Compared, Report, TargetReport};
use crate::diag::{Style, printable};
use crate::diff::{Cause, DeployedLine, Group, MapDiff};
use crate::formats::{Ignored, IgnoredKind};
use crate::postfix::Effect;
use crate::postfix::main_cf::{MainCfDifference, Severity};
use crate::report::{counted, some_of, thousands, wrapped};
use crate::source::SourceMap;
use anstyle::{AnsiColor, Style as Paint};
use std::fmt::Write as _;

/// So many names of a group are shown.
const NAMES: usize = 6;

/// So many addresses of a group are shown.
const ADDRESSES: usize = 8;

/// The whole report: each target with its groups, then a line for each.
pub(super) fn text(report: &Report<'_>, style: &Style) -> String {
    let mut page = Page { text: String::new(), style, sources: report.sources };
    for target in &report.targets {
        page.target(target);
    }
    let width = report.targets.iter().map(|it| it.name.len()).max().unwrap_or_default();
    for target in &report.targets {
        let summary = wrapped(&printable(&target.summary()), style.width, width + 2);
        page.line(&format!("{:<width$}  {summary}", target.name));
    }
    page.text
}

struct Page<'a> {
    text: String,
    style: &'a Style,
    sources: &'a SourceMap,
}

impl Page<'_> {
    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    fn paint(&self, paint: Paint, text: &str) -> String {
        if self.style.color { format!("{paint}{text}{paint:#}") } else { text.to_owned() }
    }

    fn target(&mut self, target: &TargetReport) {
        let Some(compared) = target.compared() else { return };
        let changes = compared.diff.is_change();
        let maps = [&compared.diff.transport, &compared.diff.tls_policy];
        let remarks = maps
            .iter()
            .any(|it| !(it.foreign.is_empty() && it.ignored.is_empty() && it.dead.is_empty()));
        // Only those who want to know more are told what is only good to know.
        let all = self.style.limit == usize::MAX;
        let main_cf: Vec<_> =
            target.main_cf.iter().filter(|it| all || it.severity != Severity::Note).collect();
        if !changes && !remarks && target.notes.is_empty() && main_cf.is_empty() {
            return;
        }
        let title = format!("target {}", target.name);
        let title = self.paint(Paint::new().bold(), &title);
        self.line(&title);
        for note in &target.notes {
            let note = wrapped(&printable(note), self.style.width, 8);
            self.line(&format!("  note: {note}"));
        }
        for difference in main_cf {
            self.main_cf(difference);
        }
        self.line("");
        let (shown, rest) =
            compared.diff.groups.split_at(compared.diff.groups.len().min(self.style.limit));
        for group in shown {
            self.group(group, compared);
        }
        if !rest.is_empty() {
            let domains = rest.iter().map(|group| group.recipients.len()).sum();
            let (rest, domains) = (thousands(rest.len()), counted(domains, "domain"));
            self.line(&format!("and {rest} more groups of {domains}: --verbose shows them"));
            self.line("");
        }
        for (at, map) in maps.into_iter().enumerate() {
            self.map(
                map,
                ["transport", "tls_policy"][at],
                &compared.names[at],
                compared.has_lines[at],
            );
        }
        self.line("");
    }

    fn main_cf(&mut self, difference: &MainCfDifference) {
        let paint = match difference.severity {
            Severity::Breaks | Severity::Weaker => AnsiColor::Red.on_default().bold(),
            Severity::Different => AnsiColor::Yellow.on_default().bold(),
            Severity::Note => Paint::new(),
        };
        let severity = difference.severity.as_str();
        let what = format!("main.cf, {severity}: {difference}");
        let what = wrapped(&printable(&what), self.style.width, 8);
        // Escapes have no width: they are put in at last.
        let what = what.replacen(severity, &self.paint(paint, severity), 1);
        self.line(&format!("  {what}"));
        if let Some(command) = &difference.command {
            // In one line, so that it can be copied.
            self.line(&format!("        {}", printable(command)));
        }
    }

    fn group(&mut self, group: &Group, compared: &Compared) {
        let (red, green) = (AnsiColor::Red.on_default(), AnsiColor::Green.on_default());
        let paint = match group.effect {
            Effect::Breaks | Effect::Weaker => red.bold(),
            Effect::Different => AnsiColor::Yellow.on_default().bold(),
            Effect::Stronger => green.bold(),
            Effect::Neutral => Paint::new().bold(),
        };
        let effect = self.paint(paint, group.effect.as_str());
        let template = match &group.template {
            Some(name) => format!(" by template {name}"),
            None => String::new(),
        };
        let place = place(group.cause, compared, self.sources);
        let count = counted(group.recipients.len(), "domain");
        self.line(&format!("{effect}: {count}{template}, {}", printable(&place)));
        let names = some_of(group.recipients.iter().map(String::as_str), NAMES);
        self.line(&format!("    {}", wrapped(&names, self.style.width, 4)));
        if group.before == group.after {
            let line = rotated(group);
            self.line(&format!("    {}", wrapped(&line, self.style.width, 4)));
        } else {
            for (sign, what, paint) in [('-', &group.before, red), ('+', &group.after, green)] {
                let line = wrapped(&printable(what), self.style.width, 6);
                let line = self.paint(paint, &format!("  {sign} {line}"));
                self.line(&line);
            }
        }
        self.line("");
    }

    fn map(&mut self, map: &MapDiff, name: &str, file: &str, has_lines: bool) {
        if file.is_empty() {
            return;
        }
        let mut counts = Vec::new();
        for (count, word) in [
            (map.added, "added"),
            (map.changed, "changed"),
            (map.removed, "removed"),
            (map.unchanged, "unchanged"),
        ] {
            if count > 0 {
                counts.push(format!("{} {word}", thousands(count)));
            }
        }
        if counts.is_empty() {
            counts.push("no entries".to_owned());
        }
        let mut line = format!("{name}: {}", counts.join(", "));
        if map.adopted > 0 {
            let _ = write!(line, "; {} adopted", counted(map.adopted, "deployed entry"));
        }
        self.line(&line);
        let file = printable(file).into_owned();
        let foreign = if map.keeps_foreign {
            format!("foreign entries in {file}, which stay as they are")
        } else {
            format!("foreign entries in {file}, which go")
        };
        let entry = |it: &DeployedLine| (it.line, format!("{} {}", it.key, it.value));
        self.list(&foreign, map.foreign.iter().map(entry), has_lines);
        let ignored =
            map.ignored.iter().map(|it| (it.line, format!("{}   ({})", it.text, reason(&it.kind))));
        self.list(&format!("lines of {file} that do not do what they seem to"), ignored, has_lines);
        let dead = format!("dead entries in {file}, which no lookup asks for");
        self.list(&dead, map.dead.iter().map(entry), has_lines);
    }

    fn list(
        &mut self,
        title: &str,
        lines: impl ExactSizeIterator<Item = (u32, String)>,
        has_lines: bool,
    ) {
        let total = lines.len();
        if total == 0 {
            return;
        }
        self.line(&format!("  {title}:"));
        for (number, text) in lines.take(self.style.limit) {
            let text = printable(&text);
            let line = if has_lines { format!("line {number}: {text}") } else { text.into_owned() };
            self.line(&format!("    {}", wrapped(&line, self.style.width, 6)));
        }
        if total > self.style.limit {
            let more = thousands(total - self.style.limit);
            self.line(&format!("    and {more} more: --verbose shows them"));
        }
    }
}

/// Where a group was decided.
pub(super) fn place(cause: Cause, compared: &Compared, sources: &SourceMap) -> String {
    match cause {
        Cause::Declared(span) => sources.place(span),
        Cause::Deployed(map, line) => {
            let at = usize::from(map != "transport");
            let name = &compared.names[at];
            if compared.has_lines[at] {
                format!("not declared any more ({name}:{line})")
            } else {
                format!("not declared any more (in {name})")
            }
        }
        Cause::Settings => "by the settings of the target".to_owned(),
    }
}

/// What differs where what happens is described alike.
pub(super) fn rotated(group: &Group) -> String {
    let (new, old) = (&group.new_addresses, &group.old_addresses);
    if new.is_empty() && old.is_empty() {
        return "the same in another order or spelling".to_owned();
    }
    let signed = |sign: char, list: &std::collections::BTreeSet<String>| {
        let list: Vec<String> = list.iter().map(|it| format!("{sign}{it}")).collect();
        some_of(list.iter().map(String::as_str), ADDRESSES)
    };
    let mut parts = Vec::new();
    for (list, sign, word) in [(new, '+', "added"), (old, '-', "removed")] {
        if !list.is_empty() {
            let count = counted(list.len(), "address");
            parts.push(format!("{count} {word}: {}", signed(sign, list)));
        }
    }
    parts.join("; ")
}

/// Why Postfix passes over a line, or reads it otherwise than it looks.
pub(super) fn reason(kind: &IgnoredKind) -> String {
    match kind {
        IgnoredKind::Duplicate { first, same: true } => format!("the same as line {first}"),
        IgnoredKind::Duplicate { first, same: false } => {
            format!("duplicate key: line {first} wins")
        }
        IgnoredKind::NoValue => "no right-hand side: nothing is enforced".to_owned(),
        IgnoredKind::LeadingBlank => "starts with a blank and continues no line".to_owned(),
        IgnoredKind::Quote => "a quote is not closed".to_owned(),
        IgnoredKind::NotUtf8 => "not UTF-8".to_owned(),
        IgnoredKind::Nul => "cut at a NUL byte".to_owned(),
        IgnoredKind::ColonKey => "the colon is part of the key".to_owned(),
        IgnoredKind::ByteOrderMark => {
            "the byte order mark is part of the first key, which never matches".to_owned()
        }
    }
}

/// The kind of an ignored line as programs read it.
pub(super) fn kind(ignored: &Ignored) -> &'static str {
    match ignored.kind {
        IgnoredKind::Duplicate { .. } => "duplicate",
        IgnoredKind::NoValue => "no-value",
        IgnoredKind::LeadingBlank => "leading-blank",
        IgnoredKind::Quote => "open-quote",
        IgnoredKind::NotUtf8 => "not-utf8",
        IgnoredKind::Nul => "nul",
        IgnoredKind::ColonKey => "colon-key",
        IgnoredKind::ByteOrderMark => "byte-order-mark",
    }
}
