//! What a policy was asked about, in a word: for whoever keeps it where only a word fits, and asks another policy later.

use super::Subject;
use crate::apps::{Activity, AppId, Role};
use crate::evidence::in_parts;
use crate::inspect::{Category, ProtocolId};
use crate::packet::Addr;

/// A subject without its addresses, in the numbers of one catalog.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gist {
    /// The application.
    pub app: AppId,
    /// All else, as [`Gist::of`] packs it.
    pub word: u64,
}

/// Where each number begins in the word, in bits.
mod at {
    pub const PROTOCOL: u32 = 0;
    pub const CATEGORY: u32 = 16;
    pub const ACTIVITY: u32 = 24;
    pub const ROLE: u32 = 32;
    pub const CONFIDENCE: u32 = 40;
    pub const CLIENT_IS_LOW: u32 = 56;
    pub const READ: u32 = 57;
}

impl Gist {
    /// Of a subject; whether the client is the lesser end, and whether its flow was read as far as it is read.
    #[must_use]
    pub fn of(subject: &Subject, client_is_low: bool, read: bool) -> Self {
        let word = u64::from(subject.protocol.0) << at::PROTOCOL
            | (subject.category as u64) << at::CATEGORY
            | (subject.activity as u64) << at::ACTIVITY
            | (subject.role as u64) << at::ROLE
            | u64::from(in_parts(subject.confidence, u16::MAX)) << at::CONFIDENCE
            | u64::from(client_is_low) << at::CLIENT_IS_LOW
            | u64::from(read) << at::READ;
        Self { app: subject.app, word }
    }

    /// The subject again, between these two ends.
    #[must_use]
    pub fn subject(self, low: Addr, high: Addr) -> Subject {
        let (client, server) = if self.client_is_low() { (low, high) } else { (high, low) };
        let number = |place: u32| u8::try_from(self.word >> place & 0xff).unwrap_or_default();
        let confidence = u16::try_from(self.word >> at::CONFIDENCE & 0xffff).unwrap_or_default();
        let (category, activity, role) = (number(at::CATEGORY), number(at::ACTIVITY), number(at::ROLE));
        Subject {
            client,
            server,
            app: self.app,
            category: Category::ALL.into_iter().find(|one| *one as u8 == category).unwrap_or(Category::Unknown),
            protocol: ProtocolId(number(at::PROTOCOL)),
            activity: Activity::ALL.iter().copied().find(|one| *one as u8 == activity).unwrap_or_default(),
            role: Role::ALL.iter().copied().find(|one| *one as u8 == role).unwrap_or_default(),
            confidence: f64::from(confidence) / f64::from(u16::MAX),
        }
    }

    /// Whether the client is the lesser end.
    #[must_use]
    pub fn client_is_low(self) -> bool {
        self.is_set(at::CLIENT_IS_LOW)
    }

    /// Whether the flow was read as far as it is read: else only what was seen until then is known.
    #[must_use]
    pub fn was_read(self) -> bool {
        self.is_set(at::READ)
    }

    fn is_set(self, bit: u32) -> bool {
        self.word >> bit & 1 == 1
    }
}
