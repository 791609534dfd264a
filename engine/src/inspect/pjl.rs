//! PJL: a job is sent straight to a printer (JetDirect, Printer Job Language).
//!
//! Recognised by the sequence that every job begins with.

use super::single::{Heard, Single};
use super::{Category, First, Layer, Payload, Profile};
use crate::facts::Sign;
use crate::packet::Transport;

/// The PJL protocol.
pub struct Pjl;

const START: &[u8] = b"\x1b%-12345X";

// Nine fixed bytes.
static JOB: Sign = Sign::new("a job for a printer (PJL)", 150);

static PROFILE: Profile = Profile {
    name: "pjl",
    title: "JetDirect (PJL)",
    category: Category::Device,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[9100],
    first: First::Of(&[0x1b]),
    fields: &[],
    signs: &[&JOB],
};

impl Single for Pjl {
    const LEAST: usize = START.len();

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        opening.bytes.starts_with(START).then(|| Heard::by(&JOB))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn a_job_is_told() {
        let talk: [(Side, &[u8]); 2] = [(Side::Client, b"\x1b%-12"), (Side::Client, b"345X@PJL INFO ID\r\n")];
        assert!(tell(&Pjl, Transport::Tcp, &talk).saw(&JOB));
    }
}
