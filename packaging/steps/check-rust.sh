# Format and lints of the Rust crates. Sourced by `run`.
# shellcheck shell=sh disable=SC2034
title='Rust format and lints'

work() {
    for tool in cargo-fmt cargo-clippy; do
        command -v "$tool" >/dev/null || fail "$tool is missing: rustup component add rustfmt clippy
  (Debian's compiler comes without clippy; building and testing work without it)"
    done
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --locked --quiet -- --deny warnings
    # A workspace of its own: cargo-fuzz wants other flags than everybody else.
    cargo fmt --manifest-path engine/fuzz/Cargo.toml --check
    cargo clippy --manifest-path engine/fuzz/Cargo.toml --target-dir target/fuzz --locked --quiet -- --deny warnings
}
