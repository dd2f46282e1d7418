//! Lints about the age of facts.

use super::{fires, silent};

#[test]
fn a_lock_that_nobody_confirmed_for_long_is_reported() {
    fires(
        "lock-old",
        r"
domains:
  kunde.example: { provider: hostpoint, route: pin }
",
        r"
warning[lock-old]: `mxward.lock` was confirmed 15 days ago: `lock.max_age` is 14
 |
 = help: run `mxward update`

1 domain, 1 target: 1 warning
",
    )
    .lock("checked: 2026-11-24", "checked: 2026-11-09")
    .run();
}

#[test]
fn a_lock_that_was_never_confirmed_as_a_whole_is_reported() {
    fires(
        "lock-old",
        r"
domains:
  kunde.example: { provider: hostpoint, route: pin }
",
        r"
warning[lock-old]: nobody ever confirmed all of `mxward.lock`
 |
 = help: run `mxward update`

1 domain, 1 target: 1 warning
",
    )
    .lock("checked: 2026-11-24\n", "")
    .run();
}

#[test]
fn a_fact_that_was_marked_for_long_is_reported_though_the_lock_is_new() {
    fires(
        "lock-old",
        r"
domains:
  kunde.example: { provider: hostpoint, route: pin }
",
        r"
warning[lock-old]: `firma.example` and 2 more could not be confirmed for 15 days: `lock.max_age` is 14
 |
 = help: run `mxward update`

warning[lock-unconfirmed]: `firma.example` and 2 more could not be confirmed since 2026-11-09: SERVFAIL
 |
 = help: run `mxward update`, and look at its messages

1 domain, 1 target: 2 warnings
",
    )
    .lock("since: 2026-11-24, mx:", "since: 2026-01-24, stale: SERVFAIL since 2026-11-09, mx:")
    .run();
}

#[test]
fn a_lock_of_the_highest_age_is_silent() {
    silent(
        "lock-old",
        r"
domains:
  kunde.example: { provider: hostpoint, route: pin }
",
    )
    .lock("checked: 2026-11-24", "checked: 2026-11-10")
    .run();
}

#[test]
fn addresses_that_should_be_gone_are_counted() {
    fires(
        "lock-retained",
        r"
domains:
  kunde.example: { provider: hostpoint, route: pin }
",
        r"
warning[lock-retained]: 217.26.49.2 of `mx2.mail.hostpoint.ch` and 1 more should be gone: `lock.retain` is 7 days
 |
 = help: DNS has not given it since 2026-11-15: run `mxward update`

1 domain, 1 target: 1 warning
",
    )
    .lock("217.26.49.138 since 2026-11-24", "217.26.49.138 since 2026-11-24, 217.26.49.1 since 2026-01-10 gone 2026-11-16")
    .lock("217.26.49.139 since 2026-11-24", "217.26.49.139 since 2026-11-24, 217.26.49.2 since 2026-01-10 gone 2026-11-15")
    .run();
}

#[test]
fn addresses_that_vanished_lately_are_silent() {
    silent(
        "lock-retained",
        r"
domains:
  kunde.example: { provider: hostpoint, route: pin }
",
    )
    .lock(
        "217.26.49.138 since 2026-11-24",
        "217.26.49.138 since 2026-11-24, 217.26.49.1 since 2026-01-10 gone 2026-11-17",
    )
    .run();
}

#[test]
fn facts_that_dns_did_not_confirm_are_one_finding_for_each_reason() {
    fires(
        "lock-unconfirmed",
        r"
domains:
  kunde.example: { provider: hostpoint, route: pin }
",
        r"
warning[lock-unconfirmed]: `kunde.example` and 1 more could not be confirmed since 2026-11-20: SERVFAIL
 |
 = help: run `mxward update`, and look at its messages

warning[lock-unconfirmed]: `mx1.mail.hostpoint.ch` could not be confirmed since 2026-11-21: timeout
 |
 = help: run `mxward update`, and look at its messages

1 domain, 1 target: 2 warnings
",
    )
    .lock("mx1.mail.hostpoint.ch: { dnssec: insecure", "mx1.mail.hostpoint.ch: { stale: timeout since 2026-11-21, dnssec: insecure")
    .lock("mx2.mail.hostpoint.ch: { dnssec: insecure", "mx2.mail.hostpoint.ch: { stale: SERVFAIL since 2026-11-22, dnssec: insecure")
    .lock("kunde.example: { dnssec: insecure", "kunde.example: { stale: SERVFAIL since 2026-11-20, dnssec: insecure")
    .run();
}

#[test]
fn confirmed_facts_are_silent() {
    silent(
        "lock-unconfirmed",
        r"
domains:
  kunde.example: { provider: hostpoint, route: pin }
",
    )
    .run();
}

#[test]
fn a_lock_from_a_day_that_is_yet_to_come_is_reported() {
    fires(
        "lock-old",
        r"
domains:
  kunde.example: { provider: hostpoint, route: pin }
",
        r"
warning[lock-old]: `mxward.lock` was confirmed on 2026-11-26, a day that is yet to come
 |
 = help: set the clock where `mxward update` ran, and run it again

1 domain, 1 target: 1 warning
",
    )
    .lock("checked: 2026-11-24", "checked: 2026-11-26")
    .run();
    silent("lock-old", "domains:\n  kunde.example: { provider: hostpoint, route: pin }\n")
        .lock("checked: 2026-11-24", "checked: 2026-11-25")
        .run();
}
