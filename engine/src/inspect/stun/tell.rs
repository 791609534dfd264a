//! What one STUN message tells: who made it, what it is for, and which addresses it names.

use super::message::{self, Attribute, Class, Message};
use super::{ATTRIBUTES, ICE, MAPPED, METHOD, ORIGIN, PEER, REALM, RELAYED, SOFTWARE, TURN, UFRAG, VENDOR};
use crate::facts::{Announcement, Facts, Field};
use crate::inspect::Next;
use crate::packet::{Endpoint, Transport};

const MAPPED_ADDRESS: u16 = 0x0001;
const USERNAME: u16 = 0x0006;
const MAGIC_COOKIE: u16 = 0x000f;
const XOR_PEER_ADDRESS: u16 = 0x0012;
pub const DATA: u16 = 0x0013;
const REALM_NAME: u16 = 0x0014;
const XOR_RELAYED_ADDRESS: u16 = 0x0016;
const XOR_MAPPED_ADDRESS: u16 = 0x0020;
const PRIORITY: u16 = 0x0024;
const USE_CANDIDATE: u16 = 0x0025;
const SOFTWARE_NAME: u16 = 0x8022;
const ICE_CONTROLLED: u16 = 0x8029;
const ICE_CONTROLLING: u16 = 0x802a;
const ORIGIN_PAGE: u16 = 0x802f;

/// MS-TURN §2.2.2.1; the old drafts of TURN had it too, but none of Microsoft's attributes.
const MICROSOFT_COOKIE: [u8; 4] = [0x72, 0xc6, 0x4b, 0xc6];
/// Types that are listed of the first request: enough to tell clients apart.
const MOST_LISTED: usize = 16;

/// Tells all of it, and whether it wraps another datagram.
pub fn message(message: &Message<'_>, captured: usize, facts: &mut Facts<'_>) -> Next {
    if let Some(name) = message::method_name(message.method) {
        facts.text(&METHOD, name.as_bytes());
    }
    if message.cookie && matches!(message.method, 0x003..=0x00c) {
        facts.flag(&TURN);
    }
    if message.class == Class::Request && facts.get(&ATTRIBUTES).is_none() {
        list(message, facts);
    }
    let mut inner = Next::More;
    for attribute in message.attributes() {
        if attribute.kind == DATA && message.cookie && attribute.offset + attribute.value.len() + 3 >= captured {
            inner = Next::Inside(attribute.offset);
        }
        tell(message, attribute, facts);
    }
    inner
}

fn tell(message: &Message<'_>, attribute: Attribute<'_>, facts: &mut Facts<'_>) {
    let value = attribute.value;
    match attribute.kind {
        USERNAME if message.get(PRIORITY).is_some() => facts.text(&UFRAG, value),
        REALM_NAME => facts.text(&REALM, trimmed(value)),
        SOFTWARE_NAME => facts.text(&SOFTWARE, trimmed(value)),
        ORIGIN_PAGE => facts.text(&ORIGIN, trimmed(value)),
        PRIORITY | USE_CANDIDATE | ICE_CONTROLLED | ICE_CONTROLLING if message.method == message::BINDING => {
            facts.flag(&ICE);
        }
        MAPPED_ADDRESS => place(facts, &MAPPED, message::endpoint(value)),
        XOR_MAPPED_ADDRESS => place(facts, &MAPPED, message.xor_endpoint(value)),
        XOR_RELAYED_ADDRESS => announce(facts, &RELAYED, message.xor_endpoint(value)),
        XOR_PEER_ADDRESS => announce(facts, &PEER, message.xor_endpoint(value)),
        _ => {}
    }
    if let Some(vendor) = vendor(message, attribute.kind) {
        facts.text(&VENDOR, vendor.as_bytes());
    }
}

fn place(facts: &mut Facts<'_>, field: &Field, endpoint: Option<Endpoint>) {
    if let Some(endpoint) = endpoint {
        let text = format!("{}:{}", endpoint.addr, endpoint.port);
        facts.text(field, text.as_bytes());
    }
}

/// The ends of a relay will be seen as ends of other flows.
fn announce(facts: &mut Facts<'_>, field: &Field, endpoint: Option<Endpoint>) {
    place(facts, field, endpoint);
    // Permissions name an address only, and leave the port empty (RFC 8656 §10).
    if let Some(endpoint) = endpoint.filter(|endpoint| endpoint.port != 0) {
        facts.announce(Announcement::Media { endpoint, transport: Transport::Udp, protocol: "rtp" });
    }
}

/// Whose own attribute this is. Ranges are those that the IANA registry and MS-TURN, MS-ICE2 assign, or that the
/// programs alone are seen to use.
fn vendor(message: &Message<'_>, kind: u16) -> Option<&'static str> {
    // Without the cookie there was no registry: anyone may have used any number. MS-TURN has its own cookie, in an attribute.
    if !message.cookie && message.get(MAGIC_COOKIE) != Some(&MICROSOFT_COOKIE) {
        return None;
    }
    Some(match kind {
        // MS-TURN §2.2.2 (MS-VERSION, sequence, service quality …) and MS-ICE2 §2.2 (candidate, implementation).
        0x8006 | 0x8008 | 0x8032 | 0x8036 | 0x8039 | 0x8050 | 0x8054..=0x8059 | 0x8070 | 0x8090 | 0x8095
        // The last two only Skype's newer programs are seen to send (nDPI's reader).
        | 0x24df | 0x3802 => "microsoft",
        // IANA: GOOG-NETWORK-INFO to GOOG-DELTA-SYNC-REQ, MESSAGE-INTEGRITY-32. Every WebRTC made of Google's code.
        0xc057..=0xc060 => "google",
        // IANA: META-DTLS-IN-STUN and its acknowledgement are Google's too; 0x4000 to 0x4007 only WhatsApp sends.
        0x4000..=0x4007 => "meta",
        // Zoom's own pair, in the middle of the numbers of RFC 3489.
        0x0101 | 0x0103 => "zoom",
        // IANA: CISCO-STUN-FLOWDATA, CISCO-WEBEX-FLOW-INFO.
        0xc000 | 0xc003 => "cisco",
        _ => return None,
    })
}

fn list(message: &Message<'_>, facts: &mut Facts<'_>) {
    let types: Vec<String> =
        message.attributes().take(MOST_LISTED).map(|attribute| format!("{:04x}", attribute.kind)).collect();
    if !types.is_empty() {
        facts.text(&ATTRIBUTES, types.join(" ").as_bytes());
    }
}

/// Some pad names with zero bytes or spaces inside the value.
fn trimmed(value: &[u8]) -> &[u8] {
    let end = value.iter().rposition(|byte| !matches!(byte, 0 | b' ')).map_or(0, |last| last + 1);
    value.get(..end).unwrap_or_default()
}
