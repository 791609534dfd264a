# A Rust compiler that is new enough: the one that is there, else Debian's. Sourced by `run`.
# shellcheck shell=sh disable=SC2034
title='Rust compiler'
inputs='Cargo.toml'

new_enough() {
    command -v cargo >/dev/null && command -v rustc >/dev/null || return 1
    oldest=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
    here=$(rustc --version | cut -d ' ' -f 2)
    [ "$(printf '%s\n%s\n' "$oldest" "$here" | sort -V | head -n 1)" = "$oldest" ]
}

# Of Debian's compiler.
space() { new_enough || say "700 /usr"; }

work() {
    if ! new_enough; then
        # Debian 12 keeps a current compiler for its browsers under these names; plain `rustc` there is from 2022.
        printf 'rustc-web\ncargo-web\n' >.build/rust.txt
        debian_packages .build/rust.txt
        new_enough || fail "Rust $oldest or newer is needed; get it with rustup or your distribution"
    fi
    say "  $(rustc --version)"
}
