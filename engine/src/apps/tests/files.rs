//! Signature files: what a later one changes, and what a wrong one is answered with.

use proptest::prelude::*;

use super::*;

#[test]
fn a_later_file_extends_and_overrides_an_earlier_one() {
    let more = "app = \"example\"\ncategory = \"call\"\ndomains = [\"example.net\"]\n\
        [[service]]\nname = \"relay\"\nactivity = \"video\"\n";
    let catalog = Catalog::from(&[("e", EXAMPLE), ("a", ACCOUNT)], &[("more.toml", more)]).unwrap();
    let judged = |name: &str| catalog.judge(&Flow::of("tls").with("tls.server_name", name).known());
    assert_eq!(judged("example.net").category(), Category::Call);
    assert_eq!(name_of(&catalog, &judged("example.com")), "example");
    assert_eq!(judged("relay.example.com").activity, Activity::Video);
}

#[test]
fn a_users_file_may_take_over_a_shipped_name_but_two_shipped_ones_may_not_claim_it() {
    let mine = "app = \"mine\"\ntitle = \"M\"\ncategory = \"web\"\nwhat = \"w\"\ndomains = [\"example.com\"]\n";
    let shipped = [("e", EXAMPLE), ("a", ACCOUNT)];
    let catalog = Catalog::from(&shipped, &[("mine.toml", mine)]).unwrap();
    let flow = Flow::of("tls").with("tls.server_name", "example.com");
    assert_eq!(name_of(&catalog, &catalog.judge(&flow.known())), "mine");
    let problems = Catalog::from(&[shipped[0], shipped[1], ("mine.toml", mine)], &[]).err().unwrap();
    assert_eq!(problems[0].to_string(), "mine.toml:5: example.com is already claimed by example");
}

#[test]
fn every_mistake_is_told_with_file_line_and_the_nearest_right_word() {
    let wrong = "app = \"wrong\"\ntitel = \"W\"\ncategory = \"cal\"\nprotocols = [\"tsl\", \"tls\"]\n\
        domains = [\"com\", \"*.example.com\"]\nports = [\"udq/5\"]\n\
        [[sign]]\nprotocol = \"stun\"\nweight = 999\nwhat = \"w\"\nfacts = { \"stun.relam\" = \"x\", \"ntp.mode\" = \"x\" }\n\
        [[sign]]\nwhat = \"w\"\nweight = 30\n\
        [[sign]]\nwhat = \"w\"\nweight = 90\nbytes = { hex = \"0102\" }\n";
    let problems = only(&[("wrong.toml", wrong)]).err().unwrap();
    let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "wrong.toml:1: \"wrong\" has no \"title\"; add the line title = \"…\"",
            "wrong.toml:1: \"wrong\" has no \"what\"; add the line what = \"…\"",
            "wrong.toml:2: unknown field \"titel\"; did you mean \"title\"?",
            "wrong.toml:3: unknown category \"cal\"; did you mean \"call\"?",
            "wrong.toml:4: unknown protocol \"tsl\"; did you mean \"tls\"?",
            "wrong.toml:5: \"*.example.com\" is not a domain such as \"example.com\", which holds all below it too",
            "wrong.toml:5: \"com\" is not a domain such as \"example.com\", which holds all below it too",
            "wrong.toml:6: ports: \"udq/5\" is not a port such as \"udp/3478-3481\" or \"tcp/443\"",
            "wrong.toml:9: weight must be a whole number from 1 to 200",
            "wrong.toml:11: ntp.mode cannot be compared with this",
            "wrong.toml:11: unknown fact \"stun.relam\"; did you mean \"stun.realm\"?",
            "wrong.toml:12: a sign needs a protocol, a fact or bytes to hold on to",
            "wrong.toml:15: by chance its bytes are worth 48 decibans, less than its weight",
        ]
    );
}

#[test]
fn text_that_is_no_toml_is_told_with_its_line() {
    let problems = only(&[("broken.toml", "app = \"x\"\n\ntitle = \n")]).err().unwrap();
    assert_eq!((problems[0].file.as_str(), problems[0].line), ("broken.toml", 3));
}

proptest! {
    #[test]
    fn no_text_panics(text in "(\\PC|\n){0,200}") {
        let _ = only(&[("any.toml", &text)]);
    }

    #[test]
    fn no_values_panic(
        key in prop::sample::select(vec!["app", "title", "category", "domains", "ports", "ranges", "sign", "service", "learn"]),
        value in r#"([0-9]{1,30}|"[a-z./0-9-]{0,12}"|\[\[?[0-9]{0,3}\]\]?|\{ ?(hex|at|weight|facts|bytes) = ("[0-9a-f. ]{0,8}"|\[\]|\{\}|-?[0-9]{1,9}) ?\}|true|1e9)"#,
    ) {
        let _ = only(&[("any.toml", &format!("app = \"a\"\n{key} = {value}\n"))]);
        let _ = only(&[("any.toml", &format!("app = \"a\"\n[[sign]]\n{key} = {value}\n"))]);
    }

    #[test]
    fn a_judgement_of_any_names_is_bounded(names in prop::collection::vec("[a-z.]{0,30}", 0..8)) {
        let catalog = catalog();
        let flow = Flow::of("tls").with("tls.names", &names.join(","));
        prop_assert!(catalog.judge(&flow.known()).evidence().len() <= MOST_EVIDENCE);
    }
}
