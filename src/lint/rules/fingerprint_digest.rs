//! Fingerprints of another digest than Postfix compares.

use crate::lint::findings::Findings;
use crate::lint::rule::{Docs, Rule};
use crate::lint::view::View;
use crate::model::LintLevel;
use crate::postfix::MatchPattern;
use std::collections::BTreeSet;

/// The bytes of SHA-256, which `main.cf.required` asks for.
const SHA256: usize = 32;

pub(super) static RULE: Rule = Rule {
    name: "fingerprint-digest",
    level: LintLevel::Deny,
    lowest: LintLevel::Allow,
    summary: "a fingerprint that is no SHA-256 digest",
    docs: Docs {
        what: "Finds fingerprints that are not 32 bytes long.",
        why: "\
The digest is a parameter of main.cf, `smtp_tls_fingerprint_digest`, and the same for all entries.
`main.cf.required` sets it to sha256. A fingerprint of another length never matches, and Postfix does not
say so when it reads the map: the mail is deferred.",
        example: "\
domains:
  example.com:
    level: fingerprint
    match: [\"2e:45:a1:68:f7:58:3f:5d:97:c1:72:86:6e:09:6d:18:d0:cc:53:9e\"]
",
        instead: "\
domains:
  example.com:
    level: fingerprint
    match:
      - \"94:3c:2a:f1:5e:1c:fc:7a:51:b0:3a:5d:64:57:f7:0c:5b:02:10:0f:8e:91:ab:7d:65:df:bb:a0:82:9f:0c:6d\"
",
        sources: "postconf(5) `smtp_tls_fingerprint_digest`; TLS_README \"Certificate fingerprint verification\"",
    },
    run,
};

fn run(view: &View<'_>, findings: &mut Findings<'_>) {
    let mut places = BTreeSet::new();
    for it in view.policies() {
        for pattern in &it.policy.matches {
            let MatchPattern::Fingerprint(text) = pattern else { continue };
            let bytes = (text.len() + 1) / 3;
            if bytes != SHA256 {
                places.insert((it.attribute_place("match"), bytes));
            }
        }
    }
    for (place, bytes) in places {
        let digest = match bytes {
            16 => "that is MD5",
            20 => "that is SHA-1",
            48 => "that is SHA-384",
            64 => "that is SHA-512",
            _ => "no digest has so many",
        };
        let message = format!(
            "a fingerprint of {bytes} bytes never matches: {digest}, and main.cf must say sha256"
        );
        let finding = findings
            .at(place, message)
            .hint("take it anew: `openssl x509 -noout -fingerprint -sha256`");
        findings.push(finding);
    }
}
