//! What this machine allows, and for what it lacks: how to get it and what works without.

use std::fs;
use std::path::Path;

use aya::programs::ProgramType;
use aya::sys::is_program_supported;
use aya::util::KernelVersion;

use crate::object;
use crate::sys;

/// One thing that the data path can use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capability {
    /// Short name.
    pub name: &'static str,
    /// Whether it is there.
    pub present: bool,
    /// What is lost without it and how to get it.
    pub advice: &'static str,
}

/// Bits of `/proc/self/status`.
const CAP_NET_ADMIN: u32 = 12;
const CAP_NET_RAW: u32 = 13;
const CAP_SYS_ADMIN: u32 = 21;
const CAP_BPF: u32 = 39;

/// Looks at the machine, without changing anything. The order is that in which things are needed.
#[must_use]
pub fn probe() -> Vec<Capability> {
    let rights = effective_rights();
    let has = |bit: u32| rights >> bit & 1 == 1;
    let capability = |name, present, advice| Capability { name, present, advice };
    vec![
        capability(
            "packet sockets",
            has(CAP_NET_RAW),
            "neither bridge nor tap works without CAP_NET_RAW: run as root (captures are read without it)",
        ),
        capability(
            "network administration",
            has(CAP_NET_ADMIN),
            "the bridge needs CAP_NET_ADMIN to attach to its ports: run as root; a tap works without it",
        ),
        capability(
            "kernel part",
            object::embedded().is_some(),
            "the bridge needs its kernel part, which clang compiles when Peergate is built: apt-get install clang \
             libbpf-dev, then build again; a tap works without it",
        ),
        capability(
            "BPF",
            has(CAP_BPF) || has(CAP_SYS_ADMIN),
            "the bridge needs CAP_BPF (or CAP_SYS_ADMIN): run as root; a tap works without it",
        ),
        capability(
            "tc programs",
            // Asking loads an empty program, which needs the rights above.
            is_program_supported(ProgramType::SchedClassifier).unwrap_or(false),
            "the bridge needs a kernel with CONFIG_BPF_SYSCALL and CONFIG_NET_CLS_BPF (or 6.6 with CONFIG_NET_XGRESS), \
             and the rights to load programs; a tap works without it",
        ),
        capability(
            "tcx",
            KernelVersion::current().is_ok_and(|version| version >= KernelVersion::new(6, 6, 0)),
            "Linux 6.6 has tcx links; before, clsact filters serve, which other programs can remove unnoticed",
        ),
        capability(
            "BPF file system",
            sys::is_bpffs(Path::new("/sys/fs/bpf")),
            "nobody has mounted /sys/fs/bpf yet: the gateway does it itself; inside `ip netns exec` what it mounts ends \
             with the command, and the line with it, so enter with `nsenter --net=` instead",
        ),
        capability(
            "bridge without iptables",
            !is_one("/proc/sys/net/bridge/bridge-nf-call-iptables"),
            "bridged packets go through iptables here, which costs a quarter of the packet rate in bridge mode: \
             sysctl -w net.bridge.bridge-nf-call-iptables=0 net.bridge.bridge-nf-call-ip6tables=0",
        ),
    ]
}

fn effective_rights() -> u64 {
    let status = fs::read_to_string("/proc/thread-self/status").unwrap_or_default();
    let rights = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    rights.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok()).unwrap_or(0)
}

fn is_one(path: &str) -> bool {
    fs::read_to_string(path).is_ok_and(|value| value.trim() == "1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lack_comes_with_advice() {
        for capability in probe() {
            assert!(!capability.name.is_empty() && capability.advice.len() > 20, "{capability:?}");
        }
    }

    #[test]
    fn root_with_a_kernel_part_has_what_the_bridge_needs() {
        let present = |name| probe().iter().any(|it| it.name == name && it.present);
        if present("BPF") {
            assert!(present("tc programs") && present("packet sockets"), "{:?}", probe());
        }
    }
}
