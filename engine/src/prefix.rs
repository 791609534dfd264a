//! Address prefixes, and a map that finds the longest prefix an address lies in.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use crate::packet::Addr;

/// An IPv4 or IPv6 prefix; the length counts bits of the 128-bit form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Prefix {
    bits: u128,
    len: u8,
}

/// Bits before the IPv4 part of a mapped address.
const MAPPED: u8 = 96;

impl Prefix {
    /// Every bit beyond the first `len` is cleared.
    fn new(addr: Addr, len: u8) -> Self {
        Self { bits: u128::from_be_bytes(addr.0) & mask(len), len }
    }

    /// Whether the address lies in it.
    #[must_use]
    pub fn holds(&self, addr: Addr) -> bool {
        reaches(self.len, addr) && u128::from_be_bytes(addr.0) & mask(self.len) == self.bits
    }

    /// Its lowest address, in the 128-bit form.
    #[must_use]
    pub const fn addr(&self) -> Addr {
        Addr(self.bits.to_be_bytes())
    }

    /// Its length, counted in bits of the 128-bit form.
    #[must_use]
    pub const fn len_of_128(&self) -> u8 {
        self.len
    }
}

/// A short IPv6 prefix such as ::/0 would hold the mapped form of every IPv4 address, which nobody means.
fn reaches(len: u8, addr: Addr) -> bool {
    len >= MAPPED || addr.as_v4().is_none()
}

fn mask(len: u8) -> u128 {
    u128::MAX.checked_shl(128 - u32::from(len)).unwrap_or(0)
}

impl FromStr for Prefix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (addr, len) = text.split_once('/').map_or((text, None), |(addr, len)| (addr, Some(len)));
        let ip: IpAddr =
            addr.trim().parse().map_err(|_| format!("\"{text}\" is not an address or prefix such as 10.1.0.0/16"))?;
        let (most, before) = if ip.is_ipv4() { (32, MAPPED) } else { (128, 0) };
        let len = match len {
            None => most,
            Some(len) => len
                .trim()
                .parse::<u8>()
                .ok()
                .filter(|len| *len <= most)
                .ok_or_else(|| format!("\"{text}\" has a prefix length that is not between 0 and {most}"))?,
        };
        let prefix = Self::new(ip.into(), before + len);
        if prefix.addr() == Addr::from(ip) {
            Ok(prefix)
        } else {
            Err(format!("\"{text}\" has bits beyond its prefix; did you mean {prefix}?"))
        }
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ip = self.addr().ip();
        let before = if ip.is_ipv4() && self.len >= MAPPED { MAPPED } else { 0 };
        write!(f, "{ip}/{}", self.len - before)
    }
}

/// Values by prefix; the longest prefix that holds an address answers.
#[derive(Clone, Debug)]
pub struct PrefixMap<T> {
    /// One table for each length in use, longest first: real configurations use few lengths.
    tables: Vec<(u8, HashMap<u128, T, FixedState>)>,
}

impl<T> Default for PrefixMap<T> {
    fn default() -> Self {
        Self { tables: Vec::new() }
    }
}

impl<T: Copy> PrefixMap<T> {
    /// Adds a prefix; gives back what it had before, if anything.
    pub fn insert(&mut self, prefix: Prefix, value: T) -> Option<T> {
        if let Some((_, table)) = self.tables.iter_mut().find(|(len, _)| *len == prefix.len) {
            return table.insert(prefix.bits, value);
        }
        let at = self.tables.partition_point(|(len, _)| *len > prefix.len);
        self.tables.insert(at, (prefix.len, HashMap::from_iter([(prefix.bits, value)])));
        None
    }

    /// The value of the longest prefix that holds the address.
    #[must_use]
    pub fn get(&self, addr: Addr) -> Option<T> {
        let bits = u128::from_be_bytes(addr.0);
        let mut reaching = self.tables.iter().filter(|(len, _)| reaches(*len, addr));
        reaching.find_map(|(len, table)| table.get(&(bits & mask(*len))).copied())
    }

    /// Every prefix and its value, longest first.
    pub fn iter(&self) -> impl Iterator<Item = (Prefix, T)> + '_ {
        self.tables
            .iter()
            .flat_map(|(len, table)| table.iter().map(|(bits, value)| (Prefix { bits: *bits, len: *len }, *value)))
    }

    /// Whether there are no prefixes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addr(text: &str) -> Addr {
        text.parse::<IpAddr>().unwrap().into()
    }

    #[test]
    fn the_longest_prefix_answers_for_both_versions() {
        let mut map = PrefixMap::default();
        for (prefix, value) in
            [("10.0.0.0/8", 1), ("10.1.0.0/16", 2), ("10.1.2.3", 3), ("2001:db8::/32", 4), ("::/0", 5)]
        {
            assert_eq!(map.insert(prefix.parse().unwrap(), value), None);
        }
        assert_eq!(map.get(addr("10.9.9.9")), Some(1));
        assert_eq!(map.get(addr("10.1.9.9")), Some(2));
        assert_eq!(map.get(addr("10.1.2.3")), Some(3));
        assert_eq!(map.get(addr("2001:db8::1")), Some(4));
        assert_eq!(map.get(addr("2001:db9::1")), Some(5));
        assert_eq!(map.get(addr("192.0.2.1")), None);
    }

    #[test]
    fn every_ipv4_address_lies_in_the_ipv4_default_and_no_ipv6_one() {
        let all: Prefix = "0.0.0.0/0".parse().unwrap();
        assert!(all.holds(addr("192.0.2.1")));
        assert!(!all.holds(addr("2001:db8::1")));
        assert_eq!(all.to_string(), "0.0.0.0/0");
    }

    #[test]
    fn a_wrong_prefix_says_what_would_be_right() {
        assert!("10.1.2.0/8".parse::<Prefix>().unwrap_err().contains("did you mean 10.0.0.0/8?"));
        assert!("10.0.0.0/33".parse::<Prefix>().unwrap_err().contains("between 0 and 32"));
        assert!("students".parse::<Prefix>().unwrap_err().contains("not an address"));
    }
}
