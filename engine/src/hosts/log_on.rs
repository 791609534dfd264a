//! **Log-on burst**: a program that gets on line in a peer-to-peer network. A port that nobody was called from before calls
//! ten strangers and more within two seconds, with a few small datagrams of many sizes, and is answered likewise: it asks
//! who is there, and who takes it in.
//!
//! Source: Skype's "blast" at log-on, 12 to 31 datagrams of 18 to 31 bytes in a second, answered with 11 to 53 (Baset and
//! Schulzrinne 2004, Biondi and Desclaux 2006). Here a question and an answer have 200 bytes at most; of five answers four
//! must. That leaves out the start of BitTorrent, whose table answers with longer lists of nodes (BEP 5) and whose transport
//! begins with one size for all (BEP 29), and Tox, which asks with 113 bytes and is answered with 238: both are known by
//! name. Ports of known services never count (web over QUIC, DNS, NTP, STUN), nor does what began with the capture, since
//! nobody knows what came before.
//!
//! It is told of a flow that nothing else explains, when its host was found to be a peer at that port: the flow began in the
//! burst, and is not said to be anything else by how it goes on. It weighs 20 decibans, as likely as not, and adds nothing
//! to what the flow is taken for.
//!
//! Measured on a generated campus of 1,000 hosts (`peergate lab generate FILE --hosts 1000 --minutes 10 --seed 22`, then
//! `peergate lab score FILE --no-signatures`): 52 of 59 log-ons, and none of 18,940 flows of other programs taken for one.
//! Of the seven missed, five get no datagram through, and two begin with the capture. No flow of the labelled captures is
//! taken for one. Whoever stretches the burst beyond two seconds is not seen to log on; the role of a peer remains.

use crate::packet::Time;

/// First contacts so close together are one burst.
const BURST: u64 = 2 * Time::SECOND;
/// First contacts that make a log-on.
const STRANGERS: u16 = 10;
/// Of them must answer.
const ANSWERS: u16 = 5;
/// Of five answers, so many are small, as is what they answer.
const SMALL_OF_FIVE: u32 = 4;
/// Bytes on the wire of a small datagram: 200 of payload behind Ethernet, IP and UDP.
const SMALL: u64 = 250;

/// First contacts of a port that come close together.
#[derive(Clone, Copy, Debug, Default)]
pub struct Burst {
    begun: Time,
    size: u16,
    /// Most in one burst, in the window.
    most: u16,
    /// Whether nobody was called before it, as far as is known.
    first: bool,
    /// When the latest burst began that was a log-on; 0 where there was none.
    log_on: Time,
    /// Contacts of the burst that answered, and those that were small both ways.
    answered: u16,
    small: u16,
    /// Smallest and largest datagram of these.
    least: u16,
    largest: u16,
}

impl Burst {
    /// A first contact goes out; the `first` one of the port for minutes, as far as anybody can tell.
    pub fn called(&mut self, now: Time, first: bool) {
        if now.since(self.begun) > BURST || now < self.begun {
            *self = Self { begun: now, first, most: self.most, log_on: self.log_on, ..Self::default() };
        }
        self.size = self.size.saturating_add(1);
        self.most = self.most.max(self.size);
        self.conclude();
    }

    /// Somebody answers who was called then: so many bytes there and back.
    pub fn answered(&mut self, called: Time, bytes: [u64; 2]) {
        if called < self.begun || !self.first {
            return;
        }
        self.answered = self.answered.saturating_add(1);
        if bytes.iter().all(|bytes| (1..=SMALL).contains(bytes)) {
            let [one, other] = bytes.map(|bytes| u16::try_from(bytes).unwrap_or(u16::MAX));
            let known = if self.small == 0 { [one, other] } else { [self.least, self.largest] };
            self.small = self.small.saturating_add(1);
            (self.least, self.largest) = (known[0].min(one).min(other), known[1].max(one).max(other));
        }
        self.conclude();
    }

    fn conclude(&mut self) {
        let small = u32::from(self.small) * 5 >= u32::from(self.answered) * SMALL_OF_FIVE;
        let many_sizes = self.least < self.largest;
        if self.first && self.size >= STRANGERS && self.answered >= ANSWERS && small && many_sizes {
            self.log_on = self.begun;
        }
    }

    /// Most first contacts within two seconds.
    pub const fn most(&self) -> u16 {
        self.most
    }

    /// Whether a flow that began then was part of a log-on.
    pub fn logged_on(&self, began: Time) -> bool {
        self.log_on.0 > 0 && began >= self.log_on && began.since(self.log_on) <= BURST
    }

    /// A pane of the window is full.
    pub fn turn(&mut self) {
        self.most = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: u64 = 1_700_000_000 * Time::SECOND;

    /// A port that calls so many strangers, so many milliseconds apart, of whom all answer.
    fn called(strangers: u64, apart: u64, first: bool, sizes: impl Fn(u64) -> [u64; 2]) -> Burst {
        let mut burst = Burst::default();
        for number in 0..strangers {
            let at = Time(START + number * apart * Time::MILLI);
            burst.called(at, first && number == 0);
            burst.answered(at, sizes(number));
        }
        burst
    }

    fn asks_who_is_there(number: u64) -> [u64; 2] {
        [60 + number % 14, 53 + number % 5 * 10]
    }

    #[test]
    fn strangers_who_are_asked_in_two_seconds_are_a_log_on() {
        let burst = called(22, 90, true, asks_who_is_there);
        assert!(burst.logged_on(Time(START)) && burst.logged_on(Time(START + 1900 * Time::MILLI)));
        assert!(!burst.logged_on(Time(START + 5 * Time::SECOND)), "the burst is over");
        assert!(!burst.logged_on(Time(START - 1)), "before it");
    }

    #[test]
    fn a_port_that_called_before_does_not_log_on() {
        assert!(!called(22, 90, false, asks_who_is_there).logged_on(Time(START)));
    }

    #[test]
    fn few_strangers_or_slow_ones_are_no_log_on() {
        assert!(!called(8, 90, true, asks_who_is_there).logged_on(Time(START)));
        assert!(!called(22, 400, true, asks_who_is_there).logged_on(Time(START)));
    }

    #[test]
    fn the_start_of_bittorrent_is_another_thing() {
        let of_the_table = |_| [142, 330];
        let of_its_transport = |_| [62, 62];
        assert!(!called(30, 50, true, of_the_table).logged_on(Time(START)));
        assert!(!called(30, 50, true, of_its_transport).logged_on(Time(START)));
    }

    #[test]
    fn nobody_answers_is_no_log_on() {
        let mut burst = Burst::default();
        (0..30).for_each(|number| burst.called(Time(START + number), number == 0));
        assert!(!burst.logged_on(Time(START)));
    }
}
