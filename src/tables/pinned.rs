//! The rules of pins that depend on the target.

use super::lower::Lowering;
use super::lowered::State;
use super::pin_list::PinList;
use super::table::Origin;
use crate::model::PinFallback;
use crate::postfix::{NextHop, TlsPolicy, Version};
use crate::resolve::{PinHost, Resolved};
use std::sync::Arc;

/// The first Postfix that takes a list of next hops. [RELEASE_NOTES-3.5]
const NEXT_HOP_LISTS: Version = Version { major: 3, minor: 5, patch: None };

impl Lowering<'_, '_> {
    /// Checks a pin for the target, and notes the policies of its addresses.
    pub(super) fn pinned(
        &mut self,
        plan: &Resolved,
        hosts: &[PinHost],
        policy: Option<Arc<TlsPolicy>>,
    ) -> State {
        let target = self.target;
        let mx = Some("write `route: mx`".to_owned());
        let name = &target.name.value;
        if !self.takes_transport(plan.span, "a pin") {
            return State::Failed;
        }
        if target.postfix < NEXT_HOP_LISTS {
            let message = format!(
                "a pin needs Postfix 3.5, and target `{name}` runs {}: older ones take no list of next hops",
                target.postfix
            );
            self.refuse("postfix-version", plan.span, message, mx);
            return State::Failed;
        }
        if target.pin_fallback.value == PinFallback::None {
            let message = format!(
                "a pin without the domain at its end strands mail when the addresses change, and target \
                 `{name}` says `pin_fallback: none`"
            );
            self.refuse("pin-fallback", plan.span, message, mx);
            return State::Failed;
        }
        if target.parent_domain_matches_subdomains {
            let message = format!(
                "on target `{name}` a pin would take the mail of all subdomains along, because \
                 `parent_domain_matches_subdomains` has `transport_maps`"
            );
            self.refuse("pin-subdomains", plan.span, message, mx);
            return State::Failed;
        }
        let (Some(id), Some(policy)) = (plan.policy, policy) else {
            self.refuse("pin-policy", plan.span, "a pin needs a policy".to_owned(), mx);
            return State::Failed;
        };
        let Some(list) = PinList::new(hosts, target.ipv4, target.ipv6) else {
            let names: Vec<&str> = hosts.iter().map(|host| host.name.as_str()).collect();
            let message = format!(
                "target `{name}` reaches no IPv4 address of {}: a pin of IPv6 addresses alone bounces \
                 where IPv6 is off",
                names.join(", ")
            );
            self.refuse("pin-addresses", plan.span, message, mx);
            return State::Failed;
        };
        for (address, hosts) in &list.hosts {
            let origin = Origin {
                span: plan.span,
                template: plan.template.clone(),
                hosts: Some(Arc::from(hosts.as_str())),
            };
            self.next_hop(NextHop::address(*address).as_str(), id, origin);
        }
        State::Pinned(list, policy)
    }
}
