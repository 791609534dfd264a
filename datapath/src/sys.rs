//! The system calls that neither the standard library nor aya has. Nothing here decides anything.

use std::ffi::CString;
use std::io;
use std::mem;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

const BPF_FS_MAGIC: i64 = 0xcafe_4a11;
const BPF_MAP_LOOKUP_BATCH: libc::c_long = 24;

pub(crate) fn clock(id: libc::clockid_t) -> u64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `now` is a valid timespec to write to.
    unsafe { libc::clock_gettime(id, &raw mut now) };
    now.tv_sec.cast_unsigned() * 1_000_000_000 + now.tv_nsec.cast_unsigned()
}

fn check(result: libc::c_int) -> io::Result<libc::c_int> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

fn c_string(bytes: &[u8]) -> io::Result<CString> {
    CString::new(bytes).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))
}

/// Waits until `fd` is readable; false when the time is over first.
pub(crate) fn wait_readable(fd: RawFd, timeout: Duration) -> io::Result<bool> {
    let mut waiting = libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
    let timeout = libc::timespec {
        tv_sec: libc::time_t::try_from(timeout.as_secs()).unwrap_or(libc::time_t::MAX),
        tv_nsec: timeout.subsec_nanos().into(),
    };
    // SAFETY: one pollfd and one timespec, both alive during the call; no signal mask.
    match check(unsafe { libc::ppoll(&raw mut waiting, 1, &raw const timeout, std::ptr::null()) }) {
        Ok(ready) => Ok(ready > 0),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(false),
        Err(error) => Err(error),
    }
}

pub(crate) fn is_bpffs(path: &Path) -> bool {
    let Ok(path) = c_string(path.as_os_str().as_bytes()) else { return false };
    // SAFETY: statfs is plain integers, for which zero is a value.
    let mut info: libc::statfs = unsafe { mem::zeroed() };
    // SAFETY: a C string and a valid statfs to write to.
    unsafe { libc::statfs(path.as_ptr(), &raw mut info) == 0 && info.f_type == BPF_FS_MAGIC }
}

pub(crate) fn mount_bpffs(path: &Path) -> io::Result<()> {
    let path = c_string(path.as_os_str().as_bytes())?;
    let kind = c"bpf".as_ptr();
    // SAFETY: three C strings that live through the call, and no data.
    check(unsafe { libc::mount(kind, path.as_ptr(), kind, 0, std::ptr::null()) }).map(drop)
}

pub(crate) fn interface_index(name: &str) -> io::Result<u32> {
    let name = c_string(name.as_bytes())?;
    // SAFETY: a C string that lives through the call.
    match unsafe { libc::if_nametoindex(name.as_ptr()) } {
        0 => Err(io::Error::last_os_error()),
        index => Ok(index),
    }
}

pub(crate) fn interface_name(index: u32) -> io::Result<String> {
    let mut name = [0 as libc::c_char; libc::IF_NAMESIZE];
    // SAFETY: a buffer of the size that the call asks for.
    if unsafe { libc::if_indextoname(index, name.as_mut_ptr()) }.is_null() {
        return Err(io::Error::last_os_error());
    }
    let bytes = name.iter().map(|c| c.cast_unsigned()).take_while(|c| *c != 0).collect();
    String::from_utf8(bytes).map_err(|_| io::Error::from(io::ErrorKind::InvalidData))
}

/// Moves the calling thread, and no other, into a network namespace.
pub(crate) fn enter_network(namespace: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: a file descriptor that is open during the call.
    check(unsafe { libc::setns(namespace.as_raw_fd(), libc::CLONE_NEWNET) }).map(drop)
}

pub(crate) fn socket(family: libc::c_int, kind: libc::c_int, protocol: libc::c_int) -> io::Result<OwnedFd> {
    // SAFETY: plain arguments.
    let fd = check(unsafe { libc::socket(family, kind, protocol) })?;
    // SAFETY: the kernel has just given us this descriptor, and nobody else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

pub(crate) fn bind(socket: &OwnedFd, address: &libc::sockaddr_ll) -> io::Result<()> {
    let length = length_of(address);
    // SAFETY: pointer and length describe `address`, which the kernel only reads.
    check(unsafe { libc::bind(socket.as_raw_fd(), std::ptr::from_ref(address).cast(), length) }).map(drop)
}

/// `T` is what the option takes: an integer or a structure of libc's.
pub(crate) fn set_option<T: Copy>(
    socket: &OwnedFd,
    level: libc::c_int,
    name: libc::c_int,
    value: &T,
) -> io::Result<()> {
    let length = length_of(value);
    // SAFETY: pointer and length describe `value`, which the kernel only reads.
    check(unsafe { libc::setsockopt(socket.as_raw_fd(), level, name, std::ptr::from_ref(value).cast(), length) })
        .map(drop)
}

/// Frames that a packet socket had no room for since the last question.
pub(crate) fn lost_frames(socket: &OwnedFd) -> io::Result<u32> {
    // SAFETY: plain integers, for which zero is a value.
    let mut stats: libc::tpacket_stats = unsafe { mem::zeroed() };
    let mut length = length_of(&stats);
    let to = (&raw mut stats).cast();
    // SAFETY: pointer and length describe `stats`, which the kernel writes.
    let result =
        unsafe { libc::getsockopt(socket.as_raw_fd(), libc::SOL_PACKET, libc::PACKET_STATISTICS, to, &raw mut length) };
    check(result).map(|_| stats.tp_drops)
}

fn length_of<T>(value: &T) -> libc::socklen_t {
    libc::socklen_t::try_from(size_of_val(value)).unwrap_or(0)
}

pub(crate) fn send(socket: &OwnedFd, bytes: &[u8]) -> io::Result<()> {
    // SAFETY: the kernel reads `bytes.len()` bytes of `bytes`.
    let sent = unsafe { libc::send(socket.as_raw_fd(), bytes.as_ptr().cast(), bytes.len(), 0) };
    if sent < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

/// What a packet socket tells about a frame besides its bytes.
pub(crate) struct Message {
    /// On the wire: more than was written where the buffer was too short.
    pub length: usize,
    /// `PACKET_OUTGOING` and its like.
    pub kind: u8,
    /// Nanoseconds since the epoch.
    pub time: u64,
    /// EtherType and control field of a VLAN tag that the kernel took out.
    pub tag: Option<[u16; 2]>,
}

/// Aligned as control messages must be; two of them fit.
#[repr(align(8))]
struct Control([u8; 128]);

/// The next message of a packet socket that does not block, `None` if there is none.
pub(crate) fn receive(socket: &OwnedFd, buffer: &mut [u8]) -> io::Result<Option<Message>> {
    let mut control = Control([0; 128]);
    // SAFETY: plain integers, for which zero is a value.
    let mut from: libc::sockaddr_ll = unsafe { mem::zeroed() };
    let mut part = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: buffer.len() };
    // SAFETY: integers and pointers, for which zero is a value.
    let mut header: libc::msghdr = unsafe { mem::zeroed() };
    header.msg_name = (&raw mut from).cast();
    header.msg_namelen = length_of(&from);
    header.msg_iov = &raw mut part;
    header.msg_iovlen = 1;
    header.msg_control = control.0.as_mut_ptr().cast();
    header.msg_controllen = control.0.len();
    // SAFETY: the header describes four live objects with their own lengths.
    let length = unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut header, libc::MSG_TRUNC | libc::MSG_DONTWAIT) };
    let Ok(length) = usize::try_from(length) else {
        let error = io::Error::last_os_error();
        return if error.kind() == io::ErrorKind::WouldBlock { Ok(None) } else { Err(error) };
    };
    let mut message = Message { length, kind: from.sll_pkttype, time: 0, tag: None };
    // SAFETY: the kernel has filled `control` and told its length in `header`.
    let mut next = unsafe { libc::CMSG_FIRSTHDR(&raw const header) };
    while !next.is_null() {
        // SAFETY: the macro gave a pointer to a whole header within `control`.
        let (level, kind, data) = unsafe { ((*next).cmsg_level, (*next).cmsg_type, libc::CMSG_DATA(next)) };
        read_control(&mut message, level, kind, data);
        // SAFETY: as for CMSG_FIRSTHDR.
        next = unsafe { libc::CMSG_NXTHDR(&raw const header, next) };
    }
    Ok(Some(message))
}

fn read_control(message: &mut Message, level: libc::c_int, kind: libc::c_int, data: *const u8) {
    if (level, kind) == (libc::SOL_SOCKET, libc::SCM_TIMESTAMPNS) {
        // SAFETY: a message of this kind holds a timespec, at an address that may not be aligned for it.
        let time = unsafe { data.cast::<libc::timespec>().read_unaligned() };
        message.time = time.tv_sec.cast_unsigned() * 1_000_000_000 + time.tv_nsec.cast_unsigned();
    } else if (level, kind) == (libc::SOL_PACKET, libc::PACKET_AUXDATA) {
        // SAFETY: a message of this kind holds a tpacket_auxdata, at an address that may not be aligned for it.
        let aux = unsafe { data.cast::<libc::tpacket_auxdata>().read_unaligned() };
        if aux.tp_status & libc::TP_STATUS_VLAN_VALID != 0 {
            message.tag = Some([aux.tp_vlan_tpid, aux.tp_vlan_tci]);
        }
    }
}

/// Switches promiscuous mode; tells whether it was on before.
pub(crate) fn set_promiscuous(name: &str, on: bool) -> io::Result<bool> {
    let socket = socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0)?;
    // SAFETY: ifreq is bytes and a union of plain data, for which zero is a value.
    let mut request: libc::ifreq = unsafe { mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().take(libc::IFNAMSIZ - 1).zip(name.bytes()) {
        *to = from.cast_signed();
    }
    // SAFETY: SIOCGIFFLAGS reads the name and writes the flags of a valid ifreq.
    check(unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCGIFFLAGS, &raw mut request) })?;
    let promiscuous = libc::c_short::try_from(libc::IFF_PROMISC).unwrap_or_default();
    // SAFETY: the call above has written this member of the union.
    let flags = unsafe { request.ifr_ifru.ifru_flags };
    let was = flags & promiscuous != 0;
    if was == on {
        return Ok(was);
    }
    request.ifr_ifru.ifru_flags = flags ^ promiscuous;
    // SAFETY: SIOCSIFFLAGS reads a valid ifreq.
    check(unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS, &raw mut request) })?;
    Ok(was)
}

/// The part of `union bpf_attr` that batch lookups use.
#[repr(C)]
struct BatchAttr {
    in_batch: u64,
    out_batch: u64,
    keys: u64,
    values: u64,
    count: u32,
    map_fd: u32,
    elem_flags: u64,
    flags: u64,
}

const BPF_MAP_LOOKUP_ELEM: libc::c_long = 1;

#[repr(C)]
struct ElemAttr {
    map_fd: u32,
    pad: u32,
    key: u64,
    value: u64,
    flags: u64,
}

/// Reads one entry of a map; `None` where there is none of that key.
pub(crate) fn lookup<K: aya::Pod, V: aya::Pod + Default>(map: BorrowedFd<'_>, key: &K) -> io::Result<Option<V>> {
    let mut value = V::default();
    let mut attr = ElemAttr {
        map_fd: map.as_raw_fd().cast_unsigned(),
        pad: 0,
        key: std::ptr::from_ref(key) as u64,
        value: (&raw mut value) as u64,
        flags: 0,
    };
    // SAFETY: the attribute points to a live key and value of the map's own types (plain old data).
    let result = unsafe { libc::syscall(libc::SYS_bpf, BPF_MAP_LOOKUP_ELEM, &raw mut attr, size_of::<ElemAttr>()) };
    if result == 0 {
        return Ok(Some(value));
    }
    match io::Error::last_os_error() {
        error if error.raw_os_error() == Some(libc::ENOENT) => Ok(None),
        error => Err(error),
    }
}

/// Reads the next entries of a hash map into `keys` and `values`; gives how many, and whether there are more.
/// `position` is the kernel's, `None` at the start.
pub(crate) fn lookup_batch<K: aya::Pod, V: aya::Pod>(
    map: BorrowedFd<'_>,
    position: &mut Option<u32>,
    keys: &mut [K],
    values: &mut [V],
) -> io::Result<(usize, bool)> {
    let mut next: u32 = 0;
    let mut attr = BatchAttr {
        in_batch: position.as_ref().map_or(0, |at| std::ptr::from_ref(at) as u64),
        out_batch: (&raw mut next) as u64,
        keys: keys.as_mut_ptr() as u64,
        values: values.as_mut_ptr() as u64,
        count: u32::try_from(keys.len().min(values.len())).unwrap_or(u32::MAX),
        map_fd: map.as_raw_fd().cast_unsigned(),
        elem_flags: 0,
        flags: 0,
    };
    // SAFETY: the attribute points to live buffers of `count` keys and values of the map's own types (plain old data),
    // and to two u32, which is what a hash map's position takes.
    let result = unsafe { libc::syscall(libc::SYS_bpf, BPF_MAP_LOOKUP_BATCH, &raw mut attr, size_of::<BatchAttr>()) };
    let error = io::Error::last_os_error();
    if result < 0 && error.raw_os_error() != Some(libc::ENOENT) {
        return Err(error);
    }
    *position = Some(next);
    Ok((usize::try_from(attr.count).unwrap_or(0), result == 0))
}
