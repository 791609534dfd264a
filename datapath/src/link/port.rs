//! A packet socket on one interface of a link: whole Ethernet frames in and out, without waiting.

#![allow(
    clippy::cast_possible_truncation,
    reason = "constants and sizes of the kernel's interface fit the fields that it gave them"
)]

use std::ffi::CString;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::time::Duration;

/// An Ethernet frame that offloading left unsplit is at most a full IP packet and its header.
pub(super) const LONGEST_FRAME: usize = 65_536 + 64;
/// What the kernel may hold for us while we are not scheduled.
const RECEIVE_BUFFER: libc::c_int = 8 << 20;
/// All protocols, in network order as the kernel wants it.
const ALL_PROTOCOLS: u16 = (libc::ETH_P_ALL as u16).to_be();

pub(super) struct Port {
    socket: OwnedFd,
}

impl Port {
    pub(super) fn open(interface: &str) -> io::Result<Self> {
        let index = interface_index(interface)?;
        let kind = libc::SOCK_RAW | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
        // Protocol 0 receives nothing until bound, so no frame of another interface slips in.
        // SAFETY: no pointers are passed.
        let fd = unsafe { libc::socket(libc::AF_PACKET, kind, 0) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor is new and nobody else owns it.
        let port = Self { socket: unsafe { OwnedFd::from_raw_fd(fd) } };
        let promiscuous = libc::packet_mreq {
            mr_ifindex: index,
            mr_type: libc::PACKET_MR_PROMISC as u16,
            mr_alen: 0,
            mr_address: [0; 8],
        };
        port.set_option(libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, &RECEIVE_BUFFER)?;
        port.set_option(libc::SOL_PACKET, libc::PACKET_IGNORE_OUTGOING, &1)?;
        port.set_option(libc::SOL_PACKET, libc::PACKET_ADD_MEMBERSHIP, &promiscuous)?;
        port.bind(index)?;
        Ok(port)
    }

    /// The next frame that arrived, if any.
    pub(super) fn receive<'a>(&self, buffer: &'a mut [u8]) -> Option<&'a [u8]> {
        // SAFETY: the kernel writes at most `buffer.len()` bytes to `buffer`.
        let length = unsafe { libc::recv(self.socket.as_raw_fd(), buffer.as_mut_ptr().cast(), buffer.len(), 0) };
        // An interface that went down reports an error once; what comes after it up again is read as before.
        buffer.get(..usize::try_from(length).ok()?)
    }

    /// Sends a frame; false if the kernel would not take it.
    pub(super) fn send(&self, frame: &[u8]) -> bool {
        // SAFETY: the kernel reads `frame.len()` bytes of `frame`.
        unsafe { libc::send(self.socket.as_raw_fd(), frame.as_ptr().cast(), frame.len(), 0) >= 0 }
    }

    fn bind(&self, index: libc::c_int) -> io::Result<()> {
        let address = libc::sockaddr_ll {
            sll_family: libc::AF_PACKET as u16,
            sll_protocol: ALL_PROTOCOLS,
            sll_ifindex: index,
            sll_hatype: 0,
            sll_pkttype: 0,
            sll_halen: 0,
            sll_addr: [0; 8],
        };
        // SAFETY: pointer and length describe `address`, which the kernel only reads.
        check(unsafe { libc::bind(self.socket.as_raw_fd(), (&raw const address).cast(), size_of_val(&address) as u32) })
    }

    fn set_option<T>(&self, level: libc::c_int, name: libc::c_int, value: &T) -> io::Result<()> {
        let length = size_of::<T>() as u32;
        // SAFETY: pointer and length describe `value`, which the kernel only reads.
        check(unsafe { libc::setsockopt(self.socket.as_raw_fd(), level, name, (&raw const *value).cast(), length) })
    }
}

/// Waits until a port has a frame, for at most `patience`.
pub(super) fn wait(ports: &[Port], patience: Duration) -> io::Result<()> {
    let readable = |port: &Port| libc::pollfd { fd: port.socket.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    let mut polled: Vec<_> = ports.iter().map(readable).collect();
    let timeout = libc::timespec {
        tv_sec: patience.as_secs().try_into().unwrap_or(libc::time_t::MAX),
        tv_nsec: patience.subsec_nanos().into(),
    };
    let count = polled.len() as libc::nfds_t;
    // SAFETY: pointer and count describe `polled`, which outlives the call; no signal mask is passed.
    let result = unsafe { libc::ppoll(polled.as_mut_ptr(), count, &raw const timeout, std::ptr::null()) };
    check(result).or_else(|error| if error.kind() == io::ErrorKind::Interrupted { Ok(()) } else { Err(error) })
}

fn interface_index(interface: &str) -> io::Result<libc::c_int> {
    let name = CString::new(interface).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    // SAFETY: `name` is a C string that outlives the call.
    let index = unsafe { libc::if_nametoindex(name.as_ptr()) };
    match libc::c_int::try_from(index) {
        Ok(index) if index > 0 => Ok(index),
        _ => {
            Err(io::Error::new(io::ErrorKind::NotFound, format!("no interface {interface} in this network namespace")))
        }
    }
}

fn check(result: libc::c_int) -> io::Result<()> {
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}
