//! JUnit's XML, which every CI system shows.

use super::{Item, Report, Root};
use crate::diag::Severity;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// One test case for each finding or change, worst first; one that passed when there is none, since
/// readers take a report without test cases for a mistake.
///
/// What fails the run is a failure, other warnings are skipped test cases, so that they are seen,
/// and notes pass.
pub fn junit(report: &Report, root: &Root) -> String {
    let suite = format!("mxward {}", report.command);
    let fails = |item: &Item| item.severity <= report.fails_at;
    let failures = report.items.iter().filter(|item| fails(item)).count();
    let warnings = report.items.iter().filter(|item| item.severity == Severity::Warning);
    let skipped = warnings.filter(|item| !fails(item)).count();
    let tests = (report.items.len() + report.passed.len()).max(1);
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a String cannot fail.
    let _ =
        writeln!(text, "<testsuites name=\"{suite}\" tests=\"{tests}\" failures=\"{failures}\">");
    let _ = writeln!(
        text,
        "  <testsuite name=\"{suite}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\">"
    );
    let is_empty = report.items.is_empty() && report.passed.is_empty();
    for passed in is_empty.then_some(&report.summary).into_iter().chain(&report.passed) {
        let (class, name) = (format!("mxward.{}", report.command), xml(passed));
        let _ = writeln!(text, "    <testcase classname=\"{class}\" name=\"{name}\"/>");
    }
    let mut seen: BTreeMap<(&str, String), usize> = BTreeMap::new();
    for (item, _) in report.worst_first() {
        let mut name = item.headline();
        if let Some(place) = item.shown_place() {
            name = format!("{}: {name}", root.path(&place.file));
        }
        // Readers follow a test case from run to run by its name, and keep one of each.
        let seen = seen.entry((item.code, name.clone())).or_default();
        *seen += 1;
        if *seen > 1 {
            let _ = write!(name, " ({seen})");
        }
        // Points make folders.
        let (class, name) = (xml(&item.code.replace('/', ".")), xml(&name));
        let _ = writeln!(text, "    <testcase classname=\"mxward.{class}\" name=\"{name}\">");
        outcome(&mut text, item, fails(item), root);
        text.push_str("    </testcase>\n");
    }
    text.push_str("  </testsuite>\n</testsuites>\n");
    text
}

fn outcome(text: &mut String, item: &Item, fails: bool, root: &Root) {
    let place = item.shown_place().map(|place| root.place(place));
    let lines: Vec<String> = place.into_iter().chain(item.more(root)).collect();
    let (message, lines) = (xml(&item.headline()), xml(&lines.join("\n")));
    // Writing to a String cannot fail.
    let _ = match item.severity {
        _ if fails => writeln!(
            text,
            "      <failure type=\"{}\" message=\"{message}\">{lines}</failure>",
            xml(item.code)
        ),
        Severity::Error | Severity::Warning => {
            writeln!(text, "      <skipped message=\"{message}\">{lines}</skipped>")
        }
        Severity::Note if lines.is_empty() => Ok(()),
        Severity::Note => writeln!(text, "      <system-out>{lines}</system-out>"),
    };
}

/// Text as content or attribute; what XML cannot hold at all is replaced. [XML 1.0 §2.2, §2.4]
fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push('\n'),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::xml;

    #[test]
    fn nothing_is_markup_and_everything_can_be_held() {
        assert_eq!(
            xml("<a b=\"c\">]]>&\u{1b}\u{0}\u{ffff}\r\n"),
            "&lt;a b=&quot;c&quot;&gt;]]&gt;&amp;\u{fffd}\u{fffd}\u{fffd}\u{fffd}\n"
        );
    }
}
