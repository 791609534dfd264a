//! Flows and calls: which flows are part of a call, and whether they go straight.

use super::Config;
use crate::apps::Catalog;
use crate::calls::{is_live, Announcer, Kind, Route, Seen};
use crate::facts::Field;
use crate::flow::Flow;
use crate::inspect::{registry, stun, zoom, Category};
use crate::packet::Side;

/// Ports of STUN and TURN servers, of media servers of Google, Zoom and Microsoft, of Mumble's rooms: nobody's own.
const RELAYS: [std::ops::RangeInclusive<u16>; 5] =
    [3478..=3481, 19302..=19309, 8801..=8810, 5349..=5350, 64_738..=64_738];

/// What a flow that was judged is to a call; nothing where it is no part of one.
pub(super) fn seen(flow: &Flow, catalog: &Catalog, config: &Config, announced_by: Option<Announcer>) -> Option<Seen> {
    let judgement = &flow.judgement;
    if !is_live(judgement.activity) || judgement.category() != Category::Call {
        return None;
    }
    let local = if config.is_local(flow, Side::Client) { Side::Client } else { Side::Server };
    let speaks = |name| registry().by_name(name).is_some_and(|id| flow.protocols.contains(&id));
    let kind = if speaks("rtcp") && !speaks("rtp") { Kind::Control } else { Kind::Media };
    let named = judgement.is_named() && !catalog.app(judgement.app).generic;
    let live = flow.behaviour.as_ref().is_some_and(|behaviour| is_live(behaviour.course.now()));
    Some(Seen { kind, local, announced_by, route: route(flow, config, local), app: judgement.app, named, live })
}

fn route(flow: &Flow, config: &Config, local: Side) -> Route {
    let tells = |field: &Field| flow.facts.get(field).is_some();
    let far = flow.end(local.other());
    if tells(&stun::TURN) || RELAYS.iter().any(|ports| ports.contains(&far.port)) {
        Route::Relayed
    } else if tells(&stun::ICE) || tells(&zoom::DIRECT) || config.is_named_local(far.addr) {
        Route::Direct
    } else {
        Route::Unknown
    }
}
