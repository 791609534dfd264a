//! How each side of a flow began, kept for rules that look back.

use crate::inspect::{Payload, KEPT_OF_OPENING};

/// How one side began: enough for rules that look back.
#[derive(Clone, Copy, Debug)]
pub struct Opening {
    bytes: [u8; KEPT_OF_OPENING],
    kept: u8,
    /// Bytes of its first payload on the wire; 0 while it has not spoken.
    pub wire_len: u32,
}

impl Default for Opening {
    fn default() -> Self {
        Self { bytes: [0; KEPT_OF_OPENING], kept: 0, wire_len: 0 }
    }
}

impl Opening {
    /// What is kept of it.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.kept)).unwrap_or_default()
    }

    pub(super) fn remember(&mut self, payload: &Payload<'_>) {
        if self.wire_len > 0 {
            return;
        }
        self.wire_len = payload.wire_len;
        let kept = payload.bytes.len().min(KEPT_OF_OPENING);
        if let (Some(place), Some(first)) = (self.bytes.get_mut(..kept), payload.bytes.get(..kept)) {
            place.copy_from_slice(first);
        }
        self.kept = u8::try_from(kept).unwrap_or_default();
    }
}
