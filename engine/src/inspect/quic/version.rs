//! The versions of QUIC, and what differs between them: salts, key names, numbers of the packet types.

use crate::inspect::crypto::{Labels, Salt};

/// What is known of a version.
#[derive(Clone, Copy)]
pub struct Version {
    /// As people write it.
    pub name: &'static str,
    /// What its client's Initial packets are protected with; nothing where they are not, or where nobody knows.
    pub keys: Option<Keys>,
    /// How its packets begin.
    pub form: Form,
}

/// What the keys of a version are made from.
#[derive(Clone, Copy)]
pub struct Keys {
    /// The version's salt.
    pub salt: &'static Salt,
    /// The names of its keys.
    pub labels: &'static Labels,
}

/// How a version's long header is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// RFC 9000 §17.2.
    V1,
    /// The same with the types counted from elsewhere (RFC 9369 §3.2).
    V2,
    /// Google's before it took the IETF's form: lengths of both connection IDs in one byte.
    Google,
}

/// First bytes of the versions that say something: those below, a list of versions, and those that mean nothing.
pub const BEGINNINGS: [u8; 22] = [
    0x00, 0x6b, 0x70, 0xff, b'Q', b'T', 0x0a, 0x1a, 0x2a, 0x3a, 0x4a, 0x5a, 0x6a, 0x7a, 0x8a, 0x9a, 0xaa, 0xba, 0xca,
    0xda, 0xea, 0xfa,
];

static V1: Salt = salt(0x3876_2cf7_f559_34b3_4d17_9ae6_a4c8_0cad, 0xccbb_7f0a);
static V2: Salt = salt(0x0ded_e3de_f700_a6db_8193_81be_6e26_9dcb, 0xf9bd_2ed9);
static V2_DRAFT: Salt = salt(0xa707_c203_a59b_4718_4a1d_62ca_5704_06ea, 0x7ae3_e5d3);
static DRAFT_22: Salt = salt(0x7fbc_db0e_7c66_bbe9_193a_96cd_2151_9ebd, 0x7a02_644a);
static DRAFT_23: Salt = salt(0xc3ee_f712_c72e_bb5a_11a7_d243_2bb4_6365, 0xbef9_f502);
static DRAFT_29: Salt = salt(0xafbf_ec28_9993_d24c_9e97_86f1_9c61_11e0, 0x4390_a899);
static Q050: Salt = salt(0x5045_74ef_d066_fe2f_9d94_5cfc_dbd3_a7f0, 0xd3b5_6b45);
static T050: Salt = salt(0x7ff5_79e5_acd0_7291_5580_304c_43a2_367c, 0x6048_8310);
static T051: Salt = salt(0x7a4e_def4_e7cc_ee5f_a450_6c19_124f_c8cc, 0xda6e_033d);

static LABELS: Labels = Labels {
    key: b"\x00\x10\x0etls13 quic key\x00",
    iv: b"\x00\x0c\x0dtls13 quic iv\x00",
    head: b"\x00\x10\x0dtls13 quic hp\x00",
};
static LABELS_V2: Labels = Labels {
    key: b"\x00\x10\x10tls13 quicv2 key\x00",
    iv: b"\x00\x0c\x0ftls13 quicv2 iv\x00",
    head: b"\x00\x10\x0ftls13 quicv2 hp\x00",
};

const fn salt(first: u128, last: u32) -> Salt {
    let (first, last) = (first.to_be_bytes(), last.to_be_bytes());
    let mut bytes = [0; 20];
    let (head, tail) = bytes.split_at_mut(16);
    head.copy_from_slice(&first);
    tail.copy_from_slice(&last);
    Salt::new(bytes)
}

impl Version {
    /// By the number on the wire.
    #[must_use]
    pub fn of(number: u32) -> Option<Self> {
        let first = |name, salt| Some(Self { name, keys: Some(Keys { salt, labels: &LABELS }), form: Form::V1 });
        let second = |name, salt| Some(Self { name, keys: Some(Keys { salt, labels: &LABELS_V2 }), form: Form::V2 });
        let google = |name| Some(Self { name, keys: None, form: Form::Google });
        match number {
            0x0000_0001 => first("1", &V1),
            0x6b33_43cf => second("2", &V2),
            0x709a_50c4 => second("2 (draft)", &V2_DRAFT),
            0xff00_0016 => first("draft 22", &DRAFT_22),
            0xff00_0017..=0xff00_001c => first("draft 23 to 28", &DRAFT_23),
            0xff00_001d..=0xff00_0020 => first("draft 29 to 32", &DRAFT_29),
            0xff00_0021..=0xff00_0022 => first("draft 33 to 34", &V1),
            // Facebook's mvfst.
            0xface_b001 => first("mvfst 1", &DRAFT_22),
            0xface_b002 | 0xface_b00e => first("mvfst 2", &DRAFT_23),
            0xface_b000..=0xface_b0ff => first("mvfst", &V1),
            _ => match &number.to_be_bytes() {
                b"Q050" => first("Q050", &Q050),
                b"T050" => first("T050", &T050),
                b"T051" => first("T051", &T051),
                b"Q046" => google("Q046"),
                b"Q044" | b"Q045" => google("Q044 to Q045"),
                [b'Q', b'0', b'0'..=b'4', b'0'..=b'9'] => google("Q001 to Q043"),
                _ => None,
            },
        }
    }

    /// Whether `number` is one of those that mean nothing, sent to make the other side negotiate (RFC 9000 §15).
    #[must_use]
    pub const fn is_grease(number: u32) -> bool {
        number & 0x0f0f_0f0f == 0x0a0a_0a0a
    }
}
