//! No sign may claim more than chance leaves. A new protocol joins by its line in `PROTOCOLS`;
//! `cargo test -p peergate-engine --test chance -- --nocapture` shows the table.

use peergate_engine::inspect::chance::measure;
use peergate_engine::inspect::registry;

#[test]
fn no_sign_claims_more_than_random_payloads_leave_it() {
    // In a debug build a few seconds; the page of `docs/reference` measures five times as many.
    const PAYLOADS: u32 = 100_000;
    let _ = registry();
    let mut overclaimed = Vec::new();
    for chance in measure(PAYLOADS, 1) {
        let least = if chance.hits == 0 { "at least " } else { "" };
        let line = format!(
            "{:14} claims {:3}, measured {least}{:.0} on {}: {}",
            chance.protocol.name,
            chance.sign.weight,
            chance.decibans(),
            chance.noise.name(),
            chance.sign.what
        );
        let behind = chance.behind.filter(|_| chance.hits == 0);
        let behind = behind.map_or(String::new(), |behind| {
            format!("; behind a first payload {} of {}: {:.0}", behind.hits, behind.of, behind.decibans())
        });
        let line = line + &behind;
        println!("{line}");
        if chance.is_overclaimed() {
            overclaimed.push(line);
        }
    }
    assert!(overclaimed.is_empty(), "claimed in vain:\n{}", overclaimed.join("\n"));
}
