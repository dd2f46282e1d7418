//! What an exception must not do, above all to others.

use super::{CONFIG, DOMAINS, INSIDE, LIST, args, refused, repository};
use crate::harness::{Ran, Test, valid};

#[test]
fn others_do_not_lose_unless_that_is_agreed_to() {
    let alias = "  alias.example: { transport: \"smtp:kunde.example\" }\n";
    let message = "refused: target mx: 1 domain would be less safe, too: alias.example \
                   if that is meant: --allow weaker=1";
    let ran = refused(repository(alias), "kunde.example", 5, message);
    ran.then()
        .args(args("kunde.example --allow weaker=1"))
        .stdout_has("alias.example, kunde.example")
        .stdout_has("mxward apply --allow weaker=2 breakglass.plan")
        .run();
}

#[test]
fn a_next_hop_of_several_domains_has_one_policy() {
    let sister = "  sister.example: { next_hop: \"[tls.partner.example]:587\", level: secure, match: [tls.partner.example] }\n";
    let all = "partner.example sister.example";
    let message = format!("`mxward breakglass {all} …`");
    let ran = refused(repository(sister), "partner.example", 3, &message);
    let ran = ran.then().args(args(all)).stdout_has("mx  2 weaker\n").run();
    ran.then()
        .args(["breakglass", "partner.example", "--end"])
        .stderr_has(&format!("`mxward breakglass {all} --end`"))
        .status(3)
        .run();
    let ended = ["breakglass", "partner.example", "sister.example", "--end"];
    ran.then()
        .args(ended)
        .any_stdout()
        .expect_file("domains/a.yaml", format!("{DOMAINS}{sister}"))
        .run();
}

#[test]
fn addresses_of_a_pin_keep_their_policies_for_everybody_else() {
    let ran =
        Test::example("handwritten").args(["compile", "--frozen", "--out", "out", "-q"]).run();
    let maps = |ran: &Ran| {
        let text = ran.read("out/mx/tls_policy");
        let lines = text.lines().filter(|it| !it.starts_with('#')).map(str::to_owned);
        lines.collect::<std::collections::BTreeSet<_>>()
    };
    let before = maps(&ran);
    ran.then().args(args("gmail.com")).any_stdout().any_stderr().run();
    ran.then().args(["compile", "--frozen", "--out", "out", "-q"]).run();
    let after = maps(&ran);
    let gone: Vec<&String> = before.difference(&after).collect();
    assert!(gone.iter().all(|it| it.starts_with("gmail.com ") || it.starts_with('[')), "{gone:?}");
    assert!(after.contains("gmail.com encrypt"), "{after:?}");
    ran.then().args(["diff", "--frozen", "--target", "mx"]).any_stdout().any_stderr().run();
    // What comes back needs what the lock still has.
    ran.then().args(["breakglass", "gmail.com", "--end"]).any_stdout().any_stderr().run();
    ran.then().args(["compile", "--frozen", "--out", "out", "-q"]).run();
    assert_eq!(maps(&ran), before);
}

#[test]
fn protect_yaml_has_the_last_word() {
    let protected = |text: &str| repository("").file("protect.yaml", format!("version: 1\n{text}"));
    let minimum = "domains: { kunde.example: secure }\n";
    let message = "refused: target mx: protect.yaml wants at least secure for kunde.example, which would have less";
    refused(protected(minimum), "kunde.example --allow weaker", 5, message);
    refused(protected("limit: {}\n"), "kunde.example", 3, "error: nothing was written");
    let limit = "limits: { weaker: 0 }\n";
    let message = "refused: target mx: 1 domain would be weaker, and protect.yaml allows 0";
    refused(protected(limit), "kunde.example --allow weaker", 5, message);
    let waiver =
        "waivers: [{ domain: kunde.example, allow: weaker, reason: x, until: 2999-01-01 }]\n";
    let waived = format!("{minimum}{limit}{waiver}");
    protected(&waived).args(args("kunde.example")).any_stdout().run();
    let outside = repository("").file("outside.yaml", "version: 1\nlimits: { weaker: 0 }\n");
    let words = "kunde.example --protect outside.yaml --report json";
    let ran = refused(outside, words, 5, "protect.yaml allows 0");
    valid("breakglass-report", &ran.stdout);
}

#[test]
fn what_would_help_nobody_is_refused() {
    let message = "`dane-only` would change nothing for `m\u{fc}nchen.example`, whose mail goes out so: mx: by MX: dane-only";
    let message = message.replace("m\u{fc}nchen", "xn--mnchen-3ya");
    refused(repository(""), "m\u{fc}nchen.example --level dane-only", 3, &message);
    let relay = CONFIG.replace("deployed:", "relayhost: \"[relay.example]\", deployed:");
    refused(
        repository("").file("mxward.yaml", relay),
        "kunde.example",
        3,
        "would change nothing for `kunde.example`",
    );
    let none = "version: 1\ninclude: [\"domains/*.yaml\"]\n";
    refused(repository("").file("mxward.yaml", none), "kunde.example", 3, "names no target");
}

#[test]
fn entries_on_shared_lines_are_left_to_people() {
    let text = "domains: { kunde.example: { level: secure, match: [mx.kunde.example] } }\n";
    refused(
        repository("").file("domains/a.yaml", text),
        "kunde.example",
        3,
        "the entry is not written on lines of its own; write it by hand: `kunde.example: { level: encrypt, reason: \"ticket 4711\", until: 20",
    );
    let anchor = "domains:\n  kunde.example: &k { level: secure, match: [mx.kunde.example] }\n  z.example: *k\n";
    refused(
        repository("").file("domains/a.yaml", anchor),
        "kunde.example",
        3,
        "cannot write to `domains/a.yaml`: its value has an anchor, which others may refer to; write it by hand: `kunde.example: {",
    );
    refused(
        repository(""),
        "new.example --file other.yaml",
        3,
        "mxward.yaml does not include `other.yaml`; write it by hand: `new.example: {",
    );
}

/// A name of a parent stands in that of the child before the end, too.
#[test]
fn parents_are_found_from_the_first_dot() {
    for domain in ["mail.network.net", "mail.deutsche.de"] {
        repository("").args(args(domain)).any_stdout().run();
    }
}

/// An anchor may be what the policy of a next hop refers to.
#[test]
fn nothing_else_of_the_repository_changes_unseen() {
    let config = CONFIG.replace("domains:\n", "next_hops:\n  \"[r.example]\": *k\ndomains:\n");
    let config = config.split_once("next_hops").unwrap();
    let text = format!(
        "{}domains:\n  a.example: {{ match: &m [old.example], level: secure }}\n  kunde.example: {{ match: &m [m.x], level: secure }}\nnext_hops: {{ \"[r.example]\": {{ level: secure, match: *m }} }}\ntargets:{}",
        config.0,
        config.1.split_once("targets:").unwrap().1
    );
    repository("")
        .file("domains/a.yaml", "domains:\n  b.example: { level: encrypt }\n")
        .file("mxward.yaml", text.as_str())
        .args(args("kunde.example"))
        .stderr_has("nothing was written: `next_hops` would be read otherwise than before")
        .status(3)
        .expect_file("mxward.yaml", text.as_str())
        .run();
}

#[test]
fn lists_with_such_a_comment_and_names_with_a_dot_are_refused() {
    let list = "#| two.example\none.example\ntwo.example\n";
    repository("")
        .file("domains/list.txt", list)
        .args(args("two.example"))
        .stderr_has("cannot write to `domains/list.txt`: it has a comment `#| two.example` already")
        .status(3)
        .expect_file("domains/list.txt", list)
        .run();
    repository("")
        .file("domains/list.txt", "# ours\ntwo.example\n")
        .args(args("two.example"))
        .stderr_has("no domain would be left in `domains/list.txt`, and a list names at least one; by hand: ")
        .status(3)
        .expect_file("domains/list.txt", "# ours\ntwo.example\n")
        .run();
    for file in ["domains/.x.yaml", "domains/.x/y.yaml"] {
        let words = format!("new.example --file {file}");
        refused(repository(""), &words, 3, "mxward.yaml does not include `domains/.x");
    }
}

#[test]
fn a_parent_that_goes_to_hosts_does_not_keep_the_mail() {
    let parent = "  .inside.example: { provider: inside, route: host }\n";
    let ran = repository(parent)
        .file("providers/inside.yaml", INSIDE)
        .args(args("a.inside.example"))
        .stdout_has(
            "  - to [mx.inside.example]: secure match=mx.inside.example\n  + by MX: encrypt\n",
        )
        .run();
    let entry = "  a.inside.example: { transport: \"smtp:\", level: encrypt, reason";
    assert!(ran.read("domains/breakglass.yaml").contains(entry));
}

/// The name of a file becomes part of a comment.
#[test]
fn a_list_with_a_line_break_in_its_name_is_left_to_people() {
    let name = "domains/a\n  evil.example: x #.txt";
    repository("")
        .without("domains/list.txt")
        .file(name, LIST)
        .args(args("two.example"))
        .stderr_has("`domains/a\\n  evil.example: x #.txt` cannot stand in a comment; write it by hand: `two.example: {")
        .status(3)
        .expect_file(name, LIST)
        .run();
}
