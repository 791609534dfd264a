//! What a flow's behaviour adds to what it is taken for: what goes on in it; and of a flow that nobody recognises, that it
//! is a call.

use super::evidence::{Evidence, Source};
use super::judgement::{Judgement, MOST_EVIDENCE};
use super::tally::Weighing;
use super::{Activity, AppId, Learn, Role};
use crate::behaviour::{Behaviour, Finding, DECIDES_FROM, TOLD_FROM};
use crate::evidence::UNKNOWN_CALL;
use crate::inspect::{registry, Category, ProtocolId};
use crate::learned::{Lesson, TEACHES};
use crate::packet::Transport;

/// Of two dozen datagrams of noise one often looks like some protocol's, with 1 in 256: 24. Policies act on more.
const NAMED_FROM: i32 = 27;

/// Seconds of full packets that make a file of what comes in a connection for words.
const FILE: u16 = 6;
/// Seconds with words in them that make a chat of a stream that says nothing else of itself.
const WORDS: u16 = 5;

impl Judgement {
    /// Hears what was found in the flow so far.
    pub fn hear(&mut self, behaviour: &Behaviour, transport: Transport) {
        self.evidence.retain(|evidence| !matches!(evidence.source, Source::Finding(_)));
        if behaviour.is_no_call() {
            self.give_back_call();
        }
        let speech = behaviour.finding(Activity::Call);
        let enough = self.speech_wanted(transport);
        if let Some(speech) = speech.filter(|speech| speech.decibans >= enough && self.gives_way_to(speech)) {
            self.forget_name();
            self.category = Some(Category::Call);
            self.decibans = self.decibans.max(speech.decibans.into());
            self.own = speech.decibans;
            // Only where the cadence is beyond doubt, as for any other evidence: a block ends what could be heard.
            self.learn = if speech.decibans >= TEACHES { Learn::Remote } else { Learn::Nothing };
            self.keep_finding(speech);
        } else if let Some(speech) = speech.filter(|_| self.category == Some(Category::Tunnel)) {
            self.keep_finding(speech);
        }
        self.hear_tunnel(behaviour);
        // How a flow is made is told of whatever hides it, and of what pretends to be TLS.
        let made = behaviour.findings().iter().filter(|finding| finding.activity() == Activity::Unknown);
        for finding in made {
            self.keep_finding(finding);
        }
        self.hear_activity(behaviour, transport);
        // What only its host betrayed as peer-to-peer, and where people speak.
        let lent = self.is_unrecognised() && self.category == Some(Category::P2p);
        if lent && matches!(self.activity, Activity::Call | Activity::Video) {
            self.category = Some(Category::Call);
        }
    }

    /// Hears that a stream hides what it is and carries a handshake inside: a tunnel, nobody knows which.
    pub fn hear_tunnel(&mut self, behaviour: &Behaviour) {
        let both = behaviour.found("encrypted").zip(behaviour.found("nested-tls"));
        let guessed = self.app != AppId::UNKNOWN && self.is_unrecognised();
        let open = guessed || (self.app == AppId::UNKNOWN && self.category() == Category::Unknown);
        let Some((hides, carries)) = both.filter(|_| open) else { return };
        self.forget_name();
        self.category = Some(Category::Tunnel);
        self.decibans = self.decibans.max(i32::from(hides.decibans) + i32::from(carries.decibans));
        self.keep_finding(hides);
        self.keep_finding(carries);
    }

    /// Hears that an unknown call was at one of the flow's ends a moment ago. It may teach that to nobody.
    pub(super) fn hear_of_call(&mut self, lesson: &Lesson, packet: u32) {
        if !self.is_unrecognised() {
            return;
        }
        self.forget_name();
        let weight = UNKNOWN_CALL.weight.min(lesson.decibans);
        self.category = Some(Category::Call);
        self.decibans = weight.into();
        self.usual = Activity::Call;
        self.activity = Activity::Call;
        let source = Source::Sign(UNKNOWN_CALL.id());
        self.evidence.push(Evidence { source, packet, weight, weighing: Weighing::Lent });
    }

    /// What it was only taken for because its far end was called before: what is heard of it says otherwise.
    fn give_back_call(&mut self) {
        let lent = Source::Sign(UNKNOWN_CALL.id());
        if self.is_unrecognised() && self.evidence.iter().any(|evidence| evidence.source == lent) {
            self.evidence.retain(|evidence| evidence.source != lent);
            (self.category, self.decibans) = (None, 0);
            (self.usual, self.activity) = (Activity::Unknown, Activity::Unknown);
        }
    }

    /// Hears what goes on in the flow, whatever it is taken for.
    pub fn hear_activity(&mut self, behaviour: &Behaviour, transport: Transport) {
        let found = behaviour.activity();
        self.activity = self.merged(found, behaviour, transport);
        if self.activity == Activity::Unknown || self.activity == self.usual {
            return;
        }
        if let Some(finding) = behaviour.finding(found) {
            self.keep_finding(finding);
        }
    }

    fn is_rtp(&self) -> bool {
        registry().by_name("rtp") == Some(self.protocol)
    }

    /// Neither an application nor a protocol, or a guess at one that a few datagrams of noise earn.
    #[must_use]
    pub fn is_unrecognised(&self) -> bool {
        self.decibans < NAMED_FROM || self.app == AppId::UNKNOWN && self.protocol == ProtocolId::NONE
    }

    /// How much must speak for a call. A datagram's port that calls strangers, as peers do, is ten times as likely to be a
    /// program's for calls than any other that nobody knows: a log-on came before.
    fn speech_wanted(&self, transport: Transport) -> i16 {
        if transport == Transport::Udp && self.role != Role::Unknown {
            TOLD_FROM
        } else {
            DECIDES_FROM
        }
    }

    /// Whether speech that was heard outweighs what the flow is taken for: nothing, or something that only looked like peers
    /// or messages, as cipher text of some lengths does.
    fn gives_way_to(&self, speech: &Finding) -> bool {
        let doubtful = self.own < TEACHES && self.decibans < speech.decibans.into();
        self.is_unrecognised() || (doubtful && matches!(self.category(), Category::P2p | Category::Chat))
    }

    /// Whether it is a call by the speech in it alone, and has not been put on hold.
    fn is_spoken(&self, behaviour: &Behaviour, transport: Transport) -> bool {
        let wanted = self.speech_wanted(transport);
        let heard = behaviour.finding(Activity::Call).is_some_and(|speech| speech.decibans >= wanted);
        heard && self.is_unrecognised() && behaviour.course.now() != Activity::Idle
    }

    /// What it was taken for is only the runner-up.
    fn forget_name(&mut self) {
        if self.app == AppId::UNKNOWN {
            return;
        }
        let [first, _] = self.others;
        self.others = [(self.app, i16::try_from(self.decibans).unwrap_or(i16::MAX)), first];
        self.app = AppId::UNKNOWN;
        self.protocol = ProtocolId::NONE;
        self.named = false;
        self.usual = Activity::Unknown;
        self.decibans = 0;
        self.evidence.clear();
    }

    fn keep_finding(&mut self, finding: &Finding) {
        let source = Source::Finding(finding.detector);
        let known = self.evidence.iter().any(|evidence| evidence.source == source);
        if !known && self.evidence.len() < MOST_EVIDENCE {
            let weighing = Weighing::Adds;
            self.evidence.push(Evidence { source, packet: finding.packet, weight: finding.decibans, weighing });
        }
    }

    /// What goes on, by what is usual for the application and by what was found.
    fn merged(&self, found: Activity, behaviour: &Behaviour, transport: Transport) -> Activity {
        // A guess at a name says nothing of what goes on.
        let guessed = self.app != AppId::UNKNOWN && self.is_unrecognised();
        let between_people = !guessed && matches!(self.category(), Category::Call | Category::Chat | Category::P2p);
        let begins = matches!(self.usual, Activity::Unknown | Activity::LogOn | Activity::Lookup);
        let seconds = |activity| behaviour.course.lasted(activity);
        let speaks = behaviour.finding(Activity::Call).is_some_and(|speech| speech.decibans >= DECIDES_FROM);
        match (self.category(), found) {
            // Full packets beside live voice are a screen: calls send files over TCP. RTP carries none at all.
            (Category::Call, Activity::FileTransfer) if transport == Transport::Udp && spoke(behaviour) => {
                Activity::Screen
            }
            (Category::Call, Activity::FileTransfer) if self.is_rtp() => {
                let still = behaviour.course.sum(Activity::Screen) > 0;
                if still {
                    Activity::Screen
                } else {
                    Activity::Video
                }
            }
            // What makes a flow a call is what goes on in it, before it has gone on for long; pauses are not chat.
            (Category::Call, Activity::Unknown | Activity::Chat | Activity::Idle)
                if self.is_spoken(behaviour, transport) =>
            {
                Activity::Call
            }
            // A long list is no file.
            (_, Activity::FileTransfer) if self.usual == Activity::Chat && seconds(Activity::FileTransfer) < FILE => {
                self.usual
            }
            (_, Activity::Call | Activity::Video | Activity::Screen | Activity::FileTransfer) if between_people => {
                found
            }
            // What a tunnel carries, and a connection of which only TLS is known: it stays what it is.
            (Category::Tunnel, Activity::Call) if speaks => found,
            (Category::Web, Activity::Call) if speaks && !self.named => found,
            (Category::Web | Category::File, Activity::FileTransfer) if begins => found,
            (Category::Unknown, Activity::FileTransfer | Activity::Chat | Activity::Idle) => found,
            (_, Activity::Chat) if between_people && begins => found,
            (_, Activity::Idle) if between_people && self.usual == Activity::Unknown => found,
            (Category::Call, Activity::Idle) if spoke(behaviour) => found,
            // Of a stream of which only TLS is known, some words now and then are more than pages have.
            (Category::Web, Activity::Chat) if begins && !self.named && seconds(Activity::Chat) >= WORDS => found,
            // What else goes on inside a tunnel is not this flow's; elsewhere the application says it better.
            _ => self.usual,
        }
    }
}

/// Whether live voice was heard in it.
fn spoke(behaviour: &Behaviour) -> bool {
    behaviour.course.lasted(Activity::Call) > 0 || behaviour.course.lasted(Activity::Video) > 0
}
