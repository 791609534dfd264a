//! Dropbox: computers of one user in one house look for each other, to copy without the Internet.
//!
//! Recognised by the object in words that each sends to all. Dropbox publishes no format; seen in captures.

use memchr::memmem;

use super::single::{Heard, Single};
use super::{Category, First, Layer, Payload, Profile};
use crate::facts::Sign;
use crate::packet::Transport;

/// The Dropbox protocol.
pub struct Dropbox;

/// How far in the names stand.
const NEAR: usize = 200;

// Two names of ten letters in an object.
static SEARCH: Sign = Sign::new("Dropbox looks for other computers of its user", 110);

static PROFILE: Profile = Profile {
    name: "dropbox",
    title: "Dropbox search",
    category: Category::File,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[17500],
    first: First::Of(b"{"),
    fields: &[],
    signs: &[&SEARCH],
};

impl Single for Dropbox {
    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let near = opening.bytes.get(..opening.bytes.len().min(NEAR))?;
        let names: [&[u8]; 2] = [b"\"host_int\"", b"\"version\""];
        names.iter().all(|name| memmem::find(near, name).is_some()).then(|| Heard::by(&SEARCH))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn a_search_is_told() {
        let search = b"{\"host_int\": 123, \"version\": [2, 0], \"displayname\": \"\", \"port\": 17500}";
        assert!(tell(&Dropbox, Transport::Udp, &[(Side::Client, search)]).saw(&SEARCH));
        assert!(tell(&Dropbox, Transport::Udp, &[(Side::Client, b"{\"version\": 1}")]).matched.is_none());
    }
}
