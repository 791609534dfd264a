//! **Supernode**: a peer that serves others as their way in. Strangers call it first, many of them, as they call a server;
//! but from the same port it also calls strangers itself, which a server never does.
//!
//! Rossi, Mellia and Meo 2008: an ordinary peer is called by one stranger, hardly ever by more than ten; a supernode by a
//! hundred and more. Web, mail, DNS and game servers answer their clients from their port, and call nobody from it.

use super::{Case, Profile, Role, Scene};
use crate::apps;
use crate::hosts::socket::Socket;
use crate::packet::Time;

/// The supernode.
pub struct Supernode;

/// Strangers that called within a window.
const CALLERS: usize = 20;
/// Within a day.
const CALLERS_OF_A_DAY: usize = 100;
/// Strangers that it called itself, from the same port.
const CALLED: usize = 5;
/// Callers over each of TCP and UDP.
const EACH: usize = 3;
/// A desktop program that is up so long serves.
const LONG: u64 = 60 * 60 * Time::SECOND;

// One ordinary peer in a hundred is called so often.
const FAN_IN: i16 = 20;
// Separates it from every server; what remains are peers that are called much.
const CALLS_OUT: i16 = 20;
// Some games and DNS do so too.
const TWO_TRANSPORTS: i16 = 10;
const UP: i16 = 5;

static PROFILE: Profile = Profile { role: apps::Role::Supernode, title: "supernode", life: 1800 };

impl Role for Supernode {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn judge(&self, scene: &Scene<'_>) -> Case {
        let cases = scene.host.sockets.iter().map(|socket| serves(socket, scene.now));
        cases.max_by_key(Case::weight).unwrap_or_default()
    }
}

fn serves(socket: &Socket, now: Time) -> Case {
    let mut case = Case { port: Some(socket.port), ..Case::default() };
    let (udp, tcp) = socket.callers();
    let callers = udp.max(tcp);
    let of_a_day = socket.met.count();
    if callers >= CALLERS {
        case.add(FAN_IN, format!("{callers} strangers called port {} first, within minutes", socket.port));
    } else if of_a_day >= CALLERS_OF_A_DAY {
        case.add(FAN_IN, format!("{of_a_day} strangers called port {} first, within a day", socket.port));
    } else {
        return Case::default();
    }
    let called = socket.strangers();
    if called < CALLED || socket.answered.count() == 0 {
        return Case::default();
    }
    case.add(CALLS_OUT, format!("it called {called} strangers from the same port, as no server does"));
    if udp >= EACH && tcp >= EACH {
        case.add(TWO_TRANSPORTS, "it listens on one port over both TCP and UDP".to_owned());
    }
    if now.since(socket.first) >= LONG {
        case.add(UP, format!("it has been up for {} minutes", now.since(socket.first) / (60 * Time::SECOND)));
    }
    case
}
