//! Protocols that one message tells whole: it is checked, its facts are read with it, and nothing that follows is.
//!
//! Most of what an office carries beside calls is of this kind: a header whose fields must agree with each other.

use super::{Match, Next, Parser, Payload, Profile, Protocol};
use crate::facts::{Facts, Field, Kind, Sign, Value};
use crate::packet::Transport;

/// A protocol that one message tells whole.
pub(super) trait Single: Sync {
    /// Bytes of a stream from which on [`Single::read`] decides; with fewer it is asked again.
    const LEAST: usize = 0;
    /// Whether the answer of the other side tells more.
    const ANSWERED: bool = false;
    /// Who reads on, from the message itself, where something else may follow.
    fn follow() -> Option<Box<dyn Parser>> {
        None
    }
    /// What is fixed about it.
    fn profile() -> &'static Profile;
    /// The message that `opening` is, if it is one. What the profile says of its first bytes holds.
    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>>;
}

/// A protocol that the words tell which one side begins with: they are fixed, and tell all.
pub(super) trait Greeting: Sync {
    /// The words.
    const WORDS: &'static [u8];
    /// What is fixed about it, and the sign that the words are.
    fn greeting() -> (&'static Profile, &'static Sign);
}

impl<T: Greeting> Single for T {
    const LEAST: usize = T::WORDS.len();

    fn profile() -> &'static Profile {
        T::greeting().0
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        opening.bytes.starts_with(T::WORDS).then(|| Heard::by(T::greeting().1))
    }
}

/// What was made of an opening.
pub(super) enum Heard<'a> {
    /// The beginning of one; the rest of a stream tells.
    Part,
    /// One, for this reason, and what it tells.
    Whole(&'static Sign, Vec<(&'static Field, Value<'a>)>),
}

impl<'a> Heard<'a> {
    /// A message that this sign was seen in.
    pub(super) fn by(sign: &'static Sign) -> Self {
        Self::Whole(sign, Vec::new())
    }

    fn with(mut self, field: &'static Field, value: Option<Value<'a>>) -> Self {
        if let (Self::Whole(_, facts), Some(value)) = (&mut self, value) {
            facts.push((field, value));
        }
        self
    }

    /// It tells words, perhaps.
    pub(super) fn text(self, field: &'static Field, value: impl Into<Option<&'a [u8]>>) -> Self {
        self.with(field, value.into().map(Value::Bytes))
    }

    /// It tells a number.
    pub(super) fn number(self, field: &'static Field, value: impl Into<u64>) -> Self {
        self.with(field, Some(Value::Number(value.into())))
    }

    /// It tells that something is so.
    pub(super) fn flag(self, field: &'static Field) -> Self {
        self.with(field, Some(Value::Flag))
    }

    /// It tells bytes.
    pub(super) fn bytes(self, field: &'static Field, value: &'a [u8]) -> Self {
        self.with(field, Some(Value::Bytes(value)))
    }
}

impl<T: Single> Protocol for T {
    fn profile(&self) -> &'static Profile {
        T::profile()
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        if !T::profile().first.fits(opening) {
            return Match::No;
        }
        match T::read(opening) {
            Some(Heard::Whole(sign, _)) => Match::Yes(sign),
            Some(Heard::Part) => Match::Unsure,
            None if opening.transport == Transport::Tcp && opening.bytes.len() < T::LEAST => Match::Unsure,
            None => Match::No,
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Once {
            read: T::read,
            answered: T::ANSWERED,
            heard: [false; 2],
            left: MOST_PAYLOADS,
            then: T::follow(),
        })
    }
}

/// Payloads after which an answer that did not come will not.
const MOST_PAYLOADS: u8 = 8;

/// Reads the one message, and the answer where that tells more.
struct Once {
    read: for<'a> fn(&Payload<'a>) -> Option<Heard<'a>>,
    answered: bool,
    heard: [bool; 2],
    left: u8,
    then: Option<Box<dyn Parser>>,
}

impl Parser for Once {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if self.then.is_some() && self.heard != [false; 2] {
            return self.go_on(payload, facts);
        }
        if let Some(Heard::Whole(_, told)) = (self.read)(payload) {
            for (field, value) in told {
                match value {
                    Value::Bytes(bytes) if field.kind == Kind::Bytes => facts.bytes(field, bytes),
                    Value::Bytes(words) => facts.text(field, words),
                    Value::Number(number) => facts.number(field, number),
                    Value::Flag => facts.flag(field),
                }
            }
            if let Some(heard) = self.heard.get_mut(payload.side.index()) {
                *heard = true;
            }
        }
        if self.then.is_some() {
            return self.go_on(payload, facts);
        }
        self.left = self.left.saturating_sub(1);
        let all = if self.answered { self.heard == [true; 2] } else { self.heard != [false; 2] };
        if all || self.left == 0 {
            Next::Done
        } else {
            Next::More
        }
    }

    fn turned(&mut self) {
        self.heard.reverse();
        if let Some(then) = &mut self.then {
            then.turned();
        }
    }

    fn kept(&self) -> usize {
        self.then.as_ref().map_or(0, |then| then.kept())
    }
}

impl Once {
    fn go_on(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        self.then.as_mut().map_or(Next::Done, |then| then.feed(payload, facts))
    }
}
