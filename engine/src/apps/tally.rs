//! Adds up, for the few applications that a flow could be, what speaks for each. Bounded: nothing is allocated, and nothing
//! is cleared beforehand, since most flows show none or one.

use smallvec::SmallVec;

use super::doubt::Looks;
use super::evidence::Evidence;
use super::file::Mark;
use super::words::{Activity, Role};
use super::{AppId, Learn};
use crate::facts::Seen;
use crate::inspect::Category;
use crate::learned::{SUSPECTS, TEACHES};

/// A flow that shows more applications than this shows nothing.
const MOST_CANDIDATES: usize = 6;
/// Most pieces of evidence kept for all candidates.
const MOST_NOTES: usize = 20;

/// How a piece of evidence adds to the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Weighing {
    /// Independent of the others: adds.
    #[default]
    Adds,
    /// One of several names for the same server: the heaviest counts.
    Name,
    /// From other flows: the heaviest counts, and it teaches nobody.
    Lent,
    /// Supports what something else says; alone it is nothing.
    Supports,
}

/// What one word is, and how heavy the clue was that said so.
#[derive(Clone, Copy)]
struct Best<T> {
    word: Option<T>,
    weight: i16,
}

impl<T> Default for Best<T> {
    fn default() -> Self {
        Self { word: None, weight: 0 }
    }
}

impl<T> Best<T> {
    fn hear(&mut self, word: Option<T>, weight: i16) {
        if word.is_some() && (self.word.is_none() || weight > self.weight) {
            *self = Self { word, weight };
        }
    }
}

/// One application that the flow could be.
#[derive(Clone, Copy, Default)]
pub(super) struct Candidate {
    pub app: AppId,
    adds: i32,
    name: i16,
    lent: i16,
    supports: i32,
    pub looks: Looks,
    category: Best<Category>,
    activity: Best<Activity>,
    role: Best<Role>,
    learn: Best<Learn>,
}

impl Candidate {
    /// Whether no name, no lesson and no protocol's sign speaks for it.
    pub fn rests_on_rules(&self) -> bool {
        self.name == 0 && self.lent == 0 && self.looks.is_empty()
    }

    /// What the flow itself shows.
    pub fn own(&self) -> i32 {
        self.adds + i32::from(self.name)
    }

    /// Whether it may teach others: by strong evidence of any kind, or by a payload that showed something. What an
    /// address is called, and what was lent, teach nobody.
    pub fn teaches(&self) -> bool {
        self.own() >= i32::from(TEACHES) || self.adds >= i32::from(SUSPECTS)
    }

    /// All that may decide.
    pub fn firm(&self) -> i32 {
        self.own() + i32::from(self.lent)
    }

    pub fn total(&self) -> i32 {
        self.firm() + self.supports
    }

    pub fn mark(&self) -> Mark {
        Mark {
            category: self.category.word,
            activity: self.activity.word,
            role: self.role.word,
            learn: self.learn.word,
        }
    }
}

/// All candidates and what speaks for them.
#[derive(Default)]
pub(super) struct Tally {
    candidates: SmallVec<[Candidate; MOST_CANDIDATES]>,
    notes: SmallVec<[(AppId, Evidence); MOST_NOTES]>,
    /// What the protocol itself says it is doing outweighs what signatures think of it.
    pub activity: Option<Activity>,
    /// And so does what it says of its part.
    pub role: Option<Role>,
}

impl Tally {
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    pub fn notes(&self) -> &[(AppId, Evidence)] {
        &self.notes
    }

    /// Hears one piece of evidence for an application.
    pub fn hear(&mut self, app: AppId, weighing: Weighing, mark: Mark, evidence: Evidence) {
        let Some(candidate) = self.candidate(app) else { return };
        let weight = evidence.weight;
        candidate.category.hear(mark.category, weight);
        candidate.activity.hear(mark.activity, weight);
        candidate.role.hear(mark.role, weight);
        candidate.learn.hear(mark.learn, weight);
        let counts = match weighing {
            Weighing::Adds => {
                candidate.adds += i32::from(weight);
                true
            }
            Weighing::Supports => {
                candidate.supports += i32::from(weight);
                true
            }
            Weighing::Name => heavier(&mut candidate.name, weight),
            Weighing::Lent => heavier(&mut candidate.lent, weight),
        };
        if counts {
            self.note(app, weighing, evidence);
        }
    }

    /// Hears a sign that a payload showed.
    pub fn hear_look(&mut self, app: AppId, mark: Mark, seen: Seen, evidence: Evidence) {
        self.hear(app, Weighing::Adds, mark, evidence);
        if let Some(candidate) = self.candidate(app) {
            candidate.looks.see(seen);
        }
    }

    fn candidate(&mut self, app: AppId) -> Option<&mut Candidate> {
        let place = self.candidates.iter().position(|known| known.app == app).unwrap_or(self.candidates.len());
        if place == self.candidates.len() && place < MOST_CANDIDATES {
            self.candidates.push(Candidate { app, ..Candidate::default() });
        }
        self.candidates.get_mut(place)
    }

    /// The heavier of two names takes the place of the lighter, so that what is shown sums to what is said.
    fn note(&mut self, app: AppId, weighing: Weighing, evidence: Evidence) {
        let alone = matches!(weighing, Weighing::Name | Weighing::Lent);
        let lighter = |(known, note): &(AppId, Evidence)| *known == app && note.weighing == weighing;
        let evidence = Evidence { weighing, ..evidence };
        let place = if alone { self.notes.iter().position(lighter) } else { None };
        if let Some(note) = place.and_then(|place| self.notes.get_mut(place)) {
            *note = (app, evidence);
        } else if self.notes.len() < MOST_NOTES {
            self.notes.push((app, evidence));
        }
    }
}

fn heavier(kept: &mut i16, weight: i16) -> bool {
    let heavier = weight > *kept;
    *kept = (*kept).max(weight);
    heavier
}
