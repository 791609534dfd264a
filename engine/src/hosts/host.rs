//! What is kept of one host of ours: some ports, some counts, the roles that it plays.

use super::roles::{Case, ROLES};
use super::seen::Seen;
use super::socket::{Contact, Socket, Window};
use crate::apps::Role;
use crate::packet::{Addr, Side, Time};

/// Length of a pane; a window is two of them: five to ten minutes.
pub const PANE: u64 = 5 * 60 * Time::SECOND;
/// Callers of a day are forgotten after it.
const DAY: u64 = 24 * 60 * 60 * Time::SECOND;
/// Ports that are followed at a time. A peer program has one or two.
const MOST_SOCKETS: usize = 8;
/// Ports of a single flow that are remembered: most are never seen again, and a contact is little to keep.
const GLIMPSED: u8 = 8;

/// A port that was seen once.
struct Once {
    port: u16,
    contact: Option<Contact>,
}
/// Lively flows of one host that are followed: a relay of a dozen calls.
pub const MOST_LIVELY: usize = 24;

/// What something costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// On the wire, both ways.
    pub bytes: u64,
    /// Both ways.
    pub packets: u64,
}

impl Cost {
    /// And so much more.
    pub fn add(&mut self, packets: u64, bytes: u64) {
        self.packets = self.packets.saturating_add(packets);
        self.bytes = self.bytes.saturating_add(bytes);
    }
}

/// A role that a host plays.
#[derive(Clone, Debug)]
pub struct Held {
    /// Which.
    pub role: Role,
    /// Why.
    pub case: Case,
    /// Since when.
    pub since: Time,
    /// Until when, if nothing more is seen of it.
    pub until: Time,
    /// When it was last seen.
    pub seen: Time,
    /// What it costs.
    pub cost: Cost,
    /// Bytes at which the next alarm is due.
    pub alarm_at: u64,
}

/// One host.
pub struct Host {
    /// Who.
    pub addr: Addr,
    /// When it was first seen.
    pub first: Time,
    /// When a flow of it last began.
    pub last: Time,
    /// Ports that strangers reach, or that reach strangers, more than once.
    pub sockets: Vec<Socket>,
    /// Ports that did so once lately, and where the next is written.
    once: Vec<Once>,
    next_once: u8,
    /// Connections to unusual ports: asked for, and refused or never answered.
    pub asked: Window,
    /// See above.
    pub failed: Window,
    /// Addresses and endpoints of those connections, and their ports.
    pub tcp_addrs: Seen,
    /// See above.
    pub tcp_ends: Seen,
    /// See above.
    pub tcp_ports: Seen,
    /// Unusual endpoints that it sent datagrams to.
    pub udp_ends: Seen,
    /// Places of its lively flows among the series, and its side of each.
    pub lively: Vec<(u32, Side)>,
    /// The roles that it plays, by their place in [`ROLES`]. Hardly any host plays one.
    pub roles: [Option<Box<Held>>; ROLES.len()],
    /// Since when every look made a case, by its place in [`ROLES`].
    pub made: [Option<Time>; ROLES.len()],
    /// Waits to be looked at.
    pub queued: bool,
    /// Since this day.
    day: Time,
    turned: Time,
}

impl Host {
    /// A host that was seen for the first time.
    pub fn new(addr: Addr, now: Time) -> Self {
        Self {
            addr,
            first: now,
            last: now,
            sockets: Vec::new(),
            once: Vec::new(),
            next_once: 0,
            asked: Window::default(),
            failed: Window::default(),
            tcp_addrs: Seen::default(),
            tcp_ends: Seen::default(),
            tcp_ports: Seen::default(),
            udp_ends: Seen::default(),
            lively: Vec::new(),
            roles: Default::default(),
            made: Default::default(),
            queued: false,
            day: now,
            turned: now,
        }
    }

    /// Turns the window, where it is time.
    pub fn turn(&mut self, now: Time) {
        for _ in 0..(now.since(self.turned) / PANE).min(2) {
            let Self { tcp_addrs, tcp_ends, tcp_ports, udp_ends, .. } = self;
            for seen in [tcp_addrs, tcp_ends, tcp_ports, udp_ends] {
                seen.turn();
            }
            self.asked.turn();
            self.failed.turn();
            self.sockets.iter_mut().for_each(Socket::turn);
        }
        if now.since(self.turned) >= PANE {
            self.turned = now;
        }
        if now.since(self.day) >= DAY {
            self.day = now;
            self.sockets.iter_mut().for_each(|socket| socket.met = super::seen::Set::default());
        }
    }

    /// Notes a contact of a port, and gives what is known of it, from its second contact on; of the least worth of others
    /// nothing is, after that.
    pub fn meet(&mut self, port: u16, contact: Contact) -> Option<&mut Socket> {
        if self.known_socket(port).is_none() {
            let Some(first) = self.once.iter_mut().find(|once| once.port == port && once.contact.is_some()) else {
                self.glimpse(port, contact);
                return None;
            };
            let mut socket = Socket::new(port, contact.at);
            first.contact.take().iter().for_each(|first| socket.meet(first));
            self.take_in(socket);
        }
        let socket = self.known_socket(port)?;
        socket.meet(&contact);
        Some(socket)
    }

    fn glimpse(&mut self, port: u16, contact: Contact) {
        if self.once.len() < usize::from(GLIMPSED) {
            self.once.push(Once { port, contact: Some(contact) });
        } else if let Some(place) = self.once.get_mut(usize::from(self.next_once)) {
            *place = Once { port, contact: Some(contact) };
            self.next_once = (self.next_once + 1) % GLIMPSED;
        }
    }

    fn take_in(&mut self, socket: Socket) {
        if self.sockets.len() < MOST_SOCKETS {
            self.sockets.push(socket);
        } else if let Some(least) = self.sockets.iter_mut().min_by_key(|socket| socket.worth()) {
            *least = socket;
        }
    }

    /// Somebody whom a port called has answered.
    pub fn answered(&mut self, port: u16, addr: u64) {
        if let Some(socket) = self.known_socket(port) {
            socket.answered.add(addr);
        } else if let Some(once) = self.once.iter_mut().find(|once| once.port == port) {
            once.contact.iter_mut().for_each(|contact| contact.answered = true);
        }
    }

    /// What is known of a port.
    pub fn known_socket(&mut self, port: u16) -> Option<&mut Socket> {
        self.sockets.iter_mut().find(|socket| socket.port == port)
    }

    /// Endpoints that it reached over both TCP and UDP; nothing where they are too many to be compared.
    pub fn both_ways(&self) -> usize {
        let (tcp, udp) = (self.tcp_ends.all(), self.udp_ends.all());
        let both = udp.count().saturating_sub(tcp.lacks(&udp));
        // Beyond exact counting the difference of two sketches is noise up to a tenth of them.
        let exact = tcp.count().max(udp.count()) <= 128;
        if exact || both * 10 > tcp.count() + udp.count() {
            both
        } else {
            0
        }
    }

    /// Whether it plays a role, and which.
    pub fn held(&self) -> impl Iterator<Item = &Held> {
        self.roles.iter().flatten().map(Box::as_ref)
    }

    /// Whether another might take its place: it plays no role, and nothing lively is known of it.
    pub fn is_dispensable(&self) -> bool {
        self.lively.is_empty() && self.held().next().is_none()
    }

    /// Bytes that it takes, on the heap too.
    pub fn bytes(&self) -> usize {
        let Self { tcp_addrs, tcp_ends, tcp_ports, udp_ends, .. } = self;
        let seen: usize = [tcp_addrs, tcp_ends, tcp_ports, udp_ends].into_iter().map(Seen::bytes).sum();
        let sockets: usize = self.sockets.iter().map(Socket::bytes).sum();
        size_of::<Self>()
            + seen
            + sockets
            + self.once.capacity() * size_of::<Once>()
            + self.lively.capacity() * size_of::<(u32, Side)>()
    }
}
