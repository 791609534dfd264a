//! Payloads that mean nothing: what they are drawn from, and how.

/// What payloads are drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noise {
    /// Every byte as likely as any other: what is encrypted or packed.
    Uniform,
    /// Half of the bytes zero, a quarter from 1 to 16, a quarter anything: headers of binary protocols.
    Numbers,
    /// Letters, digits, marks and ends of lines.
    Text,
}

impl Noise {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Uniform, Self::Numbers, Self::Text];

    /// Its word on the page.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Uniform => "any bytes",
            Self::Numbers => "small numbers",
            Self::Text => "text",
        }
    }

    /// 256 bytes, each as often as it is likely.
    pub(super) fn bytes(self) -> [u8; 256] {
        let mut all = [0; 256];
        for (place, byte) in (0..=u8::MAX).zip(&mut all) {
            *byte = match self {
                Self::Uniform => place,
                Self::Numbers => match place {
                    0..128 => 0,
                    128..192 => place % 16 + 1,
                    // Every fourth byte, so that all of their range comes.
                    192.. => (place - 192).wrapping_mul(4).wrapping_add(place % 4),
                },
                Self::Text => match place {
                    0..16 => b' ',
                    16..20 => b'\r',
                    20..24 => b'\n',
                    24..124 => b'a' + place % 26,
                    _ => 0x21 + place % 94,
                },
            };
        }
        all
    }
}

/// Longest payload; the openings of nearly all protocols are shorter.
pub(super) const LONGEST: usize = 512;

/// Numbers by lot that are the same every time (Vigna's splitmix64).
pub(super) struct Draw(pub(super) u64);

impl Draw {
    pub(super) fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Half of the payloads are short, as those that open a conversation are.
    pub(super) fn length(&mut self) -> usize {
        let number = usize::try_from(self.number() >> 32).unwrap_or(0);
        let most = if number.is_multiple_of(2) { 64 } else { LONGEST };
        number / 2 % most + 1
    }

    pub(super) fn fill(&mut self, payload: &mut [u8], bytes: &[u8; 256]) {
        for part in payload.chunks_mut(8) {
            for (place, random) in part.iter_mut().zip(self.number().to_le_bytes()) {
                *place = bytes.get(usize::from(random)).copied().unwrap_or_default();
            }
        }
    }
}
