# The tests of the Rust crates. Sourced by `run`.
# shellcheck shell=sh disable=SC2034
title='Rust tests'

space() { still 650 "$target/debug"; }

work() {
    # The binding has no logic and no tests of its own in Rust: it is tested through Python.
    logged .build/test-rust.log \
        cargo test --workspace --exclude peergate-binding --locked --no-fail-fast -- --format terse
}
