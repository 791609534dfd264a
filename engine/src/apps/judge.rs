//! Which application a flow is: hears everything that is known, adds it up, and names the heaviest or none.

use super::clues::{Clue, FieldUse, STUN_NAME};
use super::doubt::Looks;
use super::evidence::{Evidence, Source};
use super::file::Mark;
use super::judgement::{Judgement, Known, MOST_EVIDENCE};
use super::tally::{Candidate, Tally, Weighing};
use super::words::{Activity, Role};
use super::{AppId, Catalog, Learn};
use crate::evidence::{ANNOUNCED, LEARNED_LOCAL, LEARNED_REMOTE};
use crate::facts::{Seen, Signs};
use crate::inspect::{registry, Category, Layer, Profile, ProtocolId};
use crate::learned::{Way, SUSPECTS};
use crate::packet::{Side, Transport};

/// From here on an application is named: as likely as all others together.
const DECIDES: i32 = SUSPECTS as i32;
/// The DNS gave the address for a name; some other program may have asked for it.
const ADDRESS_NAME: i16 = 30;
/// The same where other names lead to the address too: supports, does not decide.
const CROWDED_ADDRESS_NAME: i16 = 12;

impl Catalog {
    /// Names the application of a flow. Cheap enough to be asked again whenever something new was told.
    #[must_use]
    pub fn judge(&self, known: &Known<'_>) -> Judgement {
        let deepest = deepest(known);
        let mut tally = Tally::default();
        self.hear_protocols(known, &mut tally);
        let named = self.hear_facts(known, &mut tally);
        self.rules.holding(known, |clue| self.hear(clue, 0, Weighing::Adds, known.packet, &mut tally));
        hear_lessons(known, &deepest, &mut tally);
        let carries = matches!(known.transport, Transport::Tcp | Transport::Udp);
        if !named && carries && may_be_renamed(deepest.profile) {
            self.hear_address_names(known, &mut tally);
        }
        self.hear_supports(known, &mut tally);
        let mut judgement = self.decide(known, &deepest, &tally);
        judgement.activity = judgement.usual;
        if let Some(lesson) = known.lessons.into_iter().flatten().find(|lesson| lesson.is_unknown_call()) {
            judgement.hear_of_call(lesson, known.packet);
        }
        judgement
    }

    fn hear(&self, clue: u32, field: u16, weighing: Weighing, packet: u32, tally: &mut Tally) {
        let Some(Clue { app, weight, mark, .. }) = self.clues.get(clue as usize) else { return };
        let source = Source::Clue(clue, field);
        tally.hear(*app, weighing, *mark, Evidence { source, packet, weight: *weight, weighing });
    }

    /// Signs of protocols that only one application speaks.
    fn hear_protocols(&self, known: &Known<'_>, tally: &mut Tally) {
        for seen in known.signs {
            let Some(Some(clue)) = self.claims.get(usize::from(seen.detector)) else { continue };
            let Some(clue) = self.clues.get(*clue as usize) else { continue };
            tally.hear_look(clue.app, clue.mark, *seen, told(*seen));
        }
    }

    /// Facts that name hosts, services or software. Says whether the flow has a name of its own.
    fn hear_facts(&self, known: &Known<'_>, tally: &mut Tally) -> bool {
        let mut named = false;
        for (field, value) in known.facts.iter() {
            let used = self.uses.get(usize::from(field)).copied().unwrap_or_default();
            // The owner of a certificate may be "WebRTC" or a person: that is no name of a host.
            named |= matches!(used, FieldUse::Name(_)) && value.contains(&b'.');
            match used {
                FieldUse::None => {}
                FieldUse::Activity => tally.activity = tally.activity.or_else(|| word(value, Activity::from_name)),
                FieldUse::Role => tally.role = tally.role.or_else(|| word(value, Role::from_name)),
                FieldUse::Name(weight) => {
                    for name in words(value) {
                        self.hear_name(name, field, weight, known.packet, tally);
                    }
                }
                FieldUse::Stun => match self.stun.get(host(value)) {
                    Some(clue) => self.hear(clue, field, Weighing::Adds, known.packet, tally),
                    // Realms and origins are often names of hosts.
                    None => self.hear_name(value, field, STUN_NAME, known.packet, tally),
                },
                FieldUse::Alpn => {
                    for clue in words(value).filter_map(|word| self.alpn.get(word)) {
                        self.hear(*clue, field, Weighing::Adds, known.packet, tally);
                    }
                }
                FieldUse::Ja4 => {
                    if let Some(clue) = self.ja4.get(value) {
                        self.hear(*clue, field, Weighing::Adds, known.packet, tally);
                    }
                }
            }
        }
        named
    }

    fn hear_name(&self, name: &[u8], field: u16, weight: i16, packet: u32, tally: &mut Tally) {
        let Some(place) = self.domains.get(host(name)) else { return };
        let Some(clue) = self.clues.get(place as usize) else { return };
        let evidence = Evidence { source: Source::Clue(place, field), packet, weight, weighing: Weighing::Name };
        tally.hear(clue.app, Weighing::Name, clue.mark, evidence);
    }

    fn hear_address_names(&self, known: &Known<'_>, tally: &mut Tally) {
        for name in [Side::Client, Side::Server].into_iter().filter_map(known.name_of) {
            let Some(place) = self.domains.get(name.name) else { continue };
            let Some(clue) = self.clues.get(place as usize) else { continue };
            let (weight, weighing) =
                if name.alone { (ADDRESS_NAME, Weighing::Name) } else { (CROWDED_ADDRESS_NAME, Weighing::Supports) };
            let evidence = Evidence { source: Source::AddressName(place), packet: known.packet, weight, weighing };
            tally.hear(clue.app, weighing, clue.mark, evidence);
        }
    }

    /// Ports and ranges of the applications that something else spoke for.
    fn hear_supports(&self, known: &Known<'_>, tally: &mut Tally) {
        let mut apps = [AppId::UNKNOWN; 2];
        for (slot, candidate) in apps.iter_mut().zip(tally.candidates()) {
            *slot = candidate.app;
        }
        for app in apps.into_iter().filter(|app| *app != AppId::UNKNOWN) {
            let (first, end) = self.services_of.get(usize::from(app.0)).copied().unwrap_or_default();
            let services = self.services.get(first as usize..end as usize).unwrap_or_default();
            let on_port = services
                .iter()
                .find(|service| service.ports.iter().any(|ports| ports.hold(known.transport, known.server.port)));
            if let Some(service) = on_port {
                self.hear(service.port_clue, 0, Weighing::Supports, known.packet, tally);
            }
            let in_range =
                services.iter().find(|service| service.ranges.iter().any(|range| range.holds(known.server.addr)));
            if let Some(service) = in_range {
                self.hear(service.range_clue, 0, Weighing::Supports, known.packet, tally);
            }
        }
    }

    fn decide(&self, known: &Known<'_>, deepest: &Spoken, tally: &Tally) -> Judgement {
        let rank = |candidate: &&Candidate| (!self.app(candidate.app).generic, candidate.total());
        let firm = tally.candidates().iter().filter(|candidate| {
            let doubt = self.doubt(candidate, known);
            candidate.firm() >= DECIDES && (doubt == 0 || candidate.total() - doubt >= DECIDES)
        });
        match firm.max_by_key(rank) {
            Some(best) => self.named(best, known, deepest, tally),
            None => self.plainly(known, deepest, tally),
        }
    }

    /// A signature's rule about a protocol is no surer than that the protocol is spoken.
    fn doubt(&self, candidate: &Candidate, known: &Known<'_>) -> i32 {
        if candidate.rests_on_rules() {
            let spoken = known.protocols.iter().take_while(|id| **id != ProtocolId::NONE);
            return spoken.map(|id| Spoken::of(*id, known).doubt).min().unwrap_or_default();
        }
        candidate.looks.doubt(known.transport, self.app(candidate.app).category)
    }

    fn named(&self, best: &Candidate, known: &Known<'_>, deepest: &Spoken, tally: &Tally) -> Judgement {
        let Spoken { id: protocol, profile, .. } = *deepest;
        let app = self.app(best.app);
        let mark = best.mark();
        let media = app.media.filter(|_| is_live(known.transport, profile));
        let calls = media == Some(Category::Call);
        // Sound that a call of SIP announced is a call, though SIP itself only sets calls up.
        let usual = self.app(self.plain(protocol)).activity.or(app.activity);
        // Reports of who watches television are no call.
        let usual = usual.filter(|usual| *usual != Activity::Call || app.category != Category::Streaming);
        let own = teachable(best.own(), self.doubt(best, known));
        let others = runners_up(best.app, tally);
        let shown = shown_as_announced(best.app, protocol, known);
        let witnessed: i32 = shown.iter().map(|seen| i32::from(weight_of(*seen))).sum();
        let rival = others.iter().filter(|(other, _)| !self.app(*other).generic).map(|(_, sum)| i32::from(*sum)).max();
        let mut judgement = Judgement {
            app: best.app,
            protocol,
            category: Some(mark.category.or(media).unwrap_or(app.category)),
            usual: tally.activity.or(mark.activity).or(calls.then_some(Activity::Call)).or(usual).unwrap_or_default(),
            role: tally.role.or(mark.role).unwrap_or_default(),
            named: !app.generic,
            decibans: less_rival(best.total() + witnessed, rival.unwrap_or_default()),
            own,
            learn: if best.teaches() { mark.learn.unwrap_or(app.learn) } else { Learn::Nothing },
            others,
            ..Judgement::default()
        };
        let noted = tally.notes().iter().filter(|(app, _)| *app == best.app).map(|(_, evidence)| *evidence);
        let all = || noted.clone().chain(shown.iter().map(|seen| told(*seen)));
        judgement.evidence.reserve_exact(all().count().min(MOST_EVIDENCE));
        for evidence in all() {
            judgement.keep(evidence, known.before);
        }
        judgement
    }

    /// No application: the flow is what its protocol is.
    fn plainly(&self, known: &Known<'_>, deepest: &Spoken, tally: &Tally) -> Judgement {
        let Spoken { id: protocol, profile, sum, doubt } = *deepest;
        let app = self.plain(protocol);
        let signed = self.app(app);
        let category = if signed.signed { Some(signed.category) } else { profile.map(|profile| profile.category) };
        let media = signed.media.filter(|_| is_live(known.transport, profile));
        let mut judgement = Judgement {
            app,
            protocol,
            category: media.or(category),
            usual: tally.activity.or(signed.activity).unwrap_or_default(),
            role: tally.role.unwrap_or_default(),
            decibans: sum,
            own: teachable(sum, doubt),
            learn: if sum >= DECIDES { signed.learn } else { Learn::Nothing },
            others: runners_up(app, tally),
            ..Judgement::default()
        };
        let own = || known.signs.iter().filter(|seen| seen.detector == protocol.0);
        judgement.evidence.reserve_exact(own().count().min(MOST_EVIDENCE));
        for seen in own() {
            judgement.keep(told(*seen), known.before);
        }
        judgement
    }
}

/// What a flow shows of the very protocol that it was announced as: the announcement was right. It teaches nobody, since
/// the protocol alone does not say whose it is.
fn shown_as_announced(app: AppId, protocol: ProtocolId, known: &Known<'_>) -> Signs {
    let mut lessons = known.lessons.into_iter().flatten().filter(|lesson| lesson.way == Way::Announced);
    let kept = lessons.any(|lesson| (lesson.app, lesson.protocol) == (app, protocol));
    known.signs.iter().filter(|seen| kept && seen.detector == protocol.0).copied().collect()
}

/// What earlier flows taught of the two ends.
fn hear_lessons(known: &Known<'_>, deepest: &Spoken, tally: &mut Tally) {
    for lesson in known.lessons.into_iter().flatten().filter(|lesson| !lesson.is_unknown_call()) {
        let fits = deepest.id == lesson.protocol || may_be_lent(deepest.profile);
        if !fits {
            continue;
        }
        let sign = match lesson.way {
            Way::Local => &LEARNED_LOCAL,
            Way::Remote => &LEARNED_REMOTE,
            Way::Announced => &ANNOUNCED,
        };
        let weight = sign.weight.min(lesson.decibans);
        let source = Source::Sign(sign.id());
        let evidence = Evidence { source, packet: known.packet, weight, weighing: Weighing::Lent };
        tally.hear(lesson.app, Weighing::Lent, Mark::default(), evidence);
    }
}

/// A protocol that a flow speaks, and what speaks for it.
struct Spoken {
    id: ProtocolId,
    profile: Option<&'static Profile>,
    /// What its signs weigh.
    sum: i32,
    /// What they must weigh beyond what is usual.
    doubt: i32,
}

impl Spoken {
    fn of(id: ProtocolId, known: &Known<'_>) -> Self {
        let (profile, looks) = (registry().profile(id), Looks::of(id, known.signs));
        let doubt = profile.map_or(0, |profile| looks.doubt(known.transport, profile.category));
        Self { id, profile, sum: looks.sum(), doubt }
    }

    fn depth(&self) -> (Option<Layer>, i32) {
        (self.profile.map(|profile| profile.layer), self.sum)
    }

    /// Whether it is said: what only looks like a protocol is none; what another protocol turned into needs no sign of its
    /// own; and on a socket that is known, weak signs of live media are enough to say what the application does there.
    fn is_firm(&self, taught: bool) -> bool {
        let live = || self.profile.is_some_and(|profile| profile.category == Category::Call);
        self.sum <= 0 || self.sum - self.doubt >= DECIDES || (taught && live())
    }
}

/// The deepest of the protocols, of two equally deep the one with more evidence.
fn deepest(known: &Known<'_>) -> Spoken {
    let taught = known.lessons.iter().flatten().any(|lesson| !lesson.is_unknown_call());
    let spoken = known.protocols.iter().take_while(|id| **id != ProtocolId::NONE).map(|id| Spoken::of(*id, known));
    spoken
        .filter(|spoken| spoken.is_firm(taught))
        .max_by_key(Spoken::depth)
        .unwrap_or_else(|| Spoken::of(ProtocolId::NONE, known))
}

/// Whether a messenger's flow is live media: calls travel in datagrams, and of its messages only QUIC does.
fn is_live(transport: Transport, profile: Option<&Profile>) -> bool {
    let quic = profile.is_some_and(|profile| profile.name == "quic");
    profile.is_some_and(|profile| profile.category == Category::Call) || (transport == Transport::Udp && !quic)
}

/// Whether the name of an address may say what the flow is for. Names, time and mail to a server of a company are not its
/// messenger.
fn may_be_renamed(profile: Option<&Profile>) -> bool {
    profile.is_none_or(|profile| {
        profile.layer != Layer::Content
            || matches!(profile.category, Category::Call | Category::Tunnel | Category::Unknown)
    })
}

/// Whether a flow that speaks this may still be of the application of its socket: nothing recognised, or live media.
fn may_be_lent(profile: Option<&Profile>) -> bool {
    profile.is_none_or(|profile| profile.layer != Layer::Content || profile.category == Category::Call)
}

/// What a flow may teach others: weak looks no more than a suspicion, which several flows of a socket must share.
fn teachable(sum: i32, doubt: i32) -> i16 {
    i16::try_from(if doubt > 0 { sum.min(SUSPECTS.into()) } else { sum }).unwrap_or(i16::MAX)
}

fn weight_of(seen: Seen) -> i16 {
    registry().weight(seen.sign)
}

fn told(seen: Seen) -> Evidence {
    Evidence { source: Source::Sign(seen.sign), packet: seen.packet, weight: weight_of(seen), weighing: Weighing::Adds }
}

/// The two heaviest of the others.
fn runners_up(best: AppId, tally: &Tally) -> [(AppId, i16); 2] {
    let mut others = [(AppId::UNKNOWN, 0); 2];
    for candidate in tally.candidates().iter().filter(|candidate| candidate.app != best) {
        let [first, second] = &mut others;
        let entry = (candidate.app, i16::try_from(candidate.total()).unwrap_or(i16::MAX));
        if entry.1 > first.1 {
            *second = std::mem::replace(first, entry);
        } else if entry.1 > second.1 {
            *second = entry;
        }
    }
    others
}

/// A rival as heavy as the best leaves even odds, whatever both weigh.
fn less_rival(total: i32, rival: i32) -> i32 {
    total.min(total - rival + DECIDES)
}

/// The first word that a protocol uses for what it does.
fn word<T>(value: &[u8], from: fn(&str) -> Option<T>) -> Option<T> {
    from(std::str::from_utf8(value).ok()?)
}

/// Several names or words in one value, as certificates and ALPN have them.
fn words(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|byte| matches!(byte, b' ' | b',')).filter(|word| !word.is_empty())
}

/// The name in `https://name:port/path`, `name:port`, `*.name` or `name`.
fn host(value: &[u8]) -> &[u8] {
    let value = value.strip_prefix(b"https://").or_else(|| value.strip_prefix(b"http://")).unwrap_or(value);
    let value = value.strip_prefix(b"*.").unwrap_or(value);
    let end = value.iter().position(|byte| matches!(byte, b':' | b'/')).unwrap_or(value.len());
    value.get(..end).unwrap_or(value)
}
