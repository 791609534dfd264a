//! Calls as they are told.

use super::call::{Call, Heard};
use super::Calls;
use crate::event::{CallChange, CallNews, Event, Outbox};
use crate::packet::Time;

impl Calls {
    /// Tells of a call as it stands.
    pub(super) fn tell(&mut self, place: u32, change: CallChange, now: Time, out: &mut Outbox) {
        let Some(call) = self.up.look(place) else { return };
        let heard = self.all_heard(call);
        out.push(Event::Call(Box::new(news(call, change, heard.clone(), now))));
        let said = call.says(&heard);
        if let Some(call) = self.up.get(place) {
            (call.told, call.said) = (Some(now), said);
        }
    }

    /// How a call came through so far.
    pub(super) fn all_heard(&self, call: &Call) -> Heard {
        let mut heard = call.heard.clone();
        for leg in call.legs.iter().filter_map(|place| self.legs.look(*place)) {
            Call::hear(&mut heard, leg);
        }
        heard
    }
}

fn news(call: &Call, change: CallChange, heard: Heard, now: Time) -> CallNews {
    CallNews {
        time: now,
        id: call.id,
        change,
        ends: call.ends,
        users: call.users.clone(),
        relay: call.relay,
        app: call.app,
        route: call.route,
        start: call.start,
        end: call.last.max(call.start),
        legs: call.known.clone(),
        coding: heard.coding,
        video: heard.video,
        quality: heard.quality,
    }
}
