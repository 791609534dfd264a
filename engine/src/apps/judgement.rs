//! What is asked of a catalog about a flow, and what it answers.

use smallvec::SmallVec;

use super::evidence::{Evidence, Source};
use super::tally::Weighing;
use super::words::{Activity, Role};
use super::{AppId, Catalog, Learn};
use crate::evidence::{decibans_of, FORMER};
use crate::facts::{FactStore, Seen, Sign};
use crate::inspect::{Category, ProtocolId};
use crate::learned::{AddressName, Lesson, Way, SUSPECTS};
use crate::packet::{Endpoint, Side, Transport};
use crate::policy::Subject;

/// Most pieces of evidence that a judgement keeps.
pub const MOST_EVIDENCE: usize = 8;
/// Pieces that most have, at most.
const USUAL_EVIDENCE: usize = 2;

/// What is known of a flow when it is judged.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// The protocols that were recognised in it; [`ProtocolId::NONE`] stands for none.
    pub protocols: &'a [ProtocolId],
    /// Their signs, and those of other detectors.
    pub signs: &'a [Seen],
    /// What they told.
    pub facts: &'a FactStore,
    /// What IP carries.
    pub transport: Transport,
    /// Who asked.
    pub client: Endpoint,
    /// Who answers.
    pub server: Endpoint,
    /// How each side's first payload begins, by [`Side::index`]; empty where it is not kept.
    pub openings: [&'a [u8]; 2],
    /// How long each side's first payload was on the wire; 0 where it did not speak.
    pub opening_lens: [u32; 2],
    /// Gives what the address of a side is called, where earlier answers of the DNS said so. Few flows have to ask.
    pub name_of: &'a dyn Fn(Side) -> Option<AddressName<'a>>,
    /// What earlier flows taught of the two endpoints.
    pub lessons: [Option<&'a Lesson>; 2],
    /// The packet that brought the news, counted from 1.
    pub packet: u32,
    /// The evidence of the judgement before: keeps its packets.
    pub before: &'a [Evidence],
}

impl<'a> Known<'a> {
    /// Whether no protocol was recognised.
    pub(super) fn is_unrecognised(&self) -> bool {
        self.protocols.iter().all(|id| *id == ProtocolId::NONE)
    }

    /// Whether another flow said that this one would come.
    #[must_use]
    pub fn is_announced(&self) -> bool {
        self.lessons.into_iter().flatten().any(|lesson| lesson.way == Way::Announced)
    }

    pub(super) fn opening(&self, side: Side) -> &'a [u8] {
        let [client, server] = self.openings;
        if side == Side::Client {
            client
        } else {
            server
        }
    }

    pub(super) fn opening_len(&self, side: Side) -> u32 {
        let [client, server] = self.opening_lens;
        if side == Side::Client {
            client
        } else {
            server
        }
    }
}

/// What a flow is taken for, and why.
#[derive(Clone, Debug, Default)]
pub struct Judgement {
    /// The application; a protocol's own where no signature says more.
    pub app: AppId,
    /// The deepest protocol.
    pub protocol: ProtocolId,
    /// What kind of application.
    pub category: Option<Category>,
    /// What goes on in it, where known.
    pub activity: Activity,
    /// What is usual for what it is taken for, whatever goes on.
    pub(super) usual: Activity,
    /// The part that the client plays, where known.
    pub role: Role,
    /// The sum of what speaks for it, less what speaks for the runner-up, in decibans.
    pub decibans: i32,
    /// The part of it that the flow itself showed: what may be taught.
    pub own: i16,
    /// Whether an application was named, rather than the protocol that it speaks.
    pub(super) named: bool,
    /// Which ends it teaches.
    pub learn: Learn,
    /// Other applications that it could have been, heaviest first, with their sums.
    pub others: [(AppId, i16); 2],
    /// What most flows have lies in the flow itself.
    pub(super) evidence: SmallVec<[Evidence; USUAL_EVIDENCE]>,
}

impl Judgement {
    /// What a former program took a flow for; what it rested on is not known any more.
    #[must_use]
    pub fn of_former(subject: &Subject) -> Self {
        let known = subject.app != AppId::UNKNOWN || subject.category != Category::Unknown;
        let weight = decibans_of(subject.confidence);
        let source = Source::Sign(FORMER.id());
        let told = Evidence { source, packet: 1, weight, weighing: Weighing::Lent };
        Self {
            app: subject.app,
            protocol: subject.protocol,
            category: Some(subject.category).filter(|_| known),
            activity: subject.activity,
            usual: subject.activity,
            role: subject.role,
            decibans: if known { weight.into() } else { 0 },
            named: subject.app != AppId::UNKNOWN,
            evidence: known.then_some(told).into_iter().collect(),
            ..Self::default()
        }
    }

    /// What speaks for it.
    #[must_use]
    pub fn evidence(&self) -> &[Evidence] {
        &self.evidence
    }

    /// Whether an application was named, and not just the protocol that it speaks.
    #[must_use]
    pub const fn is_named(&self) -> bool {
        self.named
    }

    /// What it looks like, though not enough to say so: several flows of one socket may together.
    pub(crate) fn suspicion(&self) -> Option<AppId> {
        let [(app, sum), _] = self.others;
        (!self.named && self.protocol == ProtocolId::NONE && sum >= SUSPECTS).then_some(app)
    }

    /// Whether later flows may yet teach what it is: no application was named.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.named
    }

    /// What others act on: a judgement that says the same again is no news.
    #[must_use]
    pub fn says(&self) -> (AppId, ProtocolId, Category, Activity) {
        (self.app, self.protocol, self.category(), self.activity)
    }

    /// What kind of application; "unknown" where nobody knows.
    #[must_use]
    pub fn category(&self) -> Category {
        self.category.unwrap_or(Category::Unknown)
    }

    /// Probability that the application is right, or the category where no application is known, in 0..1.
    #[must_use]
    pub fn confidence(&self) -> f64 {
        if self.app == AppId::UNKNOWN && self.category.is_none() {
            0.0
        } else {
            crate::evidence::confidence(self.decibans)
        }
    }

    /// What its host is found to be says what it is, where nothing else does; and which part it plays in it, where that is
    /// more than the application itself tells of its client. Says whether that changed anything.
    pub fn lend(&mut self, role: Role, sign: &Sign, transport: Transport, packet: u32) -> bool {
        let mut changed = self.role < role;
        if changed {
            self.role = role;
        }
        if self.app == AppId::UNKNOWN && self.category.is_none_or(|category| category == Category::Unknown) {
            // What is relayed over TCP is anything; over UDP peers do so, mostly with calls.
            let relayed = role == Role::Relay;
            let tunnelled = relayed && transport == Transport::Tcp;
            self.category = Some(if tunnelled { Category::Tunnel } else { Category::P2p });
            if relayed && self.activity == Activity::Unknown {
                (self.activity, self.usual) = (Activity::Relay, Activity::Relay);
            }
            self.decibans = self.decibans.saturating_add(sign.weight.into());
            let weighing = Weighing::Lent;
            self.keep(Evidence { source: Source::Sign(sign.id()), packet, weight: sign.weight, weighing }, &[]);
            changed = true;
        }
        changed
    }

    /// Its host got on line when it began: what goes on in it, until it goes on and shows that itself. Says whether that
    /// was news.
    pub fn log_on(&mut self, sign: &Sign, packet: u32) -> bool {
        let news = self.is_unrecognised() && self.category == Some(Category::P2p) && self.activity == Activity::Unknown;
        if news {
            self.activity = Activity::LogOn;
            let weighing = Weighing::Lent;
            self.keep(Evidence { source: Source::Sign(sign.id()), packet, weight: sign.weight, weighing }, &[]);
        }
        news
    }

    /// The same in the numbers of another catalog: an application that is not there is unknown. What signatures told is
    /// left out of the evidence, and what protocols told stays.
    #[must_use]
    pub fn renumbered(&self, from: &Catalog, to: &Catalog) -> Self {
        let number = |app| from.renumber(app, to);
        let app = number(self.app);
        let mut evidence = self.evidence.clone();
        evidence.retain(|evidence| matches!(evidence.source, Source::Sign(_)));
        Self {
            app,
            named: self.named && app != AppId::UNKNOWN,
            category: self.category.filter(|_| app != AppId::UNKNOWN),
            others: self.others.map(|(other, sum)| (number(other), sum)),
            evidence,
            ..*self
        }
    }

    pub(super) fn keep(&mut self, evidence: Evidence, before: &[Evidence]) {
        let known = before.iter().find(|known| known.source == evidence.source);
        let packet = known.map_or(evidence.packet, |known| known.packet);
        if self.evidence.len() < MOST_EVIDENCE {
            self.evidence.push(Evidence { packet, ..evidence });
        }
    }
}
