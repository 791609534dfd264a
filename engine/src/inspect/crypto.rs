//! The little cryptography that inspection needs: digests for fingerprints, and the keys of QUIC's Initial packets,
//! which are derived from what every observer can read (RFC 9001 §5.2). Nothing here keeps a secret.

use std::sync::OnceLock;

use aes::cipher::{BlockCipherEncrypt, KeyInit};
use aes::Aes256;

use ring::aead::quic::{HeaderProtectionKey, AES_128};
use ring::aead::{Aad, LessSafeKey, Nonce, UnboundKey, AES_128_GCM, NONCE_LEN};
use ring::{digest, hkdf};

/// Bytes of ciphertext that header protection samples (RFC 9001 §5.4.2).
pub const SAMPLE: usize = 16;

/// SHA-256.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    digest::digest(&digest::SHA256, bytes).as_ref().try_into().unwrap_or_default()
}

/// The salt of a QUIC version. Hashed once: a flow then costs two hash blocks less.
pub struct Salt {
    bytes: [u8; 20],
    ready: OnceLock<hkdf::Salt>,
}

impl Salt {
    /// From its published bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 20]) -> Self {
        Self { bytes, ready: OnceLock::new() }
    }

    fn extract(&self, secret: &[u8]) -> hkdf::Prk {
        self.ready.get_or_init(|| hkdf::Salt::new(hkdf::HKDF_SHA256, &self.bytes)).extract(secret)
    }
}

/// What a QUIC version calls its keys, ready to expand: `HkdfLabel` of RFC 8446 §7.1, with an empty context.
#[derive(Debug)]
pub struct Labels {
    /// For the packet key.
    pub key: &'static [u8],
    /// For the initialisation vector.
    pub iv: &'static [u8],
    /// For the header protection key.
    pub head: &'static [u8],
}

const CLIENT_IN: &[u8] = b"\x00\x20\x0ftls13 client in\x00";

/// How many bytes to expand to.
struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// The keys of the Initial packets that a QUIC client sends.
pub struct InitialKeys {
    packet: LessSafeKey,
    head: HeaderProtectionKey,
    iv: [u8; NONCE_LEN],
}

impl InitialKeys {
    /// From the destination connection ID of the client's first Initial packet.
    #[must_use]
    pub fn of_client(salt: &Salt, labels: &Labels, connection: &[u8]) -> Option<Self> {
        let secret: [u8; 32] = expand(&salt.extract(connection), CLIENT_IN)?;
        let secret = hkdf::Prk::new_less_safe(hkdf::HKDF_SHA256, &secret);
        let key: [u8; 16] = expand(&secret, labels.key)?;
        let head: [u8; 16] = expand(&secret, labels.head)?;
        Some(Self {
            packet: LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key).ok()?),
            head: HeaderProtectionKey::new(&AES_128, &head).ok()?,
            iv: expand(&secret, labels.iv)?,
        })
    }

    /// What hides the first byte and the packet number.
    #[must_use]
    pub fn mask(&self, sample: &[u8]) -> Option<[u8; 5]> {
        self.head.new_mask(sample).ok()
    }

    /// Opens `sealed` in place. `header` is the packet up to there, with its protection removed.
    pub fn open<'a>(&self, number: u32, header: &[u8], sealed: &'a mut [u8]) -> Option<&'a [u8]> {
        let mut nonce = self.iv;
        for (byte, number) in nonce.iter_mut().rev().zip(number.to_le_bytes()) {
            *byte ^= number;
        }
        let plain = self.packet.open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(header), sealed).ok()?;
        Some(plain)
    }
}

/// What AES-256 in counter mode adds to the sixteen bytes after `skip` blocks.
#[must_use]
pub fn counter_mode(key: [u8; 32], counter: [u8; 16], skip: u128) -> [u8; 16] {
    let mut block = u128::from_be_bytes(counter).wrapping_add(skip).to_be_bytes().into();
    Aes256::new(&key.into()).encrypt_block(&mut block);
    block.into()
}

fn expand<const N: usize>(secret: &hkdf::Prk, label: &[u8]) -> Option<[u8; N]> {
    let mut out = [0; N];
    secret.expand(&[label], Length(N)).ok()?.fill(&mut out).ok()?;
    Some(out)
}
