//! A network of three namespaces, `host a - [p0 gate p1] - host b`, that goes when the value goes.

use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use peergate_datapath::bridge::{Bridge, BridgeConfig};
use peergate_datapath::netns;
use peergate_datapath::socket::PacketSocket;

use super::frames::{A4, A6, B4, B6};

/// Long enough for a busy machine, short enough for a test that expects silence.
pub const PATIENCE: Duration = Duration::from_millis(400);

pub struct Net {
    stem: String,
    bridges: Vec<String>,
}

impl Net {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let stem = format!("pg-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let net = Self { stem, bridges: Vec::new() };
        let [a, g, b] = ["a", "g", "b"].map(|role| net.namespace(role));
        for name in [&a, &g, &b] {
            run(&["ip", "netns", "add", name]);
            // Else router solicitations and the like appear between the packets of a test.
            sysctl(name, "net/ipv6/conf/default/accept_dad", "0");
            sysctl(name, "net/ipv6/conf/default/router_solicitations", "0");
        }
        for (host, name, port, addrs) in [(&a, "a", "p0", (A4, A6)), (&b, "b", "p1", (B4, B6))] {
            run(&["ip", "link", "add", "name", name, "netns", host, "type", "veth", "peer", "name", port, "netns", &g]);
            run(&["ip", "-n", host, "addr", "add", &format!("{}/24", addrs.0), "dev", name]);
            run(&["ip", "-n", host, "addr", "add", &format!("{}/64", addrs.1), "dev", name, "nodad"]);
        }
        run(&["ip", "-n", &g, "link", "add", "name", "br0", "type", "bridge"]);
        for port in ["p0", "p1"] {
            run(&["ip", "-n", &g, "link", "set", "dev", port, "master", "br0", "up"]);
        }
        run(&["ip", "-n", &g, "link", "set", "dev", "br0", "up"]);
        sysctl(&g, "net/bridge/bridge-nf-call-iptables", "0");
        sysctl(&g, "net/bridge/bridge-nf-call-ip6tables", "0");
        run(&["ip", "-n", &a, "link", "set", "dev", "a", "up"]);
        run(&["ip", "-n", &b, "link", "set", "dev", "b", "up"]);
        net.wait_until_forwarding();
        net
    }

    /// A bridge hears of a port's carrier some time after the port has it.
    fn wait_until_forwarding(&self) {
        for (from, to) in [(IpAddr::from(A4), IpAddr::from(B4)), (A6.into(), B6.into())] {
            let (a, b) = (self.udp("a", from, 9), self.udp("b", to, 9));
            b.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
            let came = || {
                a.send_to(b"?", (to, 9)).unwrap();
                b.recv(&mut [0; 1]).is_ok()
            };
            assert!((0..60).any(|_| came()), "the plain bridge does not forward");
        }
    }

    pub fn namespace(&self, role: &str) -> String {
        format!("{}-{role}", self.stem)
    }

    pub fn path(&self, role: &str) -> PathBuf {
        PathBuf::from("/run/netns").join(self.namespace(role))
    }

    /// Runs `what` in the namespace of a role; sockets that it makes stay there.
    pub fn within<T>(&self, role: &str, what: impl FnOnce() -> T) -> T {
        let _within = netns::enter(Some(&self.path(role))).unwrap();
        what()
    }

    /// Settings for a bridge over this network's two ports.
    pub fn config(&mut self) -> BridgeConfig {
        let config = BridgeConfig { ports: ["p0".into(), "p1".into()], netns: Some(self.path("g")), ..super::config() };
        self.bridges.push(config.name.clone());
        config
    }

    pub fn udp(&self, role: &str, addr: impl Into<IpAddr>, port: u16) -> UdpSocket {
        let socket = self.within(role, || UdpSocket::bind(SocketAddr::new(addr.into(), port)).unwrap());
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        make_roomy(&socket);
        socket
    }

    pub fn listen(&self, role: &str, addr: impl Into<IpAddr>, port: u16) -> TcpListener {
        self.within(role, || TcpListener::bind(SocketAddr::new(addr.into(), port)).unwrap())
    }

    pub fn connect(&self, role: &str, addr: impl Into<IpAddr>, port: u16) -> std::io::Result<TcpStream> {
        let to = SocketAddr::new(addr.into(), port);
        let stream = self.within(role, || TcpStream::connect_timeout(&to, PATIENCE))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(stream)
    }

    pub fn raw(&self, role: &str) -> PacketSocket {
        self.within(role, || PacketSocket::listening(role).unwrap())
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        for bridge in &self.bridges {
            let _ = Bridge::detach(bridge, Some(&self.path("g")));
        }
        for role in ["a", "g", "b"] {
            run(&["ip", "netns", "del", &self.namespace(role)]);
        }
    }
}

/// A reader that gets no time for a while loses nothing: what is missing then was lost on the line.
fn make_roomy(socket: &UdpSocket) {
    let bytes: libc::c_int = 16 << 20;
    let length = size_of_val(&bytes) as libc::socklen_t;
    // SAFETY: pointer and length describe a number, which the kernel only reads.
    let done = unsafe {
        libc::setsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, (&raw const bytes).cast(), length)
    };
    assert_eq!(done, 0, "room for what waits");
}

pub fn run(words: &[&str]) {
    let output = Command::new(words[0]).args(&words[1..]).output().unwrap();
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Whether a datagram with these bytes comes within the patience.
pub fn arrives(socket: &UdpSocket, bytes: &[u8]) -> bool {
    let mut buffer = vec![0; 65_536];
    loop {
        match socket.recv(&mut buffer) {
            Ok(length) if &buffer[..length] == bytes => return true,
            Ok(_) => {}
            Err(_) => return false,
        }
    }
}

/// Whether a frame with exactly these bytes comes in within the patience.
pub fn comes(socket: &PacketSocket, frame: &[u8]) -> bool {
    let mut buffer = PacketSocket::buffer();
    let end = std::time::Instant::now() + PATIENCE;
    while std::time::Instant::now() < end {
        socket.wait(Duration::from_millis(20)).unwrap();
        while let Some(heard) = socket.hear(&mut buffer).unwrap() {
            if !heard.outgoing && heard.bytes == frame {
                return true;
            }
        }
    }
    false
}

fn sysctl(namespace: &str, name: &str, value: &str) {
    let _within = netns::enter(Some(&PathBuf::from("/run/netns").join(namespace))).unwrap();
    std::fs::write(PathBuf::from("/proc/sys").join(name), value).unwrap();
}
