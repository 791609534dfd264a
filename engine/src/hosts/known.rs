//! Hosts that may play a role, because somebody said so and why: our own TURN server, the proxy, the router.

use crate::apps::Role;
use crate::packet::Addr;
use crate::prefix::Prefix;

/// One entry of the policy's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excuse {
    /// Whom it is about.
    pub prefix: Prefix,
    /// Which roles they may play.
    pub roles: Vec<Role>,
    /// Why.
    pub reason: String,
}

/// All of them, in the order of the policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Excuses(pub Vec<Excuse>);

impl Excuses {
    /// Why that host may play that role, if somebody said so.
    #[must_use]
    pub fn of(&self, addr: Addr, role: Role) -> Option<&str> {
        let fits = |excuse: &&Excuse| excuse.prefix.holds(addr) && excuse.roles.contains(&role);
        self.0.iter().find(fits).map(|excuse| excuse.reason.as_str())
    }
}
