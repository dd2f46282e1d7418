//! One server, one policy, and what must come of both.

use serde_json::{Value, json};

/// How the next hop names the server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Hop {
    /// `[127.3.0.1]`
    Address,
    /// `[::1]`
    Address6,
    /// `[mx1.ZONE]`
    Host(&'static str),
    /// `c1.ZONE`, whose MX host is `mx1.ZONE`.
    Domain(&'static str),
    /// As it stands.
    Text(&'static str),
}

/// One server, one policy, and what must come of both.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) hop: Hop,
    /// How the server behaves; nobody listens without it.
    pub(super) server: Option<Value>,
    pub(super) policy: String,
    /// TLSA records under the name of the host.
    pub(super) tlsa: Vec<String>,
    /// More records of the zone, in which `N` is the number of the case.
    pub(super) records: String,
    /// `delivers`, `defers` and so on.
    pub(super) does: &'static str,
    /// What Postfix says of it, in the line of the delivery or before.
    pub(super) says: &'static str,
    /// A word that only mxward says, among its notes.
    pub(super) notes: &'static str,
}

impl Case {
    /// A server with a certificate that nothing is wrong with.
    pub(super) fn new(name: &'static str, policy: impl Into<String>) -> Self {
        Self {
            name,
            hop: Hop::Address,
            server: Some(json!({ "certificate": "good" })),
            policy: policy.into(),
            tlsa: Vec::new(),
            records: String::new(),
            does: "delivers",
            says: "",
            notes: "",
        }
    }

    pub(super) fn by(mut self, hop: Hop) -> Self {
        self.hop = hop;
        self
    }

    pub(super) fn certificate(self, file: &str) -> Self {
        self.with(json!({ "certificate": file }))
    }

    /// The server does this as well.
    pub(super) fn with(mut self, more: Value) -> Self {
        if let (Some(Value::Object(server)), Value::Object(more)) = (&mut self.server, more) {
            server.extend(more);
        }
        self
    }

    pub(super) fn nobody(mut self) -> Self {
        self.server = None;
        self
    }

    pub(super) fn tlsa(mut self, records: impl IntoIterator<Item = String>) -> Self {
        self.tlsa.extend(records);
        self
    }

    pub(super) fn records(mut self, records: &str) -> Self {
        records.clone_into(&mut self.records);
        self
    }

    pub(super) fn delivers(mut self, word: &'static str) -> Self {
        (self.does, self.says) = ("delivers", word);
        self
    }

    pub(super) fn in_clear(mut self) -> Self {
        self.does = "delivers-in-clear";
        self
    }

    pub(super) fn defers(mut self, text: &'static str) -> Self {
        (self.does, self.says) = ("defers", text);
        self
    }

    pub(super) fn then_clear(mut self, text: &'static str) -> Self {
        (self.does, self.says) = ("defers-then-clear", text);
        self
    }

    pub(super) fn bounces(mut self, text: &'static str) -> Self {
        (self.does, self.says) = ("bounces", text);
        self
    }

    pub(super) fn notes(mut self, text: &'static str) -> Self {
        self.notes = text;
        self
    }
}
