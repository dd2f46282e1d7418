//! What sends mail elsewhere beside the transport map.

use super::checker::Checker;
use super::difference::Severity;
use super::running::View;
use super::table_list::elements;
use crate::postfix::NextHop;

impl Checker<'_> {
    pub(super) fn routing(&mut self) {
        for view in self.rewrite_views() {
            self.relayhost(view);
            self.parents(view);
        }
        for view in self.smtp_views() {
            self.fallback_relay(view);
            self.families(view);
        }
        let main = self.main();
        if !main.text("content_filter").is_empty() {
            let why = "mail goes there first, and meets the maps only when it comes back";
            self.noted(main, Severity::Note, "content_filter", why);
        }
    }

    /// Where mail goes without a transport entry. [transport(5)]
    fn relayhost(&mut self, view: View<'_>) {
        let required = self.required.relayhost.clone();
        let running = view.text("relayhost");
        if !running.eq_ignore_ascii_case(&required) {
            if running.is_empty() {
                let why = "mail without an entry goes to the MX hosts of its domain instead";
                self.wrong(view, Severity::Different, "relayhost", &required, why);
            } else {
                let why = "mail without an entry goes there, by the policy of that next hop alone: those of \
                           domains are not asked";
                let declared =
                    NextHop::parse(running).map(|it| format!("relayhost: \"{it}\"")).ok();
                self.relay(view, "relayhost", &required, (why, declared));
            }
        }
        for parameter in
            ["sender_dependent_relayhost_maps", "sender_dependent_default_transport_maps"]
        {
            if !view.text(parameter).is_empty() {
                let why = "of some senders mail goes elsewhere, and the policies of its domains are not asked";
                self.noted(view, Severity::Different, parameter, why);
            }
        }
        let transport = view.text("default_transport");
        if !matches!(transport, "" | "smtp" | "smtp:") {
            let why = "mail without an entry is delivered otherwise than to the MX hosts of its domain by `smtp`";
            self.wrong(view, Severity::Different, "default_transport", "smtp", why);
        }
    }

    /// Where mail goes when everything else failed, by the policy of that next hop.
    fn fallback_relay(&mut self, view: View<'_>) {
        let text = view.text("smtp_fallback_relay");
        let running: Vec<String> =
            elements(text).into_iter().map(str::to_ascii_lowercase).collect();
        let required = &self.required.fallback_relay;
        if running == *required {
            return;
        }
        let needed = required.join(", ");
        let name = "smtp_fallback_relay";
        if running.iter().all(|it| required.contains(it)) {
            let why = "mail that reaches no next hop waits where the target says it goes on";
            return self.wrong(view, Severity::Different, name, &needed, why);
        }
        let why = "mail that no next hop took goes there, by the policy of that next hop";
        let declared = running.iter().map(|it| NextHop::parse(it)).collect::<Result<Vec<_>, _>>();
        let declared = declared.map(|list| match list.as_slice() {
            [only] => format!("fallback_relay: \"{only}\""),
            list => {
                let list: Vec<String> = list.iter().map(|it| format!("\"{it}\"")).collect();
                format!("fallback_relay: [{}]", list.join(", "))
            }
        });
        self.relay(view, name, &needed, (why, declared.ok()));
    }

    /// A relay that the target does not name. Without it all mail may be stranded, so where the target can
    /// name it, no command takes it out.
    fn relay(
        &mut self,
        view: View<'_>,
        parameter: &str,
        needed: &str,
        (why, declared): (&str, Option<String>),
    ) {
        match declared.filter(|_| needed.is_empty()) {
            Some(declared) => {
                let why = format!(
                    "{why}; write `{declared}` into the target, or set it to nothing, but only where this \
                     host may itself send to the servers of all domains"
                );
                self.tell(view, Severity::Weaker, parameter, Some(needed), &why, None);
            }
            None => self.wrong(view, Severity::Weaker, parameter, needed, why),
        }
    }

    /// Which parents of a domain the transport map is asked for.
    fn parents(&mut self, view: View<'_>) {
        let name = "parent_domain_matches_subdomains";
        let list = elements(view.text(name));
        let (running, required) = (list.contains(&"transport_maps"), self.required.parents_match);
        if running == required {
            return;
        }
        let (needed, why) = if required {
            let mut all = list;
            all.push("transport_maps");
            (all, "`example.com` in the transport map is not asked for its subdomains")
        } else {
            let rest = list.into_iter().filter(|it| *it != "transport_maps").collect();
            (
                rest,
                "`example.com` in the transport map is asked for its subdomains too, and `.example.com` never",
            )
        };
        self.wrong(view, Severity::Different, name, &needed.join(", "), why);
    }

    /// Which addresses are used.
    fn families(&mut self, view: View<'_>) {
        let text = view.text("inet_protocols").to_ascii_lowercase();
        let running = elements(&text);
        if running.is_empty() || running.contains(&"all") {
            return;
        }
        for (required, name) in [(self.required.ipv4, "ipv4"), (self.required.ipv6, "ipv6")] {
            if required && !running.contains(&name) {
                let why = format!(
                    "addresses of {name} are not used, and pins of that family never answer"
                );
                let needed = [running.as_slice(), &[name]].concat().join(", ");
                self.wrong(view, Severity::Different, "inet_protocols", &needed, &why);
            }
        }
    }
}
