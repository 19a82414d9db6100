//! One member's containers change places; the same in both directions. After it, the incoming one may be started and nothing else runs.
//!
//! Of several members all leave before any comes, those first that require others: an engine starts with a container whom that requires, by id.

use crate::model::RestartPolicy;
use crate::rotation::{Act, ContainerView, Role};

/// Who leaves and who comes.
pub struct HandOver<'a> {
    /// Which member.
    pub member: usize,
    /// The unit's name.
    pub name: &'a str,
    /// The one that leaves; none if it is gone.
    pub outgoing: Option<&'a ContainerView>,
    /// Which of the two that is.
    pub outgoing_role: Role,
    /// The name that the outgoing one gets.
    pub away: String,
    /// The one that comes; none if there is none.
    pub incoming: Option<&'a ContainerView>,
    /// The policy that the incoming one must have.
    pub policy: RestartPolicy,
}

impl HandOver<'_> {
    /// The next act; none if the outgoing one is absent or stopped with policy `no`, under the name that is not the unit's.
    ///
    /// Stop before the policy: a running service whose policy is `no` would not survive a boot. Policy before the other's start: an `always`
    /// comes back at boot although it was stopped by hand. Only what is stopped is renamed (Podman's DNS does not follow a running one).
    pub fn leave(&self) -> Option<Act> {
        let HandOver { member, outgoing_role, .. } = *self;
        if let Some(outgoing) = self.outgoing {
            if outgoing.state.is_active() {
                return Some(Act::Stop { member, role: outgoing_role });
            }
            if outgoing.policy != Some(RestartPolicy::No) {
                return Some(Act::Disarm { member, role: outgoing_role });
            }
            if outgoing.name == self.name {
                return Some(Act::Rename { member, role: outgoing_role, to: self.away.clone() });
            }
        }
        None
    }

    /// The next act after that; none if the incoming one has name and policy.
    pub fn come(&self) -> Option<Act> {
        let (member, incoming) = (self.member, self.incoming?);
        let incoming_role = match self.outgoing_role {
            Role::Predecessor => Role::Successor,
            Role::Successor => Role::Predecessor,
        };
        if incoming.name != self.name {
            if incoming.state.is_active() {
                return Some(Act::Stop { member, role: incoming_role });
            }
            return Some(Act::Rename { member, role: incoming_role, to: self.name.to_owned() });
        }
        (incoming.policy != Some(self.policy)).then_some(Act::Rearm { member, role: incoming_role })
    }
}
