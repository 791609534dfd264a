//! Packet sockets: whole Ethernet frames in and out of one interface.

use std::io;
use std::mem;
use std::os::fd::{AsRawFd, OwnedFd};

use crate::sys;

/// A super-packet is at most this long; BIG TCP goes further, and is cut.
pub(crate) const LONGEST: usize = 65_536 + 256;

const ADDRESSES: usize = 12;
const TAG: usize = 4;

/// The constants are small; the fields that take them are of other widths than libc's names for them.
const FAMILY: u16 = 17;
const ALL_PROTOCOLS: u16 = 3;
const OUTGOING: u8 = 4;
const PROMISCUOUS: u16 = 1;

/// A raw socket on one interface of the calling thread's network namespace.
pub struct PacketSocket(OwnedFd);

/// A frame that a listening socket heard.
#[derive(Debug)]
pub struct Heard<'a> {
    /// Nanoseconds since the epoch, stamped by the kernel.
    pub time: u64,
    /// Whether it left by the interface, rather than coming in.
    pub outgoing: bool,
    /// On the wire, tags included.
    pub wire_len: u32,
    /// Its bytes, the outer VLAN tag in its place.
    pub bytes: &'a [u8],
}

impl PacketSocket {
    /// For sending only.
    ///
    /// # Errors
    /// If there is no such interface, or we may not.
    pub fn sending(interface: &str) -> io::Result<Self> {
        Self::open(interface, 0)
    }

    /// For hearing everything that comes in and goes out, without waiting, and for sending.
    ///
    /// # Errors
    /// If there is no such interface, or we may not.
    pub fn listening(interface: &str) -> io::Result<Self> {
        let socket = Self::open(interface, ALL_PROTOCOLS)?;
        let membership = libc::packet_mreq {
            mr_ifindex: sys::interface_index(interface)?.cast_signed(),
            mr_type: PROMISCUOUS,
            mr_alen: 0,
            mr_address: [0; 8],
        };
        sys::set_option(&socket.0, libc::SOL_PACKET, libc::PACKET_ADD_MEMBERSHIP, &membership)?;
        sys::set_option(&socket.0, libc::SOL_PACKET, libc::PACKET_AUXDATA, &1)?;
        sys::set_option(&socket.0, libc::SOL_SOCKET, libc::SO_TIMESTAMPNS, &1)?;
        // More than the usual limit, which needs the right that we have; without it the limit serves.
        let _ = sys::set_option(&socket.0, libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, &(16 << 20));
        Ok(socket)
    }

    fn open(interface: &str, protocol: u16) -> io::Result<Self> {
        let index = sys::interface_index(interface)?.cast_signed();
        let kind = libc::SOCK_RAW | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
        // Protocol 0 hears nothing until bound, so no frame of another interface slips in.
        let socket = sys::socket(libc::AF_PACKET, kind, 0)?;
        let address = libc::sockaddr_ll {
            sll_family: FAMILY,
            sll_protocol: protocol.to_be(),
            sll_ifindex: index,
            sll_hatype: 0,
            sll_pkttype: 0,
            sll_halen: 0,
            sll_addr: [0; 8],
        };
        sys::bind(&socket, &address)?;
        Ok(Self(socket))
    }

    /// Sends one frame.
    ///
    /// # Errors
    /// If the interface is down or its queue full.
    pub fn send(&self, frame: &[u8]) -> io::Result<()> {
        sys::send(&self.0, frame)
    }

    /// The next frame, if one is waiting. `buffer` should be [`PacketSocket::buffer`].
    ///
    /// # Errors
    /// If the interface is gone.
    pub fn hear<'a>(&self, buffer: &'a mut [u8]) -> io::Result<Option<Heard<'a>>> {
        // Room for the tag in front: putting it back moves the two addresses only.
        let Some(room) = buffer.get_mut(TAG..) else { return Ok(None) };
        let Some(message) = sys::receive(&self.0, room)? else { return Ok(None) };
        let outgoing = message.kind == OUTGOING;
        let length = message.length.min(room.len());
        let wire_len = u32::try_from(message.length).unwrap_or(u32::MAX);
        let Some([protocol, control]) = message.tag.filter(|_| length >= ADDRESSES) else {
            let bytes = buffer.get(TAG..TAG + length).unwrap_or_default();
            return Ok(Some(Heard { time: message.time, outgoing, wire_len, bytes }));
        };
        buffer.copy_within(TAG..TAG + ADDRESSES, 0);
        for (to, from) in
            buffer.iter_mut().skip(ADDRESSES).zip([protocol.to_be_bytes(), control.to_be_bytes()].concat())
        {
            *to = from;
        }
        let bytes = buffer.get(..TAG + length).unwrap_or_default();
        Ok(Some(Heard { time: message.time, outgoing, wire_len: wire_len + 4, bytes }))
    }

    /// Waits until a frame can be heard; false when the time is over first.
    ///
    /// # Errors
    /// If waiting fails.
    pub fn wait(&self, timeout: std::time::Duration) -> io::Result<bool> {
        sys::wait_readable(self.0.as_raw_fd(), timeout)
    }

    /// Frames that came faster than they were heard, since the last question.
    ///
    /// # Errors
    /// If the socket is not a listening one.
    pub fn lost(&self) -> io::Result<u32> {
        sys::lost_frames(&self.0)
    }

    /// A buffer for [`PacketSocket::hear`].
    #[must_use]
    pub fn buffer() -> Vec<u8> {
        vec![0; LONGEST]
    }
}

const _: () = assert!(mem::size_of::<libc::sockaddr_ll>() == 20);
