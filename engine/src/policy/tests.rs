//! Which rule decides, what explains it, and what a wrong policy is answered with.

use proptest::prelude::*;

use super::*;
use crate::apps::Catalog;

fn texts(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn groups() -> Vec<GroupSpec> {
    let group = |name: &str, prefixes: &[&str]| GroupSpec { name: name.to_owned(), prefixes: texts(prefixes) };
    vec![
        group("campus", &["10.0.0.0/8", "2001:db8::/32"]),
        group("students", &["10.20.0.0/16", "2001:db8:20::/48"]),
        group("staff", &["10.10.0.0/16"]),
    ]
}

fn rule(name: &str, action: &str) -> RuleSpec {
    RuleSpec { name: name.to_owned(), action: action.to_owned(), ..RuleSpec::default() }
}

fn rules() -> Vec<RuleSpec> {
    vec![
        RuleSpec { app: texts(&["signal"]), group: texts(&["staff"]), ..rule("staff may", "allow") },
        RuleSpec {
            category: texts(&["call", "chat"]),
            group: texts(&["students"]),
            min_confidence: 0.9,
            ..rule("students may not", "block")
        },
        RuleSpec { category: texts(&["p2p"]), src_group: texts(&["campus"]), ..rule("tell me", "alert") },
    ]
}

fn policy() -> Policy {
    Policy::compile(&groups(), &rules(), &Catalog::embedded()).unwrap()
}

fn addr(text: &str) -> Addr {
    text.parse::<std::net::IpAddr>().unwrap().into()
}

fn subject(client: &str, category: Category) -> Subject {
    Subject {
        client: addr(client),
        server: addr("198.51.100.1"),
        app: Catalog::embedded().by_name("signal").unwrap(),
        category,
        protocol: ProtocolId::NONE,
        activity: Activity::Unknown,
        role: Role::Unknown,
        confidence: 0.99,
    }
}

#[test]
fn the_first_rule_that_matches_wins_and_without_one_the_flow_is_allowed() {
    let policy = policy();
    let decided = |client, category| policy.decide(&subject(client, category));
    assert_eq!(decided("10.10.1.1", Category::Chat), Decision { rule: Some(0), action: Action::Allow });
    assert_eq!(decided("10.20.1.1", Category::Chat), Decision { rule: Some(1), action: Action::Block });
    assert_eq!(decided("2001:db8:20::1", Category::Call), Decision { rule: Some(1), action: Action::Block });
    assert_eq!(decided("10.99.1.1", Category::P2p), Decision { rule: Some(2), action: Action::Alert });
    assert_eq!(decided("192.0.2.1", Category::P2p), Decision { rule: None, action: Action::Allow });
}

#[test]
fn rules_that_only_ask_who_talks_decide_at_once_unless_one_before_them_waits_to_hear_more() {
    let guests = RuleSpec { group: texts(&["students"]), ..rule("guests", "block") };
    let waiting = RuleSpec { category: texts(&["web"]), group: texts(&["staff"]), ..rule("web", "allow") };
    let rules = [guests, waiting, rule("nothing else", "block")];
    let policy = Policy::compile(&groups(), &rules, &Catalog::embedded()).unwrap();
    let decided = |client| policy.decide_at_once(&subject(client, Category::Unknown));
    assert_eq!(decided("10.20.1.1"), Some(Decision { rule: Some(0), action: Action::Block }));
    assert_eq!(decided("10.10.1.1"), None);
    assert_eq!(decided("192.0.2.1"), Some(Decision { rule: Some(2), action: Action::Block }));
}

#[test]
fn a_group_is_meant_at_either_end_but_src_group_only_at_the_client() {
    let policy = policy();
    let turned = |client: &str, category| {
        let there = subject(client, category);
        policy.decide(&Subject { client: there.server, server: there.client, ..there })
    };
    assert_eq!(turned("10.20.1.1", Category::Chat).rule, Some(1));
    assert_eq!(turned("10.99.1.1", Category::P2p).rule, None);
}

#[test]
fn an_address_is_of_the_longest_prefix_only() {
    let policy = policy();
    let named = |text| policy.group(addr(text)).map(|id| policy.group_name(id).to_owned());
    assert_eq!(named("10.20.1.1").as_deref(), Some("students"));
    assert_eq!(named("10.30.1.1").as_deref(), Some("campus"));
    assert_eq!(named("192.0.2.1"), None);
}

#[test]
fn a_flow_that_is_less_sure_than_the_rule_asks_is_left_alone() {
    let unsure = Subject { confidence: 0.5, ..subject("10.20.1.1", Category::Chat) };
    assert_eq!(policy().decide(&unsure).rule, None);
}

#[test]
fn a_rule_about_roles_acts_on_whoever_plays_them_and_waits_until_that_is_known() {
    let rules = [RuleSpec { role: texts(&["relay", "supernode"]), ..rule("nobody serves others", "block") }];
    let policy = Policy::compile(&groups(), &rules, &Catalog::embedded()).unwrap();
    let asked = |role| Subject { role, ..subject("10.10.1.1", Category::Call) };
    assert!(policy.asks_roles());
    assert_eq!(policy.decide(&asked(Role::Relay)), Decision { rule: Some(0), action: Action::Block });
    assert_eq!(policy.decide(&asked(Role::Client)).rule, None);
    assert_eq!(policy.decide_at_once(&asked(Role::Unknown)), None);
    assert_eq!(policy.explain(&asked(Role::Peer))[0].why_not, [WhyNot::Role]);
}

#[test]
fn allowing_an_application_allows_what_it_cannot_work_without() {
    let catalog = Catalog::embedded();
    let rules = [
        RuleSpec { app: texts(&["teams"]), ..rule("teams", "allow") },
        RuleSpec { app: texts(&["microsoft-account", "teams"]), ..rule("nothing else", "block") },
    ];
    let policy = Policy::compile(&[], &rules, &catalog).unwrap();
    let account = catalog.by_name("microsoft-account").unwrap();
    let asked = Subject { app: account, ..subject("10.1.1.1", Category::Web) };
    assert_eq!(policy.decide(&asked).rule, Some(0));
    let turned: Vec<_> = rules.into_iter().rev().collect();
    assert_eq!(Policy::compile(&[], &turned, &catalog).unwrap().decide(&asked).action, Action::Block);
}

#[test]
fn the_explanation_says_of_every_rule_before_why_it_did_not_match() {
    let tried = policy().explain(&subject("10.20.1.1", Category::Chat));
    assert_eq!(tried.len(), 2);
    assert_eq!(tried[0].why_not, [WhyNot::Group]);
    assert!(tried[1].matched());
}

#[test]
fn every_wrong_word_is_named_with_its_place_and_the_nearest_right_one() {
    let wrong = RuleSpec {
        app: texts(&["signal", "signol"]),
        category: texts(&["cal"]),
        role: texts(&["relais"]),
        group: texts(&["studnets"]),
        min_confidence: 2.0,
        ..rule("wrong", "deny")
    };
    let mut bad = groups();
    bad[2].prefixes = texts(&["10.20.0.0/16", "10.1.2.3/8"]);
    let problems = Policy::compile(&bad, &[wrong], &Catalog::embedded()).unwrap_err();
    let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "groups[2][0]: 10.20.0.0/16 is already in the group \"students\"",
            "groups[2][1]: \"10.1.2.3/8\" has bits beyond its prefix; did you mean 10.0.0.0/8?",
            "rules[0].action[0]: unknown action \"deny\"; it can be allow, alert, block",
            "rules[0].app[1]: unknown app \"signol\"; did you mean \"signal\"?",
            "rules[0].category[0]: unknown category \"cal\"; did you mean \"call\"?",
            "rules[0].role[0]: unknown role \"relais\"; did you mean \"relay\"?",
            "rules[0].group[0]: unknown group \"studnets\"; did you mean \"students\"?",
            "rules[0].min_confidence[0]: min_confidence must be from 0 to 1",
        ]
    );
}

proptest! {
    #[test]
    fn a_gist_is_decided_about_as_what_it_was_made_of(
        client in any::<[u8; 4]>(),
        server in any::<[u8; 4]>(),
        category in prop::sample::select(Category::ALL.to_vec()),
        activity in prop::sample::select(Activity::ALL.to_vec()),
        role in prop::sample::select(Role::ALL.to_vec()),
        confidence in 0.0..1.0f64,
        read in any::<bool>(),
    ) {
        let (client, server) = (Addr::v4(client), Addr::v4(server));
        let asked = Subject { client, server, activity, role, confidence, ..subject("10.20.1.1", category) };
        let gist = Gist::of(&asked, client <= server, read);
        let again = gist.subject(client.min(server), client.max(server));
        prop_assert_eq!(policy().decide(&again), policy().decide(&asked));
        prop_assert_eq!((again.client, again.role, again.activity), (client, role, activity));
        prop_assert_eq!(gist.was_read(), read);
    }

    #[test]
    fn the_explanation_ends_with_the_rule_that_decides(
        client in any::<[u8; 4]>(),
        server in any::<[u8; 4]>(),
        category in prop::sample::select(Category::ALL.to_vec()),
        confidence in 0.0..1.0f64,
    ) {
        let policy = policy();
        let subject = Subject {
            client: Addr::v4(client),
            server: Addr::v4(server),
            confidence,
            ..subject("10.20.1.1", category)
        };
        let last = policy.explain(&subject).into_iter().last().filter(Tried::matched).map(|tried| tried.rule);
        prop_assert_eq!(last, policy.decide(&subject).rule);
    }
}
