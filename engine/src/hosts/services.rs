//! Ports of known services: calling many of them, or failing to, is what ordinary clients do.

/// Where ports below belong to the system's services.
const SYSTEM: u16 = 1024;

/// Ports above the system's that many services or whole fleets of servers share: SOCKS and web proxies, STUN and TURN
/// with what gathers candidates from them, SIP, SSDP, WS-Discovery, NAT traversal of IPsec, LLMNR, mDNS, remote desktops,
/// push and XMPP servers. In order.
static SHARED: [u16; 30] = [
    1080, 1900, 3128, 3478, 3479, 3480, 3481, 3544, 3702, 4500, 5060, 5061, 5222, 5223, 5228, 5349, 5350, 5351, 5353,
    5355, 5938, 6568, 8000, 8080, 8443, 8888, 19302, 19305, 19307, 19309,
];

/// Whether a port says nothing about who calls it.
pub fn is_known(port: u16) -> bool {
    port < SYSTEM || SHARED.binary_search(&port).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_ports_are_found() {
        assert!(SHARED.is_sorted());
        assert!(is_known(53) && is_known(3478) && is_known(19309));
        assert!(!is_known(33033) && !is_known(6881));
    }
}
