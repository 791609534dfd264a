//! **Peer**: a node of a peer-to-peer network. One local port calls many strangers, each at a port of its own, and many do
//! not answer: an ordinary client has a new port for every connection, and calls few well-known ones.
//!
//! Karagiannis et al. 2004 (as many ports as addresses, TCP and UDP to the same peer), Bartlett et al. 2007 (failed
//! connections). Ports of known services never count: DNS, NTP, STUN and TURN, the web, mail. A scanner's targets have
//! many ports each, or all the same one, and seldom answer.

use super::{Case, Profile, Role, Scene};
use crate::apps;
use crate::hosts::host::Host;
use crate::hosts::socket::{Socket, Window};

/// The peer.
pub struct Peer;

/// Strangers that one port calls in a window, from which on it is remarkable. A call that looks for its way asks for
/// fewer: the other's few candidates.
const STRANGERS: usize = 10;
/// As many as no game and no conference calls.
const MANY: usize = 25;
/// Of them must answer: a scanner's strangers do not.
const ANSWERS: usize = 5;
/// First contacts within two seconds.
const BURST: u16 = 10;
/// Connections to unusual ports, from which on their failing is remarkable; and their share (Bartlett et al.).
const ATTEMPTS: u32 = 20;
const FAILED_PERCENT: u32 = 30;
/// Endpoints reached over TCP and over UDP.
const BOTH: usize = 3;
/// Connections to endpoints on unusual ports that were not refused.
const CONNECTED: u32 = 10;
/// Flows of one port that were recognised for what they are.
const RECOGNISED: usize = 3;

// Of the labelled captures without peer-to-peer programs, none has one port that calls as many: below one host in a thousand.
const FAN_OUT: i16 = 30;
// Behind a firewall none answers; a scanner of all ports calls as many, but does not connect to as many others then.
const SEARCHES: i16 = 25;
const CONNECTS: i16 = 15;
// Three flows that name the program by its bytes.
const NAMED: i16 = 40;
// More than the players of a game or the members of a conference.
const WIDE: i16 = 10;
// Programs of all kinds start with a burst, hardly ever from one port.
const BURSTS: i16 = 10;
// Half of a P2P host's connections fail; an ordinary one's only where something is down.
const FAILS: i16 = 15;
// Other programs that do so use well-known ports.
const TWO_TRANSPORTS: i16 = 15;
// A client is not called.
const CALLED_TOO: i16 = 8;

static PROFILE: Profile = Profile { role: apps::Role::Peer, title: "peer-to-peer node", life: 600 };

impl Role for Peer {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn judge(&self, scene: &Scene<'_>) -> Case {
        let mut case = Case::default();
        let busiest = scene.host.sockets.iter().max_by_key(|socket| socket.flows.map(Window::count));
        if let Some(socket) = busiest {
            fan_out(socket, &mut case);
        }
        named(scene.host, &mut case);
        failing(scene.host, &mut case);
        if case.port.is_none() {
            // Without one port that does it all there is nothing to hold responsible.
            case.grounds.clear();
        }
        case
    }
}

fn fan_out(socket: &Socket, case: &mut Case) {
    let (strangers, answered) = (socket.strangers(), socket.answered.count());
    let (addrs, ports, ends) = (socket.called.count(), socket.ports.count(), socket.ends.count());
    // A peer has one port, its own: neither one for all, nor many for each.
    let each_its_own = ports * 2 >= addrs && ends * 10 <= addrs * 13;
    let called = format!("port {} called {strangers} strangers on {ports} ports", socket.port);
    if strangers >= STRANGERS && answered >= ANSWERS && each_its_own {
        case.add(FAN_OUT, format!("{called}, of whom {answered} answered"));
        if strangers >= MANY {
            case.add(WIDE, "as many as no game and no conference calls".to_owned());
        }
    } else if strangers >= MANY && answered < ANSWERS && ports * 4 >= addrs && ends * 10 <= addrs * 13 {
        case.add(SEARCHES, format!("{called}, and nobody answered"));
    } else {
        return;
    }
    case.port = Some(socket.port);
    if socket.burst.most() >= BURST {
        case.add(BURSTS, format!("{} of them within two seconds", socket.burst.most()));
    }
    let (udp, tcp) = socket.callers();
    if udp + tcp >= BOTH {
        case.add(CALLED_TOO, format!("{} strangers called the same port", udp + tcp));
    }
}

fn named(host: &Host, case: &mut Case) {
    let most = host.sockets.iter().map(|socket| (socket.recognised.count(), socket.port)).max();
    let Some((flows, port)) = most.filter(|(flows, _)| *flows >= RECOGNISED) else { return };
    case.port = case.port.or(Some(port));
    if case.port == Some(port) {
        case.add(NAMED, format!("{flows} flows of port {port} were recognised as a peer-to-peer program's"));
    }
}

fn failing(host: &Host, case: &mut Case) {
    let (asked, failed) = (host.asked.count(), host.failed.count());
    let (addrs, ports, ends) = (host.tcp_addrs.count(), host.tcp_ports.count(), host.tcp_ends.count());
    let like_peers = ports * 4 >= addrs && ends * 10 <= addrs * 13;
    if asked >= ATTEMPTS && failed * 100 >= asked * FAILED_PERCENT && like_peers {
        case.add(FAILS, format!("{failed} of {asked} connections to unusual ports failed"));
    }
    let connected = asked.saturating_sub(failed);
    if connected >= CONNECTED && like_peers && ends >= CONNECTED as usize {
        case.add(CONNECTS, format!("it connected to {ends} endpoints on unusual ports"));
    }
    let both = host.both_ways();
    if both >= BOTH {
        case.add(TWO_TRANSPORTS, format!("it spoke to {both} endpoints over both TCP and UDP"));
    }
}
