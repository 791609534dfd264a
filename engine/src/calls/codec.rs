//! What is known of codings: clocks (RFC 3551 §6) and how they bear loss (ITU-T G.113 Appendix I).

/// How a coding and lost packets of it are heard.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Impairment {
    /// Ie: what it costs without loss.
    pub equipment: f64,
    /// Bpl: how well it bears loss.
    pub robustness: f64,
}

/// Taken where the coding is not known or G.113 has no values for it, on the low side of what is used: G.729A's for what
/// it costs without loss, and the least that G.113 has for how it bears loss, GSM-EFR's. Of Opus only values on the scale of
/// super-wideband speech are published, 10 to 16 and 10 at its usual rates (Alahmadi, Pocta and Melvin 2021,
/// doi:10.1145/3458751); they go with its bit rate and its bandwidth, which encryption hides.
pub const ASSUMED: Impairment = Impairment { equipment: 11.0, robustness: 10.0 };

/// G.113's values for a coding, by its name in SDP.
#[must_use]
pub fn impairment(name: &str) -> Option<Impairment> {
    let (equipment, robustness) = match name.to_ascii_uppercase().as_str() {
        // With concealment, which every receiver of today has.
        "PCMU" | "PCMA" => (0.0, 25.1),
        "G729" => (11.0, 19.0),
        "G723" => (15.0, 16.1),
        "GSM-EFR" => (5.0, 10.0),
        _ => return None,
    };
    Some(Impairment { equipment, robustness })
}

/// Ticks of the RTP clock in a second, for payload types that are fixed; G.722 counts at half its rate.
#[must_use]
pub const fn clock_of(payload_type: u8) -> Option<u32> {
    Some(match payload_type {
        0 | 3..=5 | 7..=9 | 12 | 13 | 15 | 18 => 8_000,
        6 => 16_000,
        10 | 11 => 44_100,
        16 => 11_025,
        17 => 22_050,
        14 | 25 | 26 | 28 | 31..=34 => 90_000,
        _ => return None,
    })
}

/// The clock that runs at about this many ticks a second.
#[must_use]
pub fn nearest_clock(ticks: f64) -> Option<u32> {
    const CLOCKS: [u32; 8] = [8_000, 11_025, 16_000, 24_000, 32_000, 44_100, 48_000, 90_000];
    CLOCKS.into_iter().find(|clock| (ticks / f64::from(*clock) - 1.0).abs() < 0.04)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_named_only_where_it_is_near() {
        assert_eq!(nearest_clock(47_800.0), Some(48_000));
        assert_eq!(nearest_clock(40_000.0), None);
    }
}
