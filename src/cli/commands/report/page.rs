//! The page.

use super::class::Class;
use super::data::data;
use super::html::Html;
use super::overview::{Exception, LockView, Overview, TargetView};
use crate::report::{counted, thousands};
use jiff::civil::Date;
use openssl::base64::encode_block;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// So many facts that could not be confirmed are named.
const MOST: usize = 50;

/// The whole page; nothing in it is loaded from elsewhere.
pub(super) fn page(overview: &Overview) -> String {
    let mut html = Html::default();
    let hash = |text: &str| encode_block(&Sha256::digest(text.as_bytes()));
    html.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    html.raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; ");
    html.raw("base-uri 'none'; form-action 'none'; style-src 'sha256-").text(&hash(STYLE));
    html.raw("'; script-src 'sha256-").text(&hash(SCRIPT)).raw("'\">\n");
    html.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    html.raw("<meta name=\"color-scheme\" content=\"light dark\">\n");
    html.raw("<title>Mail transport policy</title>\n<style>");
    html.raw(STYLE).raw("</style>\n</head>\n<body>\n");
    html.raw("<a class=\"skip\" href=\"#entries\">To the table of entries</a>\n");
    html.raw("<header><h1>Mail transport policy</h1>\n<p>");
    html.text(&format!(
        "{}, {}. Ages and expiry are as of {}.",
        counted(overview.domains, "declared domain"),
        counted(overview.targets.len(), "target"),
        overview.today
    ));
    html.raw("</p></header>\n<main>\n");
    coverage(&mut html, overview);
    exceptions(&mut html, &overview.exceptions, overview.today);
    lock(&mut html, &overview.lock, overview.today);
    html.raw(include_str!("entries.html"));
    html.raw("</main>\n<script type=\"application/json\" id=\"data\">");
    html.json(&data(overview)).raw("</script>\n<script>").raw(SCRIPT);
    html.raw("</script>\n</body>\n</html>\n");
    html.finish()
}

fn coverage(html: &mut Html, overview: &Overview) {
    html.raw("<section aria-labelledby=\"coverage\"><h2 id=\"coverage\">Coverage</h2>\n");
    html.raw(
        "<p>By what Postfix promises for mail to each domain. The weakest next hop decides.</p>\n",
    );
    if overview.targets.is_empty() {
        html.raw("<p>mxward.yaml names no target.</p>\n");
    }
    for target in &overview.targets {
        html.raw("<h3>Target ").text(&target.name).raw("</h3>\n");
        counts(html, "Declared domains", &target.domains);
        every_other(html, target);
        if let Some(mail) = &target.mail {
            counts(html, "Deliveries in the logs, as if this target had sent them", mail);
        }
    }
    if let Some(reached) = &overview.reached {
        html.raw("<h3>What deliveries reached</h3>\n<div class=\"scroll\" role=\"region\" tabindex=\"0\" ");
        html.raw("aria-label=\"What deliveries reached\"><table><caption>Deliveries by what the logs prove");
        html.raw(
            "</caption><thead><tr><th scope=\"col\">Reached</th><th scope=\"col\" class=\"n\">",
        );
        html.raw("Deliveries</th></tr></thead><tbody>\n");
        for (level, count) in reached {
            html.raw("<tr><th scope=\"row\">").text(level.as_str()).raw("</th><td class=\"n\">");
            html.text(&number(*count)).raw("</td></tr>\n");
        }
        html.raw("</tbody></table></div>\n");
    }
    html.raw("</section>\n");
}

fn every_other(html: &mut Html, target: &TargetView) {
    let (shown, place) = &target.default;
    let class = Class::all().nth(shown.class).map_or("", Class::name);
    html.raw("<p>Every other domain: <b>").text(class).raw("</b> (").text(&shown.policy);
    html.raw(", ").text(&shown.route).raw("), by <code>").text(place).raw("</code>.</p>\n");
}

/// A plot and the same as a table.
fn counts(html: &mut Html, caption: &str, counts: &BTreeMap<Class, u64>) {
    let total: u64 = counts.values().sum();
    if total == 0 {
        html.raw("<p>").text(caption).raw(": none.</p>\n");
        return;
    }
    html.raw("<svg class=\"bar\" role=\"img\" width=\"100%\" height=\"36\"><title>").text(caption);
    html.raw("</title><desc>");
    for (class, count) in counts {
        html.text(&format!("{}: {}. ", class.name(), share(*count, total)));
    }
    html.raw("</desc>");
    let mut before = 0;
    for (class, count) in counts {
        let width = percent(*count, total);
        html.raw("<rect y=\"2\" height=\"32\" class=\"").text(class.family()).raw("\" x=\"");
        html.text(&percent(before, total)).raw("\" width=\"").text(&width).raw("\"/>");
        if count * 20 >= total {
            html.raw("<text y=\"24\" text-anchor=\"middle\" x=\"");
            html.text(&percent(before * 2 + count, total * 2)).raw("\">");
            html.text(class.letter()).raw("</text>");
        }
        before += count;
    }
    html.raw("</svg>\n<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"")
        .text(caption);
    html.raw("\"><table><caption>").text(caption).raw("</caption><thead><tr><th scope=\"col\">");
    html.raw("Protection</th><th scope=\"col\" class=\"n\">Number</th><th scope=\"col\" class=\"n\">Share");
    html.raw("</th></tr></thead><tbody>\n");
    for (class, count) in counts {
        html.raw("<tr><th scope=\"row\"><span class=\"key ")
            .text(class.family())
            .raw("\" aria-hidden=\"true\">");
        html.text(class.letter()).raw("</span> ").text(class.name()).raw("</th><td class=\"n\">");
        html.text(&number(*count)).raw("</td><td class=\"n\">").text(&share(*count, total));
        html.raw("</td></tr>\n");
    }
    html.raw("</tbody></table></div>\n");
}

fn number(count: u64) -> String {
    thousands(usize::try_from(count).unwrap_or(usize::MAX))
}

/// With two decimals, in integers: the same on every machine.
fn percent(part: u64, total: u64) -> String {
    let hundredths = u128::from(part) * 10_000 / u128::from(total.max(1));
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}

/// For people: what is there is never 0, and what is not all is never 100.
fn share(part: u64, total: u64) -> String {
    let tenths = (u128::from(part) * 1000 + u128::from(total) / 2) / u128::from(total.max(1));
    match tenths {
        0 if part > 0 => "< 0.1 %".to_owned(),
        1000 if part < total => "> 99.9 %".to_owned(),
        _ => format!("{}.{} %", tenths / 10, tenths % 10),
    }
}

fn exceptions(html: &mut Html, list: &[Exception], today: Date) {
    html.raw(
        "<section aria-labelledby=\"exceptions\"><h2 id=\"exceptions\">Exceptions by expiry</h2>\n",
    );
    if list.is_empty() {
        html.raw("<p>No entry has a reason or an end.</p></section>\n");
        return;
    }
    html.raw(
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Exceptions by expiry\">",
    );
    html.raw(
        "<table class=\"lines\" role=\"table\"><caption>Entries with a reason or an end</caption>",
    );
    html.raw("<thead class=\"plain\" role=\"rowgroup\"><tr role=\"row\">");
    for head in ["Domains", "Ends", "Reason", "Origin"] {
        html.raw("<th scope=\"col\" role=\"columnheader\">").raw(head).raw("</th>");
    }
    html.raw("</tr></thead>\n<tbody role=\"rowgroup\">\n");
    for it in list {
        html.raw("<tr role=\"row\"><th scope=\"row\" role=\"rowheader\">").text(&it.first);
        if it.count > 1 {
            html.text(&format!(" and {} more", thousands(it.count - 1)));
        }
        html.raw("</th><td role=\"cell\" data-label=\"Ends\">");
        ends(html, it.until, today);
        html.raw("</td><td role=\"cell\" data-label=\"Reason\">").text(&it.reason);
        html.raw("</td><td role=\"cell\" data-label=\"Origin\"><code>").text(&it.place);
        html.raw("</code></td></tr>\n");
    }
    html.raw("</tbody></table></div></section>\n");
}

fn ends(html: &mut Html, until: Option<Date>, today: Date) {
    let Some(until) = until else {
        html.raw("<b>never</b>");
        return;
    };
    html.raw("<time>").text(&until.to_string()).raw("</time><br> ");
    let days = (until - today).get_days();
    let left = counted(days.unsigned_abs() as usize, "day");
    match days {
        ..0 => html.raw("<b>ended ").text(&ago(-days)).raw("</b>"),
        0 => html.raw("<b>ends today</b>"),
        1..=14 => html.raw("<b>in ").text(&left).raw("</b>"),
        _ => html.raw("in ").text(&left),
    };
}

fn ago(days: i32) -> String {
    format!("{} ago", counted(days.unsigned_abs() as usize, "day"))
}

fn lock(html: &mut Html, lock: &LockView, today: Date) {
    html.raw("<section aria-labelledby=\"lock\"><h2 id=\"lock\">The lock</h2>\n<p>");
    if lock.hosts == 0 && lock.domains == 0 {
        html.raw("The lock is empty: nothing is needed of DNS.</p></section>\n");
        return;
    }
    match lock.checked {
        None => html.raw("<b>Nobody ever confirmed all of the lock.</b>"),
        Some(checked) => {
            let days = (today - checked).get_days();
            html.raw("Confirmed on ").text(&checked.to_string());
            match days {
                ..0 => html.raw(", <b>a day that is yet to come</b>."),
                0 => html.raw(", today."),
                days if days > i32::from(lock.max_age) => {
                    html.raw(", <b>").text(&ago(days));
                    html.raw("</b>: <code>lock.max_age</code> is ")
                        .text(&lock.max_age.to_string())
                        .raw(".")
                }
                _ => html.raw(", ").text(&ago(days)).raw("."),
            }
        }
    };
    html.text(&format!(
        " It holds {} and the MX records of {}; vanished from DNS and kept for a while: {}.",
        counted(lock.hosts, "MX host"),
        counted(lock.domains, "domain"),
        counted(lock.gone, "address"),
    ));
    html.raw("</p>\n");
    if !lock.stale.is_empty() {
        html.raw("<p><b>Not confirmed since:</b></p><ul>\n");
        for (since, name, reason) in lock.stale.iter().take(MOST) {
            html.raw("<li>").text(&format!("{since}: {name} ({reason})")).raw("</li>\n");
        }
        if lock.stale.len() > MOST {
            html.raw("<li>and ").text(&thousands(lock.stale.len() - MOST)).raw(" more</li>\n");
        }
        html.raw("</ul>\n");
    }
    html.raw("</section>\n");
}
