//! The boxes of flows that are read no more, for flows that begin: most flows are short, and then what a box costs counts.

use crate::inspect::Reading;

/// More than begin before others end is rare, and what is kept here is held for nothing.
const MOST_KEPT: usize = 256;

/// Boxes to use again.
#[derive(Default)]
pub struct Spare {
    #[allow(clippy::vec_box, reason = "the box itself is what is kept")]
    boxes: Vec<Box<Reading>>,
}

impl Spare {
    /// An empty one.
    pub fn take(&mut self) -> Box<Reading> {
        self.boxes.pop().unwrap_or_default()
    }

    /// Takes one back.
    pub fn put(&mut self, reading: Option<Box<Reading>>) {
        let Some(mut reading) = reading else { return };
        if self.boxes.len() < MOST_KEPT {
            reading.clear();
            self.boxes.push(reading);
        }
    }
}
