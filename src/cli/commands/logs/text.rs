//! The evidence, for people.

use super::yaml::evidence;
use super::{Need, Report, day};
use crate::cli::page::Page;
use crate::diag::Style;
use crate::logs::{Connections, DomainEvidence, Failed, Reached};
use crate::names::DomainName;
use crate::report::{counted, thousands};

/// The fewest characters for a name.
const NAME: usize = 16;

pub(super) fn text(report: &Report, style: &Style) -> String {
    let mut page = Page::new(style);
    page.line(&summary(report));
    let domains = by_volume(report);
    if !domains.is_empty() {
        page.line("");
        page.table(&domains);
    }
    let most = if report.is_detailed { usize::MAX } else { style.limit };
    if report.is_detailed || style.limit == usize::MAX {
        for domain in &domains {
            page.details(domain);
        }
    } else {
        let failing = domains.iter().filter(|it| !it.failures().is_empty());
        page.section("failures:", failing, most, |page, domain| page.failures(domain));
    }
    page.advice(report, most);
    page.text
}

/// What was read, in one line.
pub(super) fn summary(report: &Report) -> String {
    let evidence = &report.evidence;
    let sent: u64 = evidence.domains().map(|it| it.sent()).sum();
    let seen = || evidence.domains().filter_map(|it| it.seen());
    let first = seen().map(|(first, _)| first).min();
    let last = seen().map(|(_, last)| last).max();
    let between = first.zip(last).map_or_else(String::new, |(first, last)| {
        format!(", from {} to {}", day(first), day(last))
    });
    format!(
        "{}, {}: {} to {}{between}",
        counted(report.logs, "log"),
        counted(number(evidence.totals.lines), "line"),
        if sent == 1 {
            "1 delivery".to_owned()
        } else {
            format!("{} deliveries", thousands(number(sent)))
        },
        counted(evidence.domains().len(), "domain"),
    )
}

pub(super) fn number(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// All domains, those with most mail first.
pub(super) fn by_volume(report: &Report) -> Vec<DomainEvidence<'_>> {
    let mut list: Vec<_> = report.evidence.domains().map(|it| (it.sent(), it)).collect();
    list.sort_by_key(|(sent, _)| std::cmp::Reverse(*sent));
    list.into_iter().map(|(_, domain)| domain).collect()
}

/// `TLSv1.3 TLS_AES_256_GCM_SHA384, verified`.
pub(super) fn connection(it: &Connections<'_>) -> String {
    let words = [it.protocol, it.cipher];
    let how = words.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let reached = match it.reached {
        Reached::None => "plain text",
        Reached::Unknown => "the log does not tell",
        Reached::Anonymous | Reached::Untrusted | Reached::Trusted | Reached::Verified => {
            it.reached.as_str()
        }
    };
    if how.is_empty() { reached.to_owned() } else { format!("{how}, {reached}") }
}

/// The failures of a domain, a phrase for each.
pub(super) fn failures(domain: &DomainEvidence<'_>) -> Vec<String> {
    let phrase = |it: &crate::logs::FailureEvidence| {
        let last = it.last.map_or_else(String::new, |last| format!(", last on {}", day(last)));
        format!("{} {}: {}{last}", it.count, it.failed.as_str(), it.reason)
    };
    domain.failures().iter().map(phrase).collect()
}

/// Of a list, its phrases with commas.
pub(super) fn joined(list: &[impl ToString]) -> String {
    list.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Whether an exception is needed, in a phrase.
pub(super) fn need(need: &Need) -> String {
    match need {
        Need::Over(level) => format!("no longer needed: `{level}` holds"),
        Need::Needed(why) => format!("needed: {}", joined(why)),
        Need::Open(doubts) => format!("perhaps not needed, but {}", joined(doubts)),
        Need::Untold => "the log does not tell whether it is needed".to_owned(),
        Need::NoMail => "no mail in the logs".to_owned(),
    }
}

impl Page<'_> {
    fn table(&mut self, domains: &[DomainEvidence<'_>]) {
        let shown = domains.len().min(self.style.limit);
        let has_unknown = domains.iter().any(|it| it.deliveries(Reached::Unknown) > 0);
        let levels: Vec<Reached> = Reached::ALL
            .into_iter()
            .filter(|level| has_unknown || *level != Reached::Unknown)
            .collect();
        let mut rows = Vec::with_capacity(shown + 1);
        let mut head = vec!["DOMAIN".to_owned(), "SENT".to_owned()];
        head.extend(levels.iter().map(|level| level.as_str().to_uppercase()));
        head.extend(["FAILED", "FIRST", "LAST"].map(str::to_owned));
        rows.push(head);
        for domain in &domains[..shown] {
            let count =
                |count: u64| if count == 0 { "-".to_owned() } else { thousands(number(count)) };
            let mut row = vec![domain.name().to_string(), count(domain.sent())];
            row.extend(levels.iter().map(|level| count(domain.deliveries(*level))));
            row.push(count(domain.failed(Failed::Deferred) + domain.failed(Failed::Bounced)));
            let days =
                domain.seen().map(|(first, last)| [first, last].map(|it| day(it).to_string()));
            row.extend(days.unwrap_or_else(|| ["-", "-"].map(str::to_owned)));
            rows.push(row);
        }
        let columns = rows[0].len();
        let mut widths = vec![0; columns];
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        // A narrow terminal loses the first day, then the end of names.
        let total = |widths: &[usize]| widths.iter().map(|it| it + 2).sum::<usize>();
        let first = columns - 2;
        if total(&widths) > self.style.width + 2 {
            widths.remove(first);
            for row in &mut rows {
                row.remove(first);
            }
        }
        let over = total(&widths).saturating_sub(self.style.width + 2);
        widths[0] = widths[0].saturating_sub(over).max(NAME.min(widths[0]));
        for row in &rows {
            let mut line = String::new();
            for (at, (cell, &width)) in row.iter().zip(&widths).enumerate() {
                let cell = cut(cell, width);
                let cell =
                    if at == 0 { format!("{cell:width$}") } else { format!("{cell:>width$}") };
                line.push_str(&cell);
                line.push_str("  ");
            }
            self.line(&line);
        }
        self.more(domains.len() - shown);
    }

    fn more(&mut self, count: usize) {
        if count > 0 {
            self.line(&format!("and {} more: --verbose shows all", thousands(count)));
        }
    }

    fn details(&mut self, domain: &DomainEvidence<'_>) {
        self.line("");
        self.heading(domain.name().as_str());
        for it in domain.connections() {
            self.paragraph(2, &format!("{}: {}", connection(&it), it.deliveries));
        }
        for it in domain.hosts() {
            let line = format!(
                "{} [{}]: {}, at least {}",
                it.name,
                it.address,
                it.deliveries,
                it.weakest.as_str()
            );
            self.paragraph(2, &line);
        }
        if domain.has_more_hosts() {
            self.line("  and other hosts");
        }
        for failure in failures(domain) {
            self.paragraph(2, &failure);
        }
    }

    fn failures(&mut self, domain: &DomainEvidence<'_>) {
        let text = failures(domain).join("; ");
        self.paragraph(2, &format!("{}: {text}", domain.name()));
    }

    fn section<T>(
        &mut self,
        heading: &str,
        list: impl Iterator<Item = T>,
        most: usize,
        show: impl Fn(&mut Self, T),
    ) {
        let mut count = 0;
        for item in list {
            if count == 0 {
                self.line("");
                self.heading(heading);
            }
            count += 1;
            if count <= most {
                show(self, item);
            }
        }
        self.more(count.saturating_sub(most));
    }

    fn advice(&mut self, report: &Report, most: usize) {
        let advice = &report.advice;
        self.section("may be raised:", advice.raises.iter(), most, |page, raise| {
            let mut text = format!("{} to {}: {}", raise.domain, raise.to.level, evidence(raise));
            if let Some(place) = &raise.declared {
                text.push_str("; declared at ");
                text.push_str(place);
            }
            if raise.to.gives_up_dane {
                text.push_str("; but that gives up dane, should TLSA records come");
            }
            page.paragraph(2, &text);
            if let Some(template) = &raise.template {
                page.paragraph(
                    4,
                    &format!(
                        "its hosts are those of the template {template}, and their certificates are \
                         trusted; whether the names fit is still to be tested"
                    ),
                );
            }
        });
        self.section("not yet:", advice.held.iter(), most, |page, held| {
            let text = format!("{} to {}: {}", held.domain, held.to.level, joined(&held.doubts));
            page.paragraph(2, &text);
        });
        self.section("would have waited:", advice.missed.iter(), most, |page, missed| {
            let untold = match missed.shortfall.untold {
                0 => String::new(),
                count => format!("; of {} the log does not tell", thousands(number(count))),
            };
            let text = format!(
                "{} under `{}` on target {}: {} of {}{untold}",
                DomainName::as_str(&missed.domain),
                missed.policy,
                missed.target,
                thousands(number(missed.shortfall.deferred)),
                thousands(number(missed.sent)),
            );
            page.paragraph(2, &text);
        });
        self.section("exceptions:", advice.exceptions.iter(), most, |page, exception| {
            let text =
                format!("{} ({}): {}", exception.domain, exception.place, need(&exception.need));
            page.paragraph(2, &text);
        });
    }
}

fn cut(cell: &str, width: usize) -> String {
    if cell.chars().count() <= width {
        return cell.to_owned();
    }
    // The end of a name says more than its start.
    let skip = cell.chars().count() + 1 - width;
    std::iter::once('…').chain(cell.chars().skip(skip)).collect()
}
