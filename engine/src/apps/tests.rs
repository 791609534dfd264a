//! Catalogs and judgements: what names a flow, and what does not.

mod files;

use super::*;
use crate::facts::{FactStore, Field, Seen};
use crate::inspect::registry;
use crate::learned::{AddressName, Lesson, Way};
use crate::packet::{Addr, Endpoint, Side, Time, Transport};

const EXAMPLE: &str = r#"
app = "example"
title = "Example"
category = "chat"
media = "call"
what = "A messenger."
why = "Its calls leave no trace."
learn = "local"
domains = ["example.com"]
ports = ["udp/4000-4100"]
ranges = ["198.51.100.0/24"]
needs = ["account"]

[[service]]
name = "relay"
domains = ["relay.example.com"]
stun = ["relay.example.com"]
category = "call"
activity = "relay"

[[sign]]
what = "its greeting"
transport = "udp"
bytes = { side = "client", at = 2, hex = "de ad .. ef 01" }
length = { side = "client", from = 20, to = 40 }
weight = 90
activity = "log-on"
"#;

const ACCOUNT: &str = r#"
app = "account"
title = "Account"
category = "web"
what = "Log-on for everything."
domains = ["account.example.com"]
"#;

fn only(files: &[(&str, &str)]) -> Result<Catalog, Vec<Problem>> {
    Catalog::from(&[], files)
}

fn catalog() -> Catalog {
    only(&[("example.toml", EXAMPLE), ("account.toml", ACCOUNT)]).unwrap()
}

fn field(name: &str) -> &'static Field {
    registry().fields().iter().find(|field| field.name == name).unwrap()
}

/// A flow of one protocol, with one fact.
struct Flow {
    protocols: Vec<ProtocolId>,
    signs: Vec<Seen>,
    facts: FactStore,
}

impl Flow {
    fn unknown() -> Self {
        Self { protocols: Vec::new(), signs: Vec::new(), facts: FactStore::default() }
    }

    fn of(protocol: &str) -> Self {
        Self::showing(protocol, i16::MAX)
    }

    /// The heaviest of its signs up to this weight.
    fn showing(protocol: &str, most: i16) -> Self {
        let id = registry().by_name(protocol).unwrap();
        let signs = registry().profile(id).unwrap().signs.iter().filter(|sign| sign.weight <= most);
        let shown = signs.max_by_key(|sign| sign.weight).unwrap();
        let signs = vec![Seen { sign: shown.id(), detector: id.0, packet: 3 }];
        Self { protocols: vec![id], signs, facts: FactStore::default() }
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.facts.set(field(name), value.as_bytes());
        self
    }

    fn known(&self) -> Known<'_> {
        Known {
            protocols: &self.protocols,
            signs: &self.signs,
            facts: &self.facts,
            transport: Transport::Udp,
            client: Endpoint { addr: Addr::v4([10, 0, 0, 1]), port: 50_000 },
            server: Endpoint { addr: Addr::v4([203, 0, 113, 1]), port: 9999 },
            openings: [&[], &[]],
            opening_lens: [0, 0],
            name_of: &|_| None,
            lessons: [None, None],
            packet: 5,
            before: &[],
        }
    }
}

fn name_of(catalog: &Catalog, judgement: &Judgement) -> String {
    catalog.app(judgement.app).name.clone()
}

fn lesson(app: AppId, protocol: ProtocolId) -> Lesson {
    Lesson { app, protocol, decibans: 60, way: Way::Local, learned: Time(0), expires: Time(9), flow: 1 }
}

#[test]
fn every_shipped_signature_is_right() {
    assert_eq!(compile::catalog(compile::SHIPPED, &[]).1, []);
}

#[test]
fn every_shipped_file_is_named_after_its_application() {
    for (path, text) in compile::SHIPPED.iter().filter(|(path, _)| path.contains("apps")) {
        let stem = std::path::Path::new(path).file_stem().unwrap().to_str().unwrap();
        assert!(text.starts_with(&format!("app = \"{stem}\"\n")), "{path}");
    }
}

#[test]
fn every_field_that_names_is_told_by_a_protocol() {
    for (name, _) in clues::USES {
        assert!(registry().fields().iter().any(|field| field.name == *name), "{name}");
    }
}

#[test]
fn the_example_of_the_guide_to_signatures_is_right() {
    let guide = include_str!("../../../signatures/README.md");
    let example = guide.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    if let Err(problems) = Catalog::parse(&[("README.md", example)]) {
        panic!("{problems:?}");
    }
}

#[test]
fn the_name_that_a_client_asks_for_names_the_flow() {
    let catalog = catalog();
    let flow = Flow::of("tls").with("tls.server_name", "chat.Example.com");
    let judgement = catalog.judge(&Known { transport: Transport::Tcp, ..flow.known() });
    assert_eq!(name_of(&catalog, &judgement), "example");
    assert_eq!(judgement.category(), Category::Chat);
    assert!(judgement.confidence() > 0.99);
    let evidence = judgement.evidence();
    assert_eq!(evidence.len(), 1);
    assert_eq!(
        catalog.sentence(&evidence[0], &flow.facts),
        "tls.server_name \"chat.Example.com\" lies under example.com, which is Example's"
    );
}

#[test]
fn datagrams_of_a_messenger_are_its_calls() {
    let catalog = catalog();
    let flow = Flow::of("stun").with("stun.realm", "turn.example.com");
    let judgement = catalog.judge(&flow.known());
    assert_eq!(name_of(&catalog, &judgement), "example");
    assert_eq!((judgement.category(), judgement.activity), (Category::Call, Activity::Call));
}

#[test]
fn a_protocol_of_a_programs_name_or_alias_is_that_program() {
    let named = "app = \"real\"\ntitle = \"R\"\ncategory = \"p2p\"\nwhat = \"w\"\nwhy = \"w\"\naliases = [\"tox\"]\n";
    let catalog = only(&[("r", named), ("e", EXAMPLE), ("a", ACCOUNT)]).unwrap();
    let faint = lesson(catalog.by_name("example").unwrap(), registry().by_name("tox").unwrap());
    let taught = Lesson { decibans: 10, ..faint };
    let flow = Flow::of("tox");
    let judgement = catalog.judge(&Known { lessons: [Some(&taught), None], ..flow.known() });
    assert_eq!(name_of(&catalog, &judgement), "real");
    assert_eq!(judgement.others[0].0, taught.app);
}

#[test]
fn the_longest_claim_has_a_name_and_the_service_says_what_the_flow_is() {
    let catalog = catalog();
    let told = |name: &str| catalog.judge(&Flow::of("tls").with("tls.server_name", name).known());
    assert_eq!(name_of(&catalog, &told("account.example.com")), "account");
    let relay = told("eu.relay.example.com");
    assert_eq!((relay.category(), relay.activity), (Category::Call, Activity::Relay));
}

#[test]
fn a_flow_that_nobody_claims_is_what_its_protocol_is() {
    let catalog = catalog();
    let judgement = catalog.judge(&Flow::of("tls").with("tls.server_name", "www.example.org").known());
    assert_eq!(name_of(&catalog, &judgement), "tls");
    assert_eq!(judgement.category(), Category::Web);
    assert_eq!(judgement.evidence()[0].packet, 3);
}

#[test]
fn a_flow_of_which_nothing_is_known_stays_unknown() {
    let catalog = catalog();
    let judgement = catalog.judge(&Flow::unknown().known());
    assert_eq!((judgement.app, judgement.category()), (AppId::UNKNOWN, Category::Unknown));
    assert!(judgement.confidence().abs() < f64::EPSILON);
}

#[test]
fn an_address_and_a_port_alone_never_decide() {
    let catalog = catalog();
    let mut known_flow = Flow::unknown();
    let server = Endpoint { addr: Addr::v4([198, 51, 100, 9]), port: 4050 };
    assert_eq!(catalog.judge(&Known { server, ..known_flow.known() }).app, AppId::UNKNOWN);
    known_flow = Flow::of("tls").with("tls.server_name", "example.com");
    let away = catalog.judge(&known_flow.known());
    let there = catalog.judge(&Known { server, ..known_flow.known() });
    assert_eq!(there.decibans, away.decibans + 11);
}

#[test]
fn a_question_for_a_name_does_not_make_the_question_that_application() {
    let catalog = catalog();
    let flow = Flow::of("dns").with("dns.query", "relay.example.com");
    let name = |_| Some(AddressName { name: b"relay.example.com", alone: true });
    let judgement = catalog.judge(&Known { name_of: &name, ..flow.known() });
    assert_eq!(name_of(&catalog, &judgement), "dns");
}

#[test]
fn the_name_of_an_address_names_a_flow_without_one_unless_others_share_the_address() {
    let catalog = catalog();
    let flow = Flow::unknown();
    let named = |alone| {
        let name_of = |side| (side == Side::Server).then_some(AddressName { name: b"eu.relay.example.com", alone });
        catalog.judge(&Known { name_of: &name_of, ..flow.known() })
    };
    assert_eq!(name_of(&catalog, &named(true)), "example");
    assert_eq!(named(true).learn, Learn::Nothing);
    assert_eq!(named(false).app, AppId::UNKNOWN);
    let flow = Flow::of("tls").with("tls.server_name", "www.example.org");
    let address = |_| Some(AddressName { name: b"eu.relay.example.com", alone: true });
    assert_eq!(name_of(&catalog, &catalog.judge(&Known { name_of: &address, ..flow.known() })), "tls");
}

#[test]
fn a_lesson_names_unrecognised_flows_and_media_of_the_same_socket_but_not_other_protocols() {
    let catalog = catalog();
    let taught = lesson(catalog.by_name("example").unwrap(), registry().by_name("stun").unwrap());
    let judged = |flow: &Flow| catalog.judge(&Known { lessons: [Some(&taught), None], ..flow.known() });
    assert_eq!(name_of(&catalog, &judged(&Flow::unknown())), "example");
    assert_eq!(name_of(&catalog, &judged(&Flow::of("dns"))), "dns");
    let media = judged(&Flow::of("rtp"));
    assert_eq!(name_of(&catalog, &media), "example");
    assert_eq!((media.category(), media.activity), (Category::Call, Activity::Call));
    assert_eq!(media.learn, Learn::Nothing, "what was lent teaches nobody");
}

#[test]
fn a_rule_holds_only_where_all_of_its_conditions_do() {
    let catalog = catalog();
    let flow = Flow::unknown();
    let opening: &[u8] = &[0, 0, 0xde, 0xad, 7, 0xef, 1];
    let judged = |opening, length, transport| {
        let known = Known { openings: [opening, &[]], opening_lens: [length, 0], transport, ..flow.known() };
        catalog.judge(&known)
    };
    let judgement = judged(opening, 30, Transport::Udp);
    assert_eq!((name_of(&catalog, &judgement).as_str(), judgement.activity), ("example", Activity::LogOn));
    assert_eq!(judgement.learn, Learn::Local);
    assert_eq!(judged(opening, 50, Transport::Udp).app, AppId::UNKNOWN);
    assert_eq!(judged(opening, 30, Transport::Tcp).app, AppId::UNKNOWN);
    assert_eq!(judged(&opening[1..], 30, Transport::Udp).app, AppId::UNKNOWN);
}

#[test]
fn a_generic_application_gives_way_to_any_other() {
    let generic = "app = \"generic\"\ntitle = \"G\"\ncategory = \"web\"\nwhat = \"w\"\ngeneric = true\n\
        [[sign]]\nwhat = \"TLS\"\nprotocol = \"tls\"\nweight = 100\n";
    let catalog = only(&[("g", generic), ("e", EXAMPLE), ("a", ACCOUNT)]).unwrap();
    let named = Flow::of("tls").with("tls.server_name", "example.com");
    assert_eq!(name_of(&catalog, &catalog.judge(&named.known())), "example");
    assert_eq!(name_of(&catalog, &catalog.judge(&Flow::of("tls").known())), "generic");
}

#[test]
fn two_rivals_of_one_weight_leave_even_odds() {
    let rival = "app = \"rival\"\ntitle = \"R\"\ncategory = \"web\"\nwhat = \"w\"\n\
        [[sign]]\nwhat = \"TLS\"\nprotocol = \"tls\"\nweight = 50\n";
    let catalog = only(&[("r", rival), ("e", EXAMPLE), ("a", ACCOUNT)]).unwrap();
    let judgement = catalog.judge(&Flow::of("tls").with("tls.server_name", "example.com").known());
    assert!((judgement.confidence() - 0.5).abs() < 0.01);
    assert_eq!(judgement.others[0].1, 50);
}

#[test]
fn evidence_keeps_the_packet_at_which_it_was_first_seen() {
    let catalog = catalog();
    let flow = Flow::of("tls").with("tls.server_name", "example.com");
    let first = catalog.judge(&flow.known());
    let later = catalog.judge(&Known { packet: 40, before: first.evidence(), ..flow.known() });
    assert_eq!(later.evidence()[0].packet, 5);
}

#[test]
fn a_protocol_that_one_application_claims_is_that_application() {
    let claims =
        "app = \"claims\"\ntitle = \"C\"\ncategory = \"p2p\"\nwhat = \"w\"\nwhy = \"w\"\nprotocols = [\"tox\"]\n";
    let catalog = only(&[("c", claims)]).unwrap();
    let judgement = catalog.judge(&Flow::of("tox").with("tox.activity", "log-on").known());
    assert_eq!(name_of(&catalog, &judgement), "claims");
    assert_eq!((judgement.category(), judgement.activity), (Category::P2p, Activity::LogOn));
}

#[test]
fn a_weak_look_alone_is_a_suspicion_and_no_verdict() {
    let catalog = Catalog::embedded();
    let flow = Flow::showing("tox", 30);
    let judgement = catalog.judge(&flow.known());
    let suspected = judgement.suspicion().unwrap();
    assert_eq!((judgement.app, catalog.app(suspected).name.as_str()), (AppId::UNKNOWN, "tox"));
    let taught = lesson(suspected, flow.protocols[0]);
    let taught = catalog.judge(&Known { lessons: [Some(&taught), None], ..flow.known() });
    assert_eq!((taught.app, taught.suspicion()), (suspected, None));
}
