//! What is sent through the line: round trips, small datagrams, TCP, with the ends where the name of the load says.

use std::io::{Error, Read, Write};
use std::net::UdpSocket;
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

use super::at;
use super::support::frames::{A4, B4};
use super::support::net::Net;

/// How long each load is on in each round.
const SLICE: Duration = Duration::from_millis(120);

/// A load, and what it gives: microseconds, packets/s or bit/s, shown in `unit`s.
pub struct Load {
    pub name: &'static str,
    pub unit: f64,
    pub target: &'static str,
    pub run: fn(&Net) -> f64,
}

const SOONER: &str = "at most 1.00";
const MORE: &str = "at least 1.05";

pub const LOADS: [Load; 7] = [
    Load { name: "RTT p50, µs, one thread", unit: 1.0, target: SOONER, run: round_trip_alone },
    Load { name: "RTT p50, µs, one processor", unit: 1.0, target: SOONER, run: |net| round_trip(net, 0) },
    Load { name: "RTT p50, µs, two processors", unit: 1.0, target: SOONER, run: |net| round_trip(net, 1) },
    Load { name: "packets/s, thousands", unit: 1e3, target: MORE, run: packet_rate },
    Load { name: "packets/s both ways, two processors", unit: 1e3, target: MORE, run: rate_both_ways },
    Load { name: "TCP, Gbit/s, one processor", unit: 1e9, target: MORE, run: |net| tcp_rate(net, 0) },
    Load { name: "TCP, Gbit/s, two processors", unit: 1e9, target: MORE, run: |net| tcp_rate(net, 1) },
];

/// Runs `what` on the processor with this number, of those that the program may use; on the last where there are fewer.
/// Usual programs hardly get that processor meanwhile: a twentieth of it is theirs.
pub fn on<T>(processor: usize, what: impl FnOnce() -> T) -> T {
    // SAFETY: a set of bits, for which zero is a value.
    let (mut all, mut one): (libc::cpu_set_t, libc::cpu_set_t) = unsafe { (std::mem::zeroed(), std::mem::zeroed()) };
    let size = size_of_val(&all);
    // SAFETY: the size is that of the set, which the kernel fills.
    assert_eq!(unsafe { libc::sched_getaffinity(0, size, &raw mut all) }, 0, "where this thread may run");
    // SAFETY: the numbers are within the set.
    let allowed = (0..libc::CPU_SETSIZE as usize).filter(|number| unsafe { libc::CPU_ISSET(*number, &all) });
    let number = allowed.take(processor + 1).last().unwrap();
    // SAFETY: as above.
    unsafe { libc::CPU_SET(number, &mut one) };
    hold(&one, libc::SCHED_FIFO, 1);
    let done = what();
    hold(&all, libc::SCHED_OTHER, 0);
    done
}

/// Holds this thread on these processors.
fn hold(processors: &libc::cpu_set_t, policy: i32, priority: i32) {
    let how = libc::sched_param { sched_priority: priority };
    // SAFETY: the size is that of the set, which the kernel only reads.
    let held = unsafe { libc::sched_setaffinity(0, size_of_val(processors), processors) };
    // SAFETY: the kernel only reads `how`.
    let ahead = unsafe { libc::sched_setscheduler(0, policy, &raw const how) };
    assert_eq!(
        (held, ahead),
        (0, 0),
        "hold a thread on a processor, before other programs: {}",
        Error::last_os_error()
    );
}

/// Two sockets that are connected to each other through the line.
fn pair(net: &Net, port: u16) -> (UdpSocket, UdpSocket) {
    let (a, b) = (net.udp("a", A4, port), net.udp("b", B4, port + 1));
    a.connect((B4, port + 1)).unwrap();
    b.connect((A4, port)).unwrap();
    (a, b)
}

/// The median of what `trip` takes, in µs.
fn median_time(mut trip: impl FnMut() -> Option<()>) -> f64 {
    let begin = Instant::now();
    let mut times = Vec::new();
    while begin.elapsed() < SLICE {
        let start = Instant::now();
        if trip().is_some() {
            times.push(start.elapsed().as_nanos() as f64 / 1e3);
        }
    }
    at(times, 0.5)
}

fn round_trip_alone(net: &Net) -> f64 {
    let (a, b) = pair(net, 6010);
    on(0, || {
        median_time(|| {
            a.send(&[0; 64]).unwrap();
            b.recv(&mut [0; 64]).ok()?;
            b.send(&[0; 64]).unwrap();
            a.recv(&mut [0; 64]).ok().map(drop)
        })
    })
}

fn round_trip(net: &Net, processor_of_b: usize) -> f64 {
    let (a, b) = pair(net, 6000);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            on(processor_of_b, || {
                while b.recv(&mut [0; 64]).is_ok_and(|length| length > 0) {
                    b.send(&[0; 64]).unwrap();
                }
            });
        });
        let time = on(0, || {
            median_time(|| {
                a.send(&[0; 64]).unwrap();
                a.recv(&mut [0; 64]).ok().map(drop)
            })
        });
        a.send(&[]).unwrap();
        time
    })
}

/// Small datagrams as fast as one processor can send them; counted where they come out of the line.
fn packet_rate(net: &Net) -> f64 {
    // The other one's socket is not read, but without it every datagram would be answered by ICMP.
    let (a, _b) = pair(net, 6002);
    on(0, || rate(net, "b", &a))
}

/// The same from both ends at once: one flow, whose two directions are served by two processors.
fn rate_both_ways(net: &Net) -> f64 {
    let (a, b) = pair(net, 6004);
    std::thread::scope(|scope| {
        let back = scope.spawn(|| on(1, || rate(net, "a", &b)));
        on(0, || rate(net, "b", &a)) + back.join().unwrap()
    })
}

fn rate(net: &Net, to: &str, socket: &UdpSocket) -> f64 {
    let before = net.within(to, || received(to));
    let begin = Instant::now();
    while begin.elapsed() < SLICE {
        send_many(socket);
    }
    let time = begin.elapsed();
    (net.within(to, || received(to)) - before) / time.as_secs_f64()
}

/// Sends 64 datagrams with one system call: what is measured is the line and not the sender.
fn send_many(socket: &UdpSocket) {
    let payload = [0_u8; 64];
    let mut part = libc::iovec { iov_base: payload.as_ptr().cast_mut().cast(), iov_len: payload.len() };
    // SAFETY: integers and pointers, for which zero is a value.
    let mut one: libc::mmsghdr = unsafe { std::mem::zeroed() };
    one.msg_hdr.msg_iov = &raw mut part;
    one.msg_hdr.msg_iovlen = 1;
    let mut all = [one; 64];
    // SAFETY: 64 headers on a connected socket, whose one part lives through the call and is only read.
    unsafe { libc::sendmmsg(socket.as_raw_fd(), all.as_mut_ptr(), 64, 0) };
}

/// Packets that this interface of the thread's namespace has received.
fn received(interface: &str) -> f64 {
    let devices = std::fs::read_to_string("/proc/thread-self/net/dev").unwrap();
    let line = devices.lines().find_map(|line| line.trim().strip_prefix(interface)?.strip_prefix(':')).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn tcp_rate(net: &Net, processor_of_b: usize) -> f64 {
    let listener = net.listen("b", B4, 6006);
    make_roomy(&listener, libc::SO_RCVBUFFORCE);
    let mut client = net.connect("a", B4, 6006).unwrap();
    make_roomy(&client, libc::SO_SNDBUFFORCE);
    let (mut server, _) = listener.accept().unwrap();
    std::thread::scope(|scope| {
        let reader = scope.spawn(move || {
            let (mut total, mut buffer) = (0, vec![0; 1 << 18]);
            on(processor_of_b, || {
                while let Ok(length @ 1..) = server.read(&mut buffer) {
                    total += length;
                }
                total
            })
        });
        on(0, || {
            let (begin, chunk) = (Instant::now(), vec![0; 1 << 17]);
            while begin.elapsed() < SLICE {
                client.write_all(&chunk).unwrap();
            }
            drop(client);
            reader.join().unwrap() as f64 * 8.0 / begin.elapsed().as_secs_f64()
        })
    })
}

/// Gives a TCP socket room for some super-packets. Connections inherit what a listener has.
fn make_roomy(socket: &impl AsRawFd, option: libc::c_int) {
    let room: libc::c_int = 200_000;
    let length = size_of_val(&room) as libc::socklen_t;
    // SAFETY: pointer and length describe a number, which the kernel only reads.
    let done =
        unsafe { libc::setsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, option, (&raw const room).cast(), length) };
    assert_eq!(done, 0, "the room of a socket");
}
