//! What earlier flows taught: which endpoint speaks what, which flows were announced, and what addresses are called.
//!
//! Only flows of strong evidence teach, or several with weak evidence of the same together; only endpoints that serve one thing
//! are learned, and all of it ends: by frame time, and by a bound on the number of entries.

mod names;
mod recent;

pub use names::AddressName;

use std::cell::Cell;

use names::Names;
use recent::Recent;

use crate::apps::AppId;
use crate::inspect::ProtocolId;
use crate::packet::{Addr, Endpoint, Side, Time, Transport};

/// How much may be remembered. An endpoint takes some 80 bytes; a name some 100 on average and 350 at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Endpoints, learned and announced.
    pub endpoints: usize,
    /// Addresses with a name.
    pub names: usize,
}

impl Default for Limits {
    /// Some 5 MB of endpoints and 7 MB of names: a campus of ten thousand hosts keeps all that is alive.
    fn default() -> Self {
        Self { endpoints: 65_536, names: 65_536 }
    }
}

/// Evidence (decibans) from which on a flow may teach; the same that makes a match certain.
pub const TEACHES: i16 = crate::inspect::CERTAIN;

/// From here on a flow makes its local socket suspect: as likely right as wrong. Several flows of one socket that say the
/// same teach together what one of them may not.
pub const SUSPECTS: i16 = 20;
/// What each further flow adds. Their chances are not independent: a stranger's program may look alike in all it sends.
const FURTHER: i16 = 5;
/// Stands for the flow, where several taught together: each of them may hear what all of them showed.
const SEVERAL: u64 = u64::MAX;
/// Looks at a suspect socket, some three for each of its flows, after which one flow more is no longer about the same: of random
/// datagrams one in a hundred looks like the same program, of its own nearly all do.
const FADES: u8 = 24;

/// A local socket is closed with its program; each flow of it renews this.
const LOCAL_LIFE: u64 = 10 * 60 * Time::SECOND;
/// Peers stay where they are longer, but addresses change hands.
const REMOTE_LIFE: u64 = 30 * 60 * Time::SECOND;
/// What is announced comes soon: ringing ends after two minutes.
const ANNOUNCED_LIFE: u64 = 2 * 60 * Time::SECOND;

/// How something came to be known of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// A local socket was seen speaking it.
    Local,
    /// A far endpoint was seen speaking it.
    Remote,
    /// Another flow said that it would come.
    Announced,
}

impl Way {
    const fn life(self) -> u64 {
        match self {
            Self::Local => LOCAL_LIFE,
            Self::Remote => REMOTE_LIFE,
            Self::Announced => ANNOUNCED_LIFE,
        }
    }
}

/// What is known of an endpoint from an earlier flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lesson {
    /// What speaks there.
    pub app: AppId,
    /// And in which protocol.
    pub protocol: ProtocolId,
    /// How sure the flow was that taught it, in decibans.
    pub decibans: i16,
    /// How it came to be known.
    pub way: Way,
    /// When.
    pub learned: Time,
    /// Until when it holds.
    pub expires: Time,
    /// The flow that taught it first, by the pipeline's number.
    pub flow: u64,
}

impl Lesson {
    /// Whether it is only known that somebody spoke there.
    #[must_use]
    pub fn is_unknown_call(&self) -> bool {
        self.app == AppId::UNKNOWN
    }
}

/// What a flow teaches.
#[derive(Clone, Copy, Debug)]
pub struct Teaching {
    /// What speaks there.
    pub app: AppId,
    /// And in which protocol.
    pub protocol: ProtocolId,
    /// The flow's own evidence: what it was itself taught does not count.
    pub decibans: i16,
    /// The flow, by the pipeline's number.
    pub flow: u64,
    /// The time of the frame.
    pub now: Time,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Key {
    endpoint: Endpoint,
    transport: Transport,
}

// Not the transport: who asks for one often asks for the other too, and most hear no to both at once.
impl std::hash::Hash for Key {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.endpoint.addr.hash(state);
        state.write_u32(self.endpoint.port.into());
    }
}

enum Entry {
    Known(Lesson),
    /// Two applications were seen there: it tells nothing until then.
    Shared(Time),
    /// Weak evidence of several flows, which is not enough so far; and how often the socket was looked at since.
    Suspect(Lesson, Cell<u8>),
}

/// All that earlier flows taught.
pub struct Learned {
    endpoints: Recent<Key, Entry>,
    names: Names,
}

impl Learned {
    /// Remembers nothing yet, and never more than the limits. The seed of its hashes is the caller's secret: strangers
    /// choose addresses.
    #[must_use]
    pub fn new(limits: Limits, seed: u64) -> Self {
        Self { endpoints: Recent::new(limits.endpoints, seed), names: Names::new(limits.names, seed) }
    }

    /// What is known of an endpoint.
    #[must_use]
    #[inline]
    pub fn lookup(&self, endpoint: Endpoint, transport: Transport, now: Time) -> Option<&Lesson> {
        if endpoint.port < FIRST_OWN {
            return None;
        }
        match self.endpoints.get(&Key { endpoint, transport })? {
            Entry::Known(lesson) if now < lesson.expires => Some(lesson),
            Entry::Suspect(_, looks) => {
                looks.set(looks.get().saturating_add(1));
                None
            }
            _ => None,
        }
    }

    /// What is known of an end of a flow: of the same port over UDP too, where nothing is over TCP. Peer programs listen
    /// on one number for both.
    #[must_use]
    pub fn of_end(&self, end: Endpoint, transport: Transport, now: Time) -> Option<&Lesson> {
        if end.port < FIRST_OWN || !self.endpoints.may_hold(&Key { endpoint: end, transport }) {
            return None;
        }
        let same = self.lookup(end, transport, now);
        same.or_else(|| if transport == Transport::Tcp { self.lookup(end, Transport::Udp, now) } else { None })
    }

    /// Learns the endpoint of `side` from a flow, where that endpoint can belong to one application only.
    /// Gives the lesson where it is new: the data path wants to know it too.
    pub fn learn(
        &mut self,
        endpoint: Endpoint,
        side: Side,
        transport: Transport,
        way: Way,
        teaching: &Teaching,
    ) -> Option<Lesson> {
        let key = Key { endpoint, transport };
        if !is_dedicated(endpoint, side, transport) {
            return None;
        }
        if teaching.decibans >= TEACHES {
            return self.put(key, way, teaching);
        }
        // One local socket of datagrams serves one program, whomever it speaks to.
        let suspicious = way == Way::Local && transport == Transport::Udp && teaching.decibans >= SUSPECTS;
        if suspicious {
            self.suspect(key, teaching)
        } else {
            None
        }
    }

    /// Adds a flow's weak evidence to what other flows of the same socket showed of the same application.
    fn suspect(&mut self, key: Key, teaching: &Teaching) -> Option<Lesson> {
        let mut lesson = lesson(Way::Local, teaching);
        match self.endpoints.get(&key) {
            Some(Entry::Known(known)) if teaching.now < known.expires => return None,
            Some(Entry::Shared(until)) if teaching.now < *until => return None,
            Some(Entry::Suspect(before, looks)) if teaching.now < before.expires && before.app == lesson.app => {
                if before.flow == lesson.flow {
                    return None;
                }
                if looks.get() <= FADES {
                    lesson.decibans = before.decibans.max(lesson.decibans).saturating_add(FURTHER);
                }
            }
            // Bytes that look like two programs look like any: they are cipher text.
            Some(Entry::Suspect(before, _)) if teaching.now < before.expires => {
                self.endpoints.put(key, Entry::Shared(before.expires.max(lesson.expires)));
                return None;
            }
            _ => {}
        }
        if lesson.decibans >= TEACHES {
            return self.put(key, Way::Local, &Teaching { decibans: lesson.decibans, flow: SEVERAL, ..*teaching });
        }
        self.endpoints.put(key, Entry::Suspect(lesson, Cell::new(0)));
        None
    }

    /// Expects a flow to or from the endpoint, soon.
    pub fn announce(&mut self, endpoint: Endpoint, transport: Transport, teaching: &Teaching) -> Option<Lesson> {
        let key = Key { endpoint, transport };
        let known = self.lookup(endpoint, transport, teaching.now);
        if endpoint.port < FIRST_OWN || known.is_some_and(|lesson| lesson.way != Way::Announced) {
            // What was seen outweighs what was said, and what system ports serve is everybody's.
            return None;
        }
        self.put(key, Way::Announced, teaching)
    }

    fn put(&mut self, key: Key, way: Way, teaching: &Teaching) -> Option<Lesson> {
        let lesson = lesson(way, teaching);
        let mut renewed = false;
        let entry = match self.endpoints.get(&key) {
            Some(Entry::Shared(until)) if teaching.now < *until => Entry::Shared((*until).max(lesson.expires)),
            Some(Entry::Known(old)) if teaching.now < old.expires && conflict(old, &lesson) => {
                Entry::Shared(old.expires.max(lesson.expires))
            }
            Some(Entry::Known(old)) if teaching.now < old.expires && old.app == lesson.app => {
                renewed = old.way == way;
                Entry::Known(Lesson { learned: old.learned, flow: old.flow, ..lesson })
            }
            _ => Entry::Known(lesson),
        };
        let news = match &entry {
            Entry::Known(lesson) if !renewed => Some(*lesson),
            _ => None,
        };
        self.endpoints.put(key, entry);
        news
    }

    /// Forgets every endpoint, and keeps the names of addresses.
    pub fn forget_endpoints(&mut self) {
        self.endpoints.clear();
    }

    /// Remembers a name of an address for as long as the answer holds.
    pub fn name(&mut self, addr: Addr, name: Box<[u8]>, ttl: u32, now: Time) {
        self.names.put(addr, name, ttl, now);
    }

    /// The name that an address has now.
    #[must_use]
    pub fn name_of(&self, addr: Addr, now: Time) -> Option<AddressName<'_>> {
        self.names.get(addr, now)
    }

    /// Endpoints and names that are remembered.
    #[must_use]
    pub fn sizes(&self) -> (usize, usize) {
        (self.endpoints.len(), self.names.len())
    }
}

fn lesson(way: Way, teaching: &Teaching) -> Lesson {
    // What only sounded like a call is remembered for a short while only.
    let life = if teaching.app == AppId::UNKNOWN { LOCAL_LIFE } else { way.life() };
    Lesson {
        app: teaching.app,
        protocol: teaching.protocol,
        decibans: teaching.decibans,
        way,
        learned: teaching.now,
        expires: Time(teaching.now.0.saturating_add(life)),
        flow: teaching.flow,
    }
}

/// Two things that were seen at one endpoint; an announcement may be wrong without making it so.
fn conflict(old: &Lesson, new: &Lesson) -> bool {
    old.app != new.app && old.way != Way::Announced && new.way != Way::Announced
}

/// Below are the system's ports: nothing is remembered of them, and most flows have one.
const FIRST_OWN: u16 = 1024;
/// Ports above the system's where many services share one address and port: STUN and TURN, web behind proxies, SIP, SOCKS.
const SHARED_PORTS: [u16; 14] = [1080, 3128, 3478, 3479, 3480, 3481, 5060, 5061, 5349, 8000, 8080, 8443, 8888, 19302];

/// Whether everything at this endpoint is one program's: not a well-known service, and not the short-lived socket of a
/// single connection.
fn is_dedicated(endpoint: Endpoint, side: Side, transport: Transport) -> bool {
    let one_socket = transport == Transport::Udp || side == Side::Server;
    one_socket && endpoint.port >= FIRST_OWN && !SHARED_PORTS.contains(&endpoint.port) && !endpoint.addr.is_group()
}

#[cfg(test)]
mod tests;
