//! The matrix.

use super::case::{Case, Hop};
use super::matrix::Identities;
use serde_json::json;

const NOT_VERIFIED: &str = "Server certificate not verified";
const HANDSHAKE: &str = "Cannot start TLS: handshake failure";
const SIGNED: Hop = Hop::Domain("signed.test");
const UNSIGNED: Hop = Hop::Domain("unsigned.test");

/// Every case.
pub(super) fn cases(known: &Identities) -> Vec<Case> {
    [
        chains(),
        names(),
        offers(),
        handshakes(),
        deadlines(),
        tlsa(known),
        fingerprints(known),
        anchors(known),
        routes(),
    ]
    .concat()
}

fn secure(name: &'static str) -> Case {
    Case::new(name, "level: secure, match: [mx.test]")
}

/// Chains of certificates.
fn chains() -> Vec<Case> {
    vec![
        secure("verified").delivers("Verified"),
        secure("self-signed").certificate("self").defers("self-signed certificate"),
        secure("expired").certificate("expired").defers("certificate has expired"),
        secure("not yet valid").certificate("future").defers("certificate not yet valid"),
        secure("intermediate sent").certificate("chain").delivers("Verified"),
        secure("missing intermediate")
            .certificate("missing")
            .defers("untrusted issuer /O=Test/CN=Test Intermediate")
            .notes("neither sent by the server nor in the CA file"),
        secure("expired intermediate")
            .certificate("old-chain")
            .defers("CA certificate verification failed"),
        secure("lost root, not sent")
            .certificate("lost")
            .defers("untrusted issuer /O=Test/CN=Lost Root")
            .notes("neither sent by the server nor in the CA file"),
        secure("lost root, sent")
            .certificate("lost-sent")
            .defers("untrusted issuer /O=Test/CN=Lost Root")
            .notes("sent by the server, and not in the CA file"),
        secure("certificate for clients only")
            .certificate("client")
            .defers("not designated for use as a server certificate"),
        secure("issuer that is no authority").certificate("no-authority").defers(NOT_VERIFIED),
        secure("weak key").certificate("weak").defers(NOT_VERIFIED),
        secure("expired and another name: the name is told")
            .certificate("expired-other")
            .defers("num=62:hostname mismatch"),
        Case::new("expired at encrypt", "level: encrypt")
            .certificate("expired")
            .delivers("Untrusted"),
        Case::new("trusted at encrypt", "level: encrypt").delivers("Trusted"),
        Case::new("self-signed at may", "level: may").certificate("self").delivers("Untrusted"),
        Case::new("weak key at encrypt", "level: encrypt").certificate("weak").delivers("Trusted"),
        Case::new("no certificate at all", "level: may")
            .with(json!({ "certificate": null, "ciphers": "aNULL:@SECLEVEL=0", "most": "1.2" }))
            .delivers("Anonymous"),
        secure("no certificate where one is needed")
            .with(json!({ "certificate": null, "ciphers": "aNULL:@SECLEVEL=0", "most": "1.2" }))
            .defers(HANDSHAKE),
    ]
}

/// Names in certificates.
fn names() -> Vec<Case> {
    let at = |name, policy: &str| Case::new(name, policy.to_owned());
    vec![
        at("another name", "level: secure, match: [other.test]")
            .defers("num=62:hostname mismatch")
            .notes("its names are `mx.test`"),
        at("one of two names", "level: secure, match: [other.test, mx.test]").delivers("Verified"),
        at("names below", "level: secure, match: [.test]").delivers("Verified"),
        at("wildcard for one label", "level: secure, match: [mx1.mail.test]")
            .certificate("wildcard")
            .delivers("Verified"),
        at("wildcard not for two labels", "level: secure, match: [a.b.mail.test]")
            .certificate("wildcard")
            .defers("num=62:hostname mismatch"),
        at("wildcard not for its parent", "level: secure, match: [mail.test]")
            .certificate("wildcard")
            .defers("num=62:hostname mismatch"),
        at("wildcard by a name below", "level: secure, match: [.mail.test]")
            .certificate("wildcard")
            .delivers("Verified"),
        secure("common name alone").certificate("common").delivers("Verified"),
        secure("common name beside other names").certificate("common-beside").defers(NOT_VERIFIED),
        at("verify names the MX host", "level: verify")
            .by(UNSIGNED)
            .certificate("mx")
            .delivers("Verified"),
        at("secure names the domain", "level: secure")
            .by(UNSIGNED)
            .certificate("mx")
            .delivers("Verified"),
        at("secure names no foreign MX host", "level: secure")
            .by(UNSIGNED)
            .defers("num=62:hostname mismatch"),
        at("verify names the host in brackets", "level: verify")
            .by(Hop::Host("unsigned.test"))
            .certificate("mx")
            .delivers("Verified"),
    ]
}

/// What servers offer and refuse.
fn offers() -> Vec<Case> {
    let no = json!({ "ehlo": "250-server.example|250 8BITMIME" });
    vec![
        Case::new("no STARTTLS at may", "level: may").with(no.clone()).in_clear(),
        Case::new("no STARTTLS at encrypt", "level: encrypt")
            .with(no.clone())
            .defers("TLS is required, but was not offered by host "),
        secure("no STARTTLS at secure")
            .with(no)
            .defers("TLS is required, but was not offered by host "),
        Case::new("STARTTLS that nobody wants", "level: none").in_clear(),
        Case::new("STARTTLS in small letters", "level: encrypt")
            .with(json!({ "ehlo": "250-server.example|250 starttls" }))
            .delivers("Trusted"),
        Case::new("STARTTLS as the name of the server", "level: encrypt")
            .with(json!({ "ehlo": "250-STARTTLS|250 SIZE" }))
            .defers("TLS is required, but was not offered by host "),
        Case::new("454 to STARTTLS at encrypt", "level: encrypt")
            .with(json!({ "starttls": "454 4.7.0 not now" }))
            .defers("refused to start TLS: 454 4.7.0 not now"),
        Case::new("554 to STARTTLS at encrypt", "level: encrypt")
            .with(json!({ "starttls": "554 5.7.0 never" }))
            .bounces("refused to start TLS: 554 5.7.0 never"),
        Case::new("454 to STARTTLS at may", "level: may")
            .with(json!({ "starttls": "454 4.7.0 not now" }))
            .in_clear(),
        Case::new("4xx greeting", "level: encrypt")
            .with(json!({ "greeting": "421 4.3.2 too busy" }))
            .defers("refused to talk to me: 421 4.3.2 too busy"),
        Case::new("5xx greeting", "level: encrypt")
            .with(json!({ "greeting": "554 5.7.1 go away" }))
            .defers("refused to talk to me: 554 5.7.1 go away"),
        Case::new("greeting of two lines", "level: encrypt")
            .with(json!({ "greeting": "220-server.example ESMTP|220 hello" }))
            .delivers("Trusted"),
        Case::new("421 to EHLO", "level: encrypt")
            .with(json!({ "ehlo": "421 4.3.2 too busy" }))
            .defers("refused to talk to me: 421 4.3.2 too busy"),
        Case::new("502 to EHLO, HELO taken, at may", "level: may")
            .with(json!({ "ehlo": "502 5.5.1 what" }))
            .in_clear(),
        Case::new("502 to EHLO, HELO taken, at encrypt", "level: encrypt")
            .with(json!({ "ehlo": "502 5.5.1 what" }))
            .defers("TLS is required, but was not offered by host "),
        Case::new("502 to EHLO and to HELO", "level: encrypt")
            .with(json!({ "ehlo": "502 5.5.1 what", "helo": "550 5.5.1 what" }))
            .bounces("refused to talk to me: 550 5.5.1 what"),
        secure("commands injected before the handshake")
            .with(json!({ "starttls": "220 go ahead|250-injected.example|250 SIZE" }))
            .delivers("Verified"),
    ]
}

/// Protocols, ciphers and server names.
fn handshakes() -> Vec<Case> {
    let only = |version: &str| json!({ "least": version, "most": version });
    vec![
        Case::new("TLS 1.0 at may", "level: may").with(only("1.0")).delivers("TLSv1 with cipher"),
        Case::new("TLS 1.0 at encrypt", "level: encrypt")
            .with(only("1.0"))
            .delivers("TLSv1 with cipher"),
        Case::new("TLS 1.0 where 1.2 is wanted", "level: encrypt, protocols: \">=TLSv1.2\"")
            .with(only("1.0"))
            .defers(HANDSHAKE),
        Case::new("TLS 1.0 at may where 1.2 is wanted", "level: may, protocols: \">=TLSv1.2\"")
            .with(only("1.0"))
            .then_clear(HANDSHAKE),
        secure("TLS 1.0 with a certificate that is checked").with(only("1.0")).defers(HANDSHAKE),
        secure("TLS 1.2").with(only("1.2")).delivers("TLSv1.2 with cipher"),
        Case::new("TLS 1.3 left out", "level: encrypt, protocols: \"!TLSv1.3\"")
            .delivers("TLSv1.2 with cipher"),
        Case::new("TLS 1.3 alone, left out", "level: encrypt, protocols: \"<=TLSv1.2\"")
            .with(only("1.3"))
            .defers(HANDSHAKE),
        Case::new("no cipher in common", "level: encrypt, exclude: [AES256, CHACHA20]")
            .with(json!({ "ciphers": "ECDHE-ECDSA-AES256-GCM-SHA384", "most": "1.2" }))
            .defers(HANDSHAKE),
        Case::new("medium cipher at medium", "level: encrypt, ciphers: medium")
            .with(json!({ "ciphers": "ECDHE-ECDSA-AES128-SHA256:@SECLEVEL=0", "most": "1.2" }))
            .delivers("ECDHE-ECDSA-AES128-SHA256"),
        Case::new("no server name is sent", "level: secure, match: [mx.test]")
            .certificate("self")
            .with(json!({ "names": { "mx.test": "good" } }))
            .defers("self-signed certificate"),
        Case::new("servername is sent", "level: secure, match: [mx.test], servername: mx.test")
            .certificate("self")
            .with(json!({ "names": { "mx.test": "good" } }))
            .delivers("Verified"),
        Case::new(
            "servername of the wrong name",
            "level: secure, match: [mx.test], servername: no.test",
        )
        .certificate("self")
        .with(json!({ "names": { "mx.test": "good" } }))
        .defers("self-signed certificate"),
        Case::new("certificates of 100 MB", "level: encrypt")
            .with(json!({ "handshake": "huge" }))
            .defers(HANDSHAKE),
        Case::new("plain text in the place of the handshake", "level: encrypt")
            .with(json!({ "handshake": "250 what" }))
            .defers(HANDSHAKE),
        Case::new("connection closed in the handshake", "level: encrypt")
            .with(json!({ "handshake": "close" }))
            .defers(HANDSHAKE),
        Case::new("connection closed in the handshake at may", "level: may")
            .with(json!({ "handshake": "close" }))
            .then_clear(HANDSHAKE),
    ]
}

/// Silence, and noise without end.
fn deadlines() -> Vec<Case> {
    let at = |name, step: &str, what: &str| {
        Case::new(name, "level: encrypt").with(json!({ step: what }))
    };
    vec![
        Case::new("nobody listens", "level: encrypt").nobody().defers("Connection refused"),
        at("no answer to the connection", "connect", "hang").defers("Connection timed out"),
        at("silence instead of a greeting", "greeting", "hang")
            .defers("timed out while receiving the initial server greeting"),
        at("silence after EHLO", "ehlo", "hang")
            .defers("timed out while performing the EHLO handshake"),
        at("silence after STARTTLS", "starttls", "hang")
            .defers("timed out while receiving the STARTTLS response"),
        at("silence in the handshake", "handshake", "hang").defers(HANDSHAKE),
        at("a greeting of a byte a second", "greeting", "drip")
            .defers("timed out while receiving the initial server greeting"),
        at("a handshake of a byte a second", "handshake", "drip").defers(HANDSHAKE),
        at("greeting lines without end", "greeting", "endless")
            .defers("timed out while receiving the initial server greeting"),
        at("EHLO lines without end", "ehlo", "endless")
            .defers("timed out while performing the EHLO handshake"),
        at("a line without end", "greeting", "long")
            .defers("timed out while receiving the initial server greeting"),
        at("connection closed instead of a greeting", "greeting", "close")
            .defers("while receiving the initial server greeting"),
        at("connection closed after EHLO", "ehlo", "close")
            .defers("while performing the EHLO handshake"),
    ]
}

/// TLSA records.
fn tlsa(known: &Identities) -> Vec<Case> {
    let only = |name| Case::new(name, "level: dane-only").by(SIGNED);
    let dane = |name| Case::new(name, "level: dane").by(SIGNED);
    let [certificate, key] = known.get("self").digests();
    let [ta, ta_key] = known.get("ta").digests();
    let good = || vec![format!("3 1 1 {key}")];
    let zeros = "00".repeat(32);
    let wrong = || vec![format!("3 1 1 {zeros}")];
    let sha512 = known.get("self").key_sha512();
    vec![
        only("3 1 1").certificate("self").tlsa(good()).delivers("Verified"),
        only("3 0 1").certificate("self").tlsa([format!("3 0 1 {certificate}")]).delivers("Verified"),
        only("3 1 2").certificate("self").tlsa([format!("3 1 2 {sha512}")]).delivers("Verified"),
        only("3 0 0").certificate("self").tlsa([format!("3 0 0 {}", known.get("self").full())]).delivers("Verified"),
        only("3 1 1 of an expired certificate")
            .certificate("expired")
            .tlsa([format!("3 1 1 {}", known.get("expired").digests()[1])])
            .delivers("Verified"),
        only("2 0 1").certificate("ta-leaf").tlsa([format!("2 0 1 {ta}")]).delivers("Verified"),
        only("2 1 1").certificate("ta-leaf").tlsa([format!("2 1 1 {ta_key}")]).delivers("Verified"),
        only("2 0 0").certificate("ta-leaf-alone").tlsa([format!("2 0 0 {}", known.get("ta").full())]).delivers("Verified"),
        only("2 0 1 of an anchor that is not sent")
            .certificate("ta-leaf-alone")
            .tlsa([format!("2 0 1 {ta}")])
            .defers(NOT_VERIFIED),
        only("2 0 1 with another name")
            .certificate("ta-other")
            .tlsa([format!("2 0 1 {ta}")])
            .defers("num=62:hostname mismatch"),
        only("2 0 1 with an expired certificate")
            .certificate("ta-expired")
            .tlsa([format!("2 0 1 {ta}")])
            .defers(NOT_VERIFIED),
        only("2 1 1 of the server's own certificate")
            .certificate("self")
            .tlsa([format!("2 1 1 {key}")])
            .defers(NOT_VERIFIED),
        only("mismatch at dane-only").tlsa(wrong()).defers(NOT_VERIFIED).notes("would be `3 1 1 "),
        dane("mismatch at dane").tlsa(wrong()).defers(NOT_VERIFIED),
        only("one of two records").certificate("self").tlsa(wrong()).tlsa(good()).delivers("Verified"),
        only("a weaker digest does not count")
            .certificate("self")
            .tlsa(good())
            .tlsa([format!("3 1 2 {}", "00".repeat(64))])
            .defers(NOT_VERIFIED),
        only("PKIX usages at dane-only").tlsa([format!("1 1 1 {key}")]).defers("TLSA records unusable"),
        dane("PKIX usages at dane").tlsa([format!("0 0 1 {certificate}")]).delivers("Trusted"),
        dane("PKIX usages at dane, no STARTTLS")
            .tlsa([format!("1 1 1 {key}")])
            .with(json!({ "ehlo": "250 server.example" }))
            .defers("TLS is required, but was not offered by host "),
        only("digest unknown at dane-only").tlsa([format!("3 1 3 {key}")]).defers(NOT_VERIFIED),
        dane("digest unknown at dane")
            .tlsa([format!("3 1 3 {key}")])
            .delivers("Untrusted"),
        dane("digest unknown at dane, the right name")
            .certificate("named")
            .tlsa([format!("3 1 3 {key}")])
            .delivers("Trusted"),
        dane("selector unknown at dane").certificate("self").tlsa([format!("3 2 1 {key}")]).delivers("Untrusted"),
        only("digest of the wrong length").certificate("self").tlsa(["3 1 1 0011".to_owned()]).defers(NOT_VERIFIED),
        only("some unusable, one good")
            .certificate("self")
            .tlsa([format!("3 1 9 {key}"), format!("1 1 1 {key}")])
            .tlsa(good())
            .delivers("Verified"),
        only("signed without TLSA at dane-only").defers("no TLSA records found"),
        dane("signed without TLSA at dane").delivers("Trusted"),
        dane("signed without TLSA and STARTTLS at dane").with(json!({ "ehlo": "250 server.example" })).in_clear(),
        dane("TLSA, and no STARTTLS at dane")
            .tlsa(good())
            .with(json!({ "ehlo": "250 server.example" }))
            .defers("TLS is required, but was not offered by host "),
        only("unsigned at dane-only").by(UNSIGNED).tlsa(good()).defers("non DNSSEC destination"),
        dane("unsigned at dane").by(UNSIGNED).tlsa(wrong()).delivers("Trusted"),
        only("signed host in brackets").by(Hop::Host("signed.test")).certificate("self").tlsa(good()).delivers("Verified"),
        only("an address at dane-only").by(Hop::Host("unsigned.test")).defers("no TLSA records found"),
        only("the server picks its certificate by the TLSA base domain")
            .with(json!({ "certificate": "good", "names": { "mxN.signed.test": "self" } }))
            .tlsa(good())
            .delivers("Verified"),
        dane("unsigned MX set, signed host")
            .by(Hop::Text("half.unsigned.test"))
            .certificate("self")
            .tlsa(good())
            .records("half.unsigned.test MX 10 mxN.signed.test.")
            .delivers("Trusted"),
        only("TLSA behind an alias of the host")
            .by(Hop::Text("[aliasN.signed.test]"))
            .certificate("self")
            .records("aliasN.signed.test CNAME mxN.signed.test.")
            .tlsa(good())
            .delivers("Verified"),
        only("TLSA at the alias itself")
            .by(Hop::Text("[aliasN.signed.test]"))
            .certificate("self")
            .records(&format!("aliasN.signed.test CNAME mxN.signed.test.|_25._tcp.aliasN.signed.test TLSA 3 1 1 {key}"))
            .delivers("Verified"),
        only("TLSA by an alias of its own")
            .certificate("self")
            .records(&format!("_25._tcp.mxN.signed.test CNAME keyN.signed.test.|keyN.signed.test TLSA 3 1 1 {key}"))
            .delivers("Verified"),
    ]
}

/// Digests in the policy.
fn fingerprints(known: &Identities) -> Vec<Case> {
    let [certificate, key] = known.get("self").digests();
    let at = |name, digests: &[&str]| {
        let list: Vec<String> = digests.iter().map(|it| format!("\"{it}\"")).collect();
        Case::new(name, format!("level: fingerprint, match: [{}]", list.join(", ")))
            .certificate("self")
    };
    let zeros = "00".repeat(32);
    vec![
        at("fingerprint of the certificate", &[&certificate]).delivers("Verified"),
        at("fingerprint of the key", &[&key]).delivers("Verified"),
        at("one of two fingerprints", &[&zeros, &key]).delivers("Verified"),
        at("another fingerprint", &[&zeros]).defers(NOT_VERIFIED).notes("the certificate is `"),
        Case::new(
            "fingerprint of an expired certificate",
            format!("level: fingerprint, match: [\"{}\"]", known.get("expired").digests()[1]),
        )
        .certificate("expired")
        .delivers("Verified"),
        Case::new(
            "fingerprint of the issuer",
            format!("level: fingerprint, match: [\"{}\"]", known.get("ca").digests()[0]),
        )
        .certificate("chain")
        .defers(NOT_VERIFIED),
    ]
}

/// `tafile`.
fn anchors(known: &Identities) -> Vec<Case> {
    let at = |name, file: &str| {
        let path = known.path(file);
        Case::new(name, format!("level: secure, match: [mx.test], tafile: [{path}]"))
    };
    vec![
        at("tafile of the root", "lost-root.pem").certificate("lost-sent").delivers("Verified"),
        at("tafile of a root that is not sent", "lost-root.pem")
            .certificate("lost")
            .delivers("Verified"),
        at("tafile of another root", "lost-root.pem").defers(NOT_VERIFIED),
        at("tafile of the server's own certificate", "self.pem")
            .certificate("self")
            .delivers("Verified"),
        at("tafile of the root's key", "lost-root.key")
            .certificate("lost-sent")
            .delivers("Verified"),
        at("tafile that is not there", "nothing.pem").defers("client TLS configuration problem"),
    ]
}

/// Ways to servers.
fn routes() -> Vec<Case> {
    vec![
        secure("IPv6 only").by(Hop::Address6).delivers("Verified"),
        Case::new("IPv6 only by MX", "level: secure, match: [mx.test]")
            .by(Hop::Text("six.unsigned.test"))
            .nobody()
            .records("six.unsigned.test MX 10 hostN.unsigned.test.|hostN.unsigned.test AAAA ::1")
            .delivers("Verified"),
        Case::new("no MX, an address", "level: secure, match: [mx.test]")
            .by(Hop::Text("implicitN.unsigned.test"))
            .records("implicitN.unsigned.test A ADDRESS")
            .delivers("Verified"),
        Case::new("null MX", "level: encrypt")
            .by(Hop::Text("null.signed.test"))
            .nobody()
            .records("null.signed.test MX 0 .")
            .bounces("does not accept mail (nullMX)"),
        Case::new("no such domain", "level: encrypt")
            .by(Hop::Text("absent.signed.test"))
            .nobody()
            .bounces("Host or domain name not found"),
        Case::new("MX without address", "level: encrypt")
            .by(Hop::Text("lonely.signed.test"))
            .nobody()
            .records("lonely.signed.test MX 10 nowhere.signed.test.")
            .bounces("Host or domain name not found"),
        Case::new("bogus", "level: encrypt")
            .by(Hop::Text("x.bogus.test"))
            .nobody()
            .defers("Host or domain name not found"),
        Case::new("a port", "level: secure, match: [mx.test]")
            .by(Hop::Text("[ADDRESS]:2525"))
            .with(json!({ "port": 2525 }))
            .delivers("Verified"),
        Case::new("the first server fails, the second is good", "level: secure, match: [mx.test]")
            .by(Hop::Text("twoN.unsigned.test"))
            .records(
                "twoN.unsigned.test MX 10 deadN.unsigned.test.|twoN.unsigned.test MX 20 mxN.unsigned.test.|\
                 deadN.unsigned.test A 127.9.9.9|mxN.unsigned.test A ADDRESS",
            )
            .delivers("Verified"),
    ]
}
