//! The compiled kernel part, embedded by `build.rs` where clang was there to compile it.

use aya::include_bytes_aligned;

static OBJECT: &[u8] = include_bytes_aligned!(concat!(env!("OUT_DIR"), "/gate.bpf.o"));

/// The object file, `None` where it could not be compiled.
#[must_use]
pub fn embedded() -> Option<&'static [u8]> {
    (!OBJECT.is_empty()).then_some(OBJECT)
}

/// What a person reads where it is missing.
pub const MISSING: &str = "this build has no kernel part, because clang or libbpf's headers were missing when it was \
built: apt-get install clang libbpf-dev, then build again";
