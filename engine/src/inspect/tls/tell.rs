//! What TLS, DTLS and QUIC tell alike, each under its own name.

use super::certificate::{first_of_chain, Certificate};
use super::hello::{ClientHello, Over, ServerHello};
use super::ja4::{ja4, JA4_LENGTH};
use crate::facts::{Announcement, Facts, Field, LONGEST_TEXT};
use crate::packet::Addr;
use crate::text::Text;

/// Seconds for which a name that a client asked for explains the address: the connection itself lasts about as long.
const NAME_LIFE: u32 = 300;
/// Facts of both hellos, and bytes of those whose length is known before: versions and a cipher suite.
const USUAL_FACTS: usize = 6;
const USUAL_BYTES: usize = 8;

/// The fields of a ClientHello.
pub struct ClientFields {
    /// The server's name.
    pub server_name: &'static Field,
    /// Application protocols offered.
    pub alpn: &'static Field,
    /// Highest version offered, where there is a choice.
    pub offered: Option<&'static Field>,
    /// How the client says hello.
    pub ja4: &'static Field,
    /// Whether the true name may be hidden.
    pub ech: &'static Field,
    /// Whether SRTP keys are asked for.
    pub srtp: Option<&'static Field>,
}

impl ClientFields {
    /// Tells what a ClientHello says; `server` is who is asked, where the name is to explain the address.
    pub fn tell(&self, hello: &ClientHello<'_>, over: Over, server: Option<Addr>, facts: &mut Facts<'_>) {
        let name = hello.server_name.unwrap_or_default();
        // The client chose the lengths, and of each no more is told than this.
        let [name_length, alpn_length] = [name.len(), hello.alpn.len()].map(|length| length.min(LONGEST_TEXT));
        facts.make_room(USUAL_FACTS, USUAL_BYTES + JA4_LENGTH + name_length + alpn_length);
        if !name.is_empty() {
            let name = Text::of_small(name.strip_suffix(b".").unwrap_or(name));
            facts.text(self.server_name, name.as_bytes());
            // Flows beside this one may have no name of their own. A proxy in one's own network leads everywhere.
            if let Some(addr) = server.filter(|addr| !addr.is_private()) {
                facts.announce(Announcement::Name { addr, name: name.as_bytes().into(), ttl: NAME_LIFE });
            }
        }
        if !hello.alpn.is_empty() {
            facts.text(self.alpn, joined(hello.protocols()).as_bytes());
        }
        if let Some(field) = self.offered {
            facts.text(field, version_name(hello.best_version()).as_bytes());
        }
        if hello.whole {
            facts.text(self.ja4, ja4(hello, over).as_bytes());
        }
        if hello.encrypted {
            facts.flag(self.ech);
        }
        if let (Some(field), true) = (self.srtp, hello.srtp) {
            facts.flag(field);
        }
    }
}

/// The fields of what a server says in the clear.
pub struct ServerFields {
    /// The version agreed on.
    pub version: &'static Field,
    /// The cipher suite agreed on.
    pub cipher: &'static Field,
    /// The application protocol agreed on.
    pub protocol: &'static Field,
    /// The certificate's owner.
    pub subject: &'static Field,
    /// The owner's organisation.
    pub organisation: &'static Field,
    /// The owner's other names.
    pub names: &'static Field,
    /// Who signed it.
    pub issuer: &'static Field,
    /// Whether the owner did.
    pub self_signed: &'static Field,
    /// From when.
    pub not_before: &'static Field,
    /// Until when.
    pub not_after: &'static Field,
}

impl ServerFields {
    /// Tells what a ServerHello says.
    pub fn tell_hello(&self, hello: &ServerHello<'_>, facts: &mut Facts<'_>) {
        facts.text(self.version, version_name(hello.version).as_bytes());
        facts.number(self.cipher, hello.cipher.into());
        if let Some(protocol) = hello.protocol {
            facts.text(self.protocol, protocol);
        }
    }

    /// Tells what the first certificate of a Certificate message says.
    pub fn tell_certificate(&self, message: &[u8], facts: &mut Facts<'_>) {
        let Some(read) = first_of_chain(message).and_then(Certificate::parse) else { return };
        let texts = [(self.subject, read.subject), (self.organisation, read.organisation), (self.issuer, read.issuer)];
        for (field, value) in texts {
            if let Some(value) = value {
                facts.text(field, value);
            }
        }
        let names = joined(read.names());
        if !names.is_empty() {
            facts.text(self.names, names.as_bytes());
        }
        for (field, value) in [(self.not_before, read.not_before), (self.not_after, read.not_after)] {
            if let Some(value) = value {
                facts.number(field, value);
            }
        }
        if read.self_signed {
            facts.flag(self.self_signed);
        }
    }
}

/// Words with commas between, as many whole ones as fit in one fact.
fn joined<'a>(words: impl Iterator<Item = &'a [u8]>) -> Text {
    let mut all = Text::default();
    for word in words {
        if all.as_bytes().len() + word.len() >= LONGEST_TEXT {
            break;
        }
        if !all.is_empty() {
            all.push(b",");
        }
        all.push(word);
    }
    all
}

/// A version as people write it.
#[must_use]
pub const fn version_name(version: u16) -> &'static str {
    match version {
        0x0002 => "SSL 2",
        0x0300 => "SSL 3",
        0x0301 => "1.0",
        0x0302 => "1.1",
        0x0303 => "1.2",
        // 0x7fxx: drafts of TLS 1.3; 0xfbxx: Facebook's.
        0x0304 | 0x7f00..=0x7fff | 0xfb00..=0xfbff => "1.3",
        // What OpenSSL spoke before DTLS 1.0 was finished (AnyConnect still does).
        0x0100 => "DTLS 0.9",
        0xfeff => "DTLS 1.0",
        0xfefd => "DTLS 1.2",
        0xfefc => "DTLS 1.3",
        _ => "unknown",
    }
}
