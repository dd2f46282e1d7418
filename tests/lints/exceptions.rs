//! Lints about `reason` and `until`, and what they excuse.

use super::{fires, silent};

#[test]
fn an_exception_that_has_ended_is_an_error_with_its_reason() {
    fires(
        "exception-expired",
        r#"
domains:
  legacy.example: { level: may, reason: "no STARTTLS, ticket 4711", until: 2026-11-23 }
"#,
        r#"
error[exception-expired]: the exception for `legacy.example` ended on 2026-11-23
 --> mxward.yaml:3:76
  |
3 |   legacy.example: { level: may, reason: "no STARTTLS, ticket 4711", until: 2026-11-23 }
  |                                         --------------------------         ^^^^^^^^^^
  |                                         |
  |                                         its reason
  |
  = help: end it, or agree on another day

1 domain, 1 target: 1 error
"#,
    )
    .run();
}

#[test]
fn domains_with_one_exception_are_one_finding() {
    fires(
        "exception-expired",
        r#"
include: [{ list: domains/*.txt, level: may, reason: "no STARTTLS", until: 2026-03-31 }]
"#,
        r#"
error[exception-expired]: the exception for `a.example` and 2 more ended on 2026-03-31
 --> mxward.yaml:2:76
  |
2 | include: [{ list: domains/*.txt, level: may, reason: "no STARTTLS", until: 2026-03-31 }]
  |                                                      -------------         ^^^^^^^^^^
  |                                                      |
  |                                                      its reason
  |
  = help: end it, or agree on another day

3 domains, 1 target: 1 error
"#,
    )
    .file(
        "domains/old.txt",
        r"
a.example
b.example
c.example
",
    )
    .run();
}

#[test]
fn an_exception_holds_on_its_last_day() {
    fires(
        "exception-expiring",
        r#"
domains:
  legacy.example: { level: may, reason: "no STARTTLS, ticket 4711", until: 2026-11-24 }
  other.example: { level: may, reason: "no STARTTLS, ticket 4712", until: 2026-11-25 }
  last.example: { level: may, reason: "no STARTTLS, ticket 4713", until: 2026-12-08 }
"#,
        r#"
note[exception-expiring]: the exception for `legacy.example` ends today
 --> mxward.yaml:3:76
  |
3 |   legacy.example: { level: may, reason: "no STARTTLS, ticket 4711", until: 2026-11-24 }
  |                                                                            ^^^^^^^^^^

note[exception-expiring]: the exception for `other.example` ends tomorrow
 --> mxward.yaml:4:75
  |
4 |   other.example: { level: may, reason: "no STARTTLS, ticket 4712", until: 2026-11-25 }
  |                                                                           ^^^^^^^^^^

note[exception-expiring]: the exception for `last.example` ends in 14 days
 --> mxward.yaml:5:74
  |
5 |   last.example: { level: may, reason: "no STARTTLS, ticket 4713", until: 2026-12-08 }
  |                                                                          ^^^^^^^^^^

3 domains, 1 target: 3 notes
"#,
    )
    .run();
}

#[test]
fn exceptions_that_end_later_are_silent() {
    silent(
        "exception-expiring",
        r#"
domains:
  legacy.example: { level: may, reason: "no STARTTLS, ticket 4711", until: 2026-12-09 }
"#,
    )
    .run();
}

#[test]
fn a_reason_without_an_end_does_not_expire() {
    silent(
        "exception-expired",
        r#"
domains:
  legacy.example: { level: may, reason: "no STARTTLS, ticket 4711" }
"#,
    )
    .run();
}

#[test]
fn an_end_needs_a_reason() {
    fires(
        "exception-without-reason",
        r"
domains:
  partner.example: { level: secure, match: [mx.partner.example], until: 2027-03-31 }
",
        r"
warning[exception-without-reason]: `partner.example` is an exception, and nobody says why
 --> mxward.yaml:3:73
  |
3 |   partner.example: { level: secure, match: [mx.partner.example], until: 2027-03-31 }
  |                                                                         ^^^^^^^^^^
  |
  = help: write a `reason` beside `until`

1 domain, 1 target: 1 warning
",
    )
    .run();
}

#[test]
fn an_end_with_a_reason_is_silent() {
    silent(
        "exception-without-reason",
        r#"
domains:
  partner.example: { level: secure, match: [mx.partner.example], until: 2027-03-31, reason: "until they sign" }
"#,
    )
    .run();
}

#[test]
fn a_weaker_entry_needs_an_end_where_the_repository_asks_for_it() {
    fires(
        "exception-without-end",
        r#"
lints: { exception-without-end: deny }
domains:
  legacy.example: { level: may, reason: "no STARTTLS, ticket 4711" }
"#,
        r#"
error[exception-without-end]: the exception for `legacy.example` has no end
 --> mxward.yaml:4:41
  |
4 |   legacy.example: { level: may, reason: "no STARTTLS, ticket 4711" }
  |                                         ^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: write `until: YYYY-MM-DD` beside it

1 domain, 1 target: 1 error
"#,
    )
    .run();
}

#[test]
fn a_reason_for_something_stronger_needs_no_end() {
    silent(
        "exception-without-end",
        r#"
lints: { exception-without-end: deny }
domains:
  partner.example: { level: dane-only, reason: "agreed with the partner" }
  legacy.example: { level: may, reason: "no STARTTLS, ticket 4711", until: 2027-03-31 }
"#,
    )
    .run();
}
